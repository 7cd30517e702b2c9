"""Who may open connections to whom: written down here, and read from the NetworkPolicies of each end.

`dns` is port 53, `kubernetes-api` 443 and 6443 of any address, `outside` where tasks may go, `users` the pods through
which users come. What is not in a table is closed: both ends are read, and each must say exactly the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import deployments
import pytest
from documents import Case, across
from networks import DNS, STRANGER, Connection, Place, lets_through
from rendered import Pod, of_kind, pods

CELERY_3 = """
users              -> webserver:8080 flower:5555
webserver          -> dns postgresql:5432 worker:8793 triggerer:8794 login-server
scheduler          -> dns postgresql:5432 redis:6379
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
worker             -> dns postgresql:5432 redis:6379 webserver:8080 outside
flower             -> dns redis:6379
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""
"""Workers reach PostgreSQL for Celery's results, with a role of its own; the metadata is behind the webserver."""

CELERY_2 = """
users              -> webserver:8080 flower:5555
webserver          -> dns postgresql:5432 worker:8793 triggerer:8794 login-server
scheduler          -> dns postgresql:5432 redis:6379
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
worker             -> dns postgresql:5432 redis:6379 outside
flower             -> dns redis:6379
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""
"""Airflow 2 has no execution API: its tasks use the database."""

KUBERNETES_3 = """
users              -> webserver:8080
webserver          -> dns postgresql:5432 triggerer:8794 kubernetes-api login-server
scheduler          -> dns postgresql:5432 kubernetes-api
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
task               -> dns webserver:8080 outside
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""
"""The webserver reads the logs of running tasks from the Kubernetes API."""

KUBERNETES_2 = """
users              -> webserver:8080
webserver          -> dns postgresql:5432 triggerer:8794 kubernetes-api login-server
scheduler          -> dns postgresql:5432 kubernetes-api
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
task               -> dns postgresql:5432 outside
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""

LOCAL_3 = """
users              -> webserver:8080
webserver          -> dns postgresql:5432 scheduler:8793 triggerer:8794 login-server
scheduler          -> dns postgresql:5432 webserver:8080 outside
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""
"""The scheduler runs the tasks and serves their logs."""

LOCAL_2 = """
users              -> webserver:8080
webserver          -> dns postgresql:5432 scheduler:8793 triggerer:8794 login-server
scheduler          -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""
"""Without a DAG processor, the scheduler parses the DAG files too."""

CELERY_KUBERNETES_2 = """
users              -> webserver:8080 flower:5555
webserver          -> dns postgresql:5432 worker:8793 triggerer:8794 kubernetes-api login-server
scheduler          -> dns postgresql:5432 redis:6379 kubernetes-api
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
worker             -> dns postgresql:5432 redis:6379 outside
task               -> dns postgresql:5432 outside
flower             -> dns redis:6379
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""

LOCAL_KUBERNETES_2 = """
users              -> webserver:8080
webserver          -> dns postgresql:5432 scheduler:8793 triggerer:8794 kubernetes-api login-server
scheduler          -> dns postgresql:5432 kubernetes-api outside
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 outside
task               -> dns postgresql:5432 outside
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""

ALL_EXECUTORS = """
users              -> webserver:8080 flower:5555
webserver          -> dns postgresql:5432 worker:8793 scheduler:8793 triggerer:8794 kubernetes-api login-server
scheduler          -> dns postgresql:5432 redis:6379 webserver:8080 kubernetes-api outside
dag-processor      -> dns postgresql:5432 outside
triggerer          -> dns postgresql:5432 kubernetes-api outside
worker             -> dns postgresql:5432 redis:6379 webserver:8080 kubernetes-api outside
task               -> dns webserver:8080 kubernetes-api outside
flower             -> dns redis:6379
migrations         -> dns postgresql:5432
secret-generation  -> dns postgresql:5432 kubernetes-api
"""
"""Here tasks of every kind may start pods (`kubernetesAccess`)."""

EXTERNAL_SERVICES = """
users              -> webserver:8080 flower:5555
webserver          -> dns external-database worker:8793 triggerer:8794 login-server
scheduler          -> dns external-database external-results external-broker
dag-processor      -> dns external-database outside
triggerer          -> dns external-database outside
worker             -> dns external-results external-broker webserver:8080 outside
flower             -> dns external-broker
migrations         -> dns external-database
secret-generation  -> dns external-database kubernetes-api
"""

TABLES = (
    (deployments.CELERY_3, CELERY_3),
    (deployments.CELERY_2, CELERY_2),
    (deployments.KUBERNETES_3, KUBERNETES_3),
    (deployments.KUBERNETES_2, KUBERNETES_2),
    (deployments.LOCAL_3, LOCAL_3),
    (deployments.LOCAL_2, LOCAL_2),
    (deployments.CELERY_KUBERNETES_2, CELERY_KUBERNETES_2),
    (deployments.LOCAL_KUBERNETES_2, LOCAL_KUBERNETES_2),
    (deployments.ALL_EXECUTORS, ALL_EXECUTORS),
    (deployments.EXTERNAL_SERVICES, EXTERNAL_SERVICES),
)
on_every_deployment = pytest.mark.parametrize(("case", "table"), TABLES, ids=[case.name for case, _ in TABLES])

UNUSED = 4711
"""A port on which nothing listens: who reaches it may use every port."""
INSIDE = (8080, 8974, 8793, 8794, 5555, 5432, 6379, UNUSED)
NAMESPACE = "data"
ELSEWHERE = Place(address="198.51.100.7")
BEYOND = {
    "login-server": (Place(NAMESPACE, tuple(deployments.LOGIN_SERVER.items())), UNUSED),
    "outside": (Place(address="203.0.113.9"), UNUSED),
    "anything": (ELSEWHERE, UNUSED),
    "a-stranger": (STRANGER, UNUSED),
    "kubernetes-api": (ELSEWHERE, 443),
    "kubernetes-api-behind-its-service": (ELSEWHERE, 6443),
    "external-database": (ELSEWHERE, 6432),
    "external-results": (ELSEWHERE, 5433),
    "external-broker": (ELSEWHERE, 6380),
}
"""What lies outside of the release: a place and a port of it."""
CALLERS = {"users": Place(NAMESPACE, tuple(deployments.PROXY.items())), "a-stranger": STRANGER}


class Edge(NamedTuple):
    """One end may open connections to a port of the other."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}"


