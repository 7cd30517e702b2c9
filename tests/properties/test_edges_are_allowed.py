"""The NetworkPolicies allow every edge of the components at both ends and, inside the release, nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

import pytest
from documents import CASES, EVERYTHING, RELEASE, Case, across
from networks import DNS, OUTSIDE, STRANGER, Connection, Place, allowed, covers
from rendered import Pod, of_kind, pods, values_of

from airflow_charts import Release
from airflow_charts.deployment import COMPONENTS
from airflow_charts.derived.edges import Edge
from airflow_charts.derived.edges import edges as all_edges
from airflow_charts.parts.component import KUBERNETES_API
from airflow_charts.processes.services import BROKER, DATABASE, RESULTS
from airflow_charts.values import conditions

GUARDED = [case for case in CASES if case.document.get("networkPolicies", {}).get("enabled", True)]
_NAMES = {component.name for component in COMPONENTS}
_STRANGE_PORTS = (22, 53, 443, 6443, 16443, 9100, 5433, 6432, 6380, 3306, 3307, 5671, 65535)


class Flow(NamedTuple):
    """A connection between two components."""

    source: str
    target: str
    port: int


def place(case: Case, pod: Pod) -> Place:
    return Place.of(pod, case.release.namespace)


def store_of(case: Case, service: str) -> str:
    """The component of the release that is a service, if it is one."""
    values = values_of(case)
    own = {
        DATABASE.name: ("postgresql", conditions.own_database(values)),
        RESULTS.name: ("postgresql", conditions.own_results(values)),
        BROKER.name: ("redis", conditions.own_broker(values)),
    }
    name, inside = own.get(service, (service, True))
    return name if inside else ""


def edges(case: Case) -> list[Edge]:
    """The edges that hold and whose ends have pods or lie outside."""
    values = values_of(case)
    present = {pod.component for pod in pods(case)}
    return [
        edge
        for edge in all_edges()
        if edge.when(values)
        and (edge.source in present or edge.source not in _NAMES)
        and (edge.target in present or edge.target not in _NAMES)
    ]


@cache
def expected(case: Case) -> frozenset[Flow]:
    """The edges inside the release."""
    present = {pod.component for pod in pods(case)}
    return frozenset(
        Flow(edge.source, target, edge.port)
        for edge in edges(case)
        if edge.source in present and (target := store_of(case, edge.target)) in present
    )


def _ports(case: Case) -> set[int]:
    named = {port for pod in pods(case) for port in pod.ports().values()}
    return {*named, *(edge.port for edge in all_edges() if edge.port), *_STRANGE_PORTS}


def flows(case: Case, *, blocks_cover_pods: bool) -> set[Flow]:
    """What the policies let through between any two pods of the release."""
    policies = of_kind(case, "NetworkPolicy")
    return {
        Flow(source.component, target.component, port)
        for source in pods(case)
        for target in pods(case)
        for port in _ports(case)
        if allowed(
            policies, Connection(place(case, source), place(case, target), port), blocks_cover_pods=blocks_cover_pods
        )
    }


def outward(case: Case) -> set[tuple[str, int]]:
    """Who may leave the release, and to which port (0: any)."""
    values = values_of(case)
    external = {
        DATABASE.name: values.database.port,
        RESULTS.name: values.result_backend.port,
        BROKER.name: values.broker.port,
    }
    found = set()
    for edge in edges(case):
        if edge.target == "anywhere":
            found.add((edge.source, 0))
        elif edge.service == KUBERNETES_API:
            found |= {(edge.source, 443), (edge.source, values.network_policies.kubernetes_api_port)}
        elif edge.target in external and not store_of(case, edge.target):
            found.add((edge.source, external[edge.target]))
    return found


def through_the_outside(case: Case) -> set[Flow]:
    """What follows from two edges that leave the release: users' code may be a user, where every place may be one."""
    leaving = outward(case)
    if values_of(case).network_policies.webserver_egress:
        leaving = {*leaving, ("webserver", 0)}
    entries = [edge for edge in edges(case) if edge.source == "users"]
    return {
        Flow(source, entry.target, entry.port)
        for source, port in leaving
        for entry in entries
        if port in (0, entry.port)
    }


@across(GUARDED)
def test_every_edge_inside_the_release_is_allowed(case: Case) -> None:
    assert expected(case) - flows(case, blocks_cover_pods=False) == set()


