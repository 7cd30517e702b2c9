"""What mypy accepts in `uncaught.py` is refused elsewhere: line by line, as README.md says."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import uncaught
from pydantic import ValidationError

from airflow_charts.errors import ChartError, TraceError
from airflow_charts.helm.chart import template_files
from airflow_charts.tracing.symbols import root
from airflow_charts.tracing.trace import Traced, trace
from airflow_charts.values import Values

HERE = Path(__file__).parent
TREE = ast.parse((HERE / "uncaught.py").read_text(encoding="utf-8"))


def wrong(name: str) -> list[str]:
    """The wrong expressions that a function of `uncaught.py` returns."""
    [function] = [node for node in TREE.body if isinstance(node, ast.FunctionDef) and node.name == name]
    [statement] = function.body
    assert isinstance(statement, ast.Return)
    assert isinstance(statement.value, ast.List)
    return [ast.unparse(item) for item in statement.value.elts]


def traced(expression: str) -> Traced:
    scope = {**vars(uncaught), "values": root("Values", Values)}
    return trace({"part": lambda: [{"kind": "X", "spec": eval(expression, scope)}]})  # noqa: S307 - our own code


@pytest.mark.parametrize("expression", wrong("found_by_the_trace"))
def test_the_trace_refuses(expression: str) -> None:
    with pytest.raises(TraceError):
        traced(expression)


@pytest.mark.parametrize("expression", wrong("found_when_the_chart_is_built"))
def test_the_printer_refuses(expression: str) -> None:
    recorded = traced(expression)
    with pytest.raises(ChartError):
        template_files(recorded)


@pytest.mark.parametrize("expression", wrong("found_by_validation"))
def test_validation_refuses(expression: str) -> None:
    with pytest.raises(ValidationError):
        eval(expression, dict(vars(uncaught)))  # noqa: S307 - our own code


@pytest.mark.parametrize("expression", wrong("found_by_the_check_of_chart_code"))
def test_the_check_of_chart_code_refuses(expression: str) -> None:
    assert sins(f"def objects(values: Values):\n    return {expression}\n") != []


def sins(source: str) -> Any:
    """The check of tests/components, which is not on the path here."""
    spec = importlib.util.spec_from_file_location("chart_code", HERE.parent / "components/chart_code.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["chart_code"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module.sins(source)
