"""The chart's own PostgreSQL."""

from __future__ import annotations

from airflow_charts.values.base import Seconds
from airflow_charts.values.data_store import StoreSettings
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import sizes


class Postgresql(StoreSettings):
    """The chart's own PostgreSQL: one pod, for trials and small installations."""

    max_connections: int = 200
    """How many connections it takes."""
    termination_grace_period_seconds: Seconds = 120
    """Seconds between SIGTERM and SIGKILL; it outlives its clients."""
    resources: ResourceRequirements = sizes(cpu="100m", memory="256Mi", cpu_limit="2", memory_limit="1Gi")
    """CPU and memory of the main container."""
