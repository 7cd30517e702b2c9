"""Operations that decide: conditions, and what follows from one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeGuard, TypeVar, overload

from airflow_charts.tracing import table
from airflow_charts.tracing.apply import apply, is_traced, taken
from airflow_charts.tracing.marks import current_tracer, refuse, where
from airflow_charts.tracing.nodes import OMITTED, Apply, Expression, Field, Operation, Var, When, type_of_node
from airflow_charts.tracing.structure import OMIT, recorded_tree
from airflow_charts.tracing.symbols import Symbol, operand, shown, symbol, tree_symbol, type_of_value
from airflow_charts.tracing.types import BOOL, TEXT, Type

T = TypeVar("T")
R = TypeVar("R")


@overload
def when(condition: bool, then: Callable[[], T]) -> T: ...


@overload
def when(condition: bool, then: Callable[[], T], otherwise: Callable[[], T]) -> T: ...


@overload
def when(condition: bool, then: Callable[[], T], otherwise: T) -> T: ...


@overload
def when(condition: bool, then: T, otherwise: Callable[[], T]) -> T: ...


@overload
def when(condition: bool, then: T, otherwise: T = ...) -> T: ...


def when(condition: bool, then: object, otherwise: object = OMIT) -> object:
    """`then` if the condition holds, else `otherwise`; branches may be functions, to build only what is needed.

    `OMIT` makes the field, entry, item or document disappear.
    """
    if not isinstance(condition, Symbol):
        return taken(then) if condition else taken(otherwise)
    decides = _condition(condition)
    known = _known(decides)
    if known is not None:
        return taken(then) if known else taken(otherwise)
    # In this order: fragments are printed in the order of their first use.
    first = _under(_facts(decides), then)
    second = _under(_facts(_opposite(decides)), otherwise)
    if _is_condition(first) and _is_condition(second):
        # YAML has no place for a template where a condition stands: both branches become one expression.
        return any_of(all_of(condition, first), all_of(negate(condition), second))
    tree = When(decides, recorded_tree(first), recorded_tree(second), where())
    kind = type_of_node(tree)
    if kind.kind in ("text", "int") and tree.otherwise is not OMITTED:
        return symbol(tree, kind)
    return tree_symbol(tree)


def _condition(value: Symbol) -> Expression:
    if value.__type__.kind != "bool":
        refuse(f"{shown(value)} is no condition", "Compare it, or use `filled(value)`.")
    return operand(value, "as a condition")


def _facts(node: Expression) -> frozenset[Expression]:
    """What holds when a condition does."""
    return frozenset(node.args if isinstance(node, Apply) and node.op is table.ALL_OF else [node])


def _opposite(node: Expression) -> Expression:
    return node.args[0] if isinstance(node, Apply) and node.op is table.NEGATE else Apply(table.NEGATE, (node,), BOOL)


def _known(node: Expression) -> bool | None:
    """Whether a condition holds, where a decision around has settled it; None if that is open.

    Nodes are compared as they are written: `a & b` is another one than `b & a`, and is then asked again, needlessly
    but rightly.
    """
    tracer = current_tracer.get()
    settled = tracer.facts if tracer else frozenset()
    if node in settled:
        return True
    if _opposite(node) in settled:
        return False
    if isinstance(node, Apply) and node.op in (table.ALL_OF, table.ANY_OF):
        parts = [_known(arg) for arg in node.args]
        decides = node.op is table.ANY_OF
        if decides in parts:
            return decides
        return None if None in parts else not decides
    return None


def _under(facts: frozenset[Expression], branch: object) -> object:
    """A branch, traced with what holds in it."""
    tracer = current_tracer.get()
    if tracer is None:
        return taken(branch)
    outer, tracer.facts = tracer.facts, tracer.facts | facts
    result = taken(branch)
    tracer.facts = outer
    return result


def _is_condition(value: object) -> TypeGuard[bool]:
    return isinstance(value, (Symbol, bool)) and type_of_value(value).kind == "bool"


def given(value: T, function: Callable[[T], R]) -> R:
    """`function(value)`, or OMIT when the text, list or map is empty."""
    return when(filled(value), lambda: function(value))


def filled(value: object) -> bool:
    """Whether a text, list or map is not empty."""
    return bool(value) if not isinstance(value, Symbol) else apply(table.FILLED, value)


def first_of(*values: T) -> T:
    """The first text, list or map that is not empty; the last one if all are."""
    if current_tracer.get() is None or not any(is_traced(value) for value in values):
        return table.FIRST_OF.python(*values)
    return apply(table.FIRST_OF, *values, result=type_of_value(values[0]))


def all_of(*conditions: bool) -> bool:
    """Whether every condition holds."""
    return _logic(table.ALL_OF, conditions, decides=False)


def any_of(*conditions: bool) -> bool:
    """Whether at least one condition holds."""
    return _logic(table.ANY_OF, conditions, decides=True)


def _logic(operation: Operation, conditions: tuple[bool, ...], *, decides: bool) -> bool:
    nodes: list[Expression] = []
    for condition in conditions:
        if isinstance(condition, Symbol):
            node = _condition(condition)
            nodes.extend(node.args if isinstance(node, Apply) and node.op is operation else [node])
        elif condition is decides:
            return decides
    unique = tuple(dict.fromkeys(nodes))
    if not unique:
        return not decides
    return symbol(unique[0] if len(unique) == 1 else Apply(operation, unique, BOOL), BOOL)


def negate(condition: bool) -> bool:
    """Whether the condition does not hold."""
    if not isinstance(condition, Symbol):
        return not condition
    return symbol(_opposite(_condition(condition)), BOOL)


def one_of(value: str, *choices: str) -> bool:
    """Whether a text is one of some constants."""
    return any_of(*(value == choice for choice in choices))


def contains(items: Iterable[str], item: str) -> bool:
    """Whether a list of texts has an item."""
    return apply(table.CONTAINS, items, item)


def has_key(mapping: Mapping[str, object], key: str) -> bool:
    """Whether a map has a key."""
    return apply(table.HAS_KEY, mapping, key)


_RAW_CONTROL = r"[\x7f-\x9f" + "\ufffe\uffff]"


_ESCAPED_CONTROL = r"(^|[^\\])(\\\\)*\\(u00[01]|b|f)"


def has_control_characters(document: str) -> bool:
    """Whether any text in a document of JSON (`to_json`) holds a control character but a line break or a tab."""
    # An expression that begins with a set of characters is slow in Go: most documents have no backslash to look at.
    return any_of(matches(document, _RAW_CONTROL), all_of(holds(document, "\\"), matches(document, _ESCAPED_CONTROL)))


def choose(value: str | T, text: Callable[[str], R], otherwise: Callable[[T], R]) -> R:
    """`text(value)` if the value is a text, else `otherwise(value)`."""
    if not isinstance(value, Symbol):
        return text(value) if isinstance(value, str) else otherwise(value)
    kind = value.__type__
    if kind.kind != "either" or kind.item is None:
        refuse(f"{shown(value)} has only one type", "`choose` takes a value of type `str | ...`.")
    return when(
        apply(table.IS_TEXT, value),
        text(_as(value, TEXT)),
        otherwise(_as(value, kind.item)),
    )


def _as(value: Symbol, kind: Type) -> Any:
    """The same value, known to be of one of its two types."""
    node = operand(value, "inside `choose`")
    if not isinstance(node, (Var, Field, Apply)):
        refuse(f"{shown(value)} is made, not read", "`choose` takes a value.")
    return symbol(dataclasses.replace(node, type=kind), kind)


def at_least(version: str, minimum: str) -> bool:
    """Whether a version (X.Y.Z by schema) is `minimum` or newer."""
    return apply(table.AT_LEAST, version, minimum)


def starts_with(text: str, prefix: str) -> bool:
    """Whether a text starts with a prefix."""
    return apply(table.STARTS_WITH, text, prefix)


def holds(text: str, part: str) -> bool:
    """Whether a text has another one in it."""
    return apply(table.HOLDS, text, part)


def matches(text: str, pattern: str) -> bool:
    """Whether a regular expression (RE2, written with explicit classes such as `[0-9]`) is found in a text."""
    return apply(table.MATCHES, text, pattern)
