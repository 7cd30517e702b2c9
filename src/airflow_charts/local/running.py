"""What the supervisor knows of each container while it runs, and the word for a pod that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from airflow_charts.local.forks import Forked, Process
from airflow_charts.local.pods import Container, Pod, Probe

FIRST_DELAY = 1.0
"""Seconds before the first restart of a container."""


@dataclass
class Asked:
    """A probe with what it has found so far."""

    probe: Probe
    next: float
    failures: int = 0
    running: Future[bool] | None = None


@dataclass
class Running:
    """A container and its process."""

    pod: Pod
    spec: Container
    init: bool
    process: Process | None = None
    prepared: Forked | None = None
    """What becomes its process when the init containers have ended."""
    session: int = 0
    """The session that its first process leads, also when that has ended."""
    started: float = 0
    restarts: int = 0
    next_start: float = 0
    kill_at: float = 0
    """When its time to end is over, after a probe has asked for its end."""
    delay: float = FIRST_DELAY
    failed_starts: int = 0
    ever_ready: bool = False
    up: bool = False
    """Whether its start-up probe has succeeded."""
    ready: bool = False
    done: bool = False
    last_exit: int | None = None
    probes: dict[str, Asked] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the supervisor's log calls it."""
        return f"{self.pod.name}/{self.spec.name}"

    @property
    def sessions(self) -> list[int]:
        """The sessions in which processes of it run."""
        prepared = [self.prepared.pid] if self.prepared is not None else []
        return [self.session, *prepared] if self.process is not None else prepared


class CannotStartError(Exception):
    """A container ended several times before it was ready once."""

    def __init__(self, container: Running, why: str) -> None:
        self.failed = (container.pod.name, container.spec.name)
        super().__init__(f"{container.name} cannot start: {why}")


def containers_of(pod: Pod) -> list[Running]:
    """The containers of a pod that has not started yet, init containers first."""
    return [
        *(Running(pod, spec, init=True) for spec in pod.init_containers),
        *(Running(pod, spec, init=False) for spec in pod.containers),
    ]


def pod_state(containers: Sequence[Running], now: float, *, ending: bool) -> tuple[str, str]:
    """One word on a pod, and more where there is more to say. `ending`: whether all pods end, or have ended."""
    if ending:
        alive = any(item.process is not None and item.process.returncode is None for item in containers)
        return ("stopping", "") if alive else ("stopped", "")
    waiting = [item for item in containers if item.process is None and not item.done and item.restarts]
    if waiting:
        seconds = max(0, waiting[0].next_start - now)
        return "restarting", f"{waiting[0].spec.name} ended ({waiting[0].last_exit}); starts in {seconds:.0f} s"
    for item in containers:
        if item.init and not item.done:
            return "waiting", item.spec.name
    if all(item.done for item in containers):
        return "done", ""
    if containers[0].pod.job:
        return "running", ""
    behind = [item for item in containers if not item.ready]
    if not behind:
        return "ready", ""
    return ("not ready", "") if behind[0].ever_ready else ("starting", "")
