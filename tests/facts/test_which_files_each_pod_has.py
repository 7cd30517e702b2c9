"""What is mounted where, and whether it may be written. A container's root is read-only, so nothing else can be."""

from __future__ import annotations

import deployments
import pytest
from documents import Case, Document
from rendered import Object, Pod, pods

SHARED: Document = {
    "dags": {"persistence": {"enabled": True}},
    "logs": {"persistence": {"enabled": True}},
    "plugins": {"plugin.py": "X = 1\n"},
}
CASE = deployments.deployment("shared", "3.3.2", "CeleryExecutor", "KubernetesExecutor", **SHARED)

AIRFLOW = {
    "/etc/airflow": "ConfigMap etl-airflow-config, read-only",
    "/etc/airflow-scripts": "ConfigMap etl-airflow-scripts, read-only",
    "/etc/airflow-plugins": "ConfigMap etl-airflow-plugins, read-only",
    "/tmp": "scratch",
}
SCRIPTS = {"/etc/airflow-scripts": "ConfigMap etl-airflow-scripts, read-only"}
LOGIN = {"/etc/airflow": "ConfigMap etl-airflow-config, Secret etl-airflow-webserver-config, read-only"}
TASK_TEMPLATE = {"/etc/airflow": "ConfigMap etl-airflow-config, ConfigMap etl-airflow-pod-template, read-only"}
DAGS = {"/opt/airflow/dags": "claim etl-airflow-dags, read-only"}

FILES = {
    "webserver": AIRFLOW | LOGIN,  # it shows the DAGs that the DAG processor has written into the database
    "scheduler": AIRFLOW | TASK_TEMPLATE | DAGS,
    "dag-processor": AIRFLOW | DAGS,
    "triggerer": AIRFLOW | DAGS,
    "worker": AIRFLOW | DAGS,
    "task": AIRFLOW | DAGS,
    "flower": AIRFLOW,
    "migrations": AIRFLOW,
    "secret-generation": AIRFLOW,
    "postgresql": SCRIPTS
    | {"/data": "claim etl-airflow-postgresql-data", "/tmp": "scratch", "/var/run/postgresql": "scratch"},
    "redis": SCRIPTS | {"/data": "claim etl-airflow-redis-data", "/tmp": "scratch"},
}
"""Everything but the log folder, of which the next tables are."""
LOGS = "/opt/airflow/logs"

SHARES_LOGS = {"webserver", "scheduler", "dag-processor", "triggerer", "worker", "task"}
"""Who writes the logs of tasks and DAG files, and the webserver, which shows them."""
IMPORTS_AIRFLOW = SHARES_LOGS | {"flower", "migrations"}
"""Airflow 2 makes folders below its log folder when it is imported, so each of them needs one that it can write."""


def source(volume: Object) -> str:
    """What a volume is made of."""
    if "projected" in volume:
        return ", ".join(
            f"{'ConfigMap' if 'configMap' in part else 'Secret'} {part.get('configMap', part.get('secret'))['name']}"
            for part in volume["projected"]["sources"]
        )
    if "configMap" in volume:
        return f"ConfigMap {volume['configMap']['name']}"
    if "persistentVolumeClaim" in volume:
        return f"claim {volume['persistentVolumeClaim']['claimName']}"
    assert "emptyDir" in volume, volume
    return "scratch"


def files(pod: Pod) -> dict[str, str]:
    """What is mounted into the main container, by path."""
    volumes = {volume["name"]: source(volume) for volume in pod.spec["volumes"]}
    return {
        mount["mountPath"]: volumes[mount["name"]] + (", read-only" if mount.get("readOnly") else "")
        for mount in pod.main["volumeMounts"]
    }


def of(case: Case) -> dict[str, dict[str, str]]:
    return {pod.component: files(pod) for pod in pods(case)}


def test_a_pod_has_exactly_these_files_beside_its_log_folder() -> None:
    found = {name: {path: text for path, text in paths.items() if path != LOGS} for name, paths in of(CASE).items()}
    assert found == FILES


def test_who_writes_and_who_shows_logs_share_a_volume() -> None:
    for component in SHARES_LOGS:
        assert of(CASE)[component][LOGS] == "claim etl-airflow-logs", component


@pytest.mark.parametrize("component", ["flower", "migrations", "secret-generation"])
def test_nobody_else_waits_for_that_volume(component: str) -> None:
    """The first Job of an installation would wait for a volume that it does not need."""
    assert of(CASE)[component].get(LOGS) != "claim etl-airflow-logs"


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_who_imports_airflow_can_write_its_log_folder(version: str) -> None:
    case = deployments.deployment("shared", version, "CeleryExecutor", "KubernetesExecutor", **SHARED)
    for component in IMPORTS_AIRFLOW:
        assert "read-only" not in of(case)[component][LOGS], component


def test_without_persistence_logs_live_and_die_with_their_pod() -> None:
    for component in SHARES_LOGS - {"task"}:
        assert of(deployments.CELERY_3)[component][LOGS] == "scratch", component
