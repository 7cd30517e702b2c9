"""Forks of a process that has imported packages: each must be what a process of its own would be."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import psutil
import pytest
from test_pod_network import ADDRESS, NAME, PYTHONS
from test_supervisor import until

from airflow_charts.local import airflow_venv, forks, preload
from airflow_charts.local.forks import Forked, Preload
from airflow_charts.local.pods import Container

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")

SHOW = """
import atexit, json, locale, os, random, signal, socket, sys, tempfile, threading, time
STREAMS = sys.stdin, sys.stdout, sys.stderr
if __name__ == "__main__":
    print(json.dumps({
        "argv": sys.argv,
        "path": sys.path[0],
        "environment": {name: text for name, text in os.environ.items() if name != "LC_CTYPE"},
        "folder": os.getcwd(),
        "input": sys.stdin.read(),
        "hostname": [socket.gethostname(), socket.gethostbyname(socket.gethostname())],
        "temporary": tempfile.gettempdir(),
        "zone": time.tzname,
        "leads": os.getsid(0) == os.getpid(),
        "signals": {number: str(signal.getsignal(number)) for number in range(1, 32)},
        "files": [os.readlink(f"/proc/self/fd/{name}") for name in sorted(os.listdir("/proc/self/fd"))[:-1]],
        "streams": [[one.encoding, one.errors, one.line_buffering, one.write_through] for one in STREAMS],
        "locale": [locale.setlocale(locale.LC_CTYPE), sys.getfilesystemencoding()],
        "mask": os.umask(0o22),
        "threads": threading.active_count(),
        "main": [__name__, __file__, __spec__ is None],
    }))
    with socket.socket() as one:
        one.bind(("", 0))
        print(one.getsockname()[0])
    atexit.register(print, "exit")
    print("to standard error", file=sys.stderr)
    sys.exit(int(os.environ.get("STATUS", "0")))
"""
SLEEPS = "import time\nprint('up', flush=True)\ntime.sleep(1000)\n"
MODULES = {
    "asks": "import os\nCOLOUR = os.environ.get('COLOUR')\nZONE = os.getenv('ZONE', 'none')\n",
    "wants_airflow": "import helper\ntry:\n    import airflow\nexcept ImportError:\n    airflow = None\n",
    "helper": "",
    "counted": "import os\nBY = os.getpid()\n",
    "breaks": "raise ValueError('at import')\n",
    "threaded": "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n",
    "airflow": "NAME = 'airflow'\n",
}


class Recorded(Preload):
    """A process that forks, with a list of what it has forked."""

    def __init__(self, start: Callable[[int], subprocess.Popen[bytes]], forked: list[Forked]) -> None:
        super().__init__(start)
        self.forked = forked

    def fork(self, spec: Container) -> Forked:
        self.forked.append(super().fork(spec))
        return self.forked[-1]


class Machine:
    """An environment of Python with our modules, and what can be forked from a process of it."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder, self.python = folder, python
        self.site = folder / "site"
        self.work = folder / "work"
        for made in (self.site, self.work, folder / "tmp", folder / "elsewhere"):
            made.mkdir()
        for name in ("pod_network", "preload"):
            shutil.copy(Path(airflow_venv.__file__).with_name(f"{name}.py"), self.site / f"airflow_charts_{name}.py")
        (self.site / "sitecustomize.py").write_text(airflow_venv.START_UP, encoding="utf-8")
        for name, text in MODULES.items():
            (self.site / f"{name}.py").write_text(text, encoding="utf-8")
        self.started: list[Preload] = []
        self.forked: list[Forked] = []

    @property
    def common(self) -> dict[str, str]:
        """What the environments of all processes have in common."""
        return {"PATH": f"{self.python.parent}:/usr/bin:/bin", "PYTHONPATH": str(self.site), "LANG": "C.UTF-8"}

    def preload(self, *names: str, wait: bool = True) -> Preload:
        """A process that imports modules, ready to fork if it was waited for."""
        listed = self.folder / "modules.txt"
        listed.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")

        def start(stdin: int) -> subprocess.Popen[bytes]:
            with (self.folder / "preload.log").open("ab") as log:
                return subprocess.Popen(
                    [self.python, "-W", "error", "-m", airflow_venv.PRELOAD, listed],
                    env=self.common,
                    cwd=self.folder,
                    stdin=stdin,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

        made = Recorded(start, self.forked)
        self.started.append(made)
        if wait:
            until(lambda: not made.is_loading())
        return made

    def script(self, text: str, name: str = "script.py") -> Path:
        path = self.folder / "elsewhere" / name
        path.write_text(text, encoding="utf-8")
        return path

    def container(
        self, *command: str | Path, ahead: Sequence[str] = (), log: str = "", **environment: str
    ) -> Container:
        own = {"TMPDIR": str(self.folder / "tmp"), "HOME": str(self.work)}
        path = self.folder / f"{log or time.monotonic_ns()}.log"
        arguments = tuple(str(word) for word in command)
        variables = self.common | own | environment
        return Container("main", arguments, variables, str(path), str(self.work), ahead=tuple(ahead))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path, Path(sys.executable))
    yield made
    for one in made.started:
        one.end()
    for process in made.forked:
        process.abandon()


