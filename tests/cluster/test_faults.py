"""Each pod goes while tasks run: politely, and without a word. Everything comes back, and no task is lost."""

from __future__ import annotations

from collections import Counter
from time import sleep

import pytest
from deployment import SMALL, Deployment

pytestmark = pytest.mark.usefixtures("namespaces")
faults = Deployment(
    "faults",
    SMALL,
    # logs outlive the worker that wrote them
    {"workers": {"replicas": 2}, "logs": {"persistence": {"enabled": True}}},
)

COMPONENTS = ("scheduler", "worker", "redis", "dag-processor", "triggerer", "postgresql", "webserver")
TASKS = 120


def test_everything_becomes_ready() -> None:
    faults.install()
    faults.until_ready()


@pytest.mark.parametrize("how", [["--wait=false"], ["--grace-period=0", "--force"]], ids=["deleted", "killed"])
def test_each_pod_in_turn_and_no_task_is_lost(how: list[str]) -> None:
    run = faults.start_dag("sleepers", tasks=TASKS, seconds=5)
    faults.airflow.until(lambda: _some_run(run), "tasks run")
    for component in COMPONENTS:
        pod = min(faults.pod_names(component))
        faults.kubectl("delete", "pod", pod, *how)
        sleep(6)  # so that they do not all go at once, and each is missed
    faults.until_ready()
    tasks = faults.succeeds("sleepers", run, 300)
    assert Counter((task["task_id"], task["state"]) for task in tasks) == {
        ("numbers", "success"): 1,
        ("sleep", "success"): TASKS,
    }
    faults.run_dag("first")


def _some_run(run: str) -> bool:
    if not any(
        task["state"] == "running" and task["task_id"] == "sleep" for task in faults.airflow.tasks("sleepers", run)
    ):
        raise LookupError("none runs")
    return True
