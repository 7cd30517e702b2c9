"""Waits until the database has the schema of this image's Airflow; the only start-up check of a pod.

It compares the version in the database with the newest migration among the files of the installed Airflow, without
importing Airflow. It ends at once where waiting is useless: when a newer Airflow has migrated the database.
Arguments: seconds to wait; `fab` where users are known by Flask AppBuilder; `user` to wait for the first user too.
Environment: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN and PGPASSWORD.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

_POSTGRESQL = re.compile(r"postgres(ql)?(\+\w+)?://")
_ASSIGNED = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*(\([^)]*\)|.*)", re.MULTILINE)
_NAME = re.compile(r"""["'](\w+)["']""")
_REASONS = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "onnection refused",
    "could not translate host name",
    "timeout expired",
    "too many",
    "starting up",
    "shutting down",
    "certificate",
    "SSL",
    "permission denied",
    "does not exist",
    "invalid",
)
"""What may be told of a driver's message; the whole message may hold parts of the URI, and so of a password."""


def installed(path: str) -> Path | None:
    """A folder of an installed package."""
    folders = (Path(entry, path) for entry in sys.path)
    return next((folder for folder in folders if folder.is_dir()), None)


def revisions(path: str) -> tuple[set[str], set[str]]:
    """(the newest revisions, all revisions) among the migration files in a folder of an installed package."""
    folder = installed(path)
    own: set[str] = set()
    older: set[str] = set()
    for file in folder.glob("*.py") if folder else ():
        for kind, value in _ASSIGNED.findall(file.read_text(encoding="utf-8")):
            (own if kind == "revision" else older).update(_NAME.findall(value))
    return own - older, own


def expected(*, fab: bool) -> dict[str, tuple[set[str], set[str]]]:
    """Per version table the newest and all revisions. FAB has migrations of its own from Airflow 3 on."""
    schemas = {"alembic_version": revisions("airflow/migrations/versions")}
    if not schemas["alembic_version"][0]:
        raise SystemExit("this Python has no Airflow whose migrations could be read")
    core = installed("airflow/migrations")
    text = (core.parent / "__init__.py").read_text(encoding="utf-8") if core else ""
    tables = revisions("airflow/providers/fab/migrations/versions")
    if fab and tables[0] and not re.search(r"""^__version__ = ["']2\.""", text, re.MULTILINE):
        schemas["alembic_version_fab"] = tables
    return schemas


def connect(uri: str) -> Any:
    """A DBAPI connection; PostgreSQL directly, anything else through SQLAlchemy."""
    postgresql = _POSTGRESQL.match(uri)
    if not postgresql:
        return importlib.import_module("sqlalchemy").create_engine(uri).raw_connection()
    try:
        driver = importlib.import_module("psycopg2")  # imported in a fifth of the time of psycopg 3
    except ImportError:
        driver = importlib.import_module("psycopg")
    return driver.connect(f"postgresql://{uri[postgresql.end() :]}", connect_timeout=5)


def connect_patiently(uri: str, seconds: float = 300) -> Any:
    """A connection, as soon as the database takes one; says why it waits.

    It gives up after a while, because a container that starts again gets the newest passwords.
    """
    deadline, told = time.monotonic() + seconds, ""
    while True:
        try:
            return connect(uri)
        except Exception as error:  # any driver's error: the database is not up yet
            reason = f"the database does not answer: {describe(error)}"
        if time.monotonic() >= deadline:
            raise SystemExit(f"gave up after {seconds} seconds: {reason}")
        if reason != told:
            print(reason, flush=True)
            told = reason
        time.sleep(0.5)


def describe(error: Exception) -> str:
    """What went wrong with a database, without any part of a URI."""
    known = [reason for reason in _REASONS if reason in str(error)]
    return ": ".join([type(error).__name__, *known[:1]]).replace(": onnection", ": connection")


def query(connection: Any, statement: str, *values: str) -> Any:
    """The first value that a query finds; None where there is no row or no such table."""
    cursor = connection.cursor()
    try:
        if type(connection).__module__.startswith("psycopg"):
            cursor.execute("SET LOCAL statement_timeout = 3000")
        cursor.execute(statement, values)
        row = cursor.fetchone()
    except Exception as error:
        absent = type(error).__name__ == "UndefinedTable" or error.args[:1] == (1146,)  # MySQL's number for it
        if not absent and "no such table" not in str(error):
            raise
        row = None
    finally:
        cursor.close()
        connection.rollback()
    return row[0] if row else None


def missing(connection: Any, schemas: dict[str, tuple[set[str], set[str]]]) -> str:
    """Why the schema is not ready, in one line; empty when it is.

    Raises SystemExit when the database is newer.
    """
    for table, (newest, known) in schemas.items():
        version = query(connection, f"SELECT version_num FROM {table}")  # noqa: S608 - one of two constants
        if version is None:
            return f"the schema is not there yet ({table})"
        if version not in known:
            raise SystemExit(
                f"the database is newer than this image: {table} is at {version}, which this Airflow does not know. "
                "Use the newer image, or downgrade the database with it first (airflow db downgrade)"
            )
        if version not in newest:
            return f"the schema is at {version} and waits for its migration ({table})"
    return ""


def wait(uri: str, seconds: float, *, fab: bool) -> None:
    """Returns when the schema is ready.

    Raises SystemExit with the last reason when it is not ready in time.
    """
    schemas = expected(fab=fab)
    deadline, told = time.monotonic() + seconds, ""
    while True:
        try:
            connection = connect(uri)
            try:
                reason = missing(connection, schemas)
            finally:
                connection.close()
        except Exception as error:  # any driver's error: the database is not up yet
            reason = f"the database does not answer: {describe(error)}"
        if not reason:
            print("the schema is ready", flush=True)
            return
        if time.monotonic() >= deadline:
            raise SystemExit(f"gave up after {seconds} seconds: {reason}")
        if reason != told:
            print(reason, flush=True)
            told = reason
        time.sleep(0.5)


def wait_for_first_user(uri: str, seconds: float) -> None:
    """Returns when there is a user, so that the first start of the webserver does not race with its creation."""
    connection = connect_patiently(uri)
    deadline = time.monotonic() + seconds
    try:
        while not query(connection, "SELECT count(*) FROM ab_user"):
            if time.monotonic() >= deadline:
                print(f"there is no user after {seconds} seconds; starting all the same", flush=True)
                return
            time.sleep(0.5)
    finally:
        connection.close()


if __name__ == "__main__":
    database = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    wait(database, int(sys.argv[1]), fab="fab" in sys.argv[2:])
    if "user" in sys.argv[2:]:
        wait_for_first_user(database, 60)
