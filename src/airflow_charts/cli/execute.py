"""`airflow-charts exec`: a command with the environment of a local deployment."""

from __future__ import annotations

import os
import shutil
from typing import Annotated

import typer

from airflow_charts.cli.options import Deployment


def execute(
    command: Annotated[list[str], typer.Argument(help="The command: airflow dags list")],
    name: Deployment = "airflow",
    pod: Annotated[str, typer.Option("--pod", help="Whose environment.")] = "scheduler",
) -> None:
    """Run a command, such as Airflow's own, with the environment of a pod: `exec -- airflow dags list`."""
    from airflow_charts.errors import LocalRunError
    from airflow_charts.local import control
    from airflow_charts.local.deploy import plan_of
    from airflow_charts.local.state import State

    state = State.of(name)
    deployment = control.known(state)
    pods = {planned.pod.name: planned.pod for planned in plan_of(state, deployment).pods}
    if pod not in pods:
        raise LocalRunError(f"--pod: there is no pod {pod}; the pods are {', '.join(pods)}")
    if not state.is_running():
        raise LocalRunError(f"{name} does not run; start it with `airflow-charts up --name {name}`")
    environment = {**pods[pod].containers[0].environment, "TERM": os.environ.get("TERM", "dumb")}
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        raise LocalRunError(f"there is no program {command[0]} in the environment of {pod}")
    os.execve(program, command, environment)
