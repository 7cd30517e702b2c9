"""The three evaluators side by side: the call, the interpreter of the recorded tree, and Helm's engine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import helm_python

from airflow_charts.call import manifests
from airflow_charts.checks import UNKNOWN_KEY, load, structural_problems, total
from airflow_charts.derived.notes import notes
from airflow_charts.errors import InvalidValuesError, Problem
from airflow_charts.helm.chart import traced
from airflow_charts.reading.goyaml import parse_all
from airflow_charts.release import Release
from airflow_charts.tracing.interpret import Interpreter

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts/airflow"
RELEASE = Release("etl", "data")


@dataclass(frozen=True)
class Refused:
    """A document that is not accepted: the paths that break the schema, or the lines of broken rules."""

    paths: frozenset[str] = frozenset()
    lines: tuple[str, ...] = ()


Outcome = list[dict[str, Any]] | Refused


def key(manifest: dict[str, Any]) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]


def ordered(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Manifests by kind and name: Helm prints template files in an order of its own."""
    return sorted(documents, key=key)


def called(document: dict[str, Any], release: Release = RELEASE) -> Outcome:
    """What the call says."""
    try:
        return ordered(manifests(document, release))
    except InvalidValuesError as error:
        paths = frozenset(_helm_path(problem) for problem in structural_problems(total(document)))
        return Refused(paths) if paths else Refused(lines=tuple(sorted(problem.message for problem in error.problems)))


def roots(document: dict[str, Any], release: Release = RELEASE) -> dict[str, Any]:
    return {
        "Values": total(document),
        "Release": {"Name": release.name, "Namespace": release.namespace},
        "Chart": {"Name": release.chart},
    }


def interpreted(
    document: dict[str, Any], interpreter: Interpreter | None = None, release: Release = RELEASE
) -> Outcome:
    """What the interpreter of the recorded tree says of a document that the schema accepts."""
    interpreter = interpreter or Interpreter()
    scope = roots(document, release)
    broken = [line for line in interpreter.tree(traced().texts["rules"], scope).splitlines() if line]
    if broken:
        return Refused(lines=tuple(sorted(broken)))
    return ordered(interpreter.documents(traced(), scope))


@cache
def _loaded() -> Any:
    """The chart, loaded once. A chart with dependencies must be loaded for each render: Helm writes values into it."""
    return helm_python.Chart.load(CHART)


def rendered(document: dict[str, Any], release: Release = RELEASE, folder: Path = CHART) -> Outcome:
    """What Helm's engine says."""
    outcome = rendered_files(document, release, folder)
    if isinstance(outcome, Refused):
        return outcome
    texts = [text for name, text in outcome.items() if not name.endswith("NOTES.txt")]
    return ordered(item for text in texts for item in parse_all(text))


def rendered_files(
    document: dict[str, Any], release: Release = RELEASE, folder: Path = CHART
) -> dict[str, str] | Refused:
    """The text of every template file, as Helm renders it."""
    chart = _loaded() if folder == CHART else helm_python.Chart.load(folder)
    try:
        files: dict[str, str] = chart.render(document, name=release.name, namespace=release.namespace)
    except helm_python.HelmError as error:
        return _refusal(str(error))
    return files


def rendered_notes(document: dict[str, Any]) -> str:
    files = rendered_files(document)
    assert not isinstance(files, Refused)
    return files["airflow/templates/NOTES.txt"].rstrip("\n")


def called_notes(document: dict[str, Any], release: Release = RELEASE) -> str:
    return notes(load(document), release).rstrip("\n")


def _refusal(message: str) -> Refused:
    if "values don't meet the specifications" in message:
        return Refused(paths=frozenset(_leaves(message.splitlines())))
    marker = "rules/rules.yaml:"
    assert marker in message, message
    lines = message.partition("\n")[2].splitlines()
    return Refused(lines=tuple(sorted(line for line in lines if line)))


_LINE = re.compile(r"^( *)- at '([^']*)': (.*)$")


def _leaves(lines: list[str]) -> Iterable[str]:
    """The paths of the violations in Helm's tree: of `anyOf` and its like the node, of the others the leaves."""
    rows = [(len(found[1]), found[2], found[3]) for line in lines if (found := _LINE.match(line))]
    skipped = -1
    for index, (depth, path, text) in enumerate(rows):
        if skipped >= 0 and depth > skipped:
            continue
        skipped = -1
        inner = index + 1 < len(rows) and rows[index + 1][0] > depth
        if "'anyOf' failed" in text or "'oneOf' failed" in text or "'not' failed" in text or "propertyName" in text:
            skipped = depth
            yield path
        elif not inner:
            yield path


def _helm_path(problem: Problem) -> str:
    """The path as Helm gives it: for a key that is not allowed it gives none."""
    return "" if problem.message == UNKNOWN_KEY else problem.path
