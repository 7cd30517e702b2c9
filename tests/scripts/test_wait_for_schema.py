"""wait_for_schema.py with a real PostgreSQL, and with the migration files of an Airflow that is only files."""

import sqlite3
import time
from pathlib import Path

import pytest
from servers import Database, Postgresql, free_port, run_script, start_script

CORE, FAB = "alembic_version", "alembic_version_fab"


@pytest.fixture
def image(tmp_path: Path) -> dict[str, str]:
    """The Python path of an image with the migrations a <- b, (c, d) <- e of Airflow and f1 <- f2 of FAB."""
    return make_image(tmp_path, "3.3.2")


def make_image(folder: Path, version: str) -> dict[str, str]:
    core = folder / "airflow/migrations/versions"
    fab = folder / "airflow/providers/fab/migrations/versions"
    core.mkdir(parents=True)
    fab.mkdir(parents=True)
    (folder / "airflow/__init__.py").write_text(
        f'__version__ = "{version}"\nraise ImportError("imported Airflow")\n', encoding="utf-8"
    )
    (core / "__init__.py").write_text("", encoding="utf-8")
    (core / "1.py").write_text('"""Revises nothing."""\nrevision = "a"\ndown_revision = None\n', encoding="utf-8")
    (core / "2.py").write_text("revision: str = 'b'\ndown_revision: str | None = 'a'\n", encoding="utf-8")
    (core / "3.py").write_text('revision = "c"\ndown_revision = "b"\n', encoding="utf-8")
    (core / "4.py").write_text('revision = "d"\ndown_revision = "b"\n', encoding="utf-8")
    (core / "5.py").write_text('revision = "e"\ndown_revision = (\n    "c",\n    "d",\n)\n', encoding="utf-8")
    (fab / "1.py").write_text('revision = "f1"\ndown_revision = None\n', encoding="utf-8")
    (fab / "2.py").write_text('revision = "f2"\ndown_revision = "f1"\n', encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def at(database: Database, table: str, version: str) -> None:
    database.execute(f"CREATE TABLE {table} (version_num text)", f"INSERT INTO {table} VALUES ('{version}')")


def test_the_newest_schema_is_ready_at_once(database: Database, image: dict[str, str]) -> None:
    """It costs a start of Python and a query."""
    at(database, CORE, "e")
    at(database, FAB, "f2")
    assert run_script("wait_for_schema.py", "0", "fab", "", **database.environment, **image) == (
        0,
        "the schema is ready\n",
    )


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg2", "postgresql+psycopg"])
def test_sqlalchemy_s_names_of_drivers_are_understood(database: Database, image: dict[str, str], scheme: str) -> None:
    """And parameters stay."""
    at(database, CORE, "e")
    uri = f"{scheme}{database.uri.removeprefix('postgresql')}?sslmode=disable"
    environment = {**database.environment, **image, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": uri}
    assert run_script("wait_for_schema.py", "0", **environment)[0] == 0


@pytest.mark.parametrize(
    ("core", "fab", "reason"),
    [
        ("", "", "the schema is not there yet (alembic_version)"),
        ("b", "", "the schema is at b and waits for its migration (alembic_version)"),
        ("e", "", "the schema is not there yet (alembic_version_fab)"),
        ("e", "f1", "the schema is at f1 and waits for its migration (alembic_version_fab)"),
    ],
)
def test_an_old_schema_is_waited_for(
    database: Database, image: dict[str, str], core: str, fab: str, reason: str
) -> None:
    """And the last reason is told at the end."""
    for table, version in ((CORE, core), (FAB, fab)):
        if version:
            at(database, table, version)
    assert run_script("wait_for_schema.py", "0", "fab", **database.environment, **image) == (
        1,
        f"gave up after 0 seconds: {reason}\n",
    )


def test_a_newer_schema_ends_the_wait_at_once(database: Database, image: dict[str, str]) -> None:
    """Nothing that this image does can make it fit; the message says what can."""
    at(database, CORE, "z")
    begin = time.monotonic()
    status, output = run_script("wait_for_schema.py", "600", **database.environment, **image)
    assert time.monotonic() - begin < 5
    assert status == 1
    assert output.startswith("the database is newer than this image: alembic_version is at z,")
    assert "airflow db downgrade" in output


def test_airflow_2_keeps_users_in_its_own_schema(database: Database, tmp_path: Path) -> None:
    """The FAB provider of Airflow 2 has a migration that is never run."""
    at(database, CORE, "e")
    image = make_image(tmp_path, "2.11.2")
    assert run_script("wait_for_schema.py", "0", "fab", **database.environment, **image)[0] == 0


def test_a_database_may_come_later(postgresql: Postgresql, image: dict[str, str]) -> None:
    """First the server is missing, then the schema."""
    database = Database(postgresql)
    waiting = start_script("wait_for_schema.py", "30", **database.environment, **image)
    assert waiting.stdout
    assert waiting.stdout.readline() == "the database does not answer: OperationalError: connection refused\n"
    postgresql.start()
    assert "the schema is not there yet (alembic_version)\n" in iter(waiting.stdout.readline, "")
    at(database, CORE, "e")
    assert waiting.communicate(timeout=30)[0] == "the schema is ready\n"
    assert waiting.returncode == 0


def test_no_part_of_a_password_is_told(image: dict[str, str]) -> None:
    """A URI that is wrongly encoded shows its password in the messages of the driver."""
    uri = f"postgresql://airflow:some@thing-secret:more-secret@127.0.0.1:{free_port()}/airflow"
    status, output = run_script("wait_for_schema.py", "0", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=uri, **image)
    assert status == 1
    assert "the database does not answer: OperationalError" in output
    assert "secret" not in output


def test_other_databases_are_reached_through_sqlalchemy(tmp_path: Path) -> None:
    """MySQL, with SQLite in its place."""
    image = make_image(tmp_path / "image", "3.3.2")
    environment = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/db", **image}
    status, output = run_script("wait_for_schema.py", "0", **environment)
    assert (status, output) == (1, "gave up after 0 seconds: the schema is not there yet (alembic_version)\n")
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('e')")
    connection.close()
    assert run_script("wait_for_schema.py", "0", **environment)[0] == 0


def test_the_webserver_waits_for_the_first_user(database: Database, image: dict[str, str]) -> None:
    """Its own creation of roles would race with it."""
    at(database, CORE, "e")
    waiting = start_script("wait_for_schema.py", "30", "", "user", **database.environment, **image)
    assert waiting.stdout
    assert waiting.stdout.readline() == "the schema is ready\n"
    time.sleep(0.3)
    assert waiting.poll() is None
    database.execute("CREATE TABLE ab_user AS SELECT 1 AS id")
    assert waiting.communicate(timeout=30)[0] == ""
    assert waiting.returncode == 0


def test_a_python_without_airflow_is_told(database: Database) -> None:
    """Rather than waited for."""
    status, output = run_script("wait_for_schema.py", "600", **database.environment)
    assert status == 1
    assert "has no Airflow" in output
