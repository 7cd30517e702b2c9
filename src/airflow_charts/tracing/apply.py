"""What all operations share: on real values at once, on symbols as a recorded expression."""

from __future__ import annotations

from typing import Any

from airflow_charts.tracing.marks import current_tracer, refuse
from airflow_charts.tracing.nodes import Apply, Operation, type_of_node
from airflow_charts.tracing.symbols import Symbol, operand, symbol
from airflow_charts.tracing.table import misfit
from airflow_charts.tracing.types import Type


def apply(operation: Operation, *arguments: object, result: Type | None = None) -> Any:
    """`operation` on real values at once, on symbols as a recorded expression."""
    if current_tracer.get() is None or not any(is_traced(argument) for argument in arguments):
        return operation.python(*arguments)
    nodes = tuple(operand(argument, f"inside `{operation.name}`") for argument in arguments)
    wrong = misfit(operation, [type_of_node(node).kind for node in nodes])
    if wrong:
        refuse(wrong, "Types say what each operation takes; `tracing/table.py` has all of them.")
    kind = result or operation.result
    return symbol(Apply(operation, nodes, kind), kind)


def is_traced(value: object) -> bool:
    """Whether something stands for a value that Helm knows."""
    return isinstance(value, Symbol) or (isinstance(value, str) and "⟦" in value)


def taken(branch: object) -> object:
    """A branch, called if it is a function."""
    return branch() if callable(branch) and not isinstance(branch, Symbol) else branch
