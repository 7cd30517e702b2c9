"""The chart's own broker."""

from __future__ import annotations

from airflow_charts.values.base import Seconds
from airflow_charts.values.data_store import StorePersistence, StoreSettings
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import sizes


class Redis(StoreSettings):
    """The chart's own broker: one pod of Valkey or Redis. Only runs with CeleryExecutor."""

    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL; it outlives its clients."""
    persistence: StorePersistence = StorePersistence(size="1Gi")
    """Where its data lives. Queued tasks survive a restart of the pod."""
    resources: ResourceRequirements = sizes(cpu="20m", memory="32Mi", cpu_limit="500m", memory_limit="256Mi")
    """CPU and memory of the main container."""
