"""What a component is: one record, from which its policies, credentials, Role, rules and pictures follow.

A component has pods of its own. It opens connections to what it needs, and to nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

from pydantic.alias_generators import to_camel

from airflow_charts.errors import ChartError
from airflow_charts.k8s import core_v1, networking_v1, rbac_v1
from airflow_charts.parts.credential import CredentialRecord
from airflow_charts.parts.names import selector_labels
from airflow_charts.parts.option import Option, Variable
from airflow_charts.parts.reserved import NOTHING, Reserved
from airflow_charts.release import Release
from airflow_charts.tracing import any_of, when
from airflow_charts.values import Values
from airflow_charts.values.conditions import Condition, always, never
from airflow_charts.values.pod import ComponentSettings

T = TypeVar("T")
Verbs = Callable[[Values, Release], list[rbac_v1.PolicyRule]]
"""What a component may do in the Kubernetes API."""


@dataclass(frozen=True)
class Key:
    """A secret that several components share."""

    credential: CredentialRecord
    env: Callable[[Values, Release], list[core_v1.EnvVar]]


@dataclass(frozen=True)
class Holds:
    """A component has a shared key."""

    key: Key
    when: Condition = always


def _everybody(values: Values) -> list[networking_v1.NetworkPolicyPeer]:
    del values
    return []


@dataclass(frozen=True)
class Port:
    """A port that a component opens, by its usual number."""

    name: str
    number: int
    options: tuple[tuple[str, str], ...] = ()
    """The options of airflow.cfg for it: section and option."""
    users: str = ""
    """Why users open it; empty if they do not."""
    peers: Callable[[Values], list[networking_v1.NetworkPolicyPeer]] = _everybody
    """Which users are let in from outside of the release."""


@dataclass(frozen=True)
class Service:
    """Something that components need: inside the release at the first component that provides it, else outside."""

    name: str
    port: int
    """Its usual port."""
    outside: Callable[[Values], int] | None = None
    """Its port outside of the release, if it can be there."""
    credential: CredentialRecord | None = None
    env: Callable[..., list[core_v1.EnvVar]] | None = None
    """The variables with which a pod finds it and logs in; `optional=True` where the credential may be missing."""
    makes_uri: Condition = never
    """Whether those variables name the program that makes a URI: a changed one restarts the pods."""
    is_component: bool = False
    """Whether it is the component of this name."""
    port_name: str = ""
    """Which of that component's ports it is; empty: the first."""


def other(component: str, port_name: str = "") -> Service:
    """Another component of the release, by its name, at its first port or the one of another name."""
    return Service(component, 0, is_component=True, port_name=port_name)


@dataclass(frozen=True)
class Provides:
    """A component is a service, at one of its ports, when the condition holds."""

    service: Service
    port: Port
    when: Condition
    alone: bool = False
    """Whether the component runs only while it holds; the rules see to that."""


@dataclass(frozen=True)
class Need:
    """A component opens connections to a service."""

    service: Service
    why: str
    when: Condition = always


@dataclass(frozen=True)
class Sets:
    """A component may have several sets of pods, each with changes of its own over the component's settings."""

    of: Callable[[Values], dict[str, Any]]
    """The changes of each set, by its name."""
    model: type[ComponentSettings]
    """The model of the component's settings."""


KUBERNETES_API = Service("kubernetes-api", 443)
ANYWHERE = Service("anywhere", 0)
"""Where pods that run users' code may connect to."""


