"""check_job.py with a real PostgreSQL."""

import importlib
import sys

import pytest
from servers import SCRIPTS, Database, free_port, run_script

sys.path.insert(0, str(SCRIPTS))
check_job = importlib.import_module("check_job")  # by its path, as in a pod

JOB = "CREATE TABLE job (job_type text, hostname text, state text, latest_heartbeat timestamptz)"


def beat(
    database: Database, age: int, *, kind: str = "TriggererJob", host: str = "10.0.0.1", state: str = "running"
) -> None:
    database.execute(f"INSERT INTO job VALUES ('{kind}', '{host}', '{state}', now() - interval '{age} seconds')")


def check(database: Database, **changes: str) -> tuple[int, str]:
    return run_script("check_job.py", "TriggererJob", "90", **{**database.environment, "POD_IP": "10.0.0.1", **changes})


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_fresh_heartbeat_is_alive_in_any_time_zone(database: Database, zone: str) -> None:
    """Neither the zone of the pod nor that of the session matters."""
    database.execute(JOB)
    beat(database, 100000)
    beat(database, 5)
    assert check(database, TZ=zone, PGTZ=zone) == (0, "")


def test_a_stale_heartbeat_fails(database: Database) -> None:
    """The component is there and does nothing."""
    database.execute(JOB)
    beat(database, 100)
    status, output = check(database)
    assert status == 1
    assert output.startswith("the last heartbeat of the TriggererJob is 10")


def test_only_the_running_job_of_this_pod_counts(database: Database) -> None:
    """Not another pod's, another component's, or one that has ended."""
    database.execute(JOB)
    beat(database, 5, host="10.0.0.2")
    beat(database, 5, kind="SchedulerJob")
    beat(database, 5, state="success")
    assert check(database) == (1, "there is no running TriggererJob of this pod\n")


def test_the_address_is_the_one_that_airflow_finds(database: Database) -> None:
    """`airflow.utils.net.get_host_ip_address` looks up the own name."""
    database.execute(JOB)
    beat(database, 5, host=check_job.own_address())
    assert check(database, POD_IP="")[0] == 0


def test_a_database_that_does_not_answer_passes(database: Database) -> None:
    """A restart of the component would not help it."""
    uri = f"postgresql://airflow@127.0.0.1:{free_port()}/airflow"
    assert check(database, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=uri) == (
        0,
        "the database does not answer: OperationalError: connection refused\n",
    )


def test_a_locked_table_passes_in_time(database: Database) -> None:
    """A migration may hold it for minutes."""
    database.execute(JOB)
    connection = database.server.connect()
    connection.cursor().execute("LOCK TABLE job")
    status, output = check(database)
    connection.close()
    assert status == 0
    assert "QueryCanceled" in output
