"""The entry point of `airflow-charts`: assembles the commands and turns errors into exit codes.

Exit codes: 0 done, 1 refused or failed (with the reason on standard error), 2 wrong usage.
"""

from __future__ import annotations

import os
import sys

import typer

from airflow_charts.cli import (
    chart,
    down,
    execute,
    explain,
    graph,
    logs,
    schema,
    status,
    template,
    up,
    validate,
    values,
)
from airflow_charts.errors import AirflowChartsError

app = typer.Typer(
    name="airflow-charts",
    help="Apache Airflow on Kubernetes: render, check, explain, package and run the deployment.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("template")(template.template)
app.command("validate")(validate.validate)
app.command("values")(values.values)
app.command("explain")(explain.explain)
app.command("graph")(graph.graph)
app.command("schema")(schema.schema)
app.add_typer(chart.app, name="chart")
app.command("up")(up.up)
app.command("status")(status.status)
app.command("logs")(logs.logs)
app.command("exec")(execute.execute)
app.command("down")(down.down)


def run() -> None:
    """Runs the command line."""
    try:
        app()
    except AirflowChartsError as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        typer.echo(f"error: {error.filename or 'the system'}: {error.strerror}", err=True)
        sys.exit(1)