def written(table: str) -> set[Edge]:
    """The edges of a table."""
    found = set()
    for line in table.strip().splitlines():
        source, _, targets = line.partition("->")
        for target in targets.split():
            found.add(Edge(source.strip(), target))
            if target == "kubernetes-api":
                found.add(Edge(source.strip(), "kubernetes-api-behind-its-service"))
    return found


def leaving(case: Case) -> Iterator[Edge]:
    """What the policies of the calling end let out."""
    policies = of_kind(case, "NetworkPolicy")
    for pod in pods(case):
        source = Place.of(pod, NAMESPACE)
        targets = [(f"{other.component}:{port}", Place.of(other, NAMESPACE), port) for other, port in listeners(case)]
        targets += [(name, place, port) for name, (place, port) in BEYOND.items()]
        for name, target, port in targets:
            if lets_through(policies, "Egress", Connection(source, target, port)):
                yield Edge(pod.component, name)
        asked = {lets_through(policies, "Egress", Connection(source, DNS, 53, kind)) for kind in ("UDP", "TCP")}
        assert len(asked) == 1, f"{pod.component} reaches name servers by only one of UDP and TCP"
        if True in asked:
            yield Edge(pod.component, "dns")


def entering(case: Case) -> Iterator[Edge]:
    """What the policies of the called end let in."""
    policies = of_kind(case, "NetworkPolicy")
    callers = [(pod.component, Place.of(pod, NAMESPACE)) for pod in pods(case)]
    for name, source in [*callers, *CALLERS.items()]:
        for pod, port in listeners(case):
            if lets_through(policies, "Ingress", Connection(source, Place.of(pod, NAMESPACE), port)):
                yield Edge(name, f"{pod.component}:{port}")


def listeners(case: Case) -> Iterator[tuple[Pod, int]]:
    """Every pod with every port that anything may listen on."""
    return ((pod, port) for pod in pods(case) for port in INSIDE)


def differences(found: set[Edge], wanted: set[Edge]) -> list[str]:
    """What is open and should be closed, and the other way round."""
    extra = [f"open, but not in the table: {edge}" for edge in sorted(found - wanted)]
    return extra + [f"in the table, but closed: {edge}" for edge in sorted(wanted - found)]


@on_every_deployment
def test_a_component_may_call_exactly_what_the_table_says(case: Case, table: str) -> None:
    wanted = {edge for edge in written(table) if edge.source not in CALLERS}
    assert not differences(set(leaving(case)), wanted)


@on_every_deployment
def test_a_component_may_be_called_exactly_by_whom_the_table_says(case: Case, table: str) -> None:
    wanted = {edge for edge in written(table) if edge.target not in (*BEYOND, "dns")}
    assert not differences(set(entering(case)), wanted)


@across(deployments.EVERY)
def test_a_policy_of_its_own_guards_every_component(case: Case) -> None:
    guarded = {item["metadata"]["labels"]["app.kubernetes.io/component"] for item in of_kind(case, "NetworkPolicy")}
    assert guarded == {pod.component for pod in pods(case)}
