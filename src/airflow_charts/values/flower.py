"""Flower."""

from __future__ import annotations

from airflow_charts.values.credentials import Credential
from airflow_charts.values.http import HttpSettings, Service
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import sizes


class Flower(HttpSettings):
    """The web UI of Celery."""

    enabled: bool = False
    """Whether it runs. Only with CeleryExecutor."""
    service: Service = Service(port=5555)
    """The Service in front of the pods."""
    basic_auth: Credential = Credential(key="flower-basic-auth")
    """Who may log in: `user:password`, several separated by commas."""
    resources: ResourceRequirements = sizes(cpu="50m", memory="256Mi", cpu_limit="1", memory_limit="512Mi")
    """CPU and memory of the main container."""
