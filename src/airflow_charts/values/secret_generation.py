"""The Job that generates credentials."""

from __future__ import annotations

from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import WorkloadSettings, sizes


class SecretGeneration(WorkloadSettings):
    """The Job that generates missing credentials."""

    resources: ResourceRequirements = sizes(cpu="50m", memory="128Mi", cpu_limit="1", memory_limit="256Mi")
    """CPU and memory of the main container."""
