"""`up`, `status`, `logs`, `exec` and `down` as people use them, with programs that only pretend to be Airflow."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from test_supervisor import IGNORING

from airflow_charts.local.processes import processes_of
from airflow_charts.local.state import State

PATIENCE = 30.0
"""Seconds after which something that must happen did not: far more than it takes."""
SMALL: dict[str, Any] = {"executors": ["LocalExecutor"], "triggerer": {"enabled": False}}

SHIM = """
import os, sys, time
from pathlib import Path
from airflow_charts.errors import LocalRunError
from airflow_charts.local import addresses, airflow_venv, servers
from airflow_charts.local.programs import Programs

addresses.BROWSED = ()  # tests run side by side
fakes = Path(os.environ["FAKES"])

def airflow(cache, version, extras, requirements, progress):
    progress(f"installing Airflow {version}")
    if (fakes / "no-airflow").exists():
        raise LocalRunError("PyPI cannot be reached")
    while (fakes / "slow").exists():
        time.sleep(0.02)
    with_them = f" and {', '.join(requirements)}" if requirements else ""
    return Programs(fakes / "airflow-bin", f"apache-airflow {version}{with_them}")

airflow_venv.airflow_programs = airflow
servers.postgresql_programs = lambda cache, source, progress: Programs(fakes / "store-bin", "PG fake")
servers.redis_programs = servers.postgresql_programs
from airflow_charts.cli.main import run
sys.argv[0] = "airflow-charts"
run()
"""
"""The command line with other programs."""

STORE = """#!/bin/sh
echo ready to accept connections
exec sleep 100000
"""
"""Stands for the shell of a data store's start script. PostgreSQL's user need not be able to read our Python."""
AIRFLOW = f"""#!{sys.executable} -IS
import configparser, http.server, os, signal, sys
fakes = "FAKES"
print("fake airflow", *sys.argv[1:], flush=True)
if os.path.exists(f"{{fakes}}/{{sys.argv[1]}}-fails"):
    print("ModuleNotFoundError: No module named 'pandas'", flush=True)
    sys.exit(3)
config = configparser.RawConfigParser()
config.read(os.environ["AIRFLOW_CONFIG"])
ports = {{"api-server": lambda: config.get("api", "port", fallback="8080"), "scheduler": lambda: "8974"}}
if sys.argv[1] not in ports:
    if sys.argv[1] == "exit":
        sys.exit(int(sys.argv[2]))
    if sys.argv[1] != "dag-processor":
        sys.exit(0)
    signal.pause()

class Good(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503 if os.path.exists(f"{{fakes}}/{{sys.argv[1]}}-busy") else 200)
        self.end_headers()
    def log_message(self, *arguments):
        pass

