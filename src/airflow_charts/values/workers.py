"""Celery workers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from airflow_charts.tracing.structure import UserMap
from airflow_charts.tracing.types import Plain
from airflow_charts.values.base import Partial, Seconds, SetName, map_of, no_items
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import Probe, ReplicatedSettings, sizes

Queue = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=128), Plain()]
"""The name of a Celery queue."""


class WorkerSettings(ReplicatedSettings):
    """Celery workers."""

    queues: list[Queue] = no_items()
    """The queues that they serve. Empty: Airflow's default queue."""
    concurrency: Annotated[int, Field(ge=1, le=10000)] = 8
    """How many tasks one pod runs at once."""
    termination_grace_period_seconds: Seconds = 600
    """Seconds that a stopping worker has to finish its tasks."""
    resources: ResourceRequirements = sizes(cpu="250m", memory="1Gi", cpu_limit="2", memory_limit="4Gi")
    """CPU and memory of the main container; each running task is a process of about 100 MB and what it loads."""
    startup_probe: Probe = Probe(period_seconds=5, timeout_seconds=20, failure_threshold=60)
    """Asked until it answers once."""
    liveness_probe: Probe = Probe(period_seconds=120, timeout_seconds=30, failure_threshold=5)
    """A worker that does not answer a ping through the broker is restarted. A ping starts Python: keep it rare."""


class Workers(WorkerSettings):
    """Celery workers: these settings are the base of every set."""

    kubernetes_access: bool = False
    """Whether tasks may manage pods (KubernetesPodOperator); for all sets, which share one ServiceAccount."""

    sets: dict[SetName, Annotated[WorkerSettings, Partial()]] = map_of(default=UserMap())
    """The sets of workers by name; each gives only what differs, such as `{gpu: {queues: [gpu]}}`.

    Set `default` to null to have only your own sets.
    """
