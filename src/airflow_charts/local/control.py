"""Starts and ends the supervisor of a deployment, and looks at it from outside."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from airflow_charts.errors import LocalRunError
from airflow_charts.local.deploy import Ready
from airflow_charts.local.pods import Run
from airflow_charts.local.processes import processes_of
from airflow_charts.local.state import Deployment, State

_CAUSES = (
    (r"No space left on device", "the disk is full: make room, then start again"),
    (r"Address already in use", "another program listens on the same port: end it, or start again for another port"),
    (r"password authentication failed", "the database has another password than secrets.json of the state folder"),
    (r"could not connect|[Cc]onnection refused", "what it needs does not answer: see the logs of postgresql and redis"),
    (r"ModuleNotFoundError: No module named '([\w.]+)'", "a Python package is missing: add it with --requirement"),
    (r"database is newer", "a newer Airflow has used this database: use its airflowVersion, or another --name"),
    (r"data is of PostgreSQL", "another PostgreSQL made the database: see --servers"),
    (r"Cannot allocate memory|MemoryError", "the machine has too little memory: end something, or use LocalExecutor"),
)
"""What is likely wrong where a log says so."""


def launch(state: State, ready: Ready, lock: int, *, attached: bool) -> subprocess.Popen[bytes]:
    """Starts the supervisor, which takes over the lock. Attached, it ends when this process does."""
    end_leftovers(state, 30)
    run = Run(str(state.folder), tuple(pod.pod for pod in ready.plan.pods), ready.plan.preload, attached)
    state.status_file.unlink(missing_ok=True)
    with state.supervisor_log.open("ab") as log:
        state.supervisor_log.chmod(0o600)
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "airflow_charts.local.supervisor"],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock,),
            cwd=state.folder,
        )
    assert supervisor.stdin is not None  # noqa: S101 - it is a pipe
    try:
        supervisor.stdin.write(msgspec.json.encode(run) + b"\n")
        supervisor.stdin.flush()
        if not attached:
            supervisor.stdin.close()
    except BrokenPipeError:
        supervisor.wait()
        raise LocalRunError(failure(state)) from None
    return supervisor


def supervisor_of(state: State) -> psutil.Process | None:
    """The supervisor, if it lives."""
    pid = state.status().get("supervisor")
    if pid is None or not state.is_running():
        return None
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if "airflow_charts.local.supervisor" in process.cmdline():
            return process
    return None


def leftovers(state: State) -> list[psutil.Process]:
    """The processes of all pods."""
    started = state.status().get("started", 0)
    sessions = {session for pod in state.status().get("pods", {}).values() for session in pod.get("sessions", [])}
    return [
        process
        for process in processes_of(sessions, lambda folder: folder.startswith(f"{state.folder}/pods/"))
        if process.create_time() > started - 1  # or it has the number of one that has ended long ago
    ]


def end_leftovers(state: State, seconds: float) -> int:
    """Ends what a supervisor that was killed has left behind; returns how many processes that were."""
    rest = leftovers(state)
    for process in rest:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(rest, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(rest)


def stop(state: State, watch: Callable[[], None], *, now: bool) -> bool:
    """Ends a deployment, or what a killed supervisor has left of it. Returns whether there was anything to end.

    `watch` is called again and again while pods are ending; `now` gives them no time.

    Raises:
        LocalRunError: it is just being started.
    """
    supervisor = supervisor_of(state)
    if supervisor is None and state.is_running():
        raise LocalRunError(f"the deployment {state.name} is just being started; end that `up` with Ctrl-C, or wait")
    if supervisor is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            supervisor.send_signal(signal.SIGTERM)
            if now:
                _insist(supervisor)
            while supervisor.is_running() and supervisor.status() != psutil.STATUS_ZOMBIE:
                watch()
                time.sleep(0.1)
        return True
    return end_leftovers(state, 0 if now else 30) > 0


def _insist(supervisor: psutil.Process) -> None:
    """The data stores end in their own time all the same: they are quick, and data is precious."""
    time.sleep(0.5)
    with contextlib.suppress(psutil.Error):
        supervisor.send_signal(signal.SIGTERM)


def failure(state: State) -> str:
    """Why a deployment could not start: the problem, the last lines of the log, and the likely cause."""
    status = state.status()
    lines = [str(status.get("problem") or "the supervisor ended by itself")]
    pod, container = status.get("failed") or ("", "")
    log = state.log_file(pod, container) if pod else state.supervisor_log
    tail = last_lines(log, 15)
    lines += [f"  {line}" for line in tail]
    causes = [cause for pattern, cause in _CAUSES if re.search(pattern, "\n".join(tail))]
    if causes:
        lines.append(f"likely cause: {causes[0]}")
    lines.append(f"the whole log: {log}")
    return "\n".join(lines)


def last_lines(log: Path, count: int) -> list[str]:
    """The last lines of a log."""
    if not log.exists() or not count:
        return []
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 200 * 1024))
        return file.read().decode(errors="replace").splitlines()[-count:]


def known(state: State) -> Deployment:
    """What a deployment was made for.

    Raises:
        LocalRunError: there is none of this name.
    """
    found = state.deployment()
    if found is None:
        raise LocalRunError(f"there is no deployment {state.name}; `airflow-charts up --name {state.name}` makes one")
    return found
