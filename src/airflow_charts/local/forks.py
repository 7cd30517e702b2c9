"""The supervisor's side of `preload.py`: a process that has imported what Airflow's have in common, and its forks."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from airflow_charts.local.pods import Container

UNKNOWN = 255
"""The exit status of a fork whose end nobody has seen, because the process that had forked it ended before."""
_PATIENCE = 10.0
"""Seconds for a fork, which takes milliseconds."""
_LOADING = 120.0
"""Seconds for the imports, which take two."""


class Process(Protocol):
    """What the supervisor asks of a process, forked or not."""

    @property
    def pid(self) -> int:
        """Its number, which is that of its session as well."""

    @property
    def returncode(self) -> int | None:
        """What `poll` has found."""

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""

    def terminate(self) -> None:
        """Asks it to end."""

    def kill(self) -> None:
        """Ends it."""


class Forked:
    """A process that was forked for a container."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.connection = connection
        self.handle = os.pidfd_open(pid)
        """The process itself: its number may be another one's as soon as it has ended."""

    def run(self) -> None:
        """Lets it run its command: until then it only imports modules."""
        with contextlib.suppress(OSError):  # it has ended, as `poll` will say
            self.connection.sendall(b"\n")

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs. UNKNOWN if nobody can tell."""
        if self.returncode is None:
            try:
                said = self.connection.recv(100)
            except BlockingIOError:
                return None
            except OSError:
                said = b""
            if said:
                self._end(int(said))
            elif select.select([self.handle], [], [], 0)[0]:
                self._end(UNKNOWN)
        return self.returncode

    def terminate(self) -> None:
        """Asks it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self._signal(signal.SIGKILL)

    def abandon(self) -> None:
        """Ends it, and does not ask for its end."""
        self.kill()
        if self.returncode is None:
            self._end(-signal.SIGKILL)

    def _signal(self, number: int) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(self.handle, number)

    def _end(self, status: int) -> None:
        self.returncode = status
        self.connection.close()
        os.close(self.handle)


class Preload:
    """The process that forks."""

    def __init__(self, start: Callable[[int], subprocess.Popen[bytes]]) -> None:
        self.control, other = socket.socketpair()
        with other:
            self.process = start(other.fileno())
        self.ready = False
        self.deadline = time.monotonic() + _LOADING

    def is_loading(self) -> bool:
        """Whether it is still importing; else it can fork, or has ended."""
        if self.ready or self.process.poll() is not None:
            return False
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self.ready = bool(self.control.recv(1, socket.MSG_DONTWAIT))
        if not self.ready and time.monotonic() > self.deadline:
            self.process.kill()
            self.process.wait()
        return not self.ready and self.process.poll() is None

    def fork(self, spec: Container) -> Forked:
        """A new process of a container, which waits for `run`.

        Raises:
            OSError: there is none to be had, or its log cannot be written.
        """
        Path(spec.log).open("ab").close()
        connection, other = socket.socketpair()
        try:
            with other:
                socket.send_fds(self.control, [b"."], [other.fileno()])
            connection.settimeout(_PATIENCE)
            connection.sendall(msgspec.json.encode(spec) + b"\n")
            with connection.makefile("rb", buffering=0) as answer:
                pid = answer.readline()
            if not pid:
                raise ConnectionResetError("the process that forks did not")
            connection.setblocking(False)
            return Forked(connection, int(pid))
        except OSError:
            connection.close()
            raise

    def end(self) -> None:
        """Ends it; the forks go on."""
        self.control.close()
        self.process.kill()
        self.process.wait()