def output(container: Container) -> str:
    """What a container has written until now."""
    log = Path(container.log)
    return log.read_text(encoding="utf-8") if log.exists() else ""


def ended(process: Forked) -> int:
    until(lambda: process.poll() is not None)
    assert process.returncode is not None
    return process.returncode


def run(made: Preload, container: Container) -> int:
    process = made.fork(container)
    process.run()
    return ended(process)


def imported_here(machine: Machine, module: str, attribute: str = "__name__") -> Path:
    """A script that says what a module is and whether the preload has imported it."""
    told = f"import sys\nbefore = {module!r} in sys.modules\nimport {module}\nprint(before, {module}.{attribute})\n"
    return machine.script(told, f"about_{module}.py")


@pytest.mark.parametrize("python", PYTHONS.values(), ids=PYTHONS.keys())
@pytest.mark.parametrize("status", [0, 3])
def test_a_fork_is_what_a_process_of_its_own_would_be(tmp_path: Path, python: Path, status: int) -> None:
    """Arguments, environment, folder, input, output, signals, names, and the end are the same."""
    machine = Machine(tmp_path, python)
    script = machine.script(SHOW)
    more = {"STATUS": str(status), "HOSTNAME": NAME, "AIRFLOW_CHARTS_POD_ADDRESS": ADDRESS}
    forked, alone = (machine.container("python", script, "one", "two words", log="log", **more) for _ in range(2))
    made = machine.preload("json", "tempfile", "random", "threading", "helper")
    try:
        assert run(made, forked) == status, (machine.folder / "preload.log").read_text()
    finally:
        made.end()
    by_fork = sorted(output(forked).splitlines())
    with Path(alone.log).open("wb") as log:
        done = subprocess.run(
            [python, *alone.command[1:]],
            env=alone.environment,
            cwd=alone.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )
    assert done.returncode == status
    assert by_fork == sorted(output(alone).splitlines())
    shown = next(json.loads(line) for line in by_fork if line.startswith("{"))
    assert shown["hostname"] == [NAME, ADDRESS]
    assert shown["argv"] == [str(script), "one", "two words"]
    assert shown["environment"]["HOSTNAME"] == NAME


def test_a_fork_has_what_was_imported_before(machine: Machine) -> None:
    made = machine.preload("counted", "breaks", "no_such_module")
    container = machine.container("python", imported_here(machine, "counted", "BY"))
    assert run(made, container) == 0
    assert output(container) == f"True {made.process.pid}\n"


