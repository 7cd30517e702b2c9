"""Runs pods as processes: init containers, probes, restarts with back-off, an orderly end. The kubelet of a local run.

`python -m airflow_charts.local.supervisor` reads a `Run` as JSON from standard input and says how each pod is in
`status.json` of the state folder. It ends all pods on SIGTERM (at once on a second one), and, where it is attached,
when its standard input ends. It imports little, because it stays in memory as long as the deployment runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil

from airflow_charts.local.pods import READY, Run
from airflow_charts.local.probes import Prober
from airflow_charts.local.processes import has_program, processes_of, put_aside
from airflow_charts.local.running import FIRST_DELAY, CannotStartError, Running, containers_of, pod_state
from airflow_charts.local.starts import Starts

LONGEST_DELAY = 30.0
"""Seconds before a restart, at most: they double each time."""
CALM = 60.0
"""Seconds after which a running container counts as well, and its next restart is quick again."""
GIVE_UP = 3
"""How often a container may end before it has been ready once: then it cannot start."""
_FAILED_GRACE = 10.0
"""Seconds that pods get to end where one of them cannot start."""
_TICK = 0.1


class Supervisor:
    """Runs the pods until it is told to stop."""

    def __init__(self, run: Run, said: Callable[[str], None]) -> None:
        self.run_spec = run
        self.said = said
        self.pods = {pod.name: containers_of(pod) for pod in run.pods}
        self.stops = 0
        self.started = time.time()
        self.problem = ""
        self.failed = ("", "")
        self.phase = "starting"
        self.starts = Starts(said)
        self.prober = Prober(said)
        self.written = ""

    # --- the loop ----------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Runs until a signal, or until a container cannot start. Returns the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            if self.run_spec.preload is not None:
                self.starts.load(self.run_spec.preload)
            while not self.stops:
                self.step()
                if self.run_spec.attached and _has_ended(sys.stdin.fileno()):
                    self.said("the terminal has gone: ending")
                    break
                time.sleep(_TICK)
        except CannotStartError as error:
            self.problem, self.failed = str(error), error.failed
            self.said(self.problem)
        except OSError as error:
            self.problem = f"{error.filename or 'the system'}: {error.strerror}"
            self.said(self.problem)
        self.stop()
        return 1 if self.problem else 0

    def _stop(self, number: int, frame: object) -> None:
        del number, frame
        self.stops += 1

    def step(self) -> None:
        """Looks after every pod once."""
        for containers in self.pods.values():
            self._step_pod(containers)
        ready = all(self._state_of(containers)[0] in READY for containers in self.pods.values())
        if ready and self.phase == "starting":
            self.phase = "running"
            self.said(f"everything is ready after {time.time() - self.started:.0f} s")
        self.write_status()

    def _step_pod(self, containers: list[Running]) -> None:
        for container in containers:
            if container.init and not container.done:
                self._step_container(container)
                if not container.done:
                    self.starts.prepare(containers)
                    return
        for container in containers:
            if not container.init:
                self._step_container(container)

    def _step_container(self, container: Running) -> None:
        now = time.monotonic()
        if container.done:
            return
        if container.process is None:
            if now >= container.next_start:
                self._start(container)
            return
        status = container.process.poll()
        if status is not None:
            self._ended(container, status)
            return
        if container.kill_at:
            if now > container.kill_at:
                container.process.kill()
            return
        if container.delay > FIRST_DELAY and now - container.started > CALM:
            container.delay = FIRST_DELAY
        self.prober.ask(container, now)

    def _start(self, container: Running) -> None:
        if self.starts.must_wait(container):
            return
        spec = container.spec
        if container.prepared is None:
            put_aside(Path(spec.log))
        if not has_program(spec):
            raise CannotStartError(container, f"there is no program {spec.command[0]}")
        try:
            container.process = self.starts.process(container)
        except OSError as error:
            raise CannotStartError(container, f"{error.filename or spec.command[0]}: {error.strerror}") from error
        container.session = container.process.pid
        container.started = time.monotonic()
        self.prober.begin(container)
        self.said(f"{container.name}: started, process {container.process.pid}")

    def _ended(self, container: Running, status: int) -> None:
        self._end_rest(container)
        container.process, container.last_exit, container.kill_at = None, status, 0
        container.ever_ready |= container.ready and time.monotonic() - container.started > FIRST_DELAY
        container.ready = False
        if status == 0 and (container.init or container.pod.job):
            container.done = container.ready = True
            self.said(f"{container.name}: done")
            return
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        if not container.ever_ready:
            container.failed_starts += 1
            if container.failed_starts >= GIVE_UP:
                raise CannotStartError(container, f"it ended {GIVE_UP} times, the last time with {how}")
        container.restarts += 1
        container.next_start = time.monotonic() + container.delay
        self.said(f"{container.name}: ended with {how}; starts again in {container.delay:.0f} s")
        container.delay = min(2 * container.delay, LONGEST_DELAY)

    # --- the end -----------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ends all pods: first those that need the data stores, then these. A second signal makes it quick."""
        self.phase = "stopping"
        self.said("ending all pods")
        everything = [container for containers in self.pods.values() for container in containers]
        for container in everything:
            if container.prepared is not None:
                container.prepared.abandon()
                container.prepared = None
        for stores in (False, True):
            some = [container for container in everything if container.pod.store is stores and container.process]
            for container in some:
                assert container.process is not None  # noqa: S101 - chosen so
                with contextlib.suppress(ProcessLookupError):
                    container.process.terminate()
            self._await_end(some)
            for container in some:
                self._end_rest(container)
                container.process, container.ready = None, False
        self.starts.end()
        self.phase = "failed" if self.problem else "stopped"
        self.prober.end()
        self.write_status()
        self.said("ended")

    def _await_end(self, containers: list[Running]) -> None:
        longest = _FAILED_GRACE if self.problem else float("inf")
        deadline = {id(item): time.monotonic() + min(item.pod.grace, longest) for item in containers}
        patience = self.stops
        while alive := [item for item in containers if item.process is not None and item.process.poll() is None]:
            self.write_status()
            for item in alive:
                if self.stops > max(patience, 1) or time.monotonic() > deadline[id(item)]:
                    item.process.kill()  # type: ignore[union-attr]
            time.sleep(_TICK)

    def _end_rest(self, container: Running) -> None:
        """A container ends with its first process: whatever else it has started goes too."""
        rest = processes_of({container.session}, lambda folder: folder == container.spec.folder)
        for process in rest:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(rest, timeout=5)

    # --- what it says ------------------------------------------------------------------------------------------------

    def _state_of(self, containers: list[Running]) -> tuple[str, str]:
        ending = self.phase in ("stopping", "stopped", "failed")
        return pod_state(containers, time.monotonic(), ending=ending)

    def status(self) -> dict[str, Any]:
        """How everything is, for `status` and the live table."""
        preload = self.starts.preload
        pods = {}
        for name, containers in self.pods.items():
            state, detail = self._state_of(containers)
            pods[name] = {
                "state": state,
                "detail": detail,
                "restarts": sum(item.restarts for item in containers),
                "address": containers[0].pod.address,
                "sessions": [session for item in containers for session in item.sessions],
                "logs": {item.spec.name: item.spec.log for item in containers},
            }
        return {
            "supervisor": os.getpid(),
            "started": self.started,
            "phase": self.phase,
            "problem": self.problem,
            "failed": self.failed,
            "preload": preload.process.pid if preload is not None else 0,
            "pods": pods,
        }

    def write_status(self) -> None:
        """Writes status.json if anything has changed."""
        text = json.dumps(self.status(), indent=1)
        if text == self.written:
            return
        path = Path(self.run_spec.folder) / "status.json"
        temporary = path.with_name(".status.json.new")
        try:
            temporary.touch(mode=0o600)
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        except OSError as error:  # a full disk: the pods do not need this file
            self.said(f"{path}: {error.strerror}")
        self.written = text


def _has_ended(descriptor: int) -> bool:
    readable, _, _ = select.select([descriptor], [], [], 0)
    return bool(readable) and not os.read(descriptor, 1)


def _say(line: str) -> None:
    print(time.strftime("%Y-%m-%d %H:%M:%S"), line, flush=True)  # noqa: T201 - the supervisor's own log


def ignore_alone() -> None:
    """Keeps from its children what this process was told to ignore, as `nohup` and the `&` of a script tell it.

    They inherit what is ignored, and a shell among them could not even take it back; what is handled they do not.
    """
    for number in signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}:  # Python's own; `subprocess` resets them
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def main() -> int:
    """Runs what standard input says."""
    ignore_alone()
    run = msgspec.json.decode(sys.stdin.buffer.readline(), type=Run)
    return Supervisor(run, _say).run()


if __name__ == "__main__":
    sys.exit(main())
