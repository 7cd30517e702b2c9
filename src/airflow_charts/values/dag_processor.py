"""The DAG processor."""

from __future__ import annotations

from airflow_charts.values.base import Seconds
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import ReplicatedSettings, sizes


class DagProcessor(ReplicatedSettings):
    """Parses the DAG files."""

    enabled: bool = True
    """Whether it runs. Airflow 3 needs it; on Airflow 2 the scheduler parses when it does not."""
    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL."""
    resources: ResourceRequirements = sizes(cpu="100m", memory="384Mi", cpu_limit="2", memory_limit="1Gi")
    """CPU and memory of the main container."""
