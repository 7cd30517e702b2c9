"""Creates or upgrades the schema, then creates the first user if one is asked for.

It waits for the database, because its Job starts together with it. Environment: the database's, and for the user
ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_FIRST_NAME, ADMIN_LAST_NAME, ADMIN_ROLE and ADMIN_PASSWORD, which goes to Airflow on
standard input.
"""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import wait_for_schema  # type: ignore[import-not-found]


def create_user(environment: dict[str, str], password: str) -> None:
    """Creates the first user; an existing one stays as it is."""
    options = [
        f"--{name.replace('_', '')}={environment[f'ADMIN_{name.upper()}']}"
        for name in ("username", "email", "first_name", "last_name", "role")
    ]
    subprocess.run(
        ["airflow", "users", "create", *options],
        input=f"{password}\n{password}\n",
        text=True,
        check=True,
        env=environment,
        start_new_session=True,  # or it would ask the terminal for the password, where there is one
    )


def main() -> None:
    """Waits, migrates, creates the user."""
    environment = dict(os.environ)
    password = environment.pop("ADMIN_PASSWORD", "")
    wait_for_schema.connect_patiently(environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]).close()
    subprocess.run(["airflow", "db", "migrate"], check=True, env=environment)
    if environment.get("ADMIN_USERNAME"):
        create_user(environment, password)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(f"`{' '.join(error.cmd[:3])}` failed with status {error.returncode}")
