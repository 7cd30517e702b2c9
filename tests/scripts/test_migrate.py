"""migrate.py with a real PostgreSQL and an Airflow that records how it is called."""

import json
from pathlib import Path

import pytest
from servers import NASTY, Database, Postgresql, eventually, run_script, start_script

RECORDER = """
import json, os, sys
open(os.environ["RECORD"] + "-imported", "w").write(str(os.getsid(0) == os.getpid()))
def main():
    text = sys.stdin.read() if sys.argv[1] == "users" else ""
    with open(os.environ["RECORD"], "a") as file:
        line = [os.getpid(), sys.argv[1:], text, os.environ.get("ADMIN_PASSWORD"), os.environ["PGPASSWORD"]]
        print(json.dumps(line), file=file)
    if int(os.environ.get("STATUS", "0")):
        sys.exit(int(os.environ["STATUS"]))
"""
ADMIN = {
    "ADMIN_USERNAME": "admin",
    "ADMIN_EMAIL": "a@example.com",
    "ADMIN_FIRST_NAME": "Ann $x",
    "ADMIN_LAST_NAME": "-O'Neil",
    "ADMIN_ROLE": "Admin",
    "ADMIN_PASSWORD": NASTY,
}


@pytest.fixture
def airflow(tmp_path: Path) -> dict[str, str]:
    """The environment with the recorder in place of Airflow."""
    package = tmp_path / "airflow"
    package.mkdir()
    (package / "__main__.py").write_text(RECORDER, encoding="utf-8")
    return {"PYTHONPATH": str(tmp_path), "RECORD": str(tmp_path / "record")}


def calls(airflow: dict[str, str]) -> list[list[object]]:
    record = Path(airflow["RECORD"])
    return [json.loads(line)[1:] for line in record.read_text(encoding="utf-8").splitlines()] if record.exists() else []


def test_without_user_it_only_migrates(database: Database, airflow: dict[str, str]) -> None:
    """The simple auth manager has no users."""
    assert run_script("migrate.py", **database.environment, **airflow) == (0, "")
    assert calls(airflow) == [[["db", "migrate"], "", None, "one"]]


def test_the_password_of_the_first_user_goes_to_standard_input_only(
    database: Database, airflow: dict[str, str]
) -> None:
    """Airflow asks for it twice; every other text is an option that may begin with a dash."""
    assert run_script("migrate.py", **database.environment, **airflow, **ADMIN) == (0, "")
    migration, user = calls(airflow)
    assert migration == [["db", "migrate"], "", None, "one"]
    assert user == [
        [
            "users",
            "create",
            "--username=admin",
            "--email=a@example.com",
            "--firstname=Ann $x",
            "--lastname=-O'Neil",
            "--role=Admin",
        ],
        f"{NASTY}\n{NASTY}\n",
        None,
        "one",
    ]


def test_one_process_runs_both(database: Database, airflow: dict[str, str]) -> None:
    """Importing Airflow takes longer than either command."""
    run_script("migrate.py", **database.environment, **airflow, **ADMIN)
    processes = [json.loads(line)[0] for line in Path(airflow["RECORD"]).read_text(encoding="utf-8").splitlines()]
    assert len(processes) == 2
    assert len(set(processes)) == 1


def test_there_is_no_terminal_to_ask(database: Database, airflow: dict[str, str]) -> None:
    """Where the Job has one, Airflow would ask it for the password."""
    run_script("migrate.py", **database.environment, **airflow, **ADMIN)
    assert Path(f"{airflow['RECORD']}-imported").read_text(encoding="utf-8") == "True"


def test_a_failure_is_the_job_s_failure(database: Database, airflow: dict[str, str]) -> None:
    """So that Kubernetes tries again; no user without schema, and no traceback."""
    status, output = run_script("migrate.py", **database.environment, **airflow, **ADMIN, STATUS="3")
    assert (status, output) == (1, "the migration, or the creation of the first user, failed with status 3\n")
    assert len(calls(airflow)) == 1


def test_it_waits_for_the_database(postgresql: Postgresql, airflow: dict[str, str]) -> None:
    """Its Job starts together with it."""
    waiting = start_script("migrate.py", **Database(postgresql).environment, **airflow)
    assert waiting.stdout
    assert "does not answer" in waiting.stdout.readline()
    assert not calls(airflow)
    assert Path(f"{airflow['RECORD']}-imported").exists()  # importing takes time, which is there now
    postgresql.start()
    eventually(lambda: calls(airflow))
    waiting.communicate(timeout=30)
    assert waiting.returncode == 0
