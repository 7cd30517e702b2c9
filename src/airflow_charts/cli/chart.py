"""`airflow-charts chart`: builds, checks and packages the Helm chart."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Build, check and package the Helm chart.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="The folder of the chart.")]
_FOLDER = Path("charts/airflow")


@app.command()
def build(folder: Folder = _FOLDER) -> None:
    """Write the chart."""
    from airflow_charts.helm.chart import write_chart

    write_chart(folder)
    typer.echo(f"wrote {folder}")


@app.command()
def check(folder: Folder = _FOLDER) -> None:
    """Fail if the chart differs from the code it is made of, or if `helm lint` finds anything."""
    from airflow_charts.errors import ChartError
    from airflow_charts.helm.chart import drift
    from airflow_charts.helm.engine import lint

    differing = drift(folder)
    if differing:
        raise ChartError(
            f"{folder} is not what the code makes ({', '.join(differing)}); run airflow-charts chart build"
        )
    findings = lint(folder)
    if findings:
        raise ChartError("\n".join(findings))
    typer.echo(f"{folder} is up to date, and helm lint has nothing to say")


@app.command()
def reference() -> None:
    """Print the reference of all values, as Markdown."""
    from airflow_charts.helm.readme import reference as text

    typer.echo(text())


@app.command()
def package(
    folder: Folder = _FOLDER,
    destination: Annotated[Path, typer.Option("--destination", "-d", help="Where the archive goes.")] = Path("dist"),
) -> None:
    """Package the chart into an archive that is the same for the same chart."""
    from airflow_charts.helm.engine import package as helm_package

    typer.echo(str(helm_package(folder, destination)))
