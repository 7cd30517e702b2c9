"""The environment of a component holds the credentials that its edges allow, and no others."""

from __future__ import annotations

from collections.abc import Iterator

from documents import CASES, Case, across
from rendered import Object, Pod, chart_containers, of_kind, pods, values_of

from airflow_charts.deployment import COMPONENTS
from airflow_charts.processes.credentials import records
from airflow_charts.processes.services import BROKER, DATABASE, RESULTS

_OF_EDGE = {
    DATABASE.name: ("database-password", "database.uri"),
    RESULTS.name: ("result-backend-password", "resultBackend.uri"),
    BROKER.name: ("broker-password", "broker.uri"),
}
_USERS = ("users-own",)


def holders(case: Case) -> dict[tuple[str, str], str]:
    """Secret and key -> the credential that it is."""
    values = values_of(case)
    found = {}
    for record in records():
        credential = record.of(values)
        if credential.existing_secret:
            found[credential.existing_secret, credential.key] = record.key
    for name, service in (("database", values.database), ("resultBackend", values.result_backend)):
        found[service.uri.existing_secret, service.uri.key] = f"{name}.uri"
    found[values.broker.uri.existing_secret, values.broker.uri.key] = "broker.uri"
    return found


def _own(name: str) -> bool:
    return name.endswith(("-generated", "-credentials"))


def credentials(case: Case, container: Object) -> Iterator[str]:
    """The credentials in the environment of a container."""
    known = holders(case)
    for variable in container.get("env", []):
        source = variable.get("valueFrom", {}).get("secretKeyRef")
        if source and _own(source["name"]):
            yield source["key"]
        elif source and (source["name"], source["key"]) in known:
            yield known[source["name"], source["key"]]


def held(case: Case, pod: Pod) -> set[str]:
    return {name for container in pod.containers for name in credentials(case, container)}


def expected(case: Case, pod: Pod) -> set[str]:
    """What its needs and keys give to a component, and what data stores and Jobs need for themselves."""
    values = values_of(case)
    [component] = [one for one in COMPONENTS if one.name == pod.component]
    uris = {
        DATABASE.name: values.database.uri.existing_secret,
        RESULTS.name: values.result_backend.uri.existing_secret,
        BROKER.name: values.broker.uri.existing_secret,
    }
    found = {
        _OF_EDGE[need.service.name][bool(uris[need.service.name])]
        for need in component.needs
        if need.service.name in _OF_EDGE and need.when(values)
    }
    found |= {held.key.credential.key for held in component.keys if held.when(values)}
    needed = {record.key for record in records() if record.when(values)}
    own = {
        "flower": {"flower-basic-auth"},
        "migrations": {"admin-password"} & needed,
        "postgresql": {"database-password", "result-backend-password"} & needed,
        "redis": {"broker-password"},
    }
    if component.name == "postgresql" and values.result_backend.host:
        own["postgresql"] = {"database-password"}
    return found | own.get(component.name, set())


@across()
def test_a_pod_holds_exactly_the_credentials_of_its_edges(case: Case) -> None:
    for pod in pods(case):
        assert held(case, pod) == expected(case, pod), pod.name


@across()
def test_workers_tasks_and_flower_of_airflow_3_cannot_open_the_database(case: Case) -> None:
    """They run users' code, or show it; Airflow 3 needs neither the database nor the Fernet key for them."""
    if case.document.get("airflowVersion", "3").startswith("2"):
        return
    for pod in pods(case):
        if pod.component in ("worker", "task", "flower"):
            forbidden = {"database-password", "database.uri", "fernet-key", "jwt-secret", "admin-password"}
            assert not held(case, pod) & forbidden, pod.name
            names = {variable["name"] for container in pod.containers for variable in container.get("env", [])}
            assert not names & {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "PGPASSWORD", "AIRFLOW__CORE__FERNET_KEY"}


@across()
def test_only_the_component_itself_and_the_wait_hold_credentials(case: Case) -> None:
    for pod in pods(case):
        for container in chart_containers(case, pod):
            found = set(credentials(case, container))
            if container is pod.main or container["name"] == pod.main["name"]:
                continue
            allowed = {"database-password", "database.uri"} if container["name"] == "wait-for-schema" else set()
            assert found <= allowed, (pod.name, container["name"])


@across()
def test_the_webservers_settings_are_mounted_by_the_webserver_alone(case: Case) -> None:
    secrets = {item["metadata"]["name"] for item in of_kind(case, "Secret")}
    secrets |= {case.document.get("webserver", {}).get("configSecret", "")}
    for pod in pods(case):
        mounted = {
            source["secret"].get("name", source["secret"].get("secretName"))
            for volume in pod.spec.get("volumes", [])
            for source in [volume, *volume.get("projected", {}).get("sources", [])]
            if "secret" in source
        }
        assert pod.component == "webserver" or not mounted & secrets, pod.name


def test_credentials_are_really_held_somewhere() -> None:
    every = {name for case in CASES for pod in pods(case) for name in held(case, pod)}
    assert {record.key for record in records()} <= every
    assert {"database.uri", "resultBackend.uri", "broker.uri"} <= every
