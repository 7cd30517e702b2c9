"""Conditions that a template asks more than once have a name, in a variable at its head.

The names are those of the functions in `values/conditions.py`: `$celery` is what `conditions.celery` returns. Variables
are computed at the head of a file or a named template, where the dot is right and whatever a decision around their uses
says. So only what can be asked of every document may have a name: comparisons of values, which always are there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from airflow_charts.helm.blocks import Blocks, Control, Output, rendered
from airflow_charts.helm.expressions import Context, expression
from airflow_charts.helm.tidy import tidied
from airflow_charts.tracing.nodes import Apply, Var, walk
from airflow_charts.tracing.trace import trace

Names = Mapping[Any, str]
"""What conditions are called, without the dollar."""


def names_of(functions: Iterable[Callable[[Any], Any]], values: Any) -> Names:
    """The names of conditions, which are those of functions; what is one value, or always so, needs none."""
    recorded = trace({}, texts={one.__name__: partial(one, values) for one in functions}).texts
    return {node: name for name, node in recorded.items() if isinstance(node, Apply)}


def with_names(tree: Any, make: Callable[[Context], Output], context: Context, *, trims: bool = False) -> Blocks:
    """The parts that `make` prints, below the names of the conditions in them that are asked more than once."""
    own = {node.name for node in walk(tree) if isinstance(node, Var)}
    names: Names = {node: name for node, name in context.names.items() if name not in own}
    while True:
        inner = replace(context, names=names)
        body = tidied(make(inner))
        meanings = {name: _meaning(node, inner) for node, name in names.items()}
        uses = _uses(body, meanings)
        kept = {node: name for node, name in names.items() if uses[name] > 1}
        if len(kept) == len(names):
            return (*(Control(0, f"${name} := {meanings[name]}", trims) for name in _ordered(meanings)), *body)
        names = kept


def _meaning(node: Any, context: Context) -> str:
    """A condition in the words of simpler ones."""
    simpler = {other: name for other, name in context.names.items() if node not in walk(other)}
    return expression(node, replace(context, names=simpler))


def _uses(body: Blocks, meanings: Mapping[str, str]) -> Counter[str]:
    """How often each name is used, in the template and in what other names mean there."""
    uses = Counter(_mentioned("\n".join(rendered(body))))
    waiting = [name for name in uses if name in meanings]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            inside = _mentioned(meanings[name])
            uses.update(inside)
            waiting += [other for other in inside if other in meanings]
    return uses


def _mentioned(text: str) -> list[str]:
    return re.findall(r"\$(\w+)", text)


def _ordered(meanings: Mapping[str, str]) -> list[str]:
    """The names, each after those that it is made of."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        for other in _mentioned(meanings[name]):
            if other in meanings:
                visit(other)
        done[name] = None

    for name in meanings:
        visit(name)
    return list(done)
