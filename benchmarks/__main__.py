"""What the chart costs: `make bench`, or `python -m benchmarks --runs 50`.

Everything is measured in one run, and Helm's renders of the charts to compare with alternate, so that a busy machine is
busy for all. Other charts come from the environment: OFFICIAL_CHART and COMMUNITY_CHART are folders or archives.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import helm_python

from airflow_charts.call import manifests
from airflow_charts.helm.chart import template_files, traced
from airflow_charts.reading.goyaml import parse
from airflow_charts.release import Release

ROOT = Path(__file__).parents[1]
RELEASE = Release("airflow", "airflow")
OTHERS = {"official chart": "OFFICIAL_CHART", "community chart": "COMMUNITY_CHART"}
BARS = {
    "Helm: schema": "13 (of 25)",
    "Helm: templates (the difference)": "12 (of 25)",
    "Helm: schema and templates": "25",
    "the call": "10",
    "airflow-charts template, a process": "600",
    "official chart": "1.22: about 700",
    "community chart": "8.9: about 17, no schema",
}


class Row(NamedTuple):
    """The milliseconds of one thing that was measured several times."""

    name: str
    least: float
    median: float
    runs: int


def timed(action: Callable[[], object]) -> float:
    """The milliseconds that an action takes."""
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def interleaved(actions: dict[str, Callable[[], object]], runs: int) -> list[Row]:
    """Every action once without measuring, then all of them in turn."""
    for action in actions.values():
        action()
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(runs):
        for name, action in actions.items():
            times[name].append(timed(action))
    return [Row(name, min(found), statistics.median(found), runs) for name, found in times.items()]


def load(path: Path) -> Any:
    """A chart in Helm's engine."""
    return helm_python.Chart.load_archive(path.read_bytes()) if path.is_file() else helm_python.Chart.load(path)


def helm(runs: int) -> list[Row]:
    """Helm's engine on this chart and on the others, with default values."""
    chart = load(ROOT / "charts/airflow")
    production = parse((ROOT / "examples/production-celery.yaml").read_text(encoding="utf-8")).data
    actions: dict[str, Callable[[], object]] = {
        "Helm: schema": lambda: chart.validate_schema({}),
        "Helm: schema and templates": lambda: chart.render({}, name=RELEASE.name, namespace=RELEASE.namespace),
        "Helm: the same, production-celery": lambda: chart.render(production, name=RELEASE.name),
    }
    for name, variable in OTHERS.items():
        if variable in os.environ:
            other = load(Path(os.environ[variable]))
            actions[name] = lambda other=other: other.render({}, name=RELEASE.name)  # type: ignore[misc]
    rows = interleaved(actions, runs)
    schema, whole = rows[0], rows[1]
    templates = Row("Helm: templates (the difference)", whole.least - schema.least, whole.median - schema.median, runs)
    return [schema, templates, *rows[1:]]


def build() -> None:
    """Traces the deployment and prints its templates."""
    traced.cache_clear()
    template_files(traced())


def command_line() -> None:
    """`airflow-charts template` as a whole process."""
    program = Path(sys.executable).parent / "airflow-charts"
    subprocess.run([program, "template"], check=True, stdout=subprocess.DEVNULL)


def table(rows: list[Row]) -> str:
    """The rows with their bars, aligned."""
    figures = [
        (row.name, f"{row.least:.1f}", f"{row.median:.1f}", str(row.runs), BARS.get(row.name, "")) for row in rows
    ]
    cells = [("milliseconds", "min", "median", "runs", "bar"), *figures]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        f"{name:<{widths[0]}}  {low:>{widths[1]}}  {middle:>{widths[2]}}  {runs:>{widths[3]}}  {bar}".rstrip()
        for name, low, middle, runs, bar in cells
    )


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="What the chart costs.")
    parser.add_argument("--runs", type=int, default=30, help="renders by Helm, and calls")
    parser.add_argument("--processes", type=int, default=10, help="runs of the command line, and of the trace")
    options = parser.parse_args()
    print(
        table(
            [
                *helm(options.runs),
                *interleaved({"the call": lambda: manifests({}, RELEASE)}, options.runs),
                *interleaved({"airflow-charts template, a process": command_line}, options.processes),
                *interleaved({"trace and print": build}, options.processes),
            ]
        )
    )


main()
