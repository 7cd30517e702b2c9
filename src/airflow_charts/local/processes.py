"""The processes of containers: started, found again from outside, measured.

Imports little: the supervisor stays in memory with it, and `status` and `down` need nothing else of the supervisor.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from airflow_charts.local.pods import MARK, Container

LOG_LIMIT = 20_000_000
"""Bytes of a log file before it is put aside at the next start."""


def put_aside(log: Path) -> None:
    """Begins a new log file where the old one is large."""
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))


def started(spec: Container, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
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
            **identity(spec),
        )


def identity(spec: Container) -> dict[str, Any]:
    """As whom a process runs: as the supervisor, or as the user that it must run as."""
    if not spec.user:
        return {}
    return {"user": spec.user, "group": pwd.getpwnam(spec.user).pw_gid, "extra_groups": []}


def has_program(spec: Container) -> bool:
    """Whether there is the program that a container runs."""
    program = spec.command[0]
    folders = [""] if "/" in program else spec.environment.get("PATH", "").split(":")
    return any(os.access(Path(folder, program), os.X_OK) for folder in folders)


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
