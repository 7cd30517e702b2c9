"""`airflow-charts validate`: whether values are valid, and why not."""

from __future__ import annotations

import typer

from airflow_charts.cli.options import Files, Sets, SetStrings, refusals_at, user_values


def validate(files: Files = None, sets: Sets = None, set_strings: SetStrings = None) -> None:
    """Check values against the schema and every rule."""
    from airflow_charts.checks import load

    document, places = user_values(files, sets, set_strings)
    with refusals_at(places):
        load(document)
    typer.echo("the values are valid")
