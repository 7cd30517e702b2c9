"""The public Python API: small, sorted, light to import, and as the README shows it."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import airflow_charts
from airflow_charts import Release, Values, airflow, errors, manifests

ROOT = Path(__file__).parents[1]
EXTRAS = ("helm_python", "psutil", "rich", "typer", "uv")
HEAVY = ("lightkube", "pydantic", "msgspec", "jsonschema_rs", "yaml", "httpx", "httpx2", *EXTRAS)


def test_all_is_sorted_and_importable() -> None:
    assert airflow_charts.__all__ == sorted(airflow_charts.__all__)
    for name in airflow_charts.__all__:
        assert getattr(airflow_charts, name) is not None
    with pytest.raises(AttributeError, match="module 'airflow_charts' has no attribute 'nothing'"):
        airflow_charts.nothing  # noqa: B018


def test_public_names_are_the_documented_ones() -> None:
    assert airflow_charts.__all__ == ["Release", "Values", "airflow", "manifests"]


def modules_after(code: str) -> set[str]:
    command = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("module", ["airflow_charts", "airflow_charts.cli", "airflow_charts.errors"])
def test_importing_is_light(module: str) -> None:
    loaded = modules_after(f"import {module}")
    assert loaded & set(HEAVY) == set()
    assert {name for name in loaded if name.startswith("airflow_charts.")} <= {module}


def test_the_call_needs_no_engine_and_no_command_line() -> None:
    code = "from airflow_charts import Release, manifests\nmanifests({}, Release('a'))"
    loaded = modules_after(code)
    assert loaded & set(EXTRAS) == set()
    assert not [name for name in loaded if name.startswith(("airflow_charts.helm", "airflow_charts.cli"))]


def test_values_and_a_document_give_the_same_manifests() -> None:
    release = Release("etl", "data")
    user: Any = {"executors": ["KubernetesExecutor"], "redis": {"enabled": False}}
    assert manifests(user, release) == manifests(Values(**user), release)
    assert len(airflow(Values(), release)) > 0


@pytest.mark.parametrize("place", ["README.md", "the package"])
def test_the_example_runs(place: str) -> None:
    text = str(airflow_charts.__doc__) if place == "the package" else (ROOT / place).read_text()
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        scope: dict[str, object] = {}
        exec(example, scope)  # noqa: S102 - the documentation's own code
        assert isinstance(scope["objects"], list)


def test_every_command_of_the_readme_exists() -> None:
    from airflow_charts.cli.main import app

    names = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    text = (ROOT / "README.md").read_text()
    assert set(re.findall(r"airflow-charts ([a-z]+)", text)) <= names
    assert names <= set(re.findall(r"`airflow-charts ([a-z]+)", text))


def drawn() -> dict[str, str]:
    """The classes of the tree in the docstring of errors.py, each with the one above it."""
    above: list[str] = []
    found: dict[str, str] = {}
    for line in str(errors.__doc__).splitlines():
        if not (match := re.match(r"^([ │├└─]*)([A-Z]\w*Error)\b", line)):
            continue
        depth = len(match[1].replace("─", " ")) // 4 - (0 if line[:4].strip() else 1)
        above[depth:] = [match[2]]
        found[match[2]] = above[depth - 1] if depth else "Exception"
    return found


def test_the_drawn_tree_of_errors_is_the_real_one() -> None:
    classes = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)]
    assert drawn() == {one.__name__: one.__bases__[0].__name__ for one in classes}
    for one in classes:
        assert issubclass(one, errors.AirflowChartsError)
        assert one.__doc__
