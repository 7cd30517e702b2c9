"""NetworkPolicies, made from the edges: both ends of each, and nothing else inside the release.

Beyond the release a pod reaches DNS, the Kubernetes API where it uses it, external data stores on their port, and,
where it runs users' code, whatever the values allow.
"""

from __future__ import annotations

from functools import partial

from airflow_charts.k8s import meta_v1, networking_v1
from airflow_charts.parts.component import (
    ANYWHERE,
    KUBERNETES_API,
    Component,
    Port,
    Service,
    component_named,
    components,
    other,
    providers,
    routed,
)
from airflow_charts.parts.names import metadata, name_of, selector_labels
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, all_of, filled, fragment, negate, when
from airflow_charts.values import Values

Egress = networking_v1.NetworkPolicyEgressRule
Ingress = networking_v1.NetworkPolicyIngressRule


def _peer(labels: dict[str, str]) -> networking_v1.NetworkPolicyPeer:
    return networking_v1.NetworkPolicyPeer(podSelector=meta_v1.LabelSelector(matchLabels=labels))


@fragment
def to_component(release: Release, component: str, port: int) -> Egress:
    """Connections to a component of the release."""
    return Egress(
        to=[_peer(selector_labels(release, component))],
        ports=[_tcp(port)],
    )


@fragment
def from_component(release: Release, component: str, port: int) -> Ingress:
    """Connections from a component of the release."""
    return Ingress(
        from_=[_peer(selector_labels(release, component))],
        ports=[_tcp(port)],
    )


@fragment
def to_name_servers() -> Egress:
    """Questions to DNS, wherever the cluster's servers are."""
    return Egress(
        ports=[
            networking_v1.NetworkPolicyPort(port=53, protocol="UDP"),
            networking_v1.NetworkPolicyPort(port=53, protocol="TCP"),
        ]
    )


def _tcp(port: int) -> networking_v1.NetworkPolicyPort:
    return networking_v1.NetworkPolicyPort(port=port, protocol="TCP")


def _to(release: Release, component: Component, port: Port) -> Egress:
    return to_component(release, component.name, port.number)


def _outgoing(values: Values, release: Release, service: Service) -> list[Egress]:
    """The egress rules for a service, or for another component."""
    if service == KUBERNETES_API:
        return [Egress(ports=[_tcp(service.port), _tcp(values.network_policies.kubernetes_api_port)])]
    if service == ANYWHERE:
        peers = values.network_policies.task_egress
        return [when(filled(peers), lambda: Egress(to=peers), Egress())]
    if service.is_component and (component := component_named(service.name)):
        return [_to(release, component, component.port(service.port_name))]
    outside = Egress(ports=[_tcp(service.outside(values))]) if service.outside else OMIT
    return [routed(values, service, partial(_to, release), outside)]


def _incoming(release: Release, source: Component, port: Port) -> list[Ingress]:
    """The ingress rule for a component."""
    if source.selector:
        return [Ingress(from_=[_peer(source.selector(release))], ports=[_tcp(port.number)])]
    return [from_component(release, source.name, port.number)]


def _from_users(values: Values, port: Port) -> list[Ingress]:
    return [Ingress(from_=port.peers(values), ports=[_tcp(port.number)])]


def _ways_in(values: Values, component: Component) -> list[tuple[Component, Port, bool]]:
    """Who connects to a component, at which port, and when."""
    found: list[tuple[Component, Port, bool]] = []
    for source in components():
        for need in source.needs:
            asks = all_of(need.when(values), source.runs(values))
            if need.service == other(component.name, need.service.port_name):
                found.append((source, component.port(need.service.port_name), asks))
            before: list[bool] = []
            for provider, provided in providers(need.service):
                here = all_of(*before) if provided.alone else all_of(*before, provided.when(values))
                if provider is component and source is not component:
                    found.append((source, provided.port, all_of(asks, here)))
                before.append(negate(provided.when(values)))
    return found


def _reached(values: Values, service: Service) -> bool:
    """Whether what a component needs is there; only other components may not be."""
    component = component_named(service.name) if service.is_component else None
    return component is None or component.runs(values)


def _policy(values: Values, release: Release, component: Component) -> networking_v1.NetworkPolicy:
    egress: list[Egress] = [to_name_servers()] if component.needs else []
    for need in component.needs:
        needed = all_of(need.when(values), _reached(values, need.service))
        egress += [*when(needed, partial(_outgoing, values, release, need.service))]
    if component.reaches:
        peers = component.reaches(values)
        egress += [when(filled(peers), lambda: Egress(to=peers))]
    ingress: list[Ingress] = []
    for open_port in component.serves:
        ingress += _from_users(values, open_port) if open_port.users else []
    for source, port, condition in _ways_in(values, component):
        ingress += [*when(condition, partial(_incoming, release, source, port))]
    return networking_v1.NetworkPolicy(
        metadata=metadata(values, release, name_of(values, release, component.name), component.name),
        spec=networking_v1.NetworkPolicySpec(
            podSelector=meta_v1.LabelSelector(matchLabels=component.labels(release)),
            policyTypes=["Ingress", "Egress"],
            ingress=ingress,
            egress=egress,
        ),
    )


def policy_of(values: Values, release: Release, component: Component) -> networking_v1.NetworkPolicy:
    """The NetworkPolicy of a component, while it runs."""
    return when(
        all_of(values.network_policies.enabled, component.runs(values)),
        partial(_policy, values, release, component),
    )
