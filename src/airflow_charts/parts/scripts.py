"""The chart's own programs: their texts, how a pod calls one, and what restarts the pods that use one."""

from __future__ import annotations

from functools import cache
from importlib import resources

from airflow_charts.release import Release
from airflow_charts.tracing import fragment, when
from airflow_charts.tracing.table import canonical_json, sha256

SCRIPTS = "/etc/airflow-scripts"
"""Where the programs are mounted."""


@cache
def texts() -> dict[str, str]:
    """The text of every program by its name."""
    folder = resources.files("airflow_charts.scripts")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith((".py", ".sh")))
    return {name: (folder / name).read_text(encoding="utf-8") for name in names if name != "__init__.py"}


@fragment
def scripts_data() -> dict[str, str]:
    """The chart's own programs."""
    return texts()


def script(release: Release, name: str, *arguments: str) -> list[str]:
    """The command of one of the chart's own Python programs."""
    return ["python", f"{release.path(SCRIPTS)}/{name}", *arguments]


def script_checksums(used: dict[str, bool]) -> dict[str, str]:
    """What restarts a pod when a program that it uses changes: name of the program -> whether the pod uses it."""
    return {f"checksum/{name}": when(condition, _digest(name)) for name, condition in used.items()}


def _digest(name: str) -> str:
    """The digest of a program and of those that it imports; known when the chart is built."""
    return sha256(canonical_json({each: texts()[each] for each in _with_imports(name)}))[:16]


def _with_imports(name: str) -> set[str]:
    lines = [line.split() for line in texts()[name].splitlines()]
    imported = [f"{words[1]}.py" for words in lines if words[:1] in (["import"], ["from"])]
    return {name}.union(*(_with_imports(other) for other in imported if other in texts()))
