"""Runs pods as processes: init containers, probes, restarts with back-off, an orderly end. The kubelet of a local run.

`python -m airflow_charts.local.supervisor` reads a `Run` as JSON from standard input and says how each pod is in
`status.json` of the state folder. It ends all pods on SIGTERM (at once on a second one), and, where it is attached,
when its standard input ends. It imports little, because it stays in memory as long as the deployment runs.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pwd
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psutil

from airflow_charts.local.forks import Forked, Preload, Process
from airflow_charts.local.pace import Pace
from airflow_charts.local.pods import MARK, READY, Container, Pod, Probe, Run

FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
"""Seconds before a restart: doubled each time."""
CALM = 60.0
"""Seconds after which a running container counts as well, and its next restart is quick again."""
GIVE_UP = 3
"""How often a container may end before it has been ready once: then it cannot start."""
LOG_LIMIT = 20_000_000
"""Bytes of a log file before it is put aside at the next start."""
_FAILED_GRACE = 10.0
"""Seconds that pods get to end where one of them cannot start."""
_IMPATIENT_PERIOD = 0.5
"""Seconds between two cheap questions to a container that is not up yet."""
_TICK = 0.1


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


class Supervisor:
    """Runs the pods until it is told to stop."""

    def __init__(self, run: Run, said: Callable[[str], None]) -> None:
        self.run_spec = run
        self.said = said
        self.pods = {
            pod.name: [
                *(Running(pod, spec, init=True) for spec in pod.init_containers),
                *(Running(pod, spec, init=False) for spec in pod.containers),
            ]
            for pod in run.pods
        }
        self.stops = 0
        self.started = time.time()
        self.problem = ""
        self.failed = ("", "")
        self.phase = "starting"
        self.preload: Preload | None = None
        self.pace = Pace()
        self.pool = ThreadPoolExecutor(8, thread_name_prefix="probe")
        self.written = ""

    # --- the loop ----------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Runs until a signal, or until a container cannot start. Returns the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            if self.run_spec.preload is not None:
                self.preload = Preload(partial(_started, self.run_spec.preload))
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
        ready = all(self._pod_state(containers)[0] in READY for containers in self.pods.values())
        if ready and self.phase == "starting":
            self.phase = "running"
            self.said(f"everything is ready after {time.time() - self.started:.0f} s")
        self.write_status()

    def _step_pod(self, containers: list[Running]) -> None:
        for container in containers:
            if container.init and not container.done:
                self._step_container(container)
                if not container.done:
                    self._prepare(containers)
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
        self._ask(container, now)

    def _prepare(self, containers: list[Running]) -> None:
        """Lets the containers of a pod import what they need, while its init containers run."""
        for container in containers:
            if container.spec.ahead and not container.init and container.prepared is None:
                if self.preload is None or self.preload.is_loading() or not self.pace.allows():
                    return
                _put_aside(Path(container.spec.log))
                container.prepared = self._forked(container.spec)

    def _start(self, container: Running) -> None:
        spec = container.spec
        if spec.preloaded and self.preload is not None and self.preload.is_loading():
            return
        if spec.ahead and not container.ever_ready and not self.pace.allows():
            return
        if container.prepared is None:
            _put_aside(Path(spec.log))
        if not _exists(spec):
            raise CannotStartError(container, f"there is no program {spec.command[0]}")
        try:
            container.process = self._process(container)
        except OSError as error:
            raise CannotStartError(container, f"{error.filename or spec.command[0]}: {error.strerror}") from error
        container.session = container.process.pid
        container.started = time.monotonic()
        container.up = spec.startup is None
        container.ready = spec.startup is None and spec.readiness is None
        container.probes = {
            kind: Asked(probe, container.started + probe.delay)
            for kind, probe in (
                ("startup", _impatient(spec.startup)),
                ("liveness", spec.liveness),
                ("readiness", spec.readiness),
            )
            if probe is not None
        }
        self.said(f"{container.name}: started, process {container.process.pid}")

    def _process(self, container: Running) -> Process:
        """A new process of a container."""
        spec = container.spec
        forked, container.prepared = container.prepared, None
        if forked is None or forked.poll() is not None:
            forked = self._forked(spec) if spec.preloaded else None
        if forked is None:
            return _started(spec)
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
            self.preload.end()
            self.preload = None
        return None

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

    # --- probes ------------------------------------------------------------------------------------------------------

    def _ask(self, container: Running, now: float) -> None:
        for kind, asked in container.probes.items():
            if (kind == "startup") == container.up:
                continue
            if asked.running is not None and asked.running.done():
                self._answered(container, kind, asked, good=asked.running.result())
                asked.running = None
            elif asked.running is None and now >= asked.next:
                asked.next = now + asked.probe.period
                asked.running = self.pool.submit(answers, asked.probe, container)

    def _answered(self, container: Running, kind: str, asked: Asked, *, good: bool) -> None:
        if good:
            asked.failures = 0
            if kind == "startup":
                container.up = True
                container.ready = "readiness" not in container.probes
            elif kind == "readiness":
                container.ready = True
            container.ever_ready |= container.ready
            return
        asked.failures += 1
        if asked.failures < asked.probe.failures:
            return
        if kind == "readiness":
            container.ready = False
        elif container.process is not None:
            self.said(f"{container.name}: its {kind} probe failed {asked.failures} times; ending it")
            container.process.terminate()
            container.kill_at = time.monotonic() + container.pod.grace

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
        if self.preload is not None:
            self.preload.end()
            self.preload = None
        self.phase = "failed" if self.problem else "stopped"
        self.pool.shutdown(wait=False, cancel_futures=True)
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

    def _pod_state(self, containers: list[Running]) -> tuple[str, str]:
        """One word on a pod, and more where there is more to say."""
        waiting = [item for item in containers if item.process is None and not item.done and item.restarts]
        if self.phase in ("stopping", "stopped", "failed"):
            alive = any(item.process is not None and item.process.returncode is None for item in containers)
            return ("stopping", "") if alive else ("stopped", "")
        if waiting:
            seconds = max(0, waiting[0].next_start - time.monotonic())
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

    def status(self) -> dict[str, Any]:
        """How everything is, for `status` and the live table."""
        pods = {}
        for name, containers in self.pods.items():
            state, detail = self._pod_state(containers)
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
            "preload": self.preload.process.pid if self.preload is not None else 0,
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


def _impatient(probe: Probe | None) -> Probe | None:
    """A start-up probe for people who wait: a cheap question is asked more often than in a cluster, and as long."""
    if probe is None or probe.kind == "exec":
        return probe
    period = min(probe.period, _IMPATIENT_PERIOD)
    return msgspec.structs.replace(probe, period=period, failures=max(1, round(probe.failures * probe.period / period)))


def _put_aside(log: Path) -> None:
    """Begins a new log file where the old one is large."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))


