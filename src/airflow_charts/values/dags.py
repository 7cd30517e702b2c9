"""Where DAG files are."""

from __future__ import annotations

from airflow_charts.values.base import FilePath, Section
from airflow_charts.values.volume import Persistence


class Dags(Section):
    """Where the DAG files are."""

    path: FilePath = "/opt/airflow/dags"
    """The folder of DAG files in the containers; files that the image has there are used as they are."""
    persistence: Persistence = Persistence(size="1Gi")
    """A volume for DAG files, mounted read-only."""
