"""How the process of a container comes to be: as a fork of the preload, which may import ahead, or by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from airflow_charts.local.forks import Forked, Preload, Process
from airflow_charts.local.pace import Pace
from airflow_charts.local.pods import Container
from airflow_charts.local.processes import put_aside, started
from airflow_charts.local.running import Running


class Starts:
    """Starts processes; those of Airflow from the preload as long as there is one, and no faster than CPUs allow."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self.said = said
        self.preload: Preload | None = None
        self.pace = Pace()

    def load(self, spec: Container) -> None:
        """Starts the preload."""
        self.preload = Preload(partial(started, spec))

    def prepare(self, containers: Sequence[Running]) -> None:
        """Lets the containers of a pod import what they need, while its init containers run."""
        for container in containers:
            if container.spec.ahead and not container.init and container.prepared is None:
                if self.preload is None or self.preload.is_loading() or not self.pace.allows():
                    return
                put_aside(Path(container.spec.log))
                container.prepared = self._forked(container.spec)

    def must_wait(self, container: Running) -> bool:
        """Whether a container shall start later: when the preload can fork, or a CPU is idle."""
        spec = container.spec
        if spec.preloaded and self.preload is not None and self.preload.is_loading():
            return True
        return bool(spec.ahead) and not container.ever_ready and not self.pace.allows()

    def process(self, container: Running) -> Process:
        """A new process of a container.

        Raises:
            OSError: its program cannot run, or its log cannot be written.
        """
        spec = container.spec
        forked, container.prepared = container.prepared, None
        if forked is None or forked.poll() is not None:
            forked = self._forked(spec) if spec.preloaded else None
        if forked is None:
            return started(spec)
        forked.run()
        return forked

    def _forked(self, spec: Container) -> Forked | None:
        """A fork of the preload, if one is to be had."""
        if self.preload is None:
            return None
        try:
            return self.preload.fork(spec)
        except OSError as error:
            self.said(f"{spec.name} cannot be forked: {error.strerror or error}; it starts by itself")
        if self.preload.process.poll() is not None:
            self.said("the process that forks has ended, see logs/preload: from now on, all start by themselves")
            self.end()
        return None

    def end(self) -> None:
        """Ends the preload; its forks go on."""
        if self.preload is not None:
            self.preload.end()
            self.preload = None
