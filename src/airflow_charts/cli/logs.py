"""`airflow-charts logs`: what the containers of a local deployment write."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from airflow_charts.cli.options import Deployment, end_on_ctrl_c

if TYPE_CHECKING:
    from airflow_charts.local.state import State


def logs(
    component: Annotated[
        str, typer.Argument(help="A pod of `status`, or a container of it (scheduler/log-cleaner); all by default.")
    ] = "",
    name: Deployment = "airflow",
    tail: Annotated[int, typer.Option("--tail", min=0, help="How many of the last lines of each log.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
) -> None:
    """Print the logs of a local deployment; the logs of tasks are in the UI."""
    from airflow_charts.local import control
    from airflow_charts.local.state import State

    state = State.of(name)
    control.known(state)
    files = _chosen(state, component)
    prefixes = {log: f"{title} | " if len(files) > 1 else "" for title, log in files.items()}
    for log, prefix in prefixes.items():
        for line in control.last_lines(log, tail):
            typer.echo(f"{prefix}{line}")
    if follow:
        end_on_ctrl_c()
        _follow(prefixes)


def _chosen(state: State, component: str) -> dict[str, Path]:
    """The log files: title -> file."""
    from airflow_charts.errors import LocalRunError

    files = {
        f"{log.parent.name}/{log.stem}": log
        for log in sorted((state.folder / "logs").glob("*/*.log"))
        if not log.name.endswith(".old.log")
    }
    found = {title: log for title, log in files.items() if component in ("", title, title.partition("/")[0])}
    if not found:
        pods = ", ".join(dict.fromkeys(title.partition("/")[0] for title in files)) or "none yet"
        raise LocalRunError(f"there is no log of {component or 'any pod'}; the pods are {pods}")
    return found


def _follow(prefixes: dict[Path, str]) -> None:
    """Prints what is added to the logs, until Ctrl-C."""
    places = {log: log.stat().st_size for log in prefixes}
    rest = dict.fromkeys(prefixes, b"")
    try:
        while True:
            for log, prefix in prefixes.items():
                if not log.exists():  # put aside just now
                    continue
                if log.stat().st_size < places[log]:
                    places[log] = 0
                with log.open("rb") as file:
                    file.seek(places[log])
                    *lines, rest[log] = (rest[log] + file.read()).split(b"\n")
                    places[log] = file.tell()
                for line in lines:
                    typer.echo(f"{prefix}{line.decode(errors='replace')}")
            time.sleep(0.3)
    except KeyboardInterrupt:
        return
