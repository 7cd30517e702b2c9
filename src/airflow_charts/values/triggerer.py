"""The triggerer."""

from __future__ import annotations

from airflow_charts.values.base import Count, Seconds
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import ReplicatedSettings, sizes


class Triggerer(ReplicatedSettings):
    """Runs deferred tasks, many in one process."""

    enabled: bool = True
    """Whether it runs. Without it deferrable operators wait for ever."""
    capacity: Count = 1000
    """How many deferred tasks one triggerer runs."""
    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL."""
    resources: ResourceRequirements = sizes(cpu="100m", memory="384Mi", cpu_limit="2", memory_limit="1Gi")
    """CPU and memory of the main container."""
    kubernetes_access: bool = False
    """Whether triggers may manage pods (KubernetesPodOperator in deferrable mode)."""
