"""NetworkPolicies, made from the edges: both ends of each, and nothing else inside the release.

Beyond the release a pod reaches DNS, the Kubernetes API where it uses it, external data stores on their port, and,
where it runs users' code, whatever the values allow.
"""

from __future__ import annotations

from functools import partial

from airflow_charts.components.kubernetes_executor import task_selector
from airflow_charts.k8s import meta_v1, networking_v1
from airflow_charts.parts.names import metadata, name_of, selector_labels
from airflow_charts.processes import topology
from airflow_charts.processes.topology import Edge
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, filled, fragment, when
from airflow_charts.values import Values, conditions

Egress = networking_v1.NetworkPolicyEgressRule
Ingress = networking_v1.NetworkPolicyIngressRule


def _external_port(values: Values, service: str) -> int:
    return {
        topology.DATABASE: values.database.port,
        topology.RESULTS: values.result_backend.port,
        topology.BROKER: values.broker.port,
    }[service]


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
def from_tasks(release: Release, port: int) -> Ingress:
    """Connections from the pods of tasks, which the KubernetesExecutor makes."""
    return Ingress(from_=[_peer(task_selector(release))], ports=[_tcp(port)])


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


def _outgoing(values: Values, release: Release, edge: Edge) -> list[Egress]:
    """The egress rules of an edge."""
    if edge.target in topology.STORES:
        store = topology.STORES[edge.target]
        return [
            when(
                store.own(values),
                lambda: to_component(release, store.component, edge.port),
                lambda: Egress(ports=[_tcp(_external_port(values, edge.target))]),
            )
        ]
    if edge.target == topology.KUBERNETES_API:
        return [Egress(ports=[_tcp(edge.port), _tcp(values.network_policies.kubernetes_api_port)])]
    if edge.target == "anywhere":
        peers = values.network_policies.task_egress
        return [when(filled(peers), lambda: Egress(to=peers), Egress())]
    return [to_component(release, edge.target, edge.port)]


def _incoming(values: Values, release: Release, edge: Edge) -> list[Ingress]:
    """The ingress rule of an edge."""
    if edge.source == "users":
        peers = {"webserver": values.webserver.ingress_peers, "flower": values.flower.ingress_peers}[edge.target]
        return [Ingress(from_=peers, ports=[_tcp(edge.port)])]
    if edge.source == "task":
        return [from_tasks(release, edge.port)]
    return [from_component(release, edge.source, edge.port)]


def _targets(values: Values, component: str) -> list[tuple[Edge, bool]]:
    """The edges that end at a component, each with its condition."""
    found: list[tuple[Edge, bool]] = []
    for edge in topology.EDGES:
        runs = topology.RUNS.get(edge.source, conditions.always)(values)
        if edge.target == component:
            found.append((edge, all_of(edge.condition(values), runs)))
        elif edge.target == topology.RESULTS and component == "postgresql":
            found.append((edge, all_of(edge.condition(values), runs, conditions.own_results(values))))
        elif (
            edge.target in topology.STORES and topology.STORES[edge.target].component == component
        ):  # the rules see to it that a data store runs only for this
            found.append((edge, all_of(edge.condition(values), runs)))
    return found


def _policy(values: Values, release: Release, component: str) -> networking_v1.NetworkPolicy:
    outgoing = [edge for edge in topology.EDGES if edge.source == component]
    egress: list[Egress] = [to_name_servers()] if outgoing else []
    for edge in outgoing:
        reached = topology.RUNS.get(edge.target, conditions.always)(values)
        egress += [*when(all_of(edge.condition(values), reached), partial(_outgoing, values, release, edge))]
    if component == "webserver":
        peers = values.network_policies.webserver_egress
        egress += [when(filled(peers), lambda: Egress(to=peers))]
    ingress: list[Ingress] = []
    for edge, condition in _targets(values, component):
        ingress += [*when(condition, partial(_incoming, values, release, edge))]
    pods = task_selector(release) if component == "task" else selector_labels(release, component)
    return networking_v1.NetworkPolicy(
        metadata=metadata(values, release, name_of(values, release, component), component),
        spec=networking_v1.NetworkPolicySpec(
            podSelector=meta_v1.LabelSelector(matchLabels=pods),
            policyTypes=["Ingress", "Egress"],
            ingress=ingress,
            egress=egress,
        ),
    )


def objects(values: Values, release: Release) -> list[networking_v1.NetworkPolicy]:
    """A NetworkPolicy for every component."""
    return [
        when(
            all_of(values.network_policies.enabled, runs(values)),
            partial(_policy, values, release, component),
        )
        for component, runs in topology.RUNS.items()
    ]
