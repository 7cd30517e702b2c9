"""postgresql.sh with the real server."""

import os
import signal
import time
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest
from servers import NASTY, Pod, Postgresql, eventually


def test_passwords_of_any_characters_are_set_at_each_start(postgresql: Postgresql) -> None:
    """A changed Secret is a changed password; the data stays."""
    postgresql.start()
    connection = postgresql.connect()
    connection.cursor().execute("CREATE TABLE kept (x int)")
    connection.commit()
    connection.close()
    assert postgresql.stop() == 0
    postgresql.start(METADATA_PASSWORD=NASTY, RESULT_BACKEND_PASSWORD=f"{NASTY}2")
    connection = postgresql.connect(password=NASTY)
    connection.cursor().execute("SELECT x FROM kept")
    connection.close()
    postgresql.connect("celery", f"{NASTY}2", "celery").close()
    for user, database in (("airflow", "airflow"), ("celery", "celery")):
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            postgresql.connect(user, "one", database)


def test_no_password_can_be_seen(postgresql: Postgresql) -> None:
    """It is in no argument, in no log, and not in the environment of what keeps running."""
    postgresql.start(METADATA_PASSWORD="Seen-1", RESULT_BACKEND_PASSWORD="Seen-2")
    assert postgresql.process
    for process in (postgresql.process.pid, postgresql.server):
        assert b"Seen" not in Path(f"/proc/{process}/environ").read_bytes()
        assert b"METADATA_USER" in Path(f"/proc/{process}/environ").read_bytes()
    assert "--single" in postgresql.arguments
    assert "Seen" not in postgresql.arguments
    assert "Seen" not in postgresql.log


def test_roles_reach_their_own_database_only_and_only_with_scram(postgresql: Postgresql) -> None:
    """A worker that holds the key to the result backend has none to the metadata."""
    postgresql.start()
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        postgresql.connect("celery", "two", "airflow")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        postgresql.connect("postgres", "postgres", "postgres")
    connection = postgresql.connect()
    cursor = connection.cursor()
    cursor.execute("SHOW password_encryption")
    assert cursor.fetchone() == ("scram-sha-256",)
    connection.close()
    rules = (postgresql.data / "pg_hba.conf").read_text(encoding="utf-8").splitlines()
    assert [line.split()[-1] for line in rules] == ["scram-sha-256", "scram-sha-256"]


def test_sigterm_ends_sessions_at_once_and_shuts_down_cleanly(postgresql: Postgresql) -> None:
    """PostgreSQL's own answer to SIGTERM, to wait for its clients, would end in SIGKILL."""
    postgresql.start()
    connection = postgresql.connect()
    begin = time.monotonic()
    assert postgresql.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begin < 5
    assert "received fast shutdown request" in postgresql.log
    assert "database system is shut down" in postgresql.log
    connection.close()


def test_it_recovers_after_sigkill(postgresql: Postgresql) -> None:
    """A node may vanish."""
    postgresql.start()
    connection = postgresql.connect()
    connection.cursor().execute("CREATE TABLE kept AS SELECT 1 AS x")
    connection.commit()
    os.kill(postgresql.server, signal.SIGKILL)
    assert postgresql.ended() == 137
    connection.close()
    postgresql.start()
    connection = postgresql.connect()
    connection.cursor().execute("SELECT x FROM kept")
    connection.close()
    assert "not properly shut down" in postgresql.log


def test_an_interrupted_first_start_leaves_nothing_half_made(postgresql: Postgresql) -> None:
    """Initdb writes PG_VERSION early, so a half-made cluster would look like a whole one for ever."""
    Pod.start(postgresql)
    half = Path(f"{postgresql.data}.new")
    eventually((half / "PG_VERSION").exists)
    assert postgresql.process
    os.kill(postgresql.process.pid, signal.SIGKILL)
    postgresql.ended()
    assert not postgresql.data.exists()
    eventually(lambda: not _runs_for(half))  # in a pod it would be gone by now
    postgresql.start()
    postgresql.connect().close()


def _runs_for(folder: Path) -> bool:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                return True
        except OSError:
            continue
    return False


def test_a_volume_that_belongs_to_a_group_will_do(postgresql: Postgresql) -> None:
    """Kubernetes gives a fresh volume to root and the fsGroup, and may open folders to that group later."""
    postgresql.folder.chmod(0o2775)
    postgresql.start()
    postgresql.stop()
    postgresql.data.chmod(0o2770)
    postgresql.start()
    postgresql.connect().close()


def test_databases_are_made_when_they_are_first_asked_for(postgresql: Postgresql) -> None:
    """Celery may be switched on later."""
    postgresql.start(RESULT_BACKEND_USER="")
    postgresql.stop()
    postgresql.start()
    postgresql.connect("celery", "two", "celery").close()
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        postgresql.connect("celery", "two", "airflow")


def test_data_of_another_version_is_told(postgresql: Postgresql) -> None:
    """The message says what to do, and the data stays as it is."""
    postgresql.start()
    postgresql.stop()
    version = postgresql.data / "PG_VERSION"
    real = version.read_text(encoding="utf-8").strip()
    version.write_text("9\n", encoding="utf-8")
    Pod.start(postgresql)
    assert postgresql.ended() == 1
    assert f"the data is of PostgreSQL 9, the image has {real}: use an image of 9" in postgresql.log


@pytest.mark.parametrize("variable", ["METADATA_PASSWORD", "RESULT_BACKEND_PASSWORD"])
@pytest.mark.parametrize(("text", "message"), [("Seen\n", "holds a line break"), ("", "not set")])
def test_a_password_that_cannot_work_is_refused(postgresql: Postgresql, variable: str, text: str, message: str) -> None:
    """`echo password | base64` makes such Secrets."""
    Pod.start(postgresql, **{variable: text})
    assert postgresql.ended() != 0
    assert variable in postgresql.log
    assert message in postgresql.log
    assert "Seen" not in postgresql.log
    assert not postgresql.data.exists()
