"""Enforces NetworkPolicies with iptables on the one node.

https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ says what they mean. A chain for
each direction of each selected pod returns what is allowed and drops the rest. A new pod is open until its address is
known and the rules are written, some tenths of a second; what the node itself sends is never filtered, as Kubernetes
has it. IPv4 only, because the cluster has nothing else.
"""

from __future__ import annotations

import hashlib
import ipaddress
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lightkube.models import meta_v1, networking_v1
from lightkube.resources.core_v1 import Namespace, Pod
from lightkube.resources.networking_v1 import NetworkPolicy

from cluster.watching import Mirror

Chains = dict[str, list[str]]
"""Chains of iptables by name, each with its rules."""
FORWARDED, TO_NODE = "POLICY-FORWARD", "POLICY-INPUT"
_HOOKS = {"FORWARD": FORWARDED, "INPUT": TO_NODE}
_KNOWN_CONNECTION = "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"


def matches(selector: meta_v1.LabelSelector | None, labels: dict[str, str]) -> bool:
    """Whether a label selector selects; an empty one selects everything."""
    if selector is None:
        return True
    if any(labels.get(key) != value for key, value in (selector.matchLabels or {}).items()):
        return False
    for wanted in selector.matchExpressions or []:
        values = wanted.values or []
        fits = {
            "In": labels.get(wanted.key) in values,
            "NotIn": labels.get(wanted.key) not in values,
            "Exists": wanted.key in labels,
            "DoesNotExist": wanted.key not in labels,
        }
        if not fits[wanted.operator]:
            return False
    return True


@dataclass(frozen=True, eq=False)
class Network:
    """The pods that have an address, the labels of namespaces, and the policies."""

    pods: list[Any]
    namespaces: dict[str, dict[str, str]]
    policies: list[Any]

    def chains(self) -> Chains:
        """What iptables has to hold."""
        chains: Chains = {FORWARDED: [_KNOWN_CONNECTION], TO_NODE: [_KNOWN_CONNECTION]}
        for pod in self.pods:
            address = pod.status.podIP
            mine = [policy for policy in self.policies if _selects(policy, pod)]
            digest = hashlib.sha256(f"{pod.metadata.namespace}/{pod.metadata.name}".encode()).hexdigest()[:12]
            outgoing = [policy for policy in mine if "Egress" in _types(policy)]
            if outgoing:
                chain = f"POLICY-E-{digest}"
                chains[chain] = [f"-d {address} -j RETURN", *self._egress(outgoing), "-j DROP"]
                chains[FORWARDED].append(f"-s {address} -j {chain}")
                chains[TO_NODE].append(f"-s {address} -j {chain}")
            incoming = [policy for policy in mine if "Ingress" in _types(policy)]
            if incoming:
                chain = f"POLICY-I-{digest}"
                chains[chain] = [f"-s {address} -j RETURN", *self._ingress(incoming, pod), "-j DROP"]
                chains[FORWARDED].append(f"-d {address} -j {chain}")
        return chains

    def _egress(self, policies: list[Any]) -> Iterator[str]:
        for policy in policies:
            for rule in policy.spec.egress or []:
                for network, pod in self._peers(rule.to, policy.metadata.namespace, _has_named(rule.ports)):
                    for port in _ports(rule.ports, pod):
                        yield f"{_with('-d', network)} {port} -j RETURN"

    def _ingress(self, policies: list[Any], target: Any) -> Iterator[str]:
        for policy in policies:
            for rule in policy.spec.ingress or []:
                for network, _ in self._peers(rule.from_, policy.metadata.namespace, by_pod=False):
                    for port in _ports(rule.ports, target):
                        yield f"{_with('-s', network)} {port} -j RETURN"

    def _peers(
        self, peers: list[networking_v1.NetworkPolicyPeer] | None, namespace: str, by_pod: bool
    ) -> Iterator[tuple[str, Any]]:
        """Networks that a rule speaks of, "" for everything, each with the pod that has it.

        A named port is another number in each pod, so that a rule to everywhere with one is one for each pod.
        """
        if not peers:
            if by_pod:
                yield from ((f"{pod.status.podIP}", pod) for pod in self.pods)
            else:
                yield "", None
        for peer in peers or []:
            if peer.ipBlock:
                for network in _block(peer.ipBlock):
                    yield network, None
                continue
            for pod in self.pods:
                if peer.namespaceSelector is None:
                    fits = pod.metadata.namespace == namespace
                else:
                    fits = matches(peer.namespaceSelector, self.namespaces.get(pod.metadata.namespace, {}))
                if fits and matches(peer.podSelector, pod.metadata.labels or {}):
                    yield pod.status.podIP, pod


