"""What all operations share: on real values at once, on symbols as a recorded expression."""

from __future__ import annotations

from typing import Any

from airflow_charts.tracing.marks import current_tracer, refuse
from airflow_charts.tracing.nodes import (
    Apply,
    Operation,
    When,
)
from airflow_charts.tracing.symbols import Symbol, TreeSymbol, node_of, symbol
from airflow_charts.tracing.types import Type


def apply(operation: Operation, *arguments: Any, result: Type | None = None) -> Any:
    """`operation` on real values at once, on symbols as a recorded expression."""
    if current_tracer.get() is None or not any(is_traced(argument) for argument in arguments):
        return operation.python(*arguments)
    for argument in arguments:
        refuse_made(argument, f"inside `{operation.name}`")
    nodes = tuple(node_of(argument) for argument in arguments)
    for node in nodes:
        if isinstance(node, When):
            refuse(
                f"a decision inside `{operation.name}`",
                "Helm has no conditional expression there: compute the text in a function marked @fragment.",
            )
    kind = result or operation.result
    return symbol(Apply(operation, nodes, kind), kind)


def refuse_made(value: object, place: str) -> None:
    """Refuses what chart code has made of values, where a value is wanted."""
    if isinstance(value, TreeSymbol):
        refuse(
            f"an object or a list that is made, not read, {place}",
            "Helm has it as the text of a manifest only: use the values that it is made of.",
        )


def is_traced(value: object) -> bool:
    """Whether something stands for a value that Helm knows."""
    return isinstance(value, Symbol) or (isinstance(value, str) and "⟦" in value)


def taken(branch: Any) -> Any:
    """A branch, called if it is a function."""
    return branch() if callable(branch) and not isinstance(branch, Symbol) else branch
