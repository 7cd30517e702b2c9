"""`airflow-charts down`: ends a local deployment."""

from __future__ import annotations

from typing import Annotated

import typer

from airflow_charts.cli.options import Deployment


def down(
    name: Deployment = "airflow",
    purge: Annotated[bool, typer.Option("--purge", help="Delete its data too: database, logs, passwords.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Give no time to running tasks.")] = False,
) -> None:
    """End a local deployment; its data stays unless you purge it. DAG files and programs stay always."""
    from rich.console import Console

    from airflow_charts.errors import LocalRunError
    from airflow_charts.local import control
    from airflow_charts.local.state import State
    from airflow_charts.local.view import View

    state = State.of(name)
    if not state.exists():
        raise LocalRunError(f"there is no deployment {name}")
    with View(Console()) as view:
        ended = control.stop(state, lambda: view.show(state.status(), "ending"), now=now)
    if purge:
        with state.locked():
            state.purge()
    done = "ended" if ended else "it did not run"
    kept = f"deleted {state.folder}" if purge else f"the data stays in {state.folder}"
    typer.echo(f"{name}: {done}; {kept}")
