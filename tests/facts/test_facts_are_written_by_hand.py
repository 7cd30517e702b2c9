"""The tables know nothing of the chart but what it makes: computed from its lists, they would say nothing of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
HELPERS = FOLDER.parent / "properties"
READ = {
    path.name: path for path in (*FOLDER.glob("*.py"), *(HELPERS / f"{name}.py" for name in ("rendered", "networks")))
}
CALL = {"airflow_charts", "airflow_charts.call", "airflow_charts.errors"}
LOADING = {"airflow_charts.values", "airflow_charts.checks"}
"""The helpers read a document as the call does, to tell users' containers from the chart's."""


def imported(path: Path) -> set[str]:
    """The modules of the chart that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return {name for name in found if name.partition(".")[0] == "airflow_charts"}


@pytest.mark.parametrize("name", READ)
def test_a_table_imports_the_call_and_no_list_of_the_chart(name: str) -> None:
    assert imported(READ[name]) <= CALL | (LOADING if READ[name].parent == HELPERS else set())
