"""Each pod goes while tasks run: politely, and without a word. Everything comes back, and no task is lost."""

from __future__ import annotations

from collections import Counter

import pytest
from deployment import SMALL, TRIGGERER, Deployment, until

pytestmark = pytest.mark.usefixtures("namespaces")
faults = Deployment(
    "faults",
    SMALL,
    TRIGGERER,
    # logs outlive the worker that wrote them
    {"workers": {"replicas": 2, "concurrency": 4}, "logs": {"persistence": {"enabled": True}}},
    # tasks of a killed worker are tried again after a minute without a sign of life, not after five
    {"config": {"scheduler": {"task_instance_heartbeat_timeout": 60}}},
)

COMPONENTS = ("scheduler", "worker", "dag-processor", "triggerer", "postgresql", "webserver")
TASKS = 60


def test_everything_becomes_ready() -> None:
    faults.start()


@pytest.mark.parametrize("how", [["--wait=false"], ["--grace-period=0", "--force"]], ids=["deleted", "killed"])
def test_each_pod_in_turn_and_no_task_is_lost(how: list[str]) -> None:
    run = faults.start_dag("sleepers", tasks=TASKS, seconds=15)
    until(lambda: "running" in _states(run), "tasks run")
    for component in COMPONENTS:
        pods = faults.pod_names(component)
        faults.kubectl("delete", "pod", min(pods), *how)
        until(lambda: _ready(component) == len(pods), f"the successor of {component} is ready", 150)  # noqa: B023
    tasks = faults.succeeds("sleepers", run, 240)
    assert Counter(task["state"] for task in tasks if task["task_id"] == "sleep") == {"success": TASKS}
    faults.until_ready()


@pytest.mark.xfail(
    strict=False,
    reason="a worker that is busy while its broker goes takes no task afterwards, until its liveness probe restarts it",
)
def test_workers_go_on_when_their_broker_is_back() -> None:
    run = faults.start_dag("sleepers", tasks=16, seconds=15)
    until(lambda: "running" in _states(run), "tasks run")
    faults.kubectl("delete", "pod", "airflow-redis-0", "--grace-period=0", "--force")
    faults.succeeds("sleepers", run, 100)


def _states(run: str) -> set[str]:
    return {task["state"] for task in faults.airflow.tasks("sleepers", run) if task["task_id"] == "sleep"}


def _ready(component: str) -> int:
    """How many pods of a component are ready, without those that are leaving."""
    conditions = [condition for pod in faults.pods(component) for condition in pod["status"].get("conditions", [])]
    return sum(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
