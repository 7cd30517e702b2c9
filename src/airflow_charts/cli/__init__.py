"""The command line: one file per command. Heavy imports happen inside commands.

`run` is the program `airflow-charts`. What it needs beyond the library is in extras, so this module imports nothing.
"""

from __future__ import annotations

import sys

_LOCAL_RUN = "pip install 'airflow-charts[local]'"
_COMMAND_LINE = (
    f"the command line is an extra: pip install 'airflow-charts[cli]', or {_LOCAL_RUN} for `airflow-charts up`"
)
_MISSING = {"typer": _COMMAND_LINE, "rich": _COMMAND_LINE, "psutil": f"the local run is an extra: {_LOCAL_RUN}"}
"""What to say where a package of an extra is not installed."""


def run() -> None:
    """Runs the command line, or says which extra it needs."""
    try:
        from airflow_charts.cli.main import run as run_command

        run_command()
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in _MISSING:
            raise
        sys.exit(f"error: {_MISSING[package]}")
