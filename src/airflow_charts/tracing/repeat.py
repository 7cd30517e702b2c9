"""Operations that repeat a function for the items of a list or a map, or give a value a name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from airflow_charts.tracing.marks import current_tracer, refuse, where
from airflow_charts.tracing.nodes import Each, Let, Object, Splice, Var, type_of_node
from airflow_charts.tracing.structure import record, recorded_tree
from airflow_charts.tracing.symbols import Symbol, operand, shown, symbol, tree_symbol
from airflow_charts.tracing.types import TEXT, VERBATIM, Type

T = TypeVar("T")
R = TypeVar("R")


def each(items: Iterable[T], function: Callable[[T], R]) -> list[R]:
    """`function` of every item; called once with a symbolic item while tracing."""
    if not isinstance(items, Symbol):
        return [function(item) for item in items]
    item = items.__type__.item
    if items.__type__.kind != "list" or item is None:
        refuse(f"{shown(items)} has no items to repeat", "`each` takes a list, `each_pair` a map.")
    return repeat(items, function, (item,))


def each_pair(mapping: Mapping[str, T], function: Callable[[str, T], R]) -> list[R]:
    """`function` of every key and value, in bytewise order of the keys (as Go's `range`)."""
    if not isinstance(mapping, Symbol):
        return [function(key, mapping[key]) for key in sorted(mapping, key=str.encode)]
    item = mapping.__type__.item
    if mapping.__type__.kind != "map" or item is None:
        refuse(f"{shown(mapping)} is no map", "`each_pair` takes a map, `each` a list.")
    return repeat(mapping, function, (TEXT, item))


def each_entry(mapping: Mapping[str, T], function: Callable[[str, T], dict[str, R]]) -> dict[str, R]:
    """The union of the maps that `function` makes of every key and value."""
    if isinstance(mapping, Symbol):
        return repeat(mapping, function, (TEXT, mapping.__type__.item or VERBATIM), entries=True)
    return {key: value for entries in each_pair(mapping, function) for key, value in entries.items()}


def repeat(
    source: Symbol,
    function: Callable[..., object],
    types: tuple[Type, ...],
    *,
    entries: bool = False,
    covered: bool = False,
) -> Any:
    """Records a function once, on a symbol for any item."""
    tracer = current_tracer.get()
    repeated = operand(source, "to be repeated")
    if tracer is None:
        refuse(f"{shown(source)} is used outside of its trace", "Keep symbols inside the traced function.")
    names = [_free_name(name, tracer.loop_names) for name in inspect.signature(function).parameters]
    variables = tuple(Var("loop", name, kind) for name, kind in zip(names, types, strict=True))
    tracer.loop_names += names
    made = function(*(symbol(variable, variable.type) for variable in variables))
    del tracer.loop_names[-len(names) :]
    if entries:
        body = Splice(recorded_tree(made))
        return tree_symbol(Object((Splice(Each(repeated, variables, body, where(), covered)),)))
    return tree_symbol(Each(repeated, variables, record(made), where()))


def _free_name(name: str, taken: list[str]) -> str:
    candidates = [name, *(f"{name}{number}" for number in range(2, 10))]
    return next(candidate for candidate in candidates if candidate not in taken)


def let(value: T, function: Callable[[T], R]) -> R:
    """`function(value)`, with the value computed once. Use it for values that are made, not read."""
    tracer = current_tracer.get()
    if not isinstance(value, Symbol) or tracer is None:
        return function(value)
    [parameter] = inspect.signature(function).parameters
    variable = Var("loop", _free_name(parameter, tracer.loop_names), value.__type__)
    tracer.loop_names.append(variable.name)
    body = recorded_tree(function(symbol(variable, variable.type)))
    tracer.loop_names.pop()
    made = Let(variable, operand(value, "as the value of `let`"), body)
    kind = type_of_node(made)
    return symbol(made, kind) if kind.kind == "text" else tree_symbol(made)
