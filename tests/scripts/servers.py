"""Real servers for the scripts of the pods: on loopback, with free ports, as an unprivileged user."""

# ruff: noqa: S107 - passwords and tables of tests

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]
import pytest

import airflow_charts.scripts

SCRIPTS = Path(airflow_charts.scripts.__file__).parent
USER = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
"""PostgreSQL refuses to run as root."""
NASTY = "q\"uo\\te's $HOME `id` %s %40 @:/?#&= ünï€ $$ ;-- \\' end "


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def eventually(check: Callable[[], Any], seconds: float = 15) -> Any:
    """What a check returns as soon as it is true; fails when it does not become so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} seconds")


def program(name: str) -> str:
    """The path of an installed program; these tests fail without it."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
    found = shutil.which(name, path=path)
    assert found, f"{name} is not installed: `apt-get install postgresql redis-server openssl`"
    return found


@contextmanager
def owned_folder() -> Iterator[Path]:
    """A short temporary folder of the unprivileged user."""
    folder = Path(tempfile.mkdtemp(prefix="scripts-", dir="/tmp"))
    try:
        os.chown(folder, USER.pw_uid, USER.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass
class Pod:
    """A data store's script, run as in a pod: its own user, no environment but the given one, arguments on record."""

    folder: Path
    script: str
    programs: tuple[str, ...]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def arguments(self) -> str:
        return (self.folder / "arguments").read_text(encoding="utf-8")

    def start(self, **changes: str) -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        for name in (*self.programs, "sed"):
            recorder = self.folder / "bin" / name
            recorder.write_text(
                f'#!/bin/sh\nprintf "%s\\n" "$0 $*" >> {self.folder}/arguments\nexec {program(name)} "$@"\n',
                encoding="utf-8",
            )
            recorder.chmod(0o755)
        shutil.copy(SCRIPTS / self.script, self.folder / self.script)
        as_user = {} if os.getuid() else {"user": USER.pw_uid, "group": USER.pw_gid, "extra_groups": []}
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["sh", self.folder / self.script],
                env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", **self.environment, **changes},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **as_user,  # type: ignore[call-overload]
            )

    def ended(self, seconds: float = 15) -> int:
        assert self.process
        return self.process.wait(seconds)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.ended()


class Postgresql(Pod):
    """postgresql.sh."""

    @property
    def port(self) -> int:
        return int(self.environment["PGPORT"])

    @property
    def data(self) -> Path:
        return Path(self.environment["PGDATA"])

    @property
    def server(self) -> int:
        """The process number of the server itself."""
        return int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def connect(self, user: str = "airflow", password: str = "one", database: str = "airflow") -> Any:
        return psycopg2.connect(
            host="127.0.0.1", port=self.port, user=user, password=password, dbname=database, connect_timeout=5
        )

    def answers(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log
        try:
            self.connect(password="wrong")
        except psycopg2.OperationalError as error:
            return "password authentication failed" in str(error)
        return False

    def start(self, **changes: str) -> None:
        super().start(**changes)
        eventually(self.answers)


def make_postgresql(folder: Path) -> Postgresql:
    return Postgresql(
        folder,
        "postgresql.sh",
        ("initdb", "postgres"),
        {
            "PGDATA": f"{folder}/pgdata",
            "PGPORT": str(free_port()),
            "LISTEN_ADDRESSES": "127.0.0.1",
            "SOCKETS": str(folder),
            "POSTGRESQL_MAX_CONNECTIONS": "30",
            "METADATA_USER": "airflow",
            "METADATA_DATABASE": "airflow",
            "METADATA_PASSWORD": "one",
            "RESULT_BACKEND_USER": "celery",
            "RESULT_BACKEND_DATABASE": "celery",
            "RESULT_BACKEND_PASSWORD": "two",
        },
    )


def make_redis(folder: Path) -> Pod:
    name = "valkey-server" if shutil.which("valkey-server") else "redis-server"
    return Pod(
        folder,
        "redis.sh",
        (name,),
        {
            "REDIS_DATA": str(folder),
            "REDIS_APPEND_ONLY": "yes",
            "REDIS_PORT": str(free_port()),
            "LISTEN_ADDRESSES": "127.0.0.1",
            "REDIS_PASSWORD": NASTY,
        },
    )


@pytest.fixture
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL of one test, not started."""
    with owned_folder() as folder:
        server = make_postgresql(folder)
        yield server
        if server.process:
            server.stop(signal.SIGINT)


@pytest.fixture
def redis() -> Iterator[Pod]:
    """A Redis of one test, not started."""
    with owned_folder() as folder:
        server = make_redis(folder)
        yield server
        if server.process:
            server.stop()


@pytest.fixture(scope="session")
def shared_postgresql() -> Iterator[Postgresql]:
    """A running PostgreSQL."""
    with owned_folder() as folder:
        server = make_postgresql(folder)
        server.start()
        yield server
        server.stop()


@dataclass(frozen=True)
class Database:
    """An empty database, and how the scripts reach it."""

    server: Postgresql

    @property
    def uri(self) -> str:
        return f"postgresql://airflow@127.0.0.1:{self.server.port}/airflow"

    @property
    def environment(self) -> dict[str, str]:
        return {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.uri, "PGPASSWORD": "one"}

    def execute(self, *statements: str) -> None:
        connection = self.server.connect()
        for statement in statements:
            connection.cursor().execute(statement)
        connection.commit()
        connection.close()


@pytest.fixture
def database(shared_postgresql: Postgresql) -> Database:
    """The metadata database, empty at the start of each test."""
    found = Database(shared_postgresql)
    found.execute("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return found


def start_script(name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Starts a Python script with no environment but the given one."""
    return subprocess.Popen(
        [sys.executable, SCRIPTS / name, *arguments],
        env={"PATH": "/usr/bin:/bin", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run_script(name: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """The status and the output of a Python script."""
    process = start_script(name, *arguments, **environment)
    output, _ = process.communicate(timeout=30)
    return process.returncode, output
