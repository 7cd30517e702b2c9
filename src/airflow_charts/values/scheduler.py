"""The scheduler."""

from __future__ import annotations

from airflow_charts.values.base import Seconds
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import ServingSettings, sizes


class Scheduler(ServingSettings):
    """Decides which tasks run; with LocalExecutor it also runs them."""

    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL; with LocalExecutor, longer than the longest task."""
    resources: ResourceRequirements = sizes(cpu="250m", memory="512Mi", cpu_limit="2", memory_limit="2Gi")
    """CPU and memory of the main container."""
