"""`airflow-charts graph`: the topology of a deployment, from its edges."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from airflow_charts.cli.options import Files, Sets, SetStrings, refusals_at, user_values


class Format(StrEnum):
    """How the picture is written."""

    mermaid = "mermaid"
    svg = "svg"


def graph(
    files: Files = None,
    sets: Sets = None,
    set_strings: SetStrings = None,
    output: Annotated[Format, typer.Option("--output", "-o", help="Mermaid text or an SVG picture.")] = Format.mermaid,
) -> None:
    """Draw who talks to whom."""
    from airflow_charts.checks import load
    from airflow_charts.derived.picture import mermaid, svg

    document, places = user_values(files, sets, set_strings)
    with refusals_at(places):
        values = load(document)
    typer.echo(mermaid(values) if output is Format.mermaid else svg(values), nl=False)
