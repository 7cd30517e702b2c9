"""Every pod is safe by default: the controls that security-of-peers counts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from documents import CASES, NAMED, Case, Document, across
from rendered import (
    Object,
    Pod,
    chart_containers,
    named,
    of_kind,
    pods,
    users_containers,
    values_of,
)
from standards import violations

from airflow_charts.deployment import COMPONENTS
from airflow_charts.errors import InvalidValuesError
from airflow_charts.parts.component import KUBERNETES_API

LONG_RUNNING = ("Deployment", "StatefulSet")


def workload_pods(case: Case) -> list[Pod]:
    return [pod for pod in pods(case) if pod.owner in LONG_RUNNING]


@across()
def test_every_pod_passes_the_restricted_pod_security_standard(case: Case) -> None:
    for pod in pods(case):
        spec = {key: value for key, value in pod.spec.items() if key not in ("containers", "initContainers")}
        assert violations(pod.metadata, spec, chart_containers(case, pod)) == [], pod.name


_BAD: dict[str, tuple[Object, Object]] = {
    "privileged": ({}, {"securityContext": {"privileged": True}}),
    "hostNetwork": ({"hostNetwork": True}, {}),
    "volume of type hostPath": ({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}, {}),
    "runAsUser: 0": ({"securityContext": {"runAsUser": 0}}, {}),
    "runAsNonRoot is not true": ({}, {}),
    "no seccompProfile": ({}, {}),
    "allowPrivilegeEscalation is not false": ({}, {}),
    "capabilities are not dropped": ({}, {"securityContext": {"capabilities": {"drop": ["NET_RAW"]}}}),
    "capabilities are added": ({}, {"securityContext": {"capabilities": {"add": ["CHOWN"]}}}),
    "hostPort": ({}, {"ports": [{"containerPort": 1, "hostPort": 1}]}),
    "host of httpGet": ({}, {"livenessProbe": {"httpGet": {"host": "10.0.0.1"}}}),
}


@pytest.mark.parametrize(("text", "parts"), _BAD.items(), ids=_BAD.keys())
def test_the_standard_is_really_checked(text: str, parts: tuple[Object, Object]) -> None:
    spec, container = parts
    assert any(text in found for found in violations({}, spec, [{"name": "x", **container}]))


@across()
def test_every_container_has_a_read_only_root(case: Case) -> None:
    for pod in pods(case):
        for container in chart_containers(case, pod):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True


@across()
def test_no_pod_has_a_user_below_the_images_own(case: Case) -> None:
    """Airflow's image runs as 50000 with group 0, which owns its files; the data stores as 999: stated exceptions."""
    for pod in pods(case):
        users = {"postgresql": (999, 999), "redis": (999, 999)}
        context = pod.spec["securityContext"]
        assert (context["runAsUser"], context["runAsGroup"]) == users.get(pod.component, (50000, 0))


@across()
def test_every_container_of_the_chart_has_requests_and_limits(case: Case) -> None:
    for pod in pods(case):
        for container in chart_containers(case, pod):
            limits = container["resources"].get("limits", {})
            requests = {**limits, **container["resources"].get("requests", {})}
            assert {"cpu", "memory"} <= limits.keys(), (pod.name, container["name"])
            assert {"cpu", "memory"} <= requests.keys(), (pod.name, container["name"])


@across()
def test_no_requests_exceed_their_limits(case: Case) -> None:
    for pod in pods(case):
        for container in chart_containers(case, pod):
            resources = container["resources"]
            for name, asked in resources.get("requests", {}).items():
                limit = resources.get("limits", {}).get(name)
                assert limit is None or _amount(asked) <= _amount(limit), (pod.name, container["name"], name)


def _amount(quantity: str) -> float:
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", quantity).groups()  # type: ignore[union-attr]
    factors = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
    return float(number) * factors[unit]


@across()
def test_every_pod_switches_service_links_off_and_says_its_grace_period(case: Case) -> None:
    for pod in pods(case):
        assert pod.spec["enableServiceLinks"] is False
        assert pod.spec["terminationGracePeriodSeconds"] > 0


