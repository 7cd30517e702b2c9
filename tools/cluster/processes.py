"""Starts processes that outlive this one, knows them again by their number and start time, and ends them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from cluster.settings import LOGS, RUN


class ClusterError(Exception):
    """Something that keeps the cluster from running, in one sentence that says what to do."""


_GOGC = "400"
"""Kubernetes' programs collect garbage less often: there is memory, and pods need the cores."""

_started: list[subprocess.Popen[bytes]] = []
"""Python warns of a process that it forgets while it runs."""


def _record(name: str) -> Path:
    return RUN / f"{name}.json"


def running(name: str) -> psutil.Process | None:
    """The process that was started under a name, if it still runs."""
    try:
        number, started = json.loads(_record(name).read_text())
        process = psutil.Process(number)
        alive = process.create_time() == started and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return process if alive else None


def log_file(name: str) -> Path:
    """Where a process writes; what the one before it wrote is in `.log.1`."""
    return LOGS / f"{name}.log"


def start(name: str, command: Sequence[str | Path], environment: dict[str, str] | None = None) -> None:
    """Starts a process under a name, unless it runs."""
    if running(name):
        return
    log = log_file(name)
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"GOGC": _GOGC, **os.environ, **(environment or {})},
            start_new_session=True,
        )
    _started.append(process)
    _record(name).write_text(json.dumps([process.pid, psutil.Process(process.pid).create_time()]))


def end(name: str, patience: float = 20) -> None:
    """Ends a process, with SIGKILL if it has not ended after some seconds."""
    process = running(name)
    if process:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(patience)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(patience)
    _record(name).unlink(missing_ok=True)


def wait_until(ready: Callable[[], bool], what: str, process: str, patience: float = 90) -> None:
    """Returns when something is so; an error names the process whose log tells why it is not."""
    deadline = time.monotonic() + patience
    while not ready():
        if not running(process):
            raise ClusterError(f"{process} has ended. {_last_lines(process)}")
        if time.monotonic() > deadline:
            raise ClusterError(f"{what}: not after {patience:.0f} seconds. {_last_lines(process)}")
        time.sleep(0.2)


def _last_lines(name: str) -> str:
    log = log_file(name)
    lines = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
    return "\n".join([f"The last lines of {log}:", *lines])


def run(*command: str | Path, check: bool = True, text: str | None = None) -> str:
    """What a short command prints; an error has what it said."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, input=text)
    if check and result.returncode:
        said = f"{result.stdout[-2000:]}\n{result.stderr[-4000:]}".strip()
        raise ClusterError(f"`{' '.join(map(str, command))}` failed:\n{said}")
    return result.stdout


def succeeds(*command: str | Path) -> bool:
    """Whether a short command ends with 0."""
    return subprocess.run([str(word) for word in command], capture_output=True, check=False).returncode == 0
