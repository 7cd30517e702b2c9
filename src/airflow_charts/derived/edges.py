"""Who talks to whom, on which port and why: what the components need, and where users come in."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_charts.parts.component import Component, Service, component_named, components
from airflow_charts.values.conditions import Condition, always

USERS = "users"
"""Everybody outside of the release."""


@dataclass(frozen=True)
class Edge:
    """`source` opens connections to `port` of `target`: components by name, `users`, or a service."""

    source: str
    target: str
    port: int
    why: str
    when: Condition = always
    service: Service | None = None
    """The service that is needed, if it is not a component itself."""


def edges() -> list[Edge]:
    """Every edge that a deployment may have, whether or not its ends run."""
    return [
        *(
            Edge(USERS, component.name, port.number, port.users)
            for component in components()
            for port in component.serves
            if port.users
        ),
        *(
            _edge(component, need.service, need.why, need.when)
            for component in components()
            for need in component.needs
        ),
    ]


def _edge(source: Component, service: Service, why: str, when: Condition) -> Edge:
    if not service.is_component:
        return Edge(source.name, service.name, service.port, why, when, service)
    target = component_named(service.name)
    assert target is not None  # noqa: S101 - `declare` has looked
    return Edge(source.name, target.name, target.port(service.port_name).number, why, when)
