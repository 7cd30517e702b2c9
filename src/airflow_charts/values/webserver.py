"""The webserver."""

from __future__ import annotations

from airflow_charts.values.base import Count, ObjectName, Url
from airflow_charts.values.http import HttpSettings
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import Probe, sizes


class Webserver(HttpSettings):
    """The web UI, the REST API and, on Airflow 3, the API that tasks talk to."""

    external_url: Url = ""
    """Scheme and host under which users see it, such as `https://airflow.example.com`; used in links and redirects."""
    workers: Count = 1
    """Server processes in a pod; each needs about 300 MB."""
    config: str = ""
    """The text of `webserver_config.py`. Empty: users in Airflow's own database."""
    config_secret: ObjectName = ""
    """An existing Secret with the key `webserver_config.py`, for settings that hold credentials."""
    resources: ResourceRequirements = sizes(cpu="250m", memory="640Mi", cpu_limit="2", memory_limit="2Gi")
    """CPU and memory of the main container."""
    startup_probe: Probe = Probe(period_seconds=2, timeout_seconds=20, failure_threshold=150)
    """Asked until it answers once. On Airflow 3 it asks the execution API, whose first request takes seconds."""