@dataclass(frozen=True)
class Component:
    """What has pods of its own."""

    name: str
    """As in labels and in the names of objects: `dag-processor`."""
    settings: Callable[[Values], ComponentSettings]
    objects: Callable[[Values, Release], list[object]]
    runs: Condition = always
    section: str = ""
    """Its section of the values, as in Python; empty: its name."""
    container: str = ""
    """Its main container; empty: its name."""
    serves: tuple[Port, ...] = ()
    """Its ports; the first is the one that others connect to."""
    provides: tuple[Provides, ...] = ()
    needs: tuple[Need, ...] = ()
    """What it opens connections to, in the order of its environment."""
    reaches: Callable[[Values], list[networking_v1.NetworkPolicyPeer]] | None = None
    """Peers outside of the release that users allow."""
    keys: tuple[Holds, ...] = ()
    credentials: tuple[CredentialRecord, ...] = ()
    """Those that no other component has."""
    options: tuple[Option, ...] = ()
    """The options of airflow.cfg that follow from its settings."""
    variables: tuple[Variable, ...] = ()
    """The environment variables that it sets itself, beside those of what it needs."""
    sets: Sets | None = None
    """Its sets of pods, if it may have several."""
    rules: Callable[[Values], list[str]] | None = None
    """What is wrong with the values, each line with the path and what to write instead."""
    notes: Callable[[Values, Release], list[str]] | None = None
    """What Helm prints about it after an installation. Never a secret."""
    verbs: Verbs | None = None
    """What it may do in the Kubernetes API, if it needs that."""
    selector: Callable[[Release], dict[str, str]] | None = None
    """The labels of its pods, where they are not those of the release."""
    airflow_image: bool = True
    """Whether its pods run Airflow's image: those have `airflowPods`."""
    imports_airflow: bool = True
    """Whether it imports Airflow, which makes its folder for logs as it starts."""
    ends: bool = False
    """Whether its pods end by themselves: then they wait for no schema."""
    reads_dags: bool = False
    """Whether it reads the files of DAGs."""
    reads_logs: bool = False
    writes_logs: bool = False
    """The logs of tasks: who reads or writes them has their volume, everybody else scratch space in its place."""
    reserved: Reserved = NOTHING
    """What its pods have under names of their own, beside the main container."""
    makes_credentials: bool = False
    """Whether it makes credentials: those that it needs itself may be missing then."""

    def labels(self, release: Release) -> dict[str, str]:
        """The labels that select its pods."""
        return self.selector(release) if self.selector else selector_labels(release, self.name)

    def uses(self, values: Values, service: Service) -> bool:
        """Whether it needs a service."""
        return any_of(*(need.when(values) for need in self.needs if need.service == service))

    def port(self, name: str = "") -> Port:
        """Its port of a name; without one the first, which others connect to."""
        return next(port for port in self.serves if name in ("", port.name))

    @property
    def main_container(self) -> str:
        """The name of its main container."""
        return self.container or self.name

    @property
    def path(self) -> str:
        """The path of its section in the values."""
        return to_camel(self.file)

    @property
    def file(self) -> str:
        """The name of its file, here and in the chart."""
        return self.section or self.name.replace("-", "_")


_declared: list[Component] = []


def declare(*declared: Component) -> tuple[Component, ...]:
    """Says of what components a deployment is made.

    Their order is that of policies, Roles, rules, pictures, and of the credentials that the Job of secret generation is
    asked for: another order is another Job.

    Raises:
        ChartError: two have one name, a need leads nowhere, or verbs and the need of the Kubernetes API disagree.
    """
    for what in ("name", "path", "main_container"):
        names = [attrgetter(what)(one) for one in declared]
        if len(names) != len(set(names)):
            raise ChartError(f"two components have one {what}: {names}")
    reachable = {(one.name, name) for one in declared for port in one.serves for name in ("", port.name)}
    for one in declared:
        for need in one.needs:
            if need.service.is_component and (need.service.name, need.service.port_name) not in reachable:
                raise ChartError(f"{one.name} needs {need.service.name}, which is no component with such a port")
        if bool(one.verbs) != any(need.service == KUBERNETES_API for need in one.needs):
            raise ChartError(f"{one.name} has verbs in the Kubernetes API and no need of it, or the other way round")
        if any(provided.port not in one.serves for provided in one.provides):
            raise ChartError(f"{one.name} provides a service at a port that it does not open")
    _declared[:] = declared
    return declared


def components() -> tuple[Component, ...]:
    """The components of the deployment."""
    if not _declared:
        raise ChartError("no component is declared yet: import airflow_charts.deployment first")
    return tuple(_declared)


def component_named(name: str) -> Component | None:
    """The component of a name; nothing for users and for services."""
    return next((one for one in components() if one.name == name), None)


def providers(service: Service) -> list[tuple[Component, Provides]]:
    """The components that may be a service: it is at the first whose condition holds."""
    return [(one, provided) for one in components() for provided in one.provides if provided.service == service]


def routed(values: Values, service: Service, inside: Callable[[Component, Port], T], outside: T) -> T:
    """What is said about the component that provides a service and its port, or about the outside if none does."""
    result = outside
    for component, provided in reversed(providers(service)):
        result = when(provided.when(values), partial(inside, component, provided.port), result)
    return result
