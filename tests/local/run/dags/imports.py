"""A task that tells which modules of Airflow its own process has imported since the first line of this file."""

import sys

before = set(sys.modules)

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False)
def imports():
    """One task."""

    @task
    def imported() -> list[str]:
        return sorted(name for name in set(sys.modules) - before if name.startswith("airflow"))

    imported()


imports()
