"""Flower: the web UI of Celery."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import AIRFLOW_2, environment, main_of, objects, pod_of


def flower(**settings: Any) -> dict[str, Any]:
    return {"flower": {"enabled": True, **settings}}


def test_it_is_off_unless_asked_for_and_needs_celery() -> None:
    assert objects("Deployment", "flower") == []
    assert objects("Deployment", "flower", executors=["LocalExecutor"]) == []
    [deployment] = objects("Deployment", "flower", **flower())
    assert main_of(deployment)["args"] == ["airflow", "celery", "flower"]


def test_nobody_gets_in_without_a_login() -> None:
    [deployment] = objects("Deployment", "flower", **flower())
    assert environment(main_of(deployment))["AIRFLOW__CELERY__FLOWER_BASIC_AUTH"] == {
        "secretKeyRef": {"name": "etl-airflow-generated", "key": "flower-basic-auth"}
    }


@pytest.mark.parametrize("version", ["3.3.2", AIRFLOW_2])
def test_it_waits_for_no_database(version: str) -> None:
    [deployment] = objects("Deployment", "flower", airflowVersion=version, **flower())
    assert "initContainers" not in pod_of(deployment)


def test_its_probes_follow_its_path() -> None:
    [deployment] = objects("Deployment", "flower", **flower(path="/flower"))
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert main_of(deployment)[probe]["httpGet"] == {"path": "/flower/healthcheck", "port": "http"}


def test_its_service_leads_to_its_pods() -> None:
    [deployment] = objects("Deployment", "flower", **flower())
    [service] = objects("Service", "flower", **flower(service={"port": 80}))
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    assert service["spec"]["ports"] == [
        {"name": "http", "port": 80, "targetPort": 5555, "protocol": "TCP", "appProtocol": "http"}
    ]
