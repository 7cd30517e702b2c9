"""Gives a Python process on a laptop the network of a pod: its own address and its own name.

Runs inside Airflow's Python (3.9 to 3.13) at start-up, copied into `site-packages` beside a `.pth` file: it imports
nothing from this package, and does nothing unless `AIRFLOW_CHARTS_POD_ADDRESS` is set. `HOSTNAME` is the pod's name.

In a pod, a program listens on every address, because nothing but the pod has them. Here all pods share one machine,
so that programs which do so would be open to the whole network and would take each other's ports. Several programs of
Airflow cannot be told otherwise: the log servers of workers and triggerers listen on everything.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

NOWHERE_4 = bytes(4)
NOWHERE_6 = bytes(16)
MAPPED_4 = bytes(10) + b"\xff\xff" + NOWHERE_4
"""`0.0.0.0` as IPv6 writes it: an IPv6 socket there listens on every IPv4 address."""


def text(host: object) -> str:
    """A host, which `socket` takes as text or bytes, in lower case; nothing for anything else."""
    if isinstance(host, (bytes, bytearray)):
        return bytes(host).decode("utf-8", "replace").lower()
    return host.lower() if isinstance(host, str) else ""


def is_wildcard(host: object) -> bool:
    """Whether a host stands for every address: none at all, `0.0.0.0`, `::`, and their other spellings."""
    import socket

    written = text(host)
    if not written:
        return host is None or isinstance(host, (str, bytes, bytearray))
    try:
        if ":" in written:
            return socket.inet_pton(socket.AF_INET6, written.partition("%")[0]) in {NOWHERE_6, MAPPED_4}
        return not written.strip("0x.") and socket.inet_aton(written) == NOWHERE_4
    except OSError:
        return False


def listens(descriptor: int, address: str, port: int) -> bool:
    """Whether an open file of this process is a socket at the pod's address and a port."""
    import socket

    try:
        with socket.socket(fileno=os.dup(descriptor)) as one:
            found = one.getsockname()
    except OSError:
        return False
    return isinstance(found, tuple) and found[0] in {address, f"::ffff:{address}"} and bool(found[1] == port)


def install(address: str = "", name: str = "") -> Callable[[str, str], None]:
    """Gives this process the network of the pod with an IPv4 address and a name (may be empty: the machine's stays).

    Returns what gives it the network of another pod: that of a process which was forked from one without a pod.
    """
    import socket

    plain_bind = socket.socket.bind
    plain_getaddrinfo = socket.getaddrinfo
    plain_gethostname = socket.gethostname
    names = {name.lower()} - {""}
    # What took the pod's address in place of a wildcard: by port, the family and the number of the open file.
    taken: dict[int, tuple[int, int]] = {}

    def free(one: socket.socket, port: int) -> int:
        """The port to bind: any free one if the other half of a pair of IPv4 and IPv6 sockets has the wanted one.

        uvloop asks the C library for the wildcards, and so makes such pairs. One of them serves the pod's address; the
        other must listen somewhere too, where it neither fails nor is reached. uvloop takes the open file out of its
        `socket`, so that only its number tells whether it still listens.
        """
        family, descriptor = taken.get(port, (one.family, -1))
        if port and family != one.family and listens(descriptor, address, port):
            return 0
        taken[port] = (one.family, one.fileno())
        return port

    def bind(self: socket.socket, where: Any, /) -> None:
        """`socket.bind`, in which a wildcard is the pod's address."""
        if not address or not isinstance(where, tuple) or len(where) < 2:  # noqa: PLR2004
            return plain_bind(self, where)
        host, port, *_ = where
        family = self.family
        if family == socket.AF_INET and text(host) in names:
            return plain_bind(self, (address, port))
        # A client of UDP that lets the system choose its port wants to send, not to listen.
        if family not in {socket.AF_INET, socket.AF_INET6} or (not port and self.type == socket.SOCK_DGRAM):
            return plain_bind(self, where)
        if not is_wildcard(host):
            return plain_bind(self, where)
        port = free(self, port)
        if family == socket.AF_INET:
            return plain_bind(self, (address, port))
        # An IPv6 socket can serve an IPv4 address, and so has the same place as all others of the pod.
        self.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        return plain_bind(self, (f"::ffff:{address}", port))

    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:  # noqa: A002
        """`socket.getaddrinfo`, in which the pod's name, and a wildcard to listen on, are the pod's address."""
        if address and flags & socket.AI_PASSIVE and family != socket.AF_INET6 and is_wildcard(host):
            return plain_getaddrinfo(address, port, socket.AF_INET, type, proto, flags)
        if text(host) in names and not flags & socket.AI_NUMERICHOST:
            found = plain_getaddrinfo(address, port, family, type, proto, flags)
            # The C library names an address after itself; Airflow takes the host's name from here.
            return [(*one[:3], name if one[3] else "", one[4]) for one in found]
        return plain_getaddrinfo(host, port, family, type, proto, flags)

    def known(plain: Any, answer: Any, own: Any) -> Any:
        """One of the `gethostby...` functions, which answers for the pod without asking anybody."""
        return lambda host: answer() if text(host) in own() else plain(host)

    def entry() -> tuple[str, list[str], list[str]]:
        """The pod's line of `/etc/hosts`; new each time, because `socket.getfqdn` changes the list of aliases."""
        return name, [], [address]

    def belong(pod_address: str, pod_name: str) -> None:
        """From now on, this process belongs to a pod."""
        nonlocal address, name, names
        address, name, names = pod_address, pod_name, {pod_name.lower()} - {""}

    replaced: Any = socket
    replaced.socket.bind = bind
    replaced.getaddrinfo = getaddrinfo
    replaced.gethostname = lambda: name or plain_gethostname()
    replaced.gethostbyname = known(socket.gethostbyname, lambda: address, lambda: names)
    replaced.gethostbyname_ex = known(socket.gethostbyname_ex, entry, lambda: names)
    # `getfqdn` asks this.
    replaced.gethostbyaddr = known(socket.gethostbyaddr, entry, lambda: names and names | {address})
    return belong


if os.environ.get("AIRFLOW_CHARTS_POD_ADDRESS"):
    install(os.environ["AIRFLOW_CHARTS_POD_ADDRESS"], os.environ.get("HOSTNAME", ""))
