"""Celery workers: a Deployment for each set, one ServiceAccount for all."""

from __future__ import annotations

from typing import Any

from deployed import environment, main_of, objects, pod_of

SETS: dict[str, Any] = {"default": {}, "gpu": {"queues": ["gpu", "cuda"], "concurrency": 2, "replicas": 4}}


def test_there_is_one_set_by_default() -> None:
    [deployment] = objects("Deployment", "worker")
    assert deployment["metadata"]["name"] == "etl-airflow-worker-default"
    assert main_of(deployment)["args"] == [
        *("python", "/etc/airflow-scripts/import_first.py", "celery", "worker", "--concurrency", "8")
    ]


def test_a_set_gives_only_what_differs() -> None:
    default, gpu = objects("Deployment", "worker", workers={"replicas": 3, "pod": {"env": {"A": "1"}}, "sets": SETS})
    assert (default["spec"]["replicas"], gpu["spec"]["replicas"]) == (3, 4)
    assert main_of(gpu)["args"][-4:] == ["--concurrency", "2", "--queues", "gpu,cuda"]
    assert environment(main_of(default))["A"] == environment(main_of(gpu))["A"] == "1"
    assert main_of(gpu)["resources"] == main_of(default)["resources"]


def test_each_set_selects_its_own_pods() -> None:
    default, gpu = objects("Deployment", "worker", workers={"sets": SETS})
    for deployment in (default, gpu):
        assert deployment["spec"]["selector"]["matchLabels"].items() <= (
            deployment["spec"]["template"]["metadata"]["labels"].items()
        )
    assert gpu["spec"]["selector"]["matchLabels"]["airflow/set"] == "gpu"
    assert default["spec"]["selector"] != gpu["spec"]["selector"]


def test_a_budget_belongs_to_one_set() -> None:
    [budget] = objects("PodDisruptionBudget", "worker", workers={"sets": SETS})
    assert budget["metadata"]["name"] == "etl-airflow-worker-gpu"
    assert budget["spec"]["selector"]["matchLabels"]["airflow/set"] == "gpu"


def test_they_are_asked_by_a_ping_and_seldom() -> None:
    [deployment] = objects("Deployment", "worker")
    probe = main_of(deployment)["livenessProbe"]
    assert probe["exec"]["command"] == ["python", "/etc/airflow-scripts/check_worker.py"]
    assert probe["periodSeconds"] >= 60


def test_their_tasks_have_ten_minutes_to_end() -> None:
    [deployment] = objects("Deployment", "worker")
    assert pod_of(deployment)["terminationGracePeriodSeconds"] == 600
    assert environment(main_of(deployment))["DUMB_INIT_SETSID"] == "0"


def test_on_airflow_3_they_wait_for_no_database() -> None:
    [deployment] = objects("Deployment", "worker")
    assert "initContainers" not in pod_of(deployment)
    [old] = objects("Deployment", "worker", airflowVersion="2.11.2")
    assert [container["name"] for container in pod_of(old)["initContainers"]] == ["wait-for-schema"]


def test_without_celery_there_are_none() -> None:
    for kind in ("Deployment", "ServiceAccount", "NetworkPolicy"):
        assert objects(kind, "worker", executors=["LocalExecutor"]) == []


def test_a_null_removes_the_default_set() -> None:
    found = objects("Deployment", "worker", workers={"sets": {"default": None, "gpu": {}}})
    assert [item["metadata"]["name"] for item in found] == ["etl-airflow-worker-gpu"]
