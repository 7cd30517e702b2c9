"""Creates or upgrades the schema, then creates the first user if one is asked for.

It waits for the database, because its Job starts together with it, and imports Airflow meanwhile. Both commands run in
one process, because importing Airflow takes longer than either of them. Environment: the database's, and for the user
ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_FIRST_NAME, ADMIN_LAST_NAME, ADMIN_ROLE and ADMIN_PASSWORD, which goes to Airflow on
standard input.
"""

import importlib
import io
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import wait_for_schema  # type: ignore[import-not-found]


def run(options: list[str], password: str) -> None:
    """Airflow's own commands. The options are those of the first user; an existing one stays as it is."""
    os.setsid()  # or it would ask the terminal for the password, where there is one
    airflow = importlib.import_module("airflow.__main__")
    wait_for_schema.connect_patiently(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]).close()
    sys.stdin = io.StringIO(f"{password}\n{password}\n")
    for command in (["db", "migrate"], ["users", "create", *options]) if options else (["db", "migrate"],):
        sys.argv = ["airflow", *command]
        airflow.main()


def main() -> None:
    """Runs the commands in a process of their own, which has no terminal."""
    password = os.environ.pop("ADMIN_PASSWORD", "")
    options = [
        f"--{name.replace('_', '')}={os.environ[f'ADMIN_{name.upper()}']}"
        for name in ("username", "email", "first_name", "last_name", "role")
        if os.environ.get("ADMIN_USERNAME")
    ]
    child = os.fork()
    if not child:
        run(options, password)
        return
    _, status = os.waitpid(child, 0)
    if status:
        code = os.waitstatus_to_exitcode(status)
        sys.exit(f"the migration, or the creation of the first user, failed with status {code}")


if __name__ == "__main__":
    main()
