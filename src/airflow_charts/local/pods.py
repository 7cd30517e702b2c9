"""What a local run consists of: pods whose containers are processes of this machine, as plain data.

The plan makes it, the supervisor runs it and reads it from standard input, so that no secret lies in a file for it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

READY = ("ready", "done")
"""The states in which a pod is as it should be."""
MARK = "AIRFLOW_CHARTS_CONTAINER"
"""The variable that tells the processes of a container which have left its session and its folder, unless they were
only forked: then others see the environment of the process at the beginning."""


class Probe(msgspec.Struct, frozen=True):
    """How a container is asked how it is, with Kubernetes' meaning of each number (seconds, counts)."""

    kind: Literal["http", "tcp", "exec"]
    port: int = 0
    path: str = ""
    command: tuple[str, ...] = ()
    delay: float = 0
    period: float = 10
    timeout: float = 1
    failures: int = 3


class Container(msgspec.Struct, frozen=True):
    """A process in place of a container. Its environment is complete: nothing comes from the caller's."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str]
    log: str
    """The file that gets its output."""
    folder: str
    """Where it runs: no other container does, which tells its processes."""
    user: str = ""
    """The user to run as, where it must not be root."""
    preloaded: bool = False
    """Whether it may be a fork of the preload: a Python script of Airflow's environment."""
    ahead: tuple[str, ...] = ()
    """The modules that a fork imports while init containers still run."""
    startup: Probe | None = None
    liveness: Probe | None = None
    readiness: Probe | None = None

    def __repr__(self) -> str:
        """Without the environment, which holds secrets."""
        return f"Container({self.name!r}, {self.command!r})"


class Pod(msgspec.Struct, frozen=True):
    """Init containers one after the other, then the containers together, as a kubelet runs them."""

    name: str
    """As users call it: `scheduler`, `worker-default`."""
    folder: str
    address: str
    grace: float
    """Seconds from SIGTERM to SIGKILL."""
    containers: tuple[Container, ...]
    init_containers: tuple[Container, ...] = ()
    job: bool = False
    """Whether it ends by itself."""
    store: bool = False
    """Whether others need it while they stop: it is stopped after them."""


class Run(msgspec.Struct, frozen=True):
    """All pods of a deployment."""

    folder: str
    """The state folder."""
    pods: tuple[Pod, ...]
    preload: Container | None = None
    """What Airflow's processes are forked from; without it, each starts by itself."""
    attached: bool = False
    """Whether it ends when its standard input does, which the terminal's process holds open."""