def test_a_console_script_of_the_environment_is_run_in_the_fork(machine: Machine) -> None:
    """Like `airflow`: a file whose first line names this Python."""
    folder = machine.folder / "bin"
    folder.mkdir()
    (folder / "python").symlink_to(machine.python)
    machine.python = folder / "python"
    (folder / "airflow").write_text(f"#!{folder}/python\nimport sys, counted\nprint(sys.argv, counted.BY)\n")
    (folder / "other").write_text("#!/bin/sh\necho other $0 $1\n")
    for name in ("airflow", "other"):
        (folder / name).chmod(0o755)
    # Its libraries are those of the other place, as in a virtual environment.
    (folder.parent / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    made = machine.preload("counted")
    airflow = machine.container("airflow", "scheduler")
    assert run(made, airflow) == 0
    assert output(airflow) == f"['{folder}/airflow', 'scheduler'] {made.process.pid}\n"
    other = machine.container("other", "text")
    assert run(made, other) == 0
    assert output(other) == f"other {folder}/other text\n"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("sh", "-c", "echo $COLOUR $0; exit 4", "name"), (4, "red name\n")),
        (("python", "-c", "import sys; print('counted' in sys.modules)"), (0, "False\n")),
    ],
    ids=["shell", "python -c"],
)
def test_any_other_command_is_executed(machine: Machine, command: Sequence[str], expected: tuple[int, str]) -> None:
    container = machine.container(*command, COLOUR="red")
    assert (run(machine.preload("counted"), container), output(container)) == expected


def test_a_variable_that_a_module_has_asked_for_is_asked_for_again(machine: Machine) -> None:
    """Else the module would be as for another environment."""
    made = machine.preload("asks", "counted")
    script = imported_here(machine, "asks", "COLOUR")
    executed = "executed, not forked, because of COLOUR\nFalse red"
    for more, told in (({}, "True None"), ({"COLOUR": "red"}, executed), ({"OTHER": "text"}, "True None")):
        container = machine.container("python", script, **more)
        assert run(made, container) == 0
        assert output(container) == f"{told}\n", more


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "LD_BIND_NOW", "MALLOC_ARENA_MAX", "LC_NAME", "TZ"])
def test_what_matters_from_the_first_moment_needs_a_process_of_its_own(machine: Machine, name: str) -> None:
    container = machine.container("python", imported_here(machine, "counted"), **{name: "1"})
    assert run(machine.preload("counted"), container) == 0
    assert output(container) == f"executed, not forked, because of {name}\nFalse counted\n"


def test_airflow_is_imported_in_its_pod(machine: Machine) -> None:
    """Its modules read their configuration then. What needs it is not kept, even where it would do without."""
    made = machine.preload("airflow", "wants_airflow", "counted")
    for module, attribute, told in (
        ("airflow", "NAME", "False airflow"),
        ("wants_airflow", "airflow.NAME", "False airflow"),
        ("helper", "__name__", "False helper"),
        ("counted", "__name__", "True counted"),
    ):
        container = machine.container("python", imported_here(machine, module, attribute))
        assert run(made, container) == 0
        assert output(container) == f"{told}\n"


def test_it_imports_ahead_and_runs_when_it_may(machine: Machine) -> None:
    """With the environment of its own pod; a module that is not there or breaks is left to the command."""
    (machine.site / "slow.py").write_text("import os\nprint('ahead', os.environ['COLOUR'], flush=True)\n")
    container = machine.container(
        "python", imported_here(machine, "slow"), ahead=("no_such", "breaks", "slow"), COLOUR="red"
    )
    process = machine.preload().fork(container)
    until(lambda: output(container) == "ahead red\n")
    time.sleep(0.2)
    assert process.poll() is None
    assert output(container) == "ahead red\n"
    process.run()
    assert ended(process) == 0
    assert output(container) == "ahead red\nTrue slow\n"


def test_what_is_not_wanted_any_more_ends(machine: Machine) -> None:
    process = machine.preload().fork(machine.container("python", machine.script(SHOW)))
    process.connection.shutdown(socket.SHUT_RDWR)  # as if the supervisor had been killed
    until(lambda: not psutil.pid_exists(process.pid))


