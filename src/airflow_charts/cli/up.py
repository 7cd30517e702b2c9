"""`airflow-charts up`: the deployment as processes of this machine."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from airflow_charts.cli.options import (
    Deployment,
    Files,
    Sets,
    SetStrings,
    end_on_ctrl_c,
    refusals_at,
    user_values,
)

if TYPE_CHECKING:
    from rich.console import Console

    from airflow_charts.local.deploy import Ready, Request
    from airflow_charts.local.state import State
    from airflow_charts.values import Values


def up(
    files: Files = None,
    sets: Sets = None,
    set_strings: SetStrings = None,
    name: Deployment = "airflow",
    dags: Annotated[Path | None, typer.Option("--dags", help="The folder of the DAG files; ./dags by default.")] = None,
    requirements: Annotated[
        list[str] | None,
        typer.Option("--requirement", help="A further Python package for Airflow: apache-airflow-providers-http."),
    ] = None,
    servers: Annotated[
        Literal["wheel", "system"] | None,
        typer.Option("--servers", help="PostgreSQL and Valkey of Python wheels (the default), or this machine's."),
    ] = None,
    preload: Annotated[
        bool | None,
        typer.Option(help="Fork Airflow's processes from one that has imported their packages (Linux), or start each."),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when everything is ready.")] = False,
) -> None:
    """Run the deployment on this machine, without Kubernetes or Docker."""
    from rich.console import Console

    from airflow_charts.local import control
    from airflow_charts.local.deploy import prepare, values_of
    from airflow_charts.local.state import State
    from airflow_charts.local.view import View

    end_on_ctrl_c()
    state = State.of(name)
    request = _request(state, files, sets, set_strings, dags, requirements, servers, preload)
    values_of(request.document, request.dags, {})
    known = state.exists()
    state.create()
    console = Console()
    with View(console) as view, state.locked() as lock:
        try:
            ready = prepare(state, request, view.step)
        except BaseException:
            if not known:
                state.purge()
            raise
        supervisor = control.launch(state, ready, lock, attached=not detach)
    try:
        _await_ready(state, supervisor, console)
        _tell(state, ready)
        if not detach:
            _stay(state, supervisor, console)
    except KeyboardInterrupt:
        _end(state, supervisor, console)


def _request(
    state: State,
    files: list[str] | None,
    sets: list[str] | None,
    set_strings: list[str] | None,
    dags: Path | None,
    requirements: list[str] | None,
    servers: Literal["wheel", "system"] | None,
    preload: bool | None,
) -> Request:
    """What is asked for; what is left out is as it was the last time."""
    from airflow_charts.checks import load
    from airflow_charts.local.deploy import Request, dags_folder

    previous = state.deployment()
    document, places = user_values(files, sets, set_strings)
    with refusals_at(places):
        load(document)
    if previous is not None and not document and not files:
        document = previous.document
        typer.echo("with the values of the last time", err=True)
    return Request(
        document=document,
        dags=dags_folder(dags or Path(previous.dags if previous else "dags")),
        requirements=requirements if requirements is not None else (previous.requirements if previous else []),
        servers=servers or (previous.servers if previous else "wheel"),
        preload=preload if preload is not None else previous is None or previous.preload,
    )


def _await_ready(state: State, supervisor: subprocess.Popen[bytes], console: Console) -> None:
    """Shows how the pods start, until all are ready.

    Raises:
        LocalRunError: one of them cannot start; everything has ended then.
    """
    from airflow_charts.errors import LocalRunError
    from airflow_charts.local import control
    from airflow_charts.local.view import View

    with View(console) as view:
        while supervisor.poll() is None:
            status = state.status()
            view.show(status, "starting")
            if status.get("phase") == "running":
                return
            time.sleep(0.1)
    raise LocalRunError(control.failure(state))


def _stay(state: State, supervisor: subprocess.Popen[bytes], console: Console) -> None:
    """Shows the pods until they end.

    Raises:
        LocalRunError: they ended by themselves.
    """
    from airflow_charts.errors import LocalRunError
    from airflow_charts.local import control
    from airflow_charts.local.view import View

    with View(console) as view:
        while supervisor.poll() is None:
            view.show(state.status(), "running (Ctrl-C ends it)")
            time.sleep(0.2)
    if supervisor.returncode:
        raise LocalRunError(control.failure(state))


def _end(state: State, supervisor: subprocess.Popen[bytes], console: Console) -> None:
    """Ends the deployment in order; a further Ctrl-C makes it quick.

    Raises:
        LocalRunError: it had not been ready.
    """
    from airflow_charts.errors import LocalRunError
    from airflow_charts.local.view import View

    was_ready = state.status().get("phase") == "running"
    supervisor.send_signal(signal.SIGTERM)
    with View(console) as view:
        while supervisor.poll() is None:
            try:
                view.show(state.status(), "ending (Ctrl-C again to give no time to running tasks)")
                time.sleep(0.1)
            except KeyboardInterrupt:
                supervisor.send_signal(signal.SIGTERM)
    if not was_ready:
        raise LocalRunError("interrupted; everything has ended")
    typer.echo("ended; the data stays, `airflow-charts up` starts it again")


def _tell(state: State, ready: Ready) -> None:
    """Where everything is."""
    from airflow_charts.local.deploy import flower_url, values_for, webserver_url

    deployment = ready.deployment
    values = values_for(deployment)
    for moved in ready.moved:
        typer.echo(f"port {moved.usual} of {moved.address} is taken: {moved.port} is used in its place")
    typer.echo(f"Airflow {deployment.airflow_version} is ready: {webserver_url(values)}")
    flower = flower_url(values, deployment.ports)
    lines = _logins(state, values)
    lines |= {"Flower": f"{flower} (login in {state.flower_file})"} if flower else {}
    lines |= {"DAGs": deployment.dags, "State": str(state.folder)}
    for title, text in lines.items():
        typer.echo(f"  {title:9} {text}")
    again = "" if state.name == "airflow" else f" --name {state.name}"
    typer.echo(f"  {'More':9} airflow-charts status|logs|exec|down{again}")


def _logins(state: State, values: Values) -> dict[str, str]:
    from airflow_charts.values import conditions

    if not conditions.has_admin_user(values):
        return {}
    password = values.admin_user.password
    generated = not password.value and not password.existing_secret
    return {
        "User": values.admin_user.username,
        "Password": f"in {state.password_file}" if generated else "as in your values",
    }
