"""A pod for each task: applied by kubectl, with the logs of tasks on a shared volume."""

from __future__ import annotations

import json
import re

import pytest
from deployment import SMALL, Deployment, Document, one_at_a_time, until

pytestmark = pytest.mark.usefixtures("namespaces")
kubernetes = Deployment(
    "task-pods",
    SMALL,
    {
        "executors": ["KubernetesExecutor"],
        "redis": {"enabled": False},
        "logs": {"persistence": {"enabled": True}},
    },
)
TASKS = "airflow/release=airflow"
KEEP_PODS: Document = {"kubernetesExecutor": {"deletePods": False}}


@pytest.fixture(scope="module")
def run() -> str:
    """A run of which one task takes long enough to look at it."""
    return kubernetes.start_dag("pods", seconds=40)


def test_what_kubectl_applies_becomes_ready() -> None:
    with one_at_a_time():
        kubernetes.apply()
        kubernetes.until_ready()
    assert set(kubernetes.workload_pods()) == {"webserver", "scheduler", "dag-processor", "postgresql"}


def test_a_task_changes_its_own_pod(run: str) -> None:
    [pod] = until(lambda: kubernetes.get("pods", f"{TASKS},team=data"), "the task's pod")
    [container] = pod["spec"]["containers"]
    assert container["resources"]["limits"] == {"memory": "700Mi"}
    assert until(lambda: kubernetes.airflow.result("pods", run, "overridden"), "the result") == "hello"


def test_the_ui_shows_the_log_of_a_task_that_runs(run: str) -> None:
    log = until(lambda: _with("slow begins", kubernetes.airflow.log("pods", run, "slow")), "the first line")
    assert "slow ends" not in log


def _with(line: str, log: str) -> str:
    return log if line in log else ""


def test_the_ui_shows_the_log_of_a_task_whose_pod_has_gone(run: str) -> None:
    kubernetes.succeeds("pods", run)
    until(lambda: not kubernetes.get("pods", TASKS), "the pods of the tasks have gone")
    assert "slow ends" in kubernetes.airflow.log("pods", run, "slow")


def test_to_keep_the_pods_of_tasks_restarts_the_scheduler_alone() -> None:
    before = kubernetes.workload_pods()
    kubernetes.apply(KEEP_PODS)
    kubernetes.until_ready()
    assert kubernetes.replaced_since(before) == {"scheduler"}


def test_pods_of_finished_tasks_stay_if_asked_for() -> None:
    run = kubernetes.run_dag("environment")
    [pod] = kubernetes.get("pods", TASKS)
    assert pod["metadata"]["annotations"]["run_id"] == run
    until(lambda: kubernetes.get("pods", TASKS)[0]["status"]["phase"] == "Succeeded", "the pod has ended")


def test_a_task_has_no_credentials() -> None:
    [pod] = kubernetes.get("pods", TASKS)
    assert not re.search("secret", json.dumps(pod["spec"]), re.IGNORECASE)
    assert pod["spec"]["automountServiceAccountToken"] is False
    names = kubernetes.airflow.result("environment", pod["metadata"]["annotations"]["run_id"], "variables")
    suspicious = {name for name in names if re.search("CONN$|PASS|SECRET|KEY|BROKER|RESULT|TOKEN", name)}
    assert suspicious == NO_DATABASE


NO_DATABASE = {"AIRFLOW__CORE__SQL_ALCHEMY_CONN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"}
"""Airflow 3 itself gives them to every task, with `airflow-db-not-allowed:///`."""


def test_a_task_whose_pod_is_killed_is_tried_again() -> None:
    run = kubernetes.start_dag("sleepers", tasks=2, seconds=20)
    killed = until(lambda: kubernetes.get("pods", f"{TASKS},dag_id=sleepers,map_index=1"), "the task's pod")
    until(lambda: "task 1 begins" in kubernetes.airflow.log("sleepers", run, "sleep", 1, 1), "the task runs")
    kubernetes.kubectl("delete", "pod", killed[0]["metadata"]["name"], "--grace-period=0", "--force")
    tasks = kubernetes.succeeds("sleepers", run)
    tries = {task["map_index"]: task["try_number"] for task in tasks if task["task_id"] == "sleep"}
    assert tries == {0: 1, 1: 2}


def test_the_report_of_a_failed_test_names_what_a_role_does_not_allow() -> None:
    role = json.loads(kubernetes.kubectl("get", "role", "airflow-scheduler", "--output=json"))
    assert role["rules"][0]["resources"] == ["pods"]
    verbs = [verb for verb in role["rules"][0]["verbs"] if verb != "create"]
    patch = json.dumps([{"op": "replace", "path": "/rules/0/verbs", "value": verbs}])
    kubernetes.kubectl("patch", "role", "airflow-scheduler", "--type=json", f"--patch={patch}")
    run = kubernetes.start_dag("environment")
    with pytest.raises(AssertionError):
        kubernetes.succeeds("environment", run, patience=60)
    report = kubernetes.report()
    causes = report.partition("lines that may be the cause")[2].partition("---")[0]
    assert re.search(r"pods is forbidden.*cannot create resource", causes)
    kubernetes.apply(KEEP_PODS)
    kubernetes.run_dag("environment")