def _identity(spec: Container) -> dict[str, Any]:
    """As whom a process runs: as the supervisor, or as the user that it must run as."""
    if not spec.user:
        return {}
    return {"user": spec.user, "group": pwd.getpwnam(spec.user).pw_gid, "extra_groups": []}


def _started(spec: Container, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """A new process of a container, in a session of its own."""
    with Path(spec.log).open("ab") as output:
        return subprocess.Popen(
            spec.command,
            env=spec.environment,
            cwd=spec.folder,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **_identity(spec),
        )


def _exists(spec: Container) -> bool:
    program = spec.command[0]
    folders = [""] if "/" in program else spec.environment.get("PATH", "").split(":")
    return any(os.access(Path(folder, program), os.X_OK) for folder in folders)


def _has_ended(descriptor: int) -> bool:
    readable, _, _ = select.select([descriptor], [], [], 0)
    return bool(readable) and not os.read(descriptor, 1)


def processes_of(sessions: set[int], chosen: Callable[[str], bool]) -> list[psutil.Process]:
    """The processes of containers: those of their sessions, in a chosen folder or marked with it, and their children.

    No sign alone does: programs that set a title of their own overwrite the environment that others see, and some
    leave the session or the folder.
    """
    found: dict[int, psutil.Process] = {}
    everything = list(psutil.process_iter(["pid", "ppid", "status"]))
    for process in everything:
        if process.info["status"] == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
            continue
        with contextlib.suppress(psutil.Error, OSError):
            inside = chosen(process.cwd()) and process.terminal() is None  # and so it is no shell of a user there
            if os.getsid(process.pid) in sessions or inside or chosen(process.environ().get(MARK, "")):
                found[process.pid] = process
    more = True
    while more:
        children = [item for item in everything if item.info["ppid"] in found and item.pid not in found]
        more = bool(children)
        found.update({child.pid: child for child in children})
    return list(found.values())


def memory_of(processes: list[psutil.Process]) -> int:
    """Bytes of memory: PSS, which counts what processes share once; RSS where the system does not tell."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            usage = process.memory_full_info()
            total += getattr(usage, "pss", 0) or usage.rss
    return total


def answers(probe: Probe, container: Running) -> bool:
    """Whether a container answers its probe well, in time."""
    address = container.pod.address
    try:
        if probe.kind == "tcp":
            with socket.create_connection((address, probe.port), timeout=probe.timeout):
                return True
        if probe.kind == "http":
            connection = http.client.HTTPConnection(address, probe.port, timeout=probe.timeout)
            try:
                connection.request("GET", probe.path, headers={"User-Agent": "kube-probe"})
                return connection.getresponse().status < http.client.BAD_REQUEST
            finally:
                connection.close()
        spec = container.spec
        done = subprocess.run(
            probe.command,
            env=spec.environment,
            cwd=spec.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=probe.timeout,
            **_identity(spec),
            check=False,
        )
    except (OSError, http.client.HTTPException, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


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