@across()
def test_only_clients_of_the_kubernetes_api_get_a_token(case: Case) -> None:
    values = values_of(case)
    clients = {component.name for component in COMPONENTS if component.uses(values, KUBERNETES_API)}
    for pod in pods(case):
        assert pod.spec["automountServiceAccountToken"] is (pod.component in clients)
    for account in of_kind(case, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


@across()
def test_only_clients_of_the_kubernetes_api_have_a_role(case: Case) -> None:
    tokens = {pod.spec["serviceAccountName"] for pod in pods(case) if pod.spec["automountServiceAccountToken"]}
    bound = {subject["name"] for item in of_kind(case, "RoleBinding") for subject in item["subjects"]}
    assert bound == tokens


_OF_A_SET: dict[str, Document] = {
    "kubernetesAccess": {"workers": {"sets": {"default": {"kubernetesAccess": True}}}},
    "serviceAccount": {
        "workers": {"kubernetesAccess": True, "sets": {"default": {"serviceAccount": {"name": "my-workers"}}}}
    },
}


@pytest.mark.parametrize("key", _OF_A_SET)
def test_access_and_account_of_one_set_of_workers_have_their_effect_or_are_refused(key: str) -> None:
    case = Case(key, _OF_A_SET[key])
    try:
        found = [pod for pod in pods(case) if pod.component == "worker"]
    except InvalidValuesError:
        return
    bound = {subject["name"] for item in of_kind(case, "RoleBinding") for subject in item["subjects"]}
    for pod in found:
        assert pod.spec["automountServiceAccountToken"] is True
        assert pod.spec["serviceAccountName"] in bound


@across()
def test_roles_are_small(case: Case) -> None:
    for role in of_kind(case, "Role"):
        for rule in role["rules"]:
            assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]]
            assert not {"escalate", "bind", "impersonate"} & set(rule["verbs"])
            assert not {"pods/exec", "pods/attach", "pods/portforward"} & set(rule["resources"])
            reads = {"get", "list", "watch", "update", "patch", "delete"} & set(rule["verbs"])
            assert "secrets" not in rule["resources"] or not reads or rule.get("resourceNames")
    assert not of_kind(case, "ClusterRole", "ClusterRoleBinding")


@across()
def test_every_component_has_a_service_account_of_its_own(case: Case) -> None:
    users: dict[str, str] = {}
    for pod in pods(case):
        account = pod.spec["serviceAccountName"]
        assert account != "default"
        assert users.setdefault(account, pod.component) == pod.component
    for name, account in named(case, "ServiceAccount").items():
        assert users[name] == account["metadata"]["labels"]["app.kubernetes.io/component"]


@across()
def test_every_long_running_component_has_probes(case: Case) -> None:
    services = [item["spec"]["selector"].items() for item in of_kind(case, "Service")]
    for pod in workload_pods(case):
        assert {"startupProbe", "livenessProbe"} <= pod.main.keys(), pod.name
        behind_a_service = any(selector <= pod.labels.items() for selector in services)
        assert not behind_a_service or "readinessProbe" in pod.main, pod.name


@across()
def test_jobs_and_tasks_end_by_themselves(case: Case) -> None:
    for pod in pods(case):
        if pod.owner not in LONG_RUNNING:
            assert pod.spec["restartPolicy"] in ("OnFailure", "Never")
            assert not {"startupProbe", "livenessProbe", "readinessProbe"} & pod.main.keys()


@across()
def test_several_replicas_have_a_disruption_budget_and_spread(case: Case) -> None:
    budgets = named(case, "PodDisruptionBudget")
    for pod in workload_pods(case):
        several = pod.replicas > 1
        assert (pod.name in budgets) == several, pod.name
        assert not several or pod.spec["topologySpreadConstraints"]


@across()
def test_a_disruption_budget_lets_nodes_drain(case: Case) -> None:
    for budget in of_kind(case, "PodDisruptionBudget"):
        allowed: Any = budget["spec"]["maxUnavailable"]
        asked = "podDisruptionBudget" in str(case.document)
        assert allowed >= 1 or asked


_IMAGE = re.compile(r"^[^\s@]+(?::(?P<tag>[\w][\w.-]*)|@sha256:[0-9a-f]{64})$")


@across()
def test_every_image_is_pinned(case: Case) -> None:
    for pod in pods(case):
        for container in chart_containers(case, pod):
            found = _IMAGE.match(container["image"])
            assert found, container["image"]
            assert found["tag"] != "latest"


@across()
def test_the_global_registry_stands_before_every_image(case: Case) -> None:
    registry = case.document.get("global", {}).get("imageRegistry", "")
    for pod in pods(case):
        for container in chart_containers(case, pod):
            assert container["image"].startswith(f"{registry}/" if registry else "")


def test_an_image_without_a_tag_is_never_latest() -> None:
    images = {name: {"repository": "x/y", "tag": ""} for name in ("airflow", "postgresql", "redis")}
    try:
        found = pods(Case("no tags", {"images": images}))
    except InvalidValuesError:
        return
    for pod in found:
        for container in pod.containers:
            assert not container["image"].endswith(":latest"), container["name"]


def test_the_covering_set_has_pods_of_every_component() -> None:
    assert {pod.component for case in CASES for pod in pods(case)} == {component.name for component in COMPONENTS}
    assert users_containers(NAMED["user-parts"])
