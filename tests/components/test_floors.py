"""No component is named on the floors below the components: what is said of one stands in its own file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import airflow_charts
from airflow_charts.deployment import COMPONENTS
from airflow_charts.values import Values

SOURCE = Path(airflow_charts.__file__).parent
FLOORS = ("parts", "processes", "derived", "helm", "additions")
FILES = sorted(path for floor in FLOORS for path in (SOURCE / floor).rglob("*.py"))
SECTIONS = {component.file for component in COMPONENTS}
SPELLINGS = {spelling for one in COMPONENTS for spelling in (one.name, one.path, one.file, one.main_container)}


def test_a_section_of_the_values_is_known_by_the_file_of_its_component() -> None:
    assert set(Values.model_fields) >= SECTIONS


def named(tree: ast.Module) -> Iterator[str]:
    """The components that a module names: as a section of the values, or as a text by itself.

    A section of airflow.cfg may have the name of a component: it stands first in a pair with its option.
    """
    pairs = [node.elts[0] for node in ast.walk(tree) if isinstance(node, ast.Tuple) and len(node.elts) == 2]
    options = [node.args[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 2]
    compared = [side for node in ast.walk(tree) if isinstance(node, ast.Compare) for side in node.comparators]
    of_airflow = {id(node) for node in (*pairs, *options, *compared)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in SECTIONS:
            yield f"{node.lineno}: .{node.attr}"
        if isinstance(node, ast.Constant) and node.value in SPELLINGS and id(node) not in of_airflow:
            yield f"{node.lineno}: {node.value!r}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_component_is_named_here(path: Path) -> None:
    assert list(named(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_a_name_would_be_seen() -> None:
    tree = ast.parse('def f(values):\n    return [values.scheduler.replicas, name_of("webserver")]\n')
    assert list(named(tree)) == ["2: .scheduler", "2: 'webserver'"]
