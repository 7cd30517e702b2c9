"""`airflow-charts status`: how the pods of a local deployment are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from airflow_charts.cli.options import Deployment

if TYPE_CHECKING:
    import psutil

    from airflow_charts.local.state import State


def status(name: Deployment = "airflow") -> None:
    """Show the pods of a local deployment, where its programs come from, and what has no meaning here.

    The exit code is 1 unless everything is ready.
    """
    import psutil
    from rich.console import Console

    from airflow_charts.local import control
    from airflow_charts.local.deploy import plan_of, values_for, webserver_url
    from airflow_charts.local.pods import READY
    from airflow_charts.local.state import State
    from airflow_charts.local.view import table_of

    state = State.of(name)
    deployment = control.known(state)
    told = state.status()
    supervisor = control.supervisor_of(state)
    console = Console()
    phase = told.get("phase", "stopped")
    if supervisor is None and phase not in ("stopped", "failed"):
        phase = _gone(state)
    url = f"  {webserver_url(values_for(deployment))}" if supervisor else ""
    console.print(f"{name}: {phase}{url}", highlight=False, soft_wrap=True)
    if supervisor is not None:
        console.print(table_of(told, _usage(state, told)))
        with contextlib.suppress(psutil.Error):  # it has just ended
            if told.get("preload"):
                shared = _memory([psutil.Process(told["preload"])])
                console.print(
                    f"{shared} more for what Airflow's processes are forked from", highlight=False, style="dim"
                )
    for program, origin in deployment.origins.items():
        console.print(f"{program}: {origin}", highlight=False, markup=False, style="dim", soft_wrap=True)
    console.print("Left out on this machine:", style="dim")
    for what, why in plan_of(state, deployment).skipped:
        console.print(f"  {what}: {why}", highlight=False, style="dim", markup=False, soft_wrap=True)
    if phase != "running" or not all(pod["state"] in READY for pod in told["pods"].values()):
        raise typer.Exit(1)


def _below(pod: Path) -> Callable[[str], bool]:
    return lambda folder: folder.startswith(f"{pod}/")


def _gone(state: State) -> str:
    from airflow_charts.local import control

    rest = len(control.leftovers(state))
    left = f"; {rest} of its processes still run: `airflow-charts down` ends them" if rest else ""
    return f"the supervisor is gone, as after a kill or a restart of the machine{left}"


def _usage(state: State, told: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Processes and memory of every pod. PSS counts what processes share once; without it, RSS is shown."""
    from airflow_charts.local.processes import processes_of

    columns: dict[str, tuple[str, ...]] = {"": ("PROCESSES", "MEMORY")}
    for name, pod in told["pods"].items():
        processes = processes_of(set(pod["sessions"]), _below(state.pod_folder(name)))
        columns[name] = (str(len(processes) or ""), _memory(processes) if processes else "")
    return columns


def _memory(processes: list[psutil.Process]) -> str:
    from airflow_charts.local.processes import memory_of

    return f"{memory_of(processes) / 2**20:.0f} MiB"