@across(GUARDED)
def test_every_pair_of_pods_of_an_edge_is_allowed(case: Case) -> None:
    """Each set of workers counts, not only one of them."""
    policies = of_kind(case, "NetworkPolicy")
    for source in pods(case):
        for target in pods(case):
            for flow in expected(case):
                if (flow.source, flow.target) == (source.component, target.component):
                    assert allowed(policies, Connection(place(case, source), place(case, target), flow.port))


@across(GUARDED)
def test_nothing_else_is_allowed_inside_the_release(case: Case) -> None:
    assert flows(case, blocks_cover_pods=True) - expected(case) - through_the_outside(case) == set()


@pytest.mark.parametrize("case", [case for case in GUARDED if case.name == "narrow-peers"], ids=lambda case: case.name)
def test_with_named_peers_exactly_the_edges_are_allowed(case: Case) -> None:
    assert flows(case, blocks_cover_pods=False) == expected(case)


@across(GUARDED)
def test_every_pod_is_guarded_in_both_directions(case: Case) -> None:
    policies = of_kind(case, "NetworkPolicy")
    for pod in pods(case):
        assert covers(policies, "Ingress", place(case, pod)), pod.name
        assert covers(policies, "Egress", place(case, pod)), pod.name


@across(GUARDED)
def test_every_pod_with_outgoing_edges_reaches_dns(case: Case) -> None:
    policies = of_kind(case, "NetworkPolicy")
    sources = {edge.source for edge in edges(case)}
    for pod in pods(case):
        for protocol in ("UDP", "TCP"):
            reached = allowed(policies, Connection(place(case, pod), DNS, 53, protocol))
            assert reached == (pod.component in sources), pod.name


@across(GUARDED)
def test_outside_of_the_release_pods_reach_what_their_edges_say(case: Case) -> None:
    policies = of_kind(case, "NetworkPolicy")
    restricted = values_of(case).network_policies.task_egress
    leaving = outward(case)
    for pod in pods(case):
        ports = {port for source, port in leaving if source == pod.component}
        for port in _ports(case) - {53}:
            reached = allowed(policies, Connection(place(case, pod), OUTSIDE, port))
            assert reached or (port not in ports and 0 not in ports), (pod.name, port)
            assert not reached or port in ports or 0 in ports, (pod.name, port)
        if 0 in ports:
            elsewhere = allowed(policies, Connection(place(case, pod), STRANGER, 1234))
            assert elsewhere == (not restricted), pod.name


@across(GUARDED)
def test_from_outside_only_the_users_ports_are_reached(case: Case) -> None:
    policies = of_kind(case, "NetworkPolicy")
    values = values_of(case)
    entries = {(edge.target, edge.port) for edge in edges(case) if edge.source == "users"}
    narrow = {component.name: port.peers(values) for component in COMPONENTS for port in component.serves if port.users}
    for pod in pods(case):
        for port in _ports(case):
            reached = allowed(policies, Connection(STRANGER, place(case, pod), port))
            open_to_all = (pod.component, port) in entries and not narrow[pod.component]
            assert reached == open_to_all, (pod.name, port)


@pytest.mark.parametrize("release", [Release("etl2", "data"), Release("etl", "data", "reporting")], ids=str)
def test_two_installations_in_a_namespace_cannot_reach_each_other(release: Release) -> None:
    document = {key: value for key, value in EVERYTHING.items() if key != "fullnameOverride"}
    narrow = {"ingressPeers": [{"podSelector": {"matchLabels": {"app": "proxy"}}}]}
    document |= {"webserver": narrow, "flower": {"enabled": True, **narrow}}
    here = Case("here", document, RELEASE)
    there = replace(here, release=release)
    policies = [*of_kind(here, "NetworkPolicy"), *of_kind(there, "NetworkPolicy")]
    for source in pods(here):
        for target in pods(there):
            for port in _ports(here):
                ends = (place(here, source), place(there, target))
                for connection in (Connection(*ends, port), Connection(ends[1], ends[0], port)):
                    assert not allowed(policies, connection), (source.name, target.name, port)


def test_every_edge_holds_in_some_case() -> None:
    """Guards the guards: an edge that no case has is an edge that nothing proves."""
    held = {(edge.source, edge.target) for case in GUARDED for edge in edges(case)}
    assert held == {(edge.source, edge.target) for edge in all_edges()}
