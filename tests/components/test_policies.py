"""NetworkPolicies: both ends of each edge, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import Object, objects


def peers(rules: list[Object], side: str) -> list[tuple[str, list[int]]]:
    """The components that rules name, with their ports."""
    return [
        (peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"], [port["port"] for port in rule["ports"]])
        for rule in rules
        for peer in rule.get(side, [])
        if "podSelector" in peer
    ]


def test_both_ends_of_an_edge_are_open() -> None:
    [worker], [webserver] = objects("NetworkPolicy", "worker"), objects("NetworkPolicy", "webserver")
    assert ("webserver", [8080]) in peers(worker["spec"]["egress"], "to")
    assert ("worker", [8080]) in peers(webserver["spec"]["ingress"], "from")
    assert ("worker", [8793]) in peers(webserver["spec"]["egress"], "to")
    assert ("webserver", [8793]) in peers(worker["spec"]["ingress"], "from")


def test_a_policy_selects_the_pods_of_its_release_and_filters_both_directions() -> None:
    [policy] = objects("NetworkPolicy", "triggerer")
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert policy["spec"]["podSelector"] == {
        "matchLabels": {
            "app.kubernetes.io/name": "airflow",
            "app.kubernetes.io/instance": "etl",
            "app.kubernetes.io/component": "triggerer",
        }
    }


def test_a_data_store_calls_nobody() -> None:
    for store in ("postgresql", "redis"):
        [policy] = objects("NetworkPolicy", store)
        assert "egress" not in policy["spec"]


def test_only_clients_of_the_kubernetes_api_reach_its_ports() -> None:
    settings: dict[str, Any] = {
        "executors": ["KubernetesExecutor"],
        "networkPolicies": {"kubernetesApiPort": 16443},
    }
    api = {"ports": [{"port": 443, "protocol": "TCP"}, {"port": 16443, "protocol": "TCP"}]}
    for component, reaches in (("scheduler", True), ("webserver", True), ("dag-processor", False)):
        [policy] = objects("NetworkPolicy", component, **settings)
        assert (api in policy["spec"]["egress"]) == reaches, component


def test_where_tasks_may_connect_to_can_be_limited() -> None:
    block = {"ipBlock": {"cidr": "10.0.0.0/8"}}
    [wide] = objects("NetworkPolicy", "worker")
    [narrow] = objects("NetworkPolicy", "worker", networkPolicies={"taskEgress": [block]})
    assert {} in wide["spec"]["egress"]
    assert {} not in narrow["spec"]["egress"]
    assert {"to": [block]} in narrow["spec"]["egress"]


def test_who_may_see_the_ui_can_be_limited() -> None:
    proxy = {"podSelector": {"matchLabels": {"app": "proxy"}}}
    [wide] = objects("NetworkPolicy", "webserver")
    [narrow] = objects("NetworkPolicy", "webserver", webserver={"ingressPeers": [proxy]})
    assert wide["spec"]["ingress"][0] == {"ports": [{"port": 8080, "protocol": "TCP"}]}
    assert narrow["spec"]["ingress"][0] == {"from": [proxy], "ports": [{"port": 8080, "protocol": "TCP"}]}


def test_an_external_database_is_reached_on_its_port() -> None:
    settings: dict[str, Any] = {
        "executors": ["LocalExecutor"],
        "postgresql": {"enabled": False},
        "database": {"host": "db.example.com", "port": 6432},
    }
    [policy] = objects("NetworkPolicy", "scheduler", **settings)
    assert {"ports": [{"port": 6432, "protocol": "TCP"}]} in policy["spec"]["egress"]
    assert objects("NetworkPolicy", "postgresql", **settings) == []


@pytest.mark.parametrize("component", ["webserver", "scheduler", "postgresql"])
def test_they_can_be_left_out(component: str) -> None:
    assert objects("NetworkPolicy", component, networkPolicies={"enabled": False}) == []
