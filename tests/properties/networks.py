"""NetworkPolicies as a cluster evaluates them: who can open a connection to which port of whom.

Whether an IP block covers a pod differs between network plugins, so a connection is certain or only possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from rendered import Object, Pod, matches

NAMESPACE = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Place:
    """One end of a connection: a pod, or an address outside of the cluster."""

    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    ports: tuple[tuple[str, int], ...] = ()
    address: str = ""

    @classmethod
    def of(cls, pod: Pod, namespace: str) -> Place:
        return cls(namespace, tuple(pod.labels.items()), tuple(pod.ports().items()))


OUTSIDE = Place(address="203.0.113.9")
DNS = Place("kube-system", (("k8s-app", "kube-dns"),))
STRANGER = Place("elsewhere", (("app", "stranger"),))


@dataclass(frozen=True)
class Connection:
    """What one place wants of another."""

    source: Place
    target: Place
    port: int
    protocol: str = "TCP"


def _peer(peer: Object, namespace: str, place: Place, *, blocks_cover_pods: bool) -> bool:
    if "ipBlock" in peer:
        return _block(peer["ipBlock"], place) if place.address else blocks_cover_pods
    if place.address:
        return False
    inside = (
        matches(peer["namespaceSelector"], {NAMESPACE: place.namespace})
        if "namespaceSelector" in peer
        else place.namespace == namespace
    )
    return inside and matches(peer.get("podSelector", {}), dict(place.labels))


def _block(block: Object, place: Place) -> bool:
    address = ip_address(place.address)
    return address in ip_network(block["cidr"]) and not any(
        address in ip_network(hole) for hole in block.get("except", [])
    )


def _port(entry: Object, connection: Connection) -> bool:
    if entry.get("protocol", "TCP") != connection.protocol:
        return False
    wanted: str | int | None = entry.get("port")
    if isinstance(wanted, str):
        return dict(connection.target.ports).get(wanted) == connection.port
    if wanted is None:
        return True
    last: int = entry.get("endPort", wanted)
    return wanted <= connection.port <= last


def lets_through(policies: list[Object], side: str, connection: Connection, *, blocks_cover_pods: bool = False) -> bool:
    """Whether one end lets a connection through: nothing selects it for this direction, or a rule allows it."""
    here, there = (connection.source, connection.target) if side == "Egress" else (connection.target, connection.source)
    peers = "to" if side == "Egress" else "from"
    selecting = [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == here.namespace
        and side in policy["spec"]["policyTypes"]
        and matches(policy["spec"]["podSelector"], dict(here.labels))
    ]
    rules = [rule for policy in selecting for rule in policy["spec"].get(side.lower()) or []]
    return not selecting or any(
        (
            not rule.get(peers)
            or any(_peer(peer, here.namespace, there, blocks_cover_pods=blocks_cover_pods) for peer in rule[peers])
        )
        and (not rule.get("ports") or any(_port(entry, connection) for entry in rule["ports"]))
        for rule in rules
    )


def allowed(policies: list[Object], connection: Connection, *, blocks_cover_pods: bool = False) -> bool:
    """Whether both ends let a connection through."""
    return all(
        lets_through(policies, side, connection, blocks_cover_pods=blocks_cover_pods) for side in ("Egress", "Ingress")
    )


def covers(policies: list[Object], side: str, place: Place) -> bool:
    """Whether a policy selects a pod for a direction."""
    return any(
        side in policy["spec"]["policyTypes"] and matches(policy["spec"]["podSelector"], dict(place.labels))
        for policy in policies
    )
