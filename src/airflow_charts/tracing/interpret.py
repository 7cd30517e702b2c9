"""The interpreter: what a recorded tree renders to, computed in Python.

The second of the three evaluators: it never sees Go templates, so a difference to the call is a fault of tracing, and
a difference to Helm a fault of printing. It also counts which way every decision went.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
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
Scope = dict[str, Any]


class Interpreter:
    """Evaluates recorded trees over values documents.

    `coverage` maps the identity of every decision (`When`, and `Each`: whether it had items) to the ways it went.
    """

    def __init__(self) -> None:
        self.coverage: Coverage = defaultdict(set)
        self._expressions: dict[type, Callable[[Any, Scope], Any]] = {
            Const: lambda node, _scope: node.value,
            Var: lambda node, scope: scope[node.name],
            Field: lambda node, scope: self.expression(node.base, scope)[node.key],
            Apply: lambda node, scope: node.op.python(*[self.expression(arg, scope) for arg in node.args]),
            Concat: lambda node, scope: "".join([str(self.expression(part, scope)) for part in node.parts]),
            Call: self._call,
            Digest: lambda node, scope: sha256(canonical_json(self._whole(node.call, scope)))[: node.length],
            JsonText: lambda node, scope: pretty_json(self._whole(node.call, scope)),
        }
        self._trees: dict[type, Callable[[Any, Scope], Any]] = {
            Omitted: lambda _node, _scope: OMIT,
            Const: self.expression,
            Call: self.expression,
            Object: lambda node, scope: self._object(node.parts, scope) or OMIT,
            Sequence: lambda node, scope: self._items(node.parts, scope) or OMIT,
            Lines: lambda node, scope: "\n".join(flat(self._items(node.parts, scope), OMIT)),
            Each: lambda node, scope: [value for value in self._each(node, scope) if value is not OMIT] or OMIT,
        }

    def documents(self, traced: Traced, roots: Scope) -> list[dict[str, Any]]:
        """The manifests of every part; `roots` maps `Values`, `Release` and `Chart` to plain JSON data."""
        found: list[dict[str, Any]] = []
        for tree in traced.parts.values():
            found.extend(_flat(self.tree(tree, roots)))
        return found

    def expression(self, node: Any, scope: Scope) -> Any:
        """The value of an expression."""
        return self._expressions[type(node)](node, scope)

    def tree(self, node: Any, scope: Scope, *, item: bool = False) -> Any:
        """The JSON data of a tree, or OMIT; `item` says that it stands in a list, where verbatim data is kept."""
        kind = type(node)
        if kind is When:
            holds = bool(self.expression(node.condition, scope))
            self.coverage[id(node)].add(holds)
            return self.tree(node.then if holds else node.otherwise, scope, item=item)
        if kind is Let:
            inner = {**scope, node.variable.name: self.expression(node.value, scope)}
            return self.tree(node.body, inner, item=item)
        if kind in self._trees:
            return self._trees[kind](node, scope)
        value = self.expression(node, scope)
        kept = value or not isinstance(value, (dict, list)) or (item and type_of_node(node).kind == "verbatim")
        return value if kept else OMIT

    def _whole(self, call: Call, scope: Scope) -> Any:
        found = self._call(call, scope)
        return {} if found is OMIT else found

    def _call(self, call: Call, scope: Scope) -> Any:
        names = (name for name, _ in call.fragment.parameters)
        inner = {name: value for name, value in scope.items() if name[0].isupper()}
        inner.update(zip(names, (self.expression(arg, scope) for arg in call.args), strict=True))
        return self.tree(call.fragment.body, inner)

    def _object(self, parts: tuple[Any, ...], scope: Scope) -> dict[str, Any]:
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

    def _items(self, parts: tuple[Any, ...], scope: Scope) -> list[Any]:
        items: list[Any] = []
        for part in parts:
            splice = isinstance(part, Splice)
            value = self.tree(part.value if splice else part, scope, item=not splice)
            if value is not OMIT:
                items.extend(value if splice else [value])
        return items

    def _each(self, node: Each, scope: Scope) -> list[Any]:
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
