"""Two sets of Celery workers, and pods for the tasks that ask for one."""

from __future__ import annotations

import pytest
from deployment import SMALL, Deployment, Document, until

pytestmark = pytest.mark.usefixtures("namespaces")
TASKS = 4


def default_set(**changes: object) -> Document:
    """A change of the default set alone."""
    return {"workers": {"sets": {"default": changes}}}


workers = Deployment(
    "worker-sets",
    SMALL,
    {
        "executors": ["CeleryExecutor", "KubernetesExecutor"],
        "logs": {"persistence": {"enabled": True}},
        "workers": {"sets": {"heavy": {"queues": ["heavy"]}}},
    },
    default_set(replicas=2),
)


def pods_of_set(name: str) -> set[str]:
    return {
        pod["metadata"]["name"] for pod in workers.pods("worker") if pod["metadata"]["labels"]["airflow/set"] == name
    }


def start_sleepers() -> str:
    """Starts tasks of a minute; returns when all of them run."""
    run = workers.start_dag("sleepers", tasks=TASKS, seconds=60)

    def run_all() -> bool:
        logs = [workers.airflow.log("sleepers", run, "sleep", 1, number) for number in range(TASKS)]
        return all(f"task {number} begins" in log for number, log in enumerate(logs))

    until(run_all, "all tasks run")
    assert not any("ends" in workers.airflow.log("sleepers", run, "sleep", 1, number) for number in range(TASKS))
    return run


def ran_once(run: str) -> set[str]:
    """Asserts that each task has run to its end, once; returns the pods in which they ran."""
    for task in workers.succeeds("sleepers", run, 180):
        assert (task["state"], task["try_number"]) == ("success", 1), task
    logs = [workers.airflow.log("sleepers", run, "sleep", 1, number) for number in range(TASKS)]
    assert [log.count(f"task {number} begins") for number, log in enumerate(logs)] == [1] * TASKS
    assert [log.count(f"task {number} ends") for number, log in enumerate(logs)] == [1] * TASKS
    path = f"/dags/sleepers/dagRuns/{run}/taskInstances/sleep/xcomEntries/return_value"
    return {
        workers.airflow.call("GET", f"{path}?map_index={number}&deserialize=true")["value"] for number in range(TASKS)
    }


def test_both_sets_become_ready() -> None:
    workers.start()
    assert (len(pods_of_set("default")), len(pods_of_set("heavy"))) == (2, 1)


def test_a_queue_is_served_by_the_set_that_names_it() -> None:
    run = workers.run_dag("queues")
    assert workers.airflow.result("queues", run, "heavy") in pods_of_set("heavy")
    assert workers.airflow.result("queues", run, "light") in pods_of_set("default")


def test_a_task_chooses_its_executor() -> None:
    run = workers.run_dag("executors")
    assert workers.airflow.result("executors", run, "with_celery") in pods_of_set("default")
    assert workers.airflow.result("executors", run, "with_kubernetes").startswith("executors-with-kubernetes-")


def test_fewer_workers_lose_no_task_and_leave_the_other_set_alone() -> None:
    names, before = pods_of_set("default"), workers.workload_pods()
    run = start_sleepers()
    workers.upgrade(default_set(replicas=1))
    assert ran_once(run) <= names
    workers.until_ready()
    assert len(pods_of_set("default")) == 1
    assert workers.replaced_since(before) == {"worker-default"}


def test_a_rolling_restart_loses_no_task() -> None:
    before = pods_of_set("default")
    run = start_sleepers()
    workers.kubectl("rollout", "restart", "deployment/airflow-worker-default")
    assert ran_once(run) <= before
    workers.until_ready()
    assert not pods_of_set("default") & before