def test_what_is_abandoned_ends(machine: Machine) -> None:
    process = machine.preload().fork(machine.container("python", machine.script(SHOW)))
    process.abandon()
    until(lambda: not psutil.pid_exists(process.pid))
    assert process.poll() == -signal.SIGKILL


def test_every_end_is_told(machine: Machine) -> None:
    """Many at the same time, by exit, exception and signal."""
    made = machine.preload()
    sleeper = machine.script("import time\ntime.sleep(1000)\n", "sleeper.py")
    leaver = machine.script("import sys\nsys.exit(int(sys.argv[1]))\n", "leaver.py")
    failing = machine.script("raise ValueError('told in the log')\n", "failing.py")
    sleepers = [made.fork(machine.container("python", sleeper)) for _ in range(4)]
    leavers = {number: made.fork(machine.container("python", leaver, str(number))) for number in range(12)}
    broken = machine.container("python", failing)
    failed = made.fork(broken)
    for process in (*sleepers, *leavers.values(), failed):
        process.run()
    assert {number: ended(process) for number, process in leavers.items()} == {number: number for number in range(12)}
    assert ended(failed) == 1
    assert "ValueError: told in the log" in output(broken)
    assert [process.poll() for process in sleepers] == [None] * 4
    for process in sleepers[:2]:
        process.kill()
    for process in sleepers[2:]:
        process.terminate()
    assert [ended(process) for process in sleepers] == [-signal.SIGKILL] * 2 + [-signal.SIGTERM] * 2
    sleepers[0].terminate()  # nobody any more: nothing happens
    assert sleepers[0].returncode == -signal.SIGKILL


def memory_of(pid: int) -> bytes:
    """All that a process has in its memory."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(text, 16) for text in addresses.split("-"))
                with contextlib.suppress(OSError, ValueError):
                    memory.seek(start)
                    found.append(memory.read(end - start))
    return b"".join(found)


def test_a_secret_of_one_pod_is_in_no_other(machine: Machine) -> None:
    """Not in the environment, not in an argument, not in the memory of the process that forks or of a later fork."""
    made = machine.preload("json")
    sleeper = machine.script(SLEEPS)
    secret = "the-password-" + "of-one-pod"
    processes = []
    for more in ({"SECRET": secret}, {}):
        container = machine.container("python", sleeper, **more)
        processes.append(made.fork(container))
        processes[-1].run()
        until(partial(output, container))
    own, other = processes
    assert secret.encode() in memory_of(own.pid)
    for pid in (made.process.pid, other.pid):
        assert secret.encode() not in memory_of(pid)
    for pid in (made.process.pid, own.pid, other.pid):
        assert secret.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
        assert secret.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_package_with_a_thread_is_told_and_nothing_is_forked(machine: Machine) -> None:
    """A fork would lack it."""
    made = machine.preload("threaded")
    with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as it happens
        made.fork(machine.container("python", machine.script(SHOW)))
    assert "a package has started a thread" in (machine.folder / "preload.log").read_text()


def test_who_outlives_the_one_that_has_forked_it_goes_on(machine: Machine) -> None:
    """As after an OOM kill of it: no task is lost. How such a process ends is not known to anybody."""
    made = machine.preload()
    container = machine.container("python", machine.script(SLEEPS))
    running, waiting = made.fork(container), made.fork(container)
    running.run()
    until(partial(output, container))
    made.end()
    assert running.poll() is None
    waiting.run()
    until(lambda: output(container) == 2 * "up\n")
    assert (running.poll(), waiting.poll()) == (None, None)
    running.terminate()
    assert ended(running) == forks.UNKNOWN
    waiting.kill()
    assert ended(waiting) == forks.UNKNOWN
    with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as it happens
        made.fork(container)


def test_a_signal_to_all_is_for_those_who_have_something_to_finish(machine: Machine) -> None:
    """At the end of a session everybody gets one; the forks have their own handlers."""
    made = machine.preload()
    container = machine.container("python", machine.script(SLEEPS))
    processes = {number: made.fork(container) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    for process in processes.values():
        process.run()
    until(lambda: output(container) == 3 * "up\n")
    for number, process in processes.items():
        made.process.send_signal(number)
        os.kill(process.pid, number)
        assert ended(process) == -number
    assert made.process.poll() is None


def test_a_fork_that_fails_is_one_fork_less(machine: Machine) -> None:
    """As with too little memory: whoever is there goes on, and so does the one that forks."""
    (machine.site / "limited.py").write_text(
        "import errno, os\nplain, count = os.fork, iter(range(10))\n"
        "def fork():\n    if next(count) == 1:\n        raise OSError(errno.ENOMEM, 'Cannot allocate memory')\n"
        "    return plain()\nos.fork = fork\n"
    )
    made = machine.preload("limited")
    container = machine.container("python", imported_here(machine, "limited"))
    first = made.fork(container)
    with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as it happens
        made.fork(container)
    assert run(made, container) == 0
    first.run()
    assert ended(first) == 0
    assert "Cannot allocate memory" in (machine.folder / "preload.log").read_text()


def test_a_process_of_a_module_is_none_of_ours(machine: Machine) -> None:
    (machine.site / "starts.py").write_text("import os\nos.posix_spawn('/bin/sleep', ['sleep', '0.2'], {})\n")
    made = machine.preload("starts")
    time.sleep(0.5)
    container = machine.container("python", imported_here(machine, "starts"))
    assert run(made, container) == 0


def test_a_log_that_cannot_be_written_is_told_at_once(machine: Machine) -> None:
    container = machine.container("python", machine.script(SHOW), log="no/such/folder")
    with pytest.raises(FileNotFoundError):
        machine.preload().fork(container)


def test_imports_without_end_are_ended(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow starts without them then."""
    monkeypatch.setattr(forks, "_LOADING", 0.3)
    (machine.site / "slow.py").write_text("import time\ntime.sleep(1000)\n")
    made = machine.preload("slow")
    assert not made.ready
    assert made.process.returncode == -signal.SIGKILL


