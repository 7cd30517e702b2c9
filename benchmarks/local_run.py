"""What the local run costs beside `airflow standalone`: `make bench-local`, or `python -m benchmarks.local_run`.

Each round starts every contender from nothing but its installed programs, one after the other on the same machine:
this chart with CeleryExecutor, the same with each process started by itself, that with Airflow's own settings in place
of the chart's fast ones, with the chart's 8 and with Airflow's 16 processes for tasks, this chart with LocalExecutor,
and `airflow standalone` of the same version with its own defaults (SQLite, LocalExecutor, users in a file). Measured
are: seconds from the command to the first successful run of a DAG, CPU seconds until then, memory (PSS) twenty seconds
later, tasks per second of 200 mapped empty tasks in their second run, and memory twenty seconds after them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from airflow_charts.checks import load
from airflow_charts.local.airflow_venv import airflow_programs
from airflow_charts.local.deploy import extras_of
from airflow_charts.local.processes import memory_of
from airflow_charts.local.state import cache_folder

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
from airflow_client import AirflowClient

PROGRAM = Path(sys.executable).parent / "airflow-charts"
_PLAIN = "--no-preload"


def _airflows_own(slots: int) -> tuple[str, ...]:
    """Options that take back what the chart sets for speed."""
    settings = (
        "config.workers.min_heartbeat_interval=5",
        "config.celery.task_track_started=true",
        "config.celery.sync_parallelism=0",
        f"workers.args={{airflow,celery,worker,--concurrency={slots}}}",
    )
    return (_PLAIN, *(argument for setting in settings for argument in ("--set", setting)))


OURS = {
    "Celery": (),
    "Celery, no forks": (_PLAIN,),
    "Celery, Airflow's settings": _airflows_own(8),
    "the same with 16 slots": _airflows_own(16),
    "LocalExecutor": ("--set", "executors={LocalExecutor}", "--set", "redis.enabled=false"),
}
"""The options of the contenders that are this chart."""
STANDALONE = "airflow standalone"
TASKS = 200
IDLE = 20
DAGS = f"""
from airflow.sdk import dag, task

@dag(schedule=None)
def first():
    @task
    def nothing() -> None: ...

    nothing()

@dag(schedule=None, max_active_tasks=64)
def mapped():
    @task
    def nothing(number: int) -> None: ...

    nothing.expand(number=list(range({TASKS})))

first()
mapped()
"""


class Figures(NamedTuple):
    """What one start of a contender gave."""

    first_success: float
    cpu: float
    idle_memory: float
    tasks_per_second: float
    used_memory: float


class Contender(NamedTuple):
    """How to start one, where its API will be, and who its first user is."""

    command: list[str]
    environment: dict[str, str]
    url: str
    password: Callable[[], str]
    end: list[str]


def ours(folder: Path, dags: Path, *options: str) -> Contender:
    """This chart."""
    environment = {**os.environ, "AIRFLOW_CHARTS_STATE": str(folder)}
    return Contender(
        command=[str(PROGRAM), "up", "--detach", "--dags", str(dags), *options],
        environment=environment,
        url="http://127.0.0.1:8080",
        password=lambda: (folder / "airflow" / "admin-password").read_text().strip(),
        end=[str(PROGRAM), "down", "--now", "--purge"],
    )


def standalone(folder: Path, dags: Path) -> Contender:
    """Airflow's own command, with its own defaults."""
    values = load({})
    programs = airflow_programs(cache_folder(), values.airflow_version, extras_of(values), [], print)
    passwords = folder / "simple_auth_manager_passwords.json.generated"
    environment = {
        "PATH": f"{programs.bin}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CHARTS_POD_ADDRESS": "127.0.0.1",  # it listens on loopback only
    }
    return Contender(
        command=[str(programs.bin / "airflow"), "standalone"],
        environment=environment,
        url="http://127.0.0.1:8080",
        password=lambda: str(json.loads(passwords.read_text())["admin"]),
        end=[],
    )


