"""The deployment with real Airflow, PostgreSQL and Valkey, started once: what the chart says really runs.

The tests of this file build on each other, in their order, and need the whole machine: they run in one process, apart
from the others.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    pytest.skip("the proof on real Airflow runs alone: pytest tests/local/run", allow_module_level=True)

from airflow_charts.local import airflow_venv

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
sys.path.insert(0, str(ROOT / "tools"))
from airflow_client import Airflow2Client, AirflowClient
from screenshot import see_successful_run

pytestmark = pytest.mark.timeout(900)  # the first test waits until everything is installed and runs
PROGRAM = Path(sys.executable).parent / "airflow-charts"


class Machine:
    """The command line with state folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "AIRFLOW_CHARTS_STATE": str(folder / "s"), "COLUMNS": "200"}

    def run(self, *arguments: str, status: int = 0) -> str:
        """What a command prints; it must end with the status."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == status, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def state(self, name: str = "airflow") -> Path:
        """The state folder of a deployment."""
        return self.folder / "s" / name

    def status(self, name: str = "airflow") -> Any:
        """What the supervisor says."""
        return json.loads((self.state(name) / "status.json").read_text())

    def pods(self, name: str = "airflow") -> Any:
        """What the supervisor says about each pod."""
        return self.status(name)["pods"]

    def processes(self, name: str = "airflow") -> list[psutil.Process]:
        """All processes of a deployment."""
        found: list[psutil.Process] = []
        for pod in self.pods(name).values():
            for session in pod["sessions"]:
                with suppress(psutil.NoSuchProcess):
                    first = psutil.Process(session)
                    found += [first, *first.children(recursive=True)]
        return found

    def password(self, name: str = "airflow") -> str:
        """The generated password of the first user."""
        return (self.state(name) / "admin-password").read_text().strip()


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine on which nothing has run yet. Its path is short (sockets) and open to PostgreSQL's user (root)."""
    folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    folder.chmod(0o755)
    shutil.copytree(ROOT / "examples" / "dags", folder / "dags")
    shutil.copytree(HERE / "dags", folder / "dags", dirs_exist_ok=True)
    (folder / "faults").mkdir()
    machine = Machine(folder)
    yield machine
    for state in (folder / "s").glob("*"):
        machine.run("down", "--now", "--purge", "--name", state.name)
    shutil.rmtree(folder)


def start(machine: Machine, *options: str) -> str:
    values = [str(ROOT / "examples/laptop.yaml"), str(HERE / "values.yaml")]
    files = [argument for file in values for argument in ("-f", file)]
    faults = f"airflowPods.env.FAULTS_FOLDER={machine.folder}/faults"
    return machine.run("up", "--detach", *files, "--set", faults, "--dags", str(machine.folder / "dags"), *options)


@pytest.fixture(scope="module")
def told(machine: Machine) -> str:
    """What the first start prints."""
    return start(machine)


@pytest.fixture
def airflow(machine: Machine, told: str) -> AirflowClient:
    """The REST API, logged in with the generated password."""
    return AirflowClient(url_of(told), "admin", machine.password())


def url_of(told: str) -> str:
    return next(line.split()[-1] for line in told.splitlines() if "is ready" in line)


def assert_forks(machine: Machine, name: str) -> None:
    """All of Airflow's processes are forks, with titles of their own."""
    preload = machine.status(name)["preload"]
    for pod, state in machine.pods(name).items():
        if pod not in ("postgresql", "redis", "migrations"):
            process = psutil.Process(state["sessions"][0])
            assert process.ppid() == preload, pod
            assert airflow_venv.PRELOAD not in " ".join(process.cmdline()), pod
    assert "cannot be forked" not in (machine.state(name) / "supervisor.log").read_text()
    assert "Traceback" not in (machine.state(name) / "logs/preload/preload.log").read_text()
    for log in machine.state(name).glob("logs/*/*.log"):
        assert "executed, not forked" not in log.read_text(errors="replace"), log