address = os.environ["AIRFLOW_CHARTS_POD_ADDRESS"], int(ports[sys.argv[1]]())
http.server.ThreadingHTTPServer(address, Good).serve_forever()
"""
DONE = """#!/bin/sh
exit 0
"""
PYTHON = """#!/bin/sh
case "$1" in
*/import_first.py) shift; exec "${0%/*}/airflow" "$@" ;;
esac
"""
"""Stands for the Python of Airflow, and for the programs that run in its pods."""


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Machine:
    """A state folder, fake programs, and the command line with them."""

    folder: Path
    name: str
    outputs: list[str] = field(default_factory=list)

    @property
    def state(self) -> State:
        return State(self.name, self.folder / "state" / self.name)

    @property
    def environment(self) -> dict[str, str]:
        chosen = {"AIRFLOW_CHARTS_STATE": "state", "AIRFLOW_CHARTS_CACHE": "cache", "FAKES": "fakes"}
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "NO_COLOR": "1",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            **{name: str(self.folder / place) for name, place in chosen.items()},
        }

    def fake(self, name: str) -> Path:
        return self.folder / "fakes" / name

    def command(self, *arguments: str) -> list[str]:
        with_name = [*arguments[:1], "--name", self.name, *arguments[1:]]
        return [sys.executable, "-c", SHIM, *with_name]

    @contextlib.contextmanager
    def started(
        self, *arguments: str, by: Sequence[str] = (), stderr: int = subprocess.STDOUT
    ) -> Iterator[subprocess.Popen[str]]:
        """A command that runs meanwhile. It is killed if that takes too long, so that no read waits for ever."""
        with subprocess.Popen(
            [*by, *self.command(*arguments)],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        ) as process:
            limit = threading.Timer(2 * PATIENCE, process.kill)
            limit.start()
            try:
                yield process
            finally:
                limit.cancel()
                process.kill()

    def cli(self, *arguments: str, **environment: str) -> Done:
        """Runs a command; whatever it says, it is no traceback and no secret."""
        done = subprocess.run(
            self.command(*arguments),
            env={**self.environment, **environment},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        self.check(done.stdout + done.stderr)
        return Done(done.returncode, done.stdout, done.stderr)

    def check(self, text: str) -> None:
        self.outputs.append(text)
        assert "Traceback" not in text
        for secret in self.secrets():
            assert secret not in text

    def secrets(self) -> list[str]:
        generated = json.loads(self.state.secrets_file.read_text()) if self.state.secrets_file.exists() else {}
        return [*generated.values(), "THE-"]

    def values(self, document: dict[str, Any]) -> str:
        path = self.folder / "values.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return str(path)

    def up(self, document: dict[str, Any] | None = None, *arguments: str) -> Done:
        values = [] if document is None else ["--values", self.values(document)]
        return self.cli("up", "--detach", *values, *arguments)

    def clean(self) -> None:
        mark = f"{self.state.folder}/"
        with contextlib.suppress(KeyError, psutil.Error):
            psutil.Process(self.state.status()["supervisor"]).kill()
        for process in processes_of(set(), lambda found: found.startswith(mark)):
            with contextlib.suppress(psutil.Error):
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def machine_of(name: str) -> Machine:
    folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    folder.chmod(0o755)
    made = Machine(folder, name)
    programs = {
        "airflow-bin/airflow": AIRFLOW.replace("FAKES", str(folder / "fakes")),
        "airflow-bin/python": PYTHON,
        "store-bin/sh": STORE,
        "store-bin/pg_isready": DONE,
    }
    for path, text in programs.items():
        made.fake(path).parent.mkdir(parents=True, exist_ok=True)
        made.fake(path).write_text(text, encoding="utf-8")
        made.fake(path).chmod(0o755)
    return made


def until(holds: Callable[[], Any], what: str = "") -> Any:
    """Waits for something to happen; gives what it said."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline, what or "it did not happen"
        time.sleep(0.02)
    return found


def tree(folder: Path) -> dict[str, bytes]:
    """All files but those that the supervisor writes, which goes on."""
    changing = ("status.json", ".status.json.new", "supervisor.log")
    files = [
        path for path in folder.rglob("*") if path.is_file() and path.name not in changing and path.suffix != ".log"
    ]
    return {str(path): path.read_bytes() for path in files}


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = machine_of(f"m{os.getpid()}")
    yield made
    made.clean()


@pytest.fixture(scope="module")
def running() -> Iterator[Machine]:
    """A deployment that runs; tests with it change nothing."""
    made = machine_of(f"r{os.getpid()}")
    done = made.up(SMALL)
    assert done.code == 0, done
    yield made
    made.clean()


# --- a deployment that runs ------------------------------------------------------------------------------------------


def test_up_says_where_everything_is(running: Machine) -> None:
    said = running.outputs[0]
    assert "Airflow 3.3.2 is ready: http://127.0.0.1:8080" in said
    assert f"in {running.state.password_file}" in said
    assert f"--name {running.name}" in said
    for pod in ("postgresql", "migrations", "webserver", "scheduler", "dag-processor"):
        assert re.search(rf"s  {pod}: (ready|done)", said)


def test_nothing_that_the_supervisor_writes_holds_a_secret(running: Machine) -> None:
    for path in (running.state.status_file, running.state.supervisor_log, running.state.deployment_file):
        text = path.read_text(encoding="utf-8")
        assert not [secret for secret in running.secrets() if secret in text]
        assert path.stat().st_mode & 0o077 == 0


