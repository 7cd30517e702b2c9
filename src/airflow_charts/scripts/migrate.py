"""Creates or upgrades the schema, then creates the first user if one is asked for.

It waits for the database, because its Job starts together with it. Both commands run in one process, because importing
Airflow takes longer than either of them. Environment: the database's, and for the user ADMIN_USERNAME, ADMIN_EMAIL,
ADMIN_FIRST_NAME, ADMIN_LAST_NAME, ADMIN_ROLE and ADMIN_PASSWORD, which goes to Airflow on standard input.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import wait_for_schema  # type: ignore[import-not-found]

COMMANDS = """
import sys
from airflow.__main__ import main
options = sys.argv[1:]
sys.argv = ["airflow", "db", "migrate"]
main()
if options:
    sys.argv = ["airflow", "users", "create", *options]
    main()
"""
"""Airflow's own commands. The options are those of the first user; an existing one stays as it is."""


def main() -> None:
    """Waits, migrates, creates the user."""
    environment = dict(os.environ)
    password = environment.pop("ADMIN_PASSWORD", "")
    options = [
        f"--{name.replace('_', '')}={environment[f'ADMIN_{name.upper()}']}"
        for name in ("username", "email", "first_name", "last_name", "role")
        if environment.get("ADMIN_USERNAME")
    ]
    wait_for_schema.connect_patiently(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]).close()
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, *options],
        input=f"{password}\n{password}\n",
        text=True,
        env=environment,
        start_new_session=True,  # or it would ask the terminal for the password, where there is one
    )
    if done.returncode:
        sys.exit(f"the migration, or the creation of the first user, failed with status {done.returncode}")


if __name__ == "__main__":
    main()