def test_it_ends_with_the_supervisor(machine: Machine) -> None:
    made = machine.preload()
    made.control.close()
    until(lambda: made.process.poll() is not None)


def test_while_it_is_loading_it_says_so(machine: Machine) -> None:
    (machine.site / "slow.py").write_text("import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n")
    made = machine.preload("slow", wait=False)
    time.sleep(0.3)
    assert made.is_loading()
    (machine.folder / "go").touch()
    until(lambda: not made.is_loading())
    assert made.ready


def test_what_the_commands_import_is_recorded_without_airflow(machine: Machine) -> None:
    """In the order of the imports, so that parents come before what is in them."""
    (machine.site / "airflow.py").unlink()
    package = machine.site / "airflow"
    package.mkdir()
    (package / "__init__.py").write_text("import counted\n")
    (package / "__main__.py").write_text("import xml.dom.minidom, helper\n")
    listed = machine.folder / "listed.txt"
    code = f"from airflow_charts_preload import record; record({str(listed)!r})"
    subprocess.run([machine.python, "-c", code], env=machine.common, check=True, cwd=machine.folder)
    names = listed.read_text().split()
    assert {"counted", "helper", "xml.dom.minidom"} <= set(names)
    assert names.index("xml") < names.index("xml.dom") < names.index("xml.dom.minidom")
    assert not [name for name in names if name.startswith(("airflow", "__main__"))]


def test_the_modules_of_every_command_are_named_once() -> None:
    names = [name for names in preload.AHEAD.values() for name in names]
    assert len(names) == len(set(names))
    assert not set(preload.USUAL) & set(names)


def test_our_own_environment_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch over variables ends with the imports."""
    plain, finders = type(os.environ), list(sys.meta_path)
    monkeypatch.setenv("ZONE", "text")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "asks_here.py").write_text(MODULES["asks"])
    assert preload.preload(["asks_here", "no_such"]) == {"COLOUR", "ZONE"}
    assert type(os.environ) is plain
    assert sys.meta_path == finders
