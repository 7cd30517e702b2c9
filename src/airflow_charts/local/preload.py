"""Starts Airflow's processes as forks of one that has imported the packages which all of them use.

Most of a start of Airflow is imports, and most of its memory is what they leave behind: the forks share both. Runs in
Airflow's Python (3.9 to 3.13), copied into `site-packages` beside `pod_network.py`: it imports nothing from this
package. `forks.py` is its other side.

    python -m airflow_charts_preload MODULES

imports the modules that the file names, says so by a byte on its standard input, which is a socket, and from then on
forks for every socket that comes over it. On that socket

    to the child:    a line with the process as JSON (`Container` in `pods.py`), then a line when it shall run
    from the parent: a line with the process number, then one with the exit status, negative for a signal

The parent does not read what the child reads, so that no secret of a pod is in any other. It has imported nothing of
Airflow itself, whose modules read their configuration while they are imported. A command that is no Python script of
this environment, and one whose environment has a variable that an imported module has asked for with another value,
is executed as usual.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

AHEAD = {
    "api-server": (
        "airflow.api_fastapi.core_api.routes.public",
        "airflow.api_fastapi.core_api.routes.ui",
        "airflow.api_fastapi.execution_api.routes",
    ),
    "webserver": ("airflow.www.app",),
    "scheduler": ("airflow.jobs.scheduler_job_runner",),
    "dag-processor": ("airflow.dag_processing.manager", "airflow.dag_processing.processor"),
    "triggerer": ("airflow.jobs.triggerer_job_runner",),
    "worker": ("airflow.sdk.execution_time.supervisor", "airflow.providers.celery.executors.celery_executor"),
    "flower": ("flower.command",),
}
"""What the commands of Airflow import while they start, 3.x and 2.11; a version that lacks a module loses nothing."""
USUAL = ("airflow.__main__", "celery.apps.worker", "celery.concurrency.prefork", "kombu.transport.redis", "uvicorn")
"""What else their packages are found by."""

THRESHOLDS = (50_000, 20, 50)
"""When Python looks for garbage. A start makes millions of objects that stay; by default (700, 10, 10) it would look
through all of them again and again, which is a third of the CPU that a start of Airflow takes."""

_STARTS = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LANG", "LC_", "TZ", "FSSPEC_")
"""Variables that matter from the first moment, also for what is not Python, or that are read by their beginning."""
HOMES = frozenset(("HOME", "TMPDIR", "TEMP", "TMP"))
"""Variables that modules ask for at import, and that differ between pods: folders of their own, as the preload has."""
_ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def record(path: str) -> None:
    """Writes the names of all modules that Airflow's commands import, without Airflow's own, into a file."""
    for name in (*USUAL, *(name for names in AHEAD.values() for name in names)):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    own = ("airflow", "__main__")
    names = [name for name in list(sys.modules) if not name.startswith(own)]
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would be one more import
        file.writelines(f"{name}\n" for name in names)


# --- the parent ------------------------------------------------------------------------------------------------------


class NoAirflow:
    """A finder of modules that refuses Airflow's own."""

    def __init__(self) -> None:
        self.asked = False

    def find_spec(self, name: str, *_: object) -> None:
        """Nothing, so that others look for a module; an ImportError for one of Airflow."""
        if name.partition(".")[0] == "airflow":
            self.asked = True
            raise ImportError(f"{name} is imported in a pod, not before")


def preload(names: Iterable[str]) -> set[str]:
    """Imports modules; returns the variables that they ask for meanwhile.

    What needs Airflow to be imported is taken back, also where it would do without.
    """
    asked: set[str] = set()
    plain = type(os.environ)

    class Recording(plain):  # type: ignore[valid-type, misc]
        def __getitem__(self, key: str) -> Any:
            asked.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            asked.add(str(key))
            return bool(super().__contains__(key))

    finder: Any = NoAirflow()
    changed: Any = os.environ
    sys.meta_path.insert(0, finder)
    changed.__class__ = Recording
    try:
        for name in names:
            before = set(sys.modules)
            with contextlib.suppress(Exception):  # one module less
                importlib.import_module(name)
            if finder.asked:
                finder.asked = False
                for added in set(sys.modules) - before:
                    del sys.modules[added]
    finally:
        changed.__class__ = plain
        sys.meta_path.remove(finder)
    return asked


