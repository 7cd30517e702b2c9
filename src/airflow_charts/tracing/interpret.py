"""The interpreter: what a recorded tree renders to, computed in Python.

The second of the three evaluators: it never sees Go templates, so a difference to the call is a fault of tracing, and
a difference to Helm a fault of printing. It also counts which way every decision went.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Entry,
    Field,
    JsonText,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Splice,
    Var,
    When,
    type_of_node,
)
from airflow_charts.tracing.structure import OMIT
from airflow_charts.tracing.table import canonical_json, flat, pretty_json, sha256
from airflow_charts.tracing.trace import Traced

Coverage = dict[int, set[bool]]


class Interpreter:
    """Evaluates recorded trees over values documents.

    `coverage` maps the identity of every decision (`When`, and `Each`: whether it had items) to the ways it went.
    """

    def __init__(self) -> None:
        self.coverage: Coverage = defaultdict(set)

    def documents(self, traced: Traced, roots: dict[str, Any]) -> list[dict[str, Any]]:
        """The manifests of every part; `roots` maps `Values` and `Release` to plain JSON data."""
        found: list[dict[str, Any]] = []
        for tree in traced.parts.values():
            found.extend(_flat(self.tree(tree, roots)))
        return found

    def expression(self, node: Any, scope: dict[str, Any]) -> Any:
        """The value of an expression."""
        match node:
            case Const(value=value):
                return value
            case Var(name=name):
                return scope[name]
            case Field(base=base, key=key):
                return self.expression(base, scope)[key]
            case Apply(op=op, args=args):
                return op.python(*(self.expression(arg, scope) for arg in args))
            case Concat(parts=parts):
                return "".join(str(self.expression(part, scope)) for part in parts)
            case Call():
                return self._call(node, scope)
            case Digest(call=call, length=length):
                return sha256(canonical_json(self._whole(call, scope)))[:length]
            case JsonText(call=call):
                return pretty_json(self._whole(call, scope))
        raise TypeError(type(node).__name__)

    def tree(self, node: Any, scope: dict[str, Any], *, item: bool = False) -> Any:
        """The JSON data of a tree, or OMIT; `item` says that it stands in a list, where verbatim data is kept."""
        match node:
            case Omitted():
                return OMIT
            case Const() | Call():
                return self.expression(node, scope)
            case Object(parts=parts):
                return self._object(parts, scope) or OMIT
            case Sequence(parts=parts):
                return self._items(parts, scope) or OMIT
            case Lines(parts=parts):
                return "\n".join(flat(self._items(parts, scope), OMIT))
            case When(condition=condition, then=then, otherwise=otherwise):
                holds = bool(self.expression(condition, scope))
                self.coverage[id(node)].add(holds)
                return self.tree(then if holds else otherwise, scope, item=item)
            case Let(variable=variable, value=value, body=body):
                return self.tree(body, {**scope, variable.name: self.expression(value, scope)}, item=item)
            case Each():
                return [value for value in self._each(node, scope) if value is not OMIT] or OMIT
        value = self.expression(node, scope)
        kept = item and type_of_node(node).kind == "verbatim"
        return OMIT if value in ({}, []) and not kept else value

    def _whole(self, call: Call, scope: dict[str, Any]) -> Any:
        found = self._call(call, scope)
        return {} if found is OMIT else found

    def _call(self, call: Call, scope: dict[str, Any]) -> Any:
        names = (name for name, _ in call.fragment.parameters)
        inner = {name: value for name, value in scope.items() if name[0].isupper()}
        inner.update(zip(names, (self.expression(arg, scope) for arg in call.args), strict=True))
        return self.tree(call.fragment.body, inner)

    def _object(self, parts: tuple[Any, ...], scope: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for part in parts:
            value = self.tree(part.value, scope)
            if value is OMIT:
                continue
            if isinstance(part, Entry):
                result[self.expression(part.key, scope)] = value
            else:
                for mapping in value if isinstance(value, list) else [value]:
                    result.update(mapping)
        return result

    def _items(self, parts: tuple[Any, ...], scope: dict[str, Any]) -> list[Any]:
        items: list[Any] = []
        for part in parts:
            splice = isinstance(part, Splice)
            value = self.tree(part.value if splice else part, scope, item=not splice)
            if value is not OMIT:
                items.extend(value if splice else [value])
        return items

    def _each(self, node: Each, scope: dict[str, Any]) -> list[Any]:
        source = self.expression(node.source, scope)
        self.coverage[id(node)].add(bool(source))
        names = [variable.name for variable in node.variables]
        rows = (
            [(item,) for item in source]
            if isinstance(source, list)
            else [(key, source[key]) for key in sorted(source, key=str.encode)]
        )
        body = node.body.value if isinstance(node.body, Splice) else node.body
        return [self.tree(body, {**scope, **dict(zip(names, row, strict=True))}, item=True) for row in rows]


def _flat(value: Any) -> list[dict[str, Any]]:
    if value is OMIT:
        return []
    return [document for item in value for document in _flat(item)] if isinstance(value, list) else [value]