def test_no_secret_is_in_the_arguments_of_a_process(running: Machine) -> None:
    mark = f"{running.state.folder}/"
    processes = processes_of(set(), lambda found: found.startswith(mark))
    processes.append(psutil.Process(running.state.status()["supervisor"]))
    assert len(processes) >= 5
    for process in processes:
        words = " ".join(process.cmdline())
        assert not [secret for secret in running.secrets() if secret in words]


def test_status_shows_the_pods_the_programs_and_what_is_left_out(running: Machine) -> None:
    done = running.cli("status")
    assert done.code == 0
    assert done.out.startswith(f"{running.name}: running  http://127.0.0.1:8080\n")
    for pod in ("postgresql", "webserver", "scheduler", "dag-processor"):
        assert re.search(rf"^{pod} +ready .*127\..* \d+ +\d+ MiB", done.out, re.MULTILINE)
    assert re.search(r"^migrations +done", done.out, re.MULTILINE)
    assert "airflow: apache-airflow 3.3.2\n" in done.out
    assert "  NetworkPolicy: there is no network to guard" in done.out


def test_a_second_up_is_refused_and_changes_nothing(running: Machine) -> None:
    before = tree(running.state.folder)
    done = running.up({**SMALL, "flower": {"enabled": False}})
    assert done.code == 1
    assert f"error: the deployment {running.name} runs already" in done.err
    assert f"airflow-charts down --name {running.name}" in done.err
    assert tree(running.state.folder) == before


def test_bad_values_change_nothing(running: Machine) -> None:
    before = tree(running.state.folder)
    done = running.up({"scheduler": {"replicas": "many"}})
    assert (done.code, done.err) == (1, "error: scheduler.replicas: must be an integer, not a string\n") or (
        "scheduler.replicas" in done.err
    )
    assert tree(running.state.folder) == before


def test_logs_of_everything_have_their_names_in_front(running: Machine) -> None:
    done = running.cli("logs")
    assert done.code == 0
    assert "scheduler/scheduler | fake airflow scheduler" in done.out
    assert "postgresql/postgresql | ready to accept connections" in done.out


def test_logs_of_one_pod_or_container(running: Machine) -> None:
    assert running.cli("logs", "postgresql").out == "ready to accept connections\n"
    assert running.cli("logs", "scheduler/scheduler").out == "fake airflow scheduler\n"


def test_logs_of_an_unknown_pod_name_the_known_ones(running: Machine) -> None:
    done = running.cli("logs", "schedular")
    assert done.code == 1
    assert done.err.startswith(
        "error: there is no log of schedular; the pods are dag-processor, migrations, postgresql"
    )


def test_no_lines_of_logs(running: Machine) -> None:
    assert running.cli("logs", "postgresql", "--tail", "0").out == ""


def test_exec_has_the_environment_of_a_pod_and_its_exit_code(running: Machine) -> None:
    done = running.cli("exec", "--", "airflow", "exit", "7")
    assert done.code == 7
    assert done.out == "fake airflow exit 7\n"
    done = running.cli("exec", "--pod", "webserver", "--", "sh", "-c", "echo $HOSTNAME")
    assert done.out == f"{running.name}-webserver-0\n"


def test_exec_does_not_have_the_callers_environment(running: Machine) -> None:
    done = running.cli("exec", "--", "sh", "-c", "echo ${OF_THE_CALLER-nothing}", OF_THE_CALLER="text")
    assert done.out == "nothing\n"


def test_exec_of_an_unknown_pod_or_program(running: Machine) -> None:
    done = running.cli("exec", "--pod", "schedular", "--", "airflow")
    assert done.code == 1
    assert done.err.startswith("error: --pod: there is no pod schedular; the pods are migrations, ")
    done = running.cli("exec", "--", "no-such-program")
    assert (done.code, done.err) == (1, "error: there is no program no-such-program in the environment of scheduler\n")