def serve(control: socket.socket) -> socket.socket:
    """Forks for each socket that comes; returns it in the child. Ends with the other side, and only then.

    A signal to all processes, as at the end of a session, is for those who have something to finish.
    """
    woken, wake = socket.socketpair()
    woken.setblocking(False)
    wake.setblocking(False)
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    children: dict[int, socket.socket] = {}
    while True:
        readable, _, _ = select.select([control, woken], [], [])
        if woken in readable:
            woken.recv(4096)
            _report(children)
        if control in readable:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not descriptors:
                os._exit(0)
            connection = socket.socket(fileno=descriptors[0])
            try:
                pid = os.fork()
            except OSError as error:  # too little memory, or too many processes
                print(f"nothing was forked: {error.strerror}", flush=True)  # noqa: T201 - its log
                connection.close()
                continue
            if not pid:
                signal.set_wakeup_fd(-1)
                for number in (*_ENDS, signal.SIGCHLD):
                    signal.signal(number, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for other in (control, woken, wake, *children.values()):
                    other.close()
                return connection
            children[pid] = connection
            with contextlib.suppress(OSError):  # it is not wanted any more
                connection.sendall(b"%d\n" % pid)


def _report(children: dict[int, socket.socket]) -> None:
    """Says how children have ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        connection = children.pop(pid, None)
        if connection is not None:  # else a module has started it
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


# --- the child -------------------------------------------------------------------------------------------------------


def differs(asked: Iterable[str], ours: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """The variables for which modules that were imported under our environment would be others under the wanted one."""
    early = [name for name in {*ours, *wanted} if name.startswith(_STARTS)]
    return sorted(name for name in {*asked, *early} - HOMES if ours.get(name) != wanted.get(name))


def script_of(command: Sequence[str], path: str) -> list[str]:
    """A Python script of this environment with its arguments, as a command runs it; nothing for another command."""
    program = shutil.which(command[0], path=path) or ""
    if os.path.dirname(program) != os.path.dirname(sys.executable):  # noqa: PTH120
        return []
    if os.path.basename(program).startswith("python"):  # noqa: PTH119
        return list(command[1:]) if command[1:] and not command[1].startswith("-") else []
    with open(program, "rb") as file:  # noqa: PTH123
        beginning = file.read(512)
    return [program, *command[1:]] if beginning.startswith(b"#!") and sys.executable.encode() in beginning else []


def become(connection: socket.socket, asked: Iterable[str], belong: Callable[[str, str], None]) -> list[str]:
    """Makes this process the one that the other side describes; returns its script when that shall run.

    A command that cannot be run in this process replaces it.
    """
    os.setsid()
    with connection, connection.makefile("rb") as lines:
        said = lines.readline()
        if not said:
            os._exit(0)
        process = json.loads(said)
        environment = process["environment"]
        _redirect(process["log"])
        os.chdir(process["folder"])
        script = script_of(process["command"], environment["PATH"])
        different = differs(asked, os.environ, environment)
        if script and different:
            print(f"executed, not forked, because of {', '.join(different)}", flush=True)  # noqa: T201 - the log
        in_place = script and not different
        if in_place:
            _adopt(environment, script, belong)
            for name in process["ahead"]:
                # What fails here fails again where Airflow itself imports it, and there it is told.
                with contextlib.suppress(Exception):
                    importlib.import_module(name)
        if not lines.readline():
            os._exit(0)
    if not in_place:
        program = shutil.which(process["command"][0], path=environment["PATH"]) or process["command"][0]
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and others would as well
            signal.signal(number, signal.SIG_DFL)
        os.execve(program, process["command"], environment)
    return script


def _redirect(log: str) -> None:
    """Lets the output go to a log file, and nothing come in."""
    for path, flags, descriptors in ((os.devnull, os.O_RDONLY, (0,)), (log, os.O_WRONLY | os.O_APPEND, (1, 2))):
        opened = os.open(path, flags | os.O_CREAT, 0o600)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)


def _adopt(environment: Mapping[str, str], script: Sequence[str], belong: Callable[[str, str], None]) -> None:
    """Gives this process the environment, the arguments and the pod of a script."""
    import tempfile

    with contextlib.suppress(ImportError):
        from setproctitle import setproctitle  # type: ignore[import-not-found]

        setproctitle(" ".join(script))  # it finds its place by the environment as it was at the start
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # it was found by another environment
    belong(environment.get("AIRFLOW_CHARTS_POD_ADDRESS", ""), environment.get("HOSTNAME", ""))
    sys.argv = list(script)
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.path.dirname(os.path.realpath(script[0]))  # noqa: PTH120


def main() -> None:
    """Preloads, serves, and in the child runs what it has become."""
    import runpy

    from airflow_charts_pod_network import install  # type: ignore[import-not-found]

    control = socket.socket(fileno=os.dup(0))
    belong = install()
    gc.disable()  # nothing of this is garbage
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        asked = preload(file.read().split())
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        raise SystemExit("a package has started a thread while it was imported, which no fork would have")
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
    control.sendall(b".")
    program, *_ = become(serve(control), asked, belong)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
