"""Where the processes of a local run listen: loopback addresses and free ports.

On Linux every pod has an address of its own in 127.0.0.0/8, so that ports stay the usual ones and two deployments
never meet; what a browser opens is at 127.0.0.1. Elsewhere (macOS) there is only 127.0.0.1, and ports differ.
"""

from __future__ import annotations

import hashlib
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from airflow_charts.deployment import COMPONENTS
from airflow_charts.errors import LocalRunError

LOCALHOST = "127.0.0.1"
BROWSED = tuple(component.name for component in COMPONENTS if any(port.users for port in component.serves))
"""The components that a browser opens."""
_HIGHEST = 65535
_TRIES = 200


def has_own_addresses() -> bool:
    """Whether every address of 127.0.0.0/8 can be bound on this machine."""
    return sys.platform == "linux" and is_free("127.42.17.5", 0)


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now. A server that has just ended does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def pod_addresses(
    deployment: str, pods: Iterable[str], *, own: bool, known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The address of every pod: the `known` one of an earlier start, for Airflow remembers where a task's logs are."""
    if not own:
        return dict.fromkeys(pods, LOCALHOST)
    digest = hashlib.sha256(deployment.encode()).digest()
    pods = list(pods)
    found = {pod: (known or {})[pod] for pod in pods if pod in (known or {})}
    for pod in pods:
        if pod in BROWSED:
            found[pod] = LOCALHOST
        if pod in found:
            continue
        last = hashlib.sha256(pod.encode()).digest()[0] % 250 + 2
        while (address := f"127.{digest[0] % 200 + 20}.{digest[1]}.{last}") in found.values():
            last = last % 251 + 2
        found[pod] = address
    return found


@dataclass(frozen=True)
class Moved:
    """A port that another program has, and what is used in its place."""

    usual: int
    port: int
    address: str


def free_ports(listeners: Mapping[int, Iterable[str]]) -> list[Moved]:
    """The ports that are taken on one of their addresses, each with the next one that is free on all.

    Raises:
        LocalRunError: there is none among the next 200.
    """
    moved: list[Moved] = []
    used = set(listeners)
    for usual, addresses in sorted(listeners.items()):
        busy = [address for address in addresses if not is_free(address, usual)]
        if not busy:
            continue
        candidates = range(usual + 1, min(usual + _TRIES, _HIGHEST))
        port = next(
            (port for port in candidates if port not in used and all(is_free(place, port) for place in addresses)), None
        )
        if port is None:
            raise LocalRunError(f"no port from {usual} to {candidates.stop} is free on {busy[0]}")
        used.add(port)
        moved.append(Moved(usual, port, busy[0]))
    return moved


COMPONENT_PORTS = {
    component.name: component.port().number
    for component in COMPONENTS
    if component.name in BROWSED or component.provides
}
"""The components that others connect to by name, and on which port."""
