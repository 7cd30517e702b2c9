"""`airflow-charts schema`: the JSON schema of the values."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def schema(
    *,
    editor: Annotated[
        bool, typer.Option("--editor", help="For editors: nothing is required, and values are described.")
    ] = False,
) -> None:
    """Print the JSON schema of the values."""
    from airflow_charts.values import Values
    from airflow_charts.values.schema import schema_of

    typer.echo(json.dumps(schema_of(Values, editor=editor), indent=2))