def test_it_says_where_everything_is(machine: Machine, told: str) -> None:
    assert f"in {machine.state()}/admin-password" in told
    assert str(machine.folder / "dags") in told
    assert machine.password() not in told
    assert {pod: state["state"] for pod, state in machine.pods().items()} == {
        "migrations": "done",
        **dict.fromkeys(
            (
                "postgresql",
                "redis",
                "webserver",
                "scheduler",
                "dag-processor",
                "triggerer",
                "worker-default",
                "flower",
            ),
            "ready",
        ),
    }


def test_nothing_listens_beyond_loopback(machine: Machine, told: str) -> None:
    addresses = set()
    for process in machine.processes():
        with suppress(psutil.NoSuchProcess):
            addresses |= {
                connection.laddr.ip.removeprefix("::ffff:")
                for connection in process.net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            }
    assert len(addresses) > 4
    assert all(address.startswith("127.") or address == "::1" for address in addresses), addresses


def test_only_its_user_may_read_the_state(machine: Machine, told: str) -> None:
    secrets = machine.state() / "secrets.json"
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert machine.state().stat().st_mode & 0o066 == 0
    texts = json.loads(secrets.read_text()).values()
    for process in machine.processes():
        with suppress(psutil.NoSuchProcess):
            line = " ".join(process.cmdline())
            assert not [text for text in texts if text in line]
    for log in machine.state().glob("logs/*/*.log"):
        text = log.read_text(errors="replace")
        assert not [secret for secret in texts if secret in text], log


def test_airflow_s_processes_are_forks(machine: Machine, told: str) -> None:
    """The one that forks has imported much, has one thread, and knows no secret."""
    preload = psutil.Process(machine.status()["preload"])
    assert preload.num_threads() == 1
    assert preload.memory_info().rss > 80 * 2**20
    secrets = json.loads((machine.state() / "secrets.json").read_text()).values()
    assert not [text for text in secrets if text in Path(f"/proc/{preload.pid}/environ").read_text()]
    assert_forks(machine, "airflow")


def test_the_examples_succeed(airflow: AirflowClient) -> None:
    """Through scheduler, Celery worker and triggerer; their logs come over HTTP from where the tasks ran."""
    runs = {dag: airflow.start(dag) for dag in ("sales_etl", "deferrable_wait", "retried")}
    assert {dag: airflow.wait_for_end(dag, run) for dag, run in runs.items()} == dict.fromkeys(runs, "success")
    tries = {task["task_id"]: task["try_number"] for task in airflow.tasks("retried", runs["retried"])}
    assert tries["fetch"] == 2
    mapped = [task for task in airflow.tasks("sales_etl", runs["sales_etl"]) if task["map_index"] >= 0]
    assert len(mapped) == 4
    assert "Sales of the day" in airflow.log("sales_etl", runs["sales_etl"], "load")
    assert "only-on-a-laptop" not in airflow.log("sales_etl", runs["sales_etl"], "load")


