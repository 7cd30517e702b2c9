"""A task that tells which variables its process has: the names alone."""

import os

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False)
def environment():
    """One task."""

    @task
    def variables() -> list[str]:
        return sorted(os.environ)

    variables()


environment()
