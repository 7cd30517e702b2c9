"""The Ingress of the webserver and of Flower."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import Object, objects

FLOWER = {"enabled": True, "path": "/flower"}


def paths(ingress: Object) -> list[tuple[str, str, str]]:
    """Host, path and Service of each rule."""
    return [
        (rule.get("host", "*"), path["path"], path["backend"]["service"]["name"])
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]


def test_by_default_it_takes_every_host_and_path() -> None:
    [ingress] = objects("Ingress", "webserver", webserver={"ingress": {"enabled": True}})
    assert paths(ingress) == [("*", "/", "etl-airflow-webserver")]
    assert ingress["spec"].keys() == {"rules"}


def test_it_has_a_rule_for_each_host_and_a_certificate_for_all() -> None:
    settings = {"enabled": True, "className": "nginx", "hosts": ["a.example.com", "b.example.com"], "tlsSecret": "tls"}
    [ingress] = objects("Ingress", "webserver", webserver={"ingress": settings})
    assert paths(ingress) == [
        ("a.example.com", "/", "etl-airflow-webserver"),
        ("b.example.com", "/", "etl-airflow-webserver"),
    ]
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == [{"hosts": ["a.example.com", "b.example.com"], "secretName": "tls"}]


@pytest.mark.parametrize("component", ["webserver", "flower"])
def test_it_leads_to_the_named_port_of_the_service(component: str) -> None:
    settings: dict[str, Any] = {component: {"ingress": {"enabled": True}}, "flower": {**FLOWER}}
    settings[component] = {**settings[component], "ingress": {"enabled": True}}
    [ingress], [service] = objects("Ingress", component, **settings), objects("Service", component, **settings)
    [path] = ingress["spec"]["rules"][0]["http"]["paths"]
    assert path["pathType"] == "Prefix"
    assert path["backend"] == {"service": {"name": service["metadata"]["name"], "port": {"name": "http"}}}
    assert [port["name"] for port in service["spec"]["ports"]] == ["http"]


def test_both_can_share_a_host() -> None:
    ingress = {"enabled": True, "hosts": ["airflow.example.com"]}
    settings: dict[str, Any] = {"webserver": {"ingress": ingress}, "flower": {**FLOWER, "ingress": ingress}}
    [web], [flower] = objects("Ingress", "webserver", **settings), objects("Ingress", "flower", **settings)
    assert paths(web) == [("airflow.example.com", "/", "etl-airflow-webserver")]
    assert paths(flower) == [("airflow.example.com", "/flower", "etl-airflow-flower")]
