"""What each component may do in Kubernetes: its Role, who is bound to it, and which pods get a token at all.

The verbs are those that Airflow's KubernetesExecutor and KubernetesPodOperator call. `pods/exec` is not among them: it
is a shell in every pod of the namespace, and only the XComs of KubernetesPodOperator need it.
"""

from __future__ import annotations

import deployments
import pytest
from documents import Case, across
from rendered import named, of_kind, pods

MANAGES_PODS = {
    "pods": "create delete get list patch watch",  # `patch` marks pods as done, and adopts those of a dead scheduler
    "pods/log": "get",
    "events": "list",  # why a pod does not start
}
READS_LOGS = {"pods": "get list", "pods/log": "get"}
WRITES_ITS_SECRET = {"secrets": "create", "secrets etl-airflow-generated": "get patch"}
"""Kubernetes knows no `create` of one name; to read and change it is limited to that Secret."""

CELERY = {"secret-generation": WRITES_ITS_SECRET}
KUBERNETES = {"scheduler": MANAGES_PODS, "webserver": READS_LOGS, "secret-generation": WRITES_ITS_SECRET}
ALL_EXECUTORS = KUBERNETES | {"worker": MANAGES_PODS, "task": MANAGES_PODS, "triggerer": MANAGES_PODS}

TABLES = (
    (deployments.CELERY_3, CELERY),
    (deployments.CELERY_2, CELERY),
    (deployments.KUBERNETES_3, KUBERNETES),
    (deployments.KUBERNETES_2, KUBERNETES),
    (deployments.LOCAL_3, CELERY),
    (deployments.LOCAL_2, CELERY),
    (deployments.CELERY_KUBERNETES_2, KUBERNETES),
    (deployments.LOCAL_KUBERNETES_2, KUBERNETES),
    (deployments.ALL_EXECUTORS, ALL_EXECUTORS),
    (deployments.EXTERNAL_SERVICES, CELERY),
)
on_every_deployment = pytest.mark.parametrize(("case", "table"), TABLES, ids=[case.name for case, _ in TABLES])


def verbs(case: Case) -> dict[str, dict[str, str]]:
    """The verbs of each Role by what they are for."""
    found: dict[str, dict[str, str]] = {}
    for role in of_kind(case, "Role"):
        allowed = found.setdefault(role["metadata"]["name"].removeprefix("etl-airflow-"), {})
        for rule in role["rules"]:
            assert rule["apiGroups"] == [""], "pods, events and Secrets are of the core group"
            for resource in rule["resources"]:
                key = " ".join([resource, *rule.get("resourceNames", [])])
                assert key not in allowed, f"two rules for {key}"
                allowed[key] = " ".join(sorted(rule["verbs"]))
    return found


@on_every_deployment
def test_a_role_has_exactly_these_verbs(case: Case, table: dict[str, dict[str, str]]) -> None:
    assert verbs(case) == table


@on_every_deployment
def test_exactly_the_components_with_a_role_get_a_token(case: Case, table: dict[str, dict[str, str]]) -> None:
    assert {pod.component for pod in pods(case) if pod.spec["automountServiceAccountToken"]} == set(table)


@on_every_deployment
def test_a_role_is_bound_to_the_account_of_its_component_alone(case: Case, table: dict[str, dict[str, str]]) -> None:
    accounts = {pod.component: pod.spec["serviceAccountName"] for pod in pods(case)}
    bindings = named(case, "RoleBinding")
    assert set(bindings) == {f"etl-airflow-{component}" for component in table}
    for component in table:
        binding = bindings[f"etl-airflow-{component}"]
        assert binding["roleRef"] == {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": f"etl-airflow-{component}",
        }
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": accounts[component], "namespace": case.release.namespace}
        ]


@across(deployments.EVERY)
def test_no_right_reaches_beyond_the_namespace(case: Case) -> None:
    assert not of_kind(case, "ClusterRole", "ClusterRoleBinding")
    for item in of_kind(case, "Role", "RoleBinding", "ServiceAccount"):
        assert item["metadata"]["namespace"] == case.release.namespace