def logged_in(contender: Contender) -> AirflowClient:
    """The API, as soon as it takes the password."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        with suppress(OSError, ValueError, KeyError):
            return AirflowClient(contender.url, "admin", contender.password())
        time.sleep(0.2)
    raise SystemExit("the API does not come up")


def processes_since(begin: float) -> list[psutil.Process]:
    """What runs since the start of a contender, but for the benchmark itself."""
    found = [process for process in psutil.process_iter() if process.create_time() >= begin - 1]
    return [process for process in found if process.pid != os.getpid()]


def cpu_of(processes: list[psutil.Process]) -> float:
    """CPU seconds of processes and of their children that have ended."""
    total = 0.0
    for process in processes:
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def idle_memory(begin: float) -> float:
    """MiB of all processes, when they have had nothing to do for a while."""
    time.sleep(IDLE)
    return memory_of(processes_since(begin)) / 2**20


def tasks_per_second(client: AirflowClient) -> float:
    """From the first start to the last end of the mapped tasks; nan where they do not end, as with a locked SQLite.

    They run twice, and the second run counts: in the first one, processes for tasks are started, too.
    """
    for _ in range(2):
        run = client.start("mapped")
        try:
            client.wait_for_end("mapped", run, 120)
        except AssertionError:
            return math.nan
    tasks = client.tasks("mapped", run)
    span = _seconds(max(task["end_date"] for task in tasks)) - _seconds(min(task["start_date"] for task in tasks))
    return TASKS / span


def measured(contender: Contender, log: Path) -> Figures:
    """Starts a contender, measures it and ends it."""
    begin, clock = time.time(), time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            contender.command,
            env=contender.environment,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        client = logged_in(contender)
        assert client.wait_for_end("first", client.start("first")) == "success"  # noqa: S101
        first_success = time.monotonic() - clock
        cpu = cpu_of(processes_since(begin))
        memory = idle_memory(begin)
        return Figures(first_success, cpu, memory, tasks_per_second(client), idle_memory(begin))
    finally:
        if contender.end:
            subprocess.run(contender.end, env=contender.environment, stdout=subprocess.DEVNULL, check=True)
        else:
            process.send_signal(signal.SIGINT)
            time.sleep(5)
            for rest in processes_since(begin):
                with suppress(psutil.Error):
                    if rest.cwd().startswith(str(log.parent)):
                        rest.kill()
        process.wait()


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def main() -> None:
    """Measures every contender in each round and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=(*OURS, STANDALONE), action="append", help="contenders, all by default")
    arguments = parser.parse_args()
    rounds, chosen = arguments.rounds, arguments.only or (*OURS, STANDALONE)
    found: dict[str, list[Figures]] = {}
    for number in range(rounds):
        for name in chosen:
            folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))  # a short path, for sockets
            folder.chmod(0o755)
            (folder / "dags").mkdir()
            (folder / "dags" / "benchmark.py").write_text(DAGS)
            if name == STANDALONE:
                contender = standalone(folder, folder / "dags")
            else:
                contender = ours(folder / "s", folder / "dags", *OURS[name])
            print(f"round {number + 1}: {name}", file=sys.stderr)
            found.setdefault(name, []).append(measured(contender, folder / "log"))
            print(f"  {found[name][-1]}", file=sys.stderr)
            shutil.rmtree(folder)
    titles = f"{'first success s':>16} {'CPU s':>8} {'idle MiB':>9} {'tasks/s':>9} {'then MiB':>9}"
    print(f"{'':27} {titles}   (median of {rounds}; MiB are PSS)")
    for name, figures in found.items():
        middle = [statistics.median(column) for column in zip(*figures, strict=True)]
        print(f"{name:27} {middle[0]:16.1f} {middle[1]:8.1f} {middle[2]:9.0f} {middle[3]:9.1f} {middle[4]:9.0f}")


if __name__ == "__main__":
    main()