@contextlib.contextmanager
def following(
    machine: Machine, *arguments: str, by: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process that follows logs, and the file that has what it says."""
    said = machine.folder / f"said-{len(list(machine.folder.iterdir()))}"
    with said.open("wb") as output:
        process = subprocess.Popen(
            [*by, *machine.command("logs", *arguments, "-f")],
            env={**machine.environment, "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=output,
        )
    try:
        yield process, said
    finally:
        process.kill()
        process.wait()


def test_logs_can_be_followed(running: Machine) -> None:
    log = running.state.log_file("dag-processor", "dag-processor")

    def appended(text: str) -> int:
        with log.open("a", encoding="utf-8") as file:
            return file.write(text)

    with following(running, "dag-processor/dag-processor") as (process, said):
        until(lambda: said.read_text(encoding="utf-8") == "fake airflow dag-processor\n", "the first line")
        until(lambda: appended("tick\n") and "tick\n" in said.read_text(encoding="utf-8"), "a new line")
        for piece in ("half a ", "line\nmo", "re\n"):
            appended(piece)
        until(lambda: said.read_text(encoding="utf-8").endswith("\nhalf a line\nmore\n"), "the new lines")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("by", [(), IGNORING], ids=["plainly", "ignoring"])
def test_ctrl_c_ends_to_follow(running: Machine, by: Sequence[str]) -> None:
    log = running.state.log_file("webserver", "webserver")
    with following(running, "webserver/webserver", "--tail", "0", by=by) as (process, said), log.open("a") as file:
        until(lambda: print("tick", file=file, flush=True) or said.read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0


def test_a_followed_log_may_vanish_for_a_moment(running: Machine) -> None:
    log = running.state.log_file("webserver", "webserver")
    with following(running, "webserver") as (process, said):
        until(lambda: said.read_text(encoding="utf-8"))
        kept = log.rename(log.with_name("kept"))
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
        finally:
            kept.rename(log)


def test_status_tells_a_pod_that_is_not_ready(running: Machine) -> None:
    """Its table does, at once; readiness is asked every 15 s."""
    status = json.loads(running.state.status_file.read_text(encoding="utf-8"))
    assert {pod["state"] for pod in status["pods"].values()} == {"ready", "done"}


# --- a whole life ----------------------------------------------------------------------------------------------------


def test_up_down_up_again_and_purge(machine: Machine) -> None:
    done = machine.up({**SMALL, "webserver": {"path": "/air"}}, "--requirement", "pandas", "--dags", "my-dags")
    assert done.code == 0, done
    assert (machine.folder / "my-dags").is_dir()
    secrets = machine.secrets()
    pids = [session for pod in machine.state.status()["pods"].values() for session in pod["sessions"]]

    done = machine.cli("down")
    assert done.code == 0
    assert f"{machine.name}: ended; the data stays in {machine.state.folder}" in done.out
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    assert machine.cli("status").code == 1
    assert machine.cli("status").out.startswith(f"{machine.name}: stopped\n")
    assert machine.cli("logs", "scheduler/scheduler").out == "fake airflow scheduler\n"
    done = machine.cli("exec", "--", "airflow", "version")
    assert done.code == 1
    assert f"does not run; start it with `airflow-charts up --name {machine.name}`" in done.err
    assert "it did not run" in machine.cli("down").out

    done = machine.up()
    assert done.code == 0, done
    assert "with the values of the last time" in done.err
    assert "http://127.0.0.1:8080/air" in done.out
    assert "and pandas" in machine.cli("status").out
    assert str(machine.folder / "my-dags") in done.out
    assert machine.secrets() == secrets

    done = machine.cli("down", "--purge")
    assert done.code == 0
    assert f"deleted {machine.state.folder}" in done.out
    assert not machine.state.folder.exists()
    assert (machine.folder / "my-dags").is_dir()
    assert machine.cli("status").code == 1


def test_what_is_given_anew_replaces_what_was_given(machine: Machine) -> None:
    assert machine.up({**SMALL, "webserver": {"path": "/air"}}).code == 0
    assert machine.cli("down").code == 0
    done = machine.up(None, "--set", "executors={LocalExecutor}", "--set", "triggerer.enabled=false")
    assert done.code == 0, done
    assert "of the last time" not in done.err
    assert "http://127.0.0.1:8080\n" in done.out


def test_a_component_that_cannot_start_shows_the_end_of_its_log_and_the_cause(machine: Machine) -> None:
    machine.fake("scheduler-fails").touch()
    done = machine.up(SMALL)
    assert done.code == 1
    assert "error: scheduler/scheduler cannot start: it ended 3 times, the last time with exit status 3" in done.err
    assert "error:   ModuleNotFoundError: No module named 'pandas'" in done.err
    assert "error: likely cause: a Python package is missing: add it with --requirement" in done.err
    assert f"error: the whole log: {machine.state.log_file('scheduler', 'scheduler')}" in done.err
    assert not machine.state.is_running()
    mark = f"{machine.state.folder}/"
    assert not processes_of(set(), lambda found: found.startswith(mark))
    done = machine.cli("status")
    assert done.code == 1
    assert done.out.startswith(f"{machine.name}: failed\n")
    machine.fake("scheduler-fails").unlink()
    assert machine.up().code == 0


@pytest.mark.parametrize("by", [(), IGNORING], ids=["plainly", "ignoring"])
def test_attached_ctrl_c_ends_everything(machine: Machine, by: Sequence[str]) -> None:
    with machine.started("up", "--values", machine.values(SMALL), by=by) as process:
        assert process.stdout is not None
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if line.endswith("webserver: ready\n") and any("is ready: http" in before for before in said):
                break  # it says so again while it stays
        assert machine.state.is_running()
        process.send_signal(signal.SIGINT)
        said.append(process.stdout.read())
        assert process.wait(PATIENCE) == 0
    machine.check("".join(said))
    assert "ended; the data stays" in said[-1]
    assert not machine.state.is_running()
    assert machine.state.status()["phase"] == "stopped"


def test_attached_the_death_of_the_terminal_ends_everything(machine: Machine) -> None:
    with machine.started("up", "--values", machine.values(SMALL)) as process:
        until(lambda: machine.state.status().get("pods"))
        process.kill()
    until(lambda: machine.state.status().get("phase") == "stopped")
    until(lambda: not machine.state.is_running())


def test_ctrl_c_while_it_starts_ends_everything(machine: Machine) -> None:
    machine.fake("scheduler-busy").touch()
    arguments = ("up", "--detach", "--values", machine.values(SMALL))
    with machine.started(*arguments, stderr=subprocess.PIPE) as process:
        until(lambda: machine.state.status().get("pods", {}).get("webserver", {}).get("state") == "ready")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    machine.check(out + err)
    assert process.returncode == 1
    assert err == "error: interrupted; everything has ended\n"
    assert not machine.state.is_running()


def test_after_a_crash_status_says_so_and_down_ends_the_rest(machine: Machine) -> None:
    assert machine.up(SMALL).code == 0
    os.kill(machine.state.status()["supervisor"], signal.SIGKILL)
    until(lambda: not machine.state.is_running())
    done = machine.cli("status")
    assert done.code == 1
    assert re.search(r"the supervisor is gone, .*; \d+ of its processes still run: `airflow-charts down`", done.out)
    done = machine.cli("down")
    assert (done.code, "ended; the data stays" in done.out) == (0, True)
    mark = f"{machine.state.folder}/"
    assert not processes_of(set(), lambda found: found.startswith(mark))


def test_status_is_1_while_a_pod_is_not_ready(machine: Machine) -> None:
    assert machine.up(SMALL).code == 0
    machine.fake("scheduler-fails").touch()
    [session] = [
        number
        for number in machine.state.status()["pods"]["scheduler"]["sessions"]
        if "scheduler" in psutil.Process(number).cmdline()
    ]
    os.kill(session, signal.SIGKILL)
    until(lambda: machine.state.status()["pods"]["scheduler"]["state"] == "restarting")
    assert machine.cli("status").code == 1


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("status",), ("logs",), ("logs", "-f"), ("exec", "--", "true"), ("down",)])
def test_an_unknown_deployment(machine: Machine, command: tuple[str, ...]) -> None:
    done = machine.cli(*command)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"error: there is no deployment {machine.name}")
    assert not machine.state.folder.exists()


@pytest.mark.parametrize("command", ["up", "status", "logs", "down"])
def test_a_bad_name(machine: Machine, command: str) -> None:
    machine.name = "Not_A_Name"
    done = machine.cli(command)
    assert done.code == 1
    assert done.err.startswith("error: --name: 'Not_A_Name' is no name")
    assert not (machine.folder / "state").exists()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"scheduler": {"replicas": "many"}}, "values.yaml:2: scheduler.replicas: must be an integer"),
        ({"no-such-value": 1}, "error: "),
        ({"executors": ["KubernetesExecutor"]}, "error: executors: the KubernetesExecutor starts a pod"),
        (
            {**SMALL, "airflowPods": {"env": {"A": {"secretKeyRef": {"name": "some", "key": "k"}}}}},
            "needs the Secret some",
        ),
    ],
)
def test_what_is_refused_leaves_no_trace(machine: Machine, document: dict[str, Any], said: str) -> None:
    done = machine.up(document)
    assert done.code == 1
    assert said in done.err
    assert not machine.state.folder.exists()
    assert not (machine.folder / "dags").exists()


def test_a_failing_installation_leaves_no_trace(machine: Machine) -> None:
    machine.fake("no-airflow").touch()
    done = machine.up(SMALL)
    assert (done.code, done.err) == (1, "error: PyPI cannot be reached\n")
    assert not machine.state.folder.exists()


def test_wrong_usage(machine: Machine) -> None:
    assert machine.cli("up", "--no-such-option").code == 2
    assert machine.cli("logs", "--tail", "-1").code == 2
    assert machine.cli("exec").code == 2
    assert machine.cli("up", "--servers", "other").code == 2


def test_a_values_file_that_is_not_there(machine: Machine) -> None:
    done = machine.cli("up", "--values", "no-such.yaml")
    assert done.code == 1
    assert "no-such.yaml" in done.err
    assert not machine.state.folder.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"layout": 99}'])
def test_a_damaged_folder_is_told_by_all_and_can_be_purged(machine: Machine, text: str) -> None:
    machine.state.folder.mkdir(parents=True)
    machine.state.deployment_file.write_text(text, encoding="utf-8")
    for command in (("up",), ("status",), ("logs",), ("exec", "--", "true")):
        done = machine.cli(*command)
        assert done.code == 1
        assert re.search(r"error: .*(is damaged|another version)", done.err)
    assert machine.state.deployment_file.read_text(encoding="utf-8") == text
    assert machine.cli("down", "--purge").code == 0
    assert not machine.state.folder.exists()


def test_down_does_not_disturb_an_up_that_installs(machine: Machine) -> None:
    machine.fake("slow").touch()
    with machine.started("up", "--detach", "--values", machine.values(SMALL)) as process:
        assert process.stdout is not None
        assert "installing Airflow" in process.stdout.readline()
        done = machine.cli("down", "--purge")
        assert done.code == 1
        assert "is just being started" in done.err
        assert machine.cli("up").code == 1
        machine.fake("slow").unlink()
        machine.check(process.stdout.read())
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("by", [(), IGNORING], ids=["plainly", "ignoring"])
def test_ctrl_c_while_it_installs_leaves_no_trace(machine: Machine, by: Sequence[str]) -> None:
    machine.fake("slow").touch()
    with machine.started("up", "--values", machine.values(SMALL), by=by) as process:
        assert process.stdout is not None
        assert "installing Airflow" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        machine.check(process.stdout.read())
        assert process.wait(PATIENCE) in (1, 130)
    assert not machine.state.folder.exists()


def test_a_taken_port_is_told(machine: Machine) -> None:
    machine.name = f"t{os.getpid()}"
    machine.values(SMALL)
    address = "127.0.0.1"
    if sys.platform == "linux":
        from airflow_charts.local.addresses import pod_addresses

        address = pod_addresses(machine.name, ["scheduler"], own=True)["scheduler"]
    with socket.socket() as other:
        other.bind((address, 8974))
        other.listen(1)
        machine.fake("airflow-bin/airflow").write_text(
            machine.fake("airflow-bin/airflow").read_text(encoding="utf-8").replace('"8974"', '"8975"'),
            encoding="utf-8",
        )
        done = machine.up(SMALL)
    assert done.code == 0, done
    assert f"port 8974 of {address} is taken: 8975 is used in its place\n" in done.out


def test_requirements_with_extras_are_shown_as_they_are(machine: Machine) -> None:
    assert machine.up(SMALL, "--requirement", "requests[socks]").code == 0
    assert "and requests[socks]\n" in machine.cli("status").out
