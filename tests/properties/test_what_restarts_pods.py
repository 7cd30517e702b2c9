"""A change replaces exactly the pods that docs/operations.md names, and makes exactly the Jobs anew that it names."""

from __future__ import annotations

import json

import pytest
from cluster import pods
from documents import Case, Document, across

from airflow_charts.values.coalesce import merge_files

ALL: Document = {"executors": ["CeleryExecutor", "KubernetesExecutor"], "flower": {"enabled": True}}
"""A document with pods of every component."""
JOBS = {"migrations", "secret-generation"}
STORES = {"postgresql", "redis"}
WITH_TASK_LOGS = {"webserver", "scheduler", "dag-processor", "triggerer", "worker"}
AIRFLOW = WITH_TASK_LOGS | {"flower"}

CHANGES: dict[str, tuple[Document, set[str]]] = {
    "nothing": ({}, set()),
    "the version of Airflow": ({"airflowVersion": "3.0.6"}, AIRFLOW | JOBS),
    "an option": ({"config": {"core": {"parallelism": 7}}}, AIRFLOW),
    "the URL": ({"webserver": {"externalUrl": "https://airflow.example.com"}}, AIRFLOW),
    "the webserver's settings file": ({"webserver": {"config": "AUTH_TYPE = 1\n"}}, {"webserver"}),
    "the first plugin": ({"plugins": {"plugin.py": "X = 1\n"}}, AIRFLOW | JOBS),
    "a volume for logs": ({"logs": {"persistence": {"enabled": True}}}, WITH_TASK_LOGS),
    "an existing volume for logs": (
        {"logs": {"persistence": {"enabled": True, "existingClaim": "mine", "subPath": "x"}}},
        WITH_TASK_LOGS,
    ),
    "the size of the log folder": ({"logs": {"emptyDirSize": "1Gi"}}, WITH_TASK_LOGS),
    "the log cleaner": ({"logs": {"cleaner": {"enabled": False}}}, WITH_TASK_LOGS - {"webserver"}),
    "a volume for DAGs": ({"dags": {"persistence": {"enabled": True}}}, WITH_TASK_LOGS - {"webserver"}),
    "task pods": ({"kubernetesExecutor": {"env": {"A": "b"}}}, {"scheduler"}),
    "one component": ({"triggerer": {"env": {"A": "b"}}}, {"triggerer"}),
    "all pods": ({"pods": {"env": {"A": "b"}}}, AIRFLOW | JOBS | STORES),
    "annotations of workloads": ({"pods": {"annotations": {"a": "b"}}}, set()),
    "replicas": ({"webserver": {"replicas": 2}}, {"webserver"}),
    "policies": ({"networkPolicies": {"enabled": False}}, set()),
    "the first user": ({"adminUser": {"email": "a@example.com"}}, {"migrations"}),
}


def templates(document: Document) -> dict[str, str]:
    """The template of every pod that a workload starts, by its component."""
    return {
        pod.component: json.dumps([pod.metadata, pod.spec], sort_keys=True)
        for pod in pods(Case("any", document))
        if pod.owner != "ConfigMap"
    }


def test_the_document_has_pods_of_every_component() -> None:
    assert templates(ALL).keys() == AIRFLOW | JOBS | STORES


@pytest.mark.parametrize(("change", "replaced"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_values_replaces_exactly_the_pods_that_it_concerns(change: Document, replaced: set[str]) -> None:
    before, after = templates(ALL), templates(merge_files([ALL, change]))
    assert {component for component in before if before[component] != after[component]} == replaced


@across()
def test_the_volume_of_the_logs_is_only_where_task_logs_are_written_or_read(case: Case) -> None:
    claim = case.document.get("logs", {}).get("persistence", {}).get("enabled", False)
    for pod in pods(case):
        [logs] = [volume for volume in pod.spec["volumes"] if volume["name"] == "logs"] or [{}]
        mounts = [mount for container in pod.containers for mount in container.get("volumeMounts", [])]
        assert bool(logs) == any(mount["mountPath"] == "/opt/airflow/logs" for mount in mounts)
        assert ("persistentVolumeClaim" in logs) == (claim and pod.component in WITH_TASK_LOGS | {"task"})
        assert bool(logs) == (pod.component not in STORES | {"secret-generation"})