def test_a_task_has_no_key_to_the_database(machine: Machine, airflow: AirflowClient) -> None:
    run = airflow.start("environment")
    assert airflow.wait_for_end("environment", run) == "success"
    variables = set(airflow.result("environment", run, "variables"))
    assert {"BROKER_PASSWORD", "RESULT_BACKEND_PASSWORD", "AIRFLOW_CONN_WAREHOUSE"} <= variables
    assert not variables & {"PGPASSWORD", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"}
    # Airflow itself puts an address that is none into the environment of tasks.
    environment = machine.run("exec", "--pod", "worker-default", "--", "env")
    assert "SQL_ALCHEMY_CONN" not in environment


def test_what_a_task_imports_stands_ready_in_its_worker(airflow: AirflowClient) -> None:
    run = airflow.start("imports")
    assert airflow.wait_for_end("imports", run) == "success"
    assert airflow.result("imports", run, "imported") == []


def test_an_import_error_is_shown(airflow: AirflowClient) -> None:
    error = airflow.until(lambda: airflow.call("GET", "/importErrors")["import_errors"][0], "an import error")
    assert Path(error["filename"]).name == "broken.py"
    assert "there_is_no_such_module" in error["stack_trace"]


def test_the_ui_shows_the_run(machine: Machine, told: str) -> None:
    picture = machine.folder / "ui.png"
    see_successful_run(url_of(told), "admin", machine.password(), "sales_etl", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_airflow_s_own_commands_work(machine: Machine, told: str) -> None:
    machine.run("exec", "--", "airflow", "variables", "set", "kept", "yes")
    machine.run("exec", "--", "airflow", "connections", "add", "kept", "--conn-uri", "http://user:pass@example.com")
    status = machine.run("status")
    assert "webserver" in status
    assert "for what Airflow's processes are forked from" in status
    assert "Uvicorn running" in machine.run("logs", "webserver", "--tail", "1000")


def test_it_survives_the_end_of_any_process(machine: Machine, airflow: AirflowClient) -> None:
    """Worker, scheduler, broker and database are killed while fifty tasks run: all succeed, none twice."""
    folder = machine.folder / "faults"
    run = airflow.start("faults")

    def ended() -> int:
        return len(list(folder.glob("*.ended")))

    for pod, after in (("worker-default", 5), ("scheduler", 12), ("redis", 18), ("postgresql", 24)):
        deadline = time.monotonic() + 120
        while ended() < after and time.monotonic() < deadline:
            time.sleep(0.1)
        first = psutil.Process(machine.pods()[pod]["sessions"][0])
        # PostgreSQL and Redis are started by a shell, which may have become the server.
        servers = [process for process in first.children() if process.name() == "postgres"]
        (servers[0] if servers else first).kill()
    assert airflow.wait_for_end("faults", run, 300) == "success"
    tasks = airflow.tasks("faults", run)
    assert [task["state"] for task in tasks] == ["success"] * 50
    tries = {task["map_index"]: task["try_number"] for task in tasks}
    starts = {number: len((folder / f"{number}.started").read_text()) for number in range(50)}
    assert all((folder / f"{number}.ended").exists() for number in range(50))
    assert not {number: count for number, count in starts.items() if count > tries[number]}
    restarts = {pod: state["restarts"] for pod, state in machine.pods().items()}
    assert all(restarts[pod] for pod in ("worker-default", "scheduler", "redis", "postgresql"))


def test_a_second_start_is_refused(machine: Machine, told: str) -> None:
    assert "runs already" in machine.run("up", "--detach", status=1)


def test_airflow_2_runs_beside_it_on_other_ports(machine: Machine, told: str) -> None:
    settings = (
        "airflowVersion=2.11.2",
        "executors={LocalExecutor}",
        "redis.enabled=false",
        "flower.enabled=false",
        "config.api.auth_backends=airflow.api.auth.backend.basic_auth",
    )
    examples = str(ROOT / "examples/dags")
    sets = [argument for setting in settings for argument in ("--set", setting)]
    printed = machine.run("up", "--detach", "--name", "second", "--dags", examples, *sets)
    assert "port 8080 of 127.0.0.1 is taken" in printed
    second = Airflow2Client(url_of(printed), "admin", machine.password("second"))
    run = second.start("deferrable_wait")
    assert second.wait_for_end("deferrable_wait", run) == "success"
    assert_forks(machine, "second")
    assert "ended" in machine.run("down", "--now", "--purge", "--name", "second")
    assert not machine.state("second").exists()


def test_everything_is_there_after_a_new_start(machine: Machine, airflow: AirflowClient) -> None:
    run = airflow.call("GET", "/dags/sales_etl/dagRuns")["dag_runs"][0]["dag_run_id"]
    processes = machine.processes()
    machine.run("down")
    assert not [process for process in processes if process.is_running()]
    told = start(machine, "--no-preload")  # and so each process starts by itself
    assert not machine.status()["preload"]
    again = AirflowClient(url_of(told), "admin", machine.password())
    assert again.state("sales_etl", run) == "success"
    assert "Sales of the day" in again.log("sales_etl", run, "load")
    assert again.call("GET", "/variables/kept")["value"] == "yes"
    assert again.call("GET", "/connections/kept")["host"] == "example.com"


def test_an_older_airflow_is_refused(machine: Machine, told: str) -> None:
    machine.run("down", "--now")
    before = (machine.state() / "deployment.json").read_bytes()
    printed = machine.run("up", "--set", "airflowVersion=3.2.0", status=1)
    assert "airflowVersion" in printed
    assert (machine.state() / "deployment.json").read_bytes() == before