def _types(policy: Any) -> list[str]:
    """The directions of a policy; without a list, Egress only if it has such rules."""
    if policy.spec.policyTypes:
        return list(policy.spec.policyTypes)
    return ["Ingress", "Egress"] if policy.spec.egress else ["Ingress"]


def _selects(policy: Any, pod: Any) -> bool:
    same = policy.metadata.namespace == pod.metadata.namespace
    return same and matches(policy.spec.podSelector, pod.metadata.labels or {})


def _with(option: str, network: str) -> str:
    return f"{option} {network}" if network else ""


def _block(block: networking_v1.IPBlock) -> list[str]:
    """A block without its exceptions, as networks."""
    networks = [ipaddress.ip_network(block.cidr, strict=False)]
    for text in block.except_ or []:
        exception = ipaddress.ip_network(text, strict=False)
        rest = []
        for network in networks:
            if exception.version != network.version or not exception.overlaps(network):
                rest.append(network)
            elif exception.prefixlen > network.prefixlen:
                rest.extend(network.address_exclude(exception))  # type: ignore[arg-type]
        networks = rest
    return [
        "" if network.prefixlen == 0 else str(network)
        for network in networks
        if isinstance(network, ipaddress.IPv4Network)
    ]


def _has_named(ports: list[networking_v1.NetworkPolicyPort] | None) -> bool:
    return any(isinstance(port.port, str) for port in ports or [])


def _ports(ports: list[networking_v1.NetworkPolicyPort] | None, pod: Any) -> Iterator[str]:
    """Matches of iptables for a rule's ports; a named one is looked up in the pod that listens."""
    if not ports:
        yield ""
    for port in ports or []:
        protocol = port.protocol or "TCP"
        number = _number(port.port, protocol, pod)
        if port.port is None:
            yield f"-p {protocol.lower()}"
        elif number:
            end = f":{port.endPort}" if port.endPort else ""
            yield f"-p {protocol.lower()} --dport {number}{end}"


def _number(port: int | str | None, protocol: str, pod: Any) -> int | None:
    if not isinstance(port, str):
        return port
    if pod is None:
        return None
    side = [container for container in pod.spec.initContainers or [] if container.restartPolicy == "Always"]
    for container in (*pod.spec.containers, *side):
        for open_port in container.ports or []:
            if open_port.name == port and (open_port.protocol or "TCP") == protocol:
                return int(open_port.containerPort)
    return None


def _write(chains: Chains) -> None:
    """Makes iptables hold these chains, in one step."""
    saved = subprocess.run(["iptables-save", "-t", "filter"], capture_output=True, text=True, check=True).stdout
    lines = saved.splitlines()
    old = {line[1:].split()[0] for line in lines if line.startswith(":POLICY-")}
    text = ["*filter", *(f":{chain} - [0:0]" for chain in sorted(old | set(chains)))]
    for chain, rules in chains.items():
        text += [f"-A {chain} {rule}" for rule in dict.fromkeys(" ".join(rule.split()) for rule in rules)]
    for hook, chain in _HOOKS.items():
        jump = f"-A {hook} -j {chain}"
        first = next((line for line in lines if line.startswith(f"-A {hook} ")), "")
        if first != jump:
            text += [f"-D {hook} -j {chain}"] * lines.count(jump) + [f"-I {hook} 1 -j {chain}"]
    text += [f"-X {chain}" for chain in sorted(old - set(chains))]
    subprocess.run(
        ["iptables-restore", "--wait", "5", "--noflush"], input="\n".join([*text, "COMMIT", ""]), text=True, check=True
    )


def _has_address(pod: Any) -> bool:
    return bool(
        pod.status and pod.status.podIP and not pod.spec.hostNetwork and pod.status.phase not in ("Succeeded", "Failed")
    )


def main() -> None:
    """Runs until it is ended."""
    changed = threading.Event()
    pods, namespaces, policies = (Mirror(kind, changed) for kind in (Pod, Namespace, NetworkPolicy))
    written: Chains = {}
    while True:
        something = changed.wait(20)  # now and then, whether ours is still the first rule
        time.sleep(0.05)
        changed.clear()
        network = Network(
            pods=[pod for pod in pods.objects() if _has_address(pod)],
            namespaces={item.metadata.name: item.metadata.labels or {} for item in namespaces.objects()},
            policies=policies.objects(),
        )
        chains = network.chains()
        if chains != written or not something:
            try:
                _write(chains)
                written = chains
            except subprocess.CalledProcessError as error:
                print(f"the policies are not written, once more in a second: {error}", flush=True)
                time.sleep(1)
                changed.set()


if __name__ == "__main__":
    main()
