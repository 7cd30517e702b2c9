"""`airflow-charts explain`: what a value means and what it reaches."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer


def explain(path: Annotated[str, typer.Argument(help="A value, such as `scheduler.replicas`.")]) -> None:
    """Show a value's documentation, type and default, and every field of every object that it reaches."""
    from airflow_charts.helm.chart import traced
    from airflow_charts.helm.values_yaml import plain
    from airflow_charts.reading.writing import dump
    from airflow_charts.tracing.reach import reach
    from airflow_charts.values.fields import find
    from airflow_charts.values.schema import type_name

    found = find(path)
    typer.echo(path)
    for line in inspect.cleandoc(found.field.description or "").splitlines():
        typer.echo(f"  {line}")
    typer.echo(f"\ntype:     {type_name(found.field)}")
    typer.echo(dump({"default": plain(found.default)}).replace("default: ", "default:  ", 1).rstrip("\n"))
    typer.echo("\nreaches:")
    for place in reach(traced(), path):
        typer.echo(f"  {place}")
