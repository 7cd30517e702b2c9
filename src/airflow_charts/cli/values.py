"""`airflow-charts values`: the default values with their documentation."""

from __future__ import annotations

from typing import Annotated

import typer


def values(
    section: Annotated[str, typer.Argument(help="Only this section, such as `scheduler` or `images.airflow`.")] = "",
) -> None:
    """Print the default values with comments, as in the chart's values.yaml."""
    from airflow_charts.helm.values_yaml import value_yaml, values_yaml
    from airflow_charts.values.fields import find

    typer.echo(value_yaml(find(section)) if section else values_yaml(), nl=False)
