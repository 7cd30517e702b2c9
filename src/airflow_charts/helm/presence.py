"""Whether a tree is there at all: what decides about it, as a condition."""

from __future__ import annotations

from typing import Any

from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Entry,
    JsonText,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Splice,
    When,
    substitute,
    type_of_node,
)
from airflow_charts.tracing.table import ALL_OF, ANY_OF, FILLED, NEGATE
from airflow_charts.tracing.types import BOOL

UNKNOWN = object()
"""The presence of a list whose items may each vanish: no condition tells it beforehand."""


def presence(tree: Any, *, item: bool = False) -> Any:
    """The condition under which a tree does not vanish: a boolean where that is known, else an expression."""
    match tree:
        case Omitted():
            return False
        case Const() | Concat() | Digest() | JsonText() | Lines():
            return True
        case Entry(value=value):
            return presence(value)
        case Splice(value=value):
            return presence(value)
        case Object(parts=parts):
            return _any(presence(part) for part in parts)
        case Sequence(parts=parts):
            return _any(presence(part, item=not isinstance(part, Splice)) for part in parts)
        case When(condition=holds, then=then, otherwise=otherwise):
            first, second = presence(then, item=item), presence(otherwise, item=item)
            return _any([_all([holds, first]), _all([negated(holds), second])])
        case Let(body=body):
            inside = presence(body, item=item)
            return inside if isinstance(inside, bool) else UNKNOWN
        case Each(source=source, body=body, covered=covered):
            return Apply(FILLED, (source,), BOOL) if covered or presence(body, item=True) is True else UNKNOWN
        case Call(fragment=fragment, args=args):
            bindings = {name: arg for (name, _), arg in zip(fragment.parameters, args, strict=True)}
            inside = presence(fragment.body)
            return inside if inside is UNKNOWN or isinstance(inside, bool) else substitute(inside, bindings)
    kind = type_of_node(tree).kind
    if kind in ("list", "map") or (kind == "verbatim" and not item):
        return Apply(FILLED, (tree,), BOOL)
    return True


def _any(conditions: Any) -> Any:
    return _fold(list(conditions), ANY_OF, decides=True)


def _all(conditions: Any) -> Any:
    return _fold(list(conditions), ALL_OF, decides=False)


def _fold(conditions: list[Any], op: Any, *, decides: bool) -> Any:
    if any(item is decides for item in conditions):
        return decides
    if any(item is UNKNOWN for item in conditions):
        return UNKNOWN
    flat: list[Any] = []
    for item in conditions:
        if not isinstance(item, bool):
            flat.extend(item.args if isinstance(item, Apply) and item.op is op else [item])
    unique = list(dict.fromkeys(flat))
    if any(negated(item) in unique for item in unique):
        return decides
    if not unique:
        return not decides
    return unique[0] if len(unique) == 1 else Apply(op, tuple(unique), BOOL)


def negated(node: Any) -> Any:
    """The opposite of a condition."""
    if isinstance(node, bool):
        return not node
    if node is UNKNOWN:
        return UNKNOWN
    return node.args[0] if isinstance(node, Apply) and node.op is NEGATE else Apply(NEGATE, (node,), BOOL)
