"""Roles: the verbs that a component uses, bound to its ServiceAccount."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import objects

KUBERNETES = ["KubernetesExecutor"]
MANAGE_PODS = [
    {"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "get", "list", "watch", "patch", "delete"]},
    {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]},
]
GIVEN_ACCESS: list[tuple[str, dict[str, Any]]] = [
    ("scheduler", {"executors": KUBERNETES}),
    ("worker", {"workers": {"kubernetesAccess": True}}),
    ("triggerer", {"triggerer": {"kubernetesAccess": True}}),
    ("task", {"executors": KUBERNETES, "kubernetesExecutor": {"kubernetesAccess": True}}),
]


@pytest.mark.parametrize(("component", "settings"), GIVEN_ACCESS)
def test_who_starts_pods_may_manage_them(component: str, settings: dict[str, Any]) -> None:
    [role], [binding] = objects("Role", component, **settings), objects("RoleBinding", component, **settings)
    assert role["rules"] == MANAGE_PODS
    assert binding["roleRef"]["name"] == role["metadata"]["name"] == f"etl-airflow-{component}"
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": f"etl-airflow-{component}", "namespace": "data"},
    ]


@pytest.mark.parametrize("component", ["scheduler", "webserver", "worker", "triggerer"])
def test_with_celery_nobody_needs_a_role(component: str) -> None:
    assert objects("Role", component) == []
    assert objects("RoleBinding", component) == []


def test_the_webserver_may_read_the_logs_of_tasks_and_no_more() -> None:
    [role] = objects("Role", "webserver", executors=KUBERNETES)
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]


def test_the_job_that_makes_secrets_may_read_only_its_own() -> None:
    [role] = objects("Role", "secret-generation")
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": ["etl-airflow-generated"],
            "verbs": ["get", "patch"],
        },
    ]


def test_an_existing_account_gets_the_role() -> None:
    settings: dict[str, Any] = {"executors": KUBERNETES, "scheduler": {"serviceAccount": {"name": "mine"}}}
    [binding] = objects("RoleBinding", "scheduler", **settings)
    assert binding["subjects"][0]["name"] == "mine"
    assert objects("ServiceAccount", "scheduler", **settings) == []


def test_an_account_can_carry_the_identity_of_a_cloud() -> None:
    [account] = objects("ServiceAccount", "webserver", webserver={"serviceAccount": {"annotations": {"role": "x"}}})
    assert account["metadata"]["annotations"] == {"role": "x"}
    assert account["automountServiceAccountToken"] is False
