"""Runs a command of Airflow that forks a process for each task or DAG file, in which their imports stand ready.

Airflow imports much of what a task or a DAG file uses when it is first asked for, and that is in the process of each
task or file, again and again. Arguments: those of `airflow`. What a version of Airflow lacks, or cannot import, is left
out.
"""

import gc
import importlib
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

AIRFLOW_3 = (
    "airflow.sdk",
    "airflow.sdk.definitions.asset.metadata",
    "airflow.sdk.definitions.connection",
    "airflow.sdk.execution_time.cache",
    "airflow.sdk.execution_time.task_runner",
    "airflow.dag_processing.bundles.local",
    "airflow.providers.standard.decorators.python",
    "airflow.providers.standard.operators.empty",
    "airflow.providers.standard.operators.python",
    "airflow.providers.standard.operators.trigger_dagrun",
    "airflow.providers.standard.sensors.external_task",
    "airflow.version",
)
"""What processes of tasks and DAG files were seen to import, on 3.3."""
AIRFLOW_2 = (
    "airflow.decorators",
    "airflow.jobs.local_task_job_runner",
    "airflow.operators.bash",
    "airflow.operators.python",
    "airflow.task.task_runner.standard_task_runner",
)
"""The same on 2.11."""
THRESHOLDS = (50_000, 20, 50)
"""When Python looks for garbage. A start makes millions of objects that stay; by default (700, 10, 10) it would look
through all of them again and again, and every look at what was imported before a fork copies its memory."""


def stand_ready(names: Iterable[str]) -> None:
    """Imports modules, each with the names that it would import only when they are asked for."""
    for name in names:
        with suppress(Exception):  # what fails is told where a task or a DAG file needs it
            module = importlib.import_module(name)
            for lazy in getattr(module, "__all__", ()):
                with suppress(Exception):
                    getattr(module, lazy)


def main() -> None:
    """Imports, then runs Airflow's command in this process, as the program `airflow` would.

    The arguments keep the name of this program, by which Celery starts itself anew after a SIGHUP.
    """
    gc.set_threshold(*THRESHOLDS)
    if sys.path[0] == str(Path(__file__).resolve().parent):
        del sys.path[0]  # else the programs beside this one would be modules for users' code
    airflow = importlib.import_module("airflow.__main__")
    stand_ready(AIRFLOW_3 if find_spec("airflow.sdk") else AIRFLOW_2)
    airflow.main()


if __name__ == "__main__":
    main()
