"""The interpreter: what a recorded tree renders to, computed in Python.

The second of the three evaluators: it never sees Go templates, so a difference to the call is a fault of tracing, and
a difference to Helm a fault of printing. It also counts which way every decision went.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, TypeAlias, assert_never

from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Entry,
    Expression,
    Field,
    Item,
    JsonText,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Splice,
    Tree,
    Var,
    When,
    type_of_node,
)
from airflow_charts.tracing.structure import OMIT
from airflow_charts.tracing.table import canonical_json, flat, pretty_json, sha256
from airflow_charts.tracing.trace import Traced
from airflow_charts.tracing.types import Document

Coverage: TypeAlias = dict[int, set[bool]]
Data: TypeAlias = Any
"""What an expression or a tree is when values are there: plain data, of a type that the node says (or OMIT)."""
Scope: TypeAlias = Mapping[str, Data]
"""What the variables stand for, by name: roots, whose names begin with a capital letter, and all others."""


class Interpreter:
    """Evaluates recorded trees over values documents.

    `coverage` maps the identity of every decision (`When`, and `Each`: whether it had items) to the ways it went.
    """

    def __init__(self) -> None:
        self.coverage: Coverage = defaultdict(set)

    def documents(self, traced: Traced, roots: Scope) -> list[Document]:
        """The manifests of every part; `roots` maps `Values`, `Release` and `Chart` to plain JSON data."""
        found: list[Document] = []
        for tree in traced.parts.values():
            found.extend(_flat(self.tree(tree, roots)))
        return found

    # These two run millions of times in the tests of the law: the most frequent kinds come first, and `isinstance` is
    # a third faster than the patterns of `match`.
    def expression(self, node: Expression, scope: Scope) -> Data:
        """The value of an expression."""
        if isinstance(node, Const):
            return node.value
        if isinstance(node, Field):
            return self.expression(node.base, scope)[node.key]
        if isinstance(node, Var):
            return scope[node.name]
        if isinstance(node, Apply):
            return node.op.python(*[self.expression(arg, scope) for arg in node.args])
        if isinstance(node, Call):
            return self._call(node, scope)
        if isinstance(node, Concat):
            return "".join([str(self.expression(part, scope)) for part in node.parts])
        if isinstance(node, Digest):
            return sha256(canonical_json(self._whole(node.call, scope)))[: node.length]
        if isinstance(node, JsonText):
            return pretty_json(self._whole(node.call, scope))
        assert_never(node)

    def tree(self, node: Tree, scope: Scope, *, item: bool = False) -> Data:
        """The JSON data of a tree, or OMIT; `item` says that it stands in a list, where verbatim data is kept."""
        if isinstance(node, When):
            holds = bool(self.expression(node.condition, scope))
            self.coverage[id(node)].add(holds)
            return self.tree(node.then if holds else node.otherwise, scope, item=item)
        if isinstance(node, (Const, Call)):
            return self.expression(node, scope)
        if isinstance(node, Object):
            return self._object(node, scope) or OMIT
        if isinstance(node, Omitted):
            return OMIT
        if isinstance(node, Sequence):
            return self._items(node.parts, scope) or OMIT
        if isinstance(node, (Field, Concat, Var, Apply, Digest, JsonText)):
            return self._value(node, scope, item=item)
        if isinstance(node, Let):
            inner = {**scope, node.variable.name: self.expression(node.value, scope)}
            return self.tree(node.body, inner, item=item)
        if isinstance(node, Each):
            return [value for value in self._each(node, scope) if value is not OMIT] or OMIT
        if isinstance(node, Lines):
            return "\n".join(flat(self._items(node.parts, scope), OMIT))
        assert_never(node)

    def _value(self, node: Expression, scope: Scope, *, item: bool) -> Data:
        """What the user wrote: an empty list or map vanishes, but one that is an item of the user's own list."""
        value = self.expression(node, scope)
        kept = value or not isinstance(value, (dict, list)) or (item and type_of_node(node).kind == "verbatim")
        return value if kept else OMIT

    def _whole(self, call: Call, scope: Scope) -> Data:
        found = self._call(call, scope)
        return {} if found is OMIT else found

    def _call(self, call: Call, scope: Scope) -> Data:
        names = (name for name, _ in call.fragment.parameters)
        inner = {name: value for name, value in scope.items() if name[0].isupper()}
        inner.update(zip(names, (self.expression(arg, scope) for arg in call.args), strict=True))
        return self.tree(call.fragment.body, inner)

    def _object(self, node: Object, scope: Scope) -> Document:
        result: Document = {}
        for part in node.parts:
            value = self.tree(part.value, scope)
            if value is OMIT:
                continue
            if isinstance(part, Entry):
                result[self.expression(part.key, scope)] = value
            else:
                for mapping in value if isinstance(value, list) else [value]:
                    result.update(mapping)
        return result

    def _items(self, parts: tuple[Item, ...], scope: Scope) -> list[Data]:
        items: list[Data] = []
        for part in parts:
            if isinstance(part, Splice):
                value = self.tree(part.value, scope)
                items.extend([] if value is OMIT else value)
            else:
                value = self.tree(part, scope, item=True)
                items.extend([] if value is OMIT else [value])
        return items

    def _each(self, node: Each, scope: Scope) -> list[Data]:
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


def _flat(value: Data) -> list[Document]:
    if value is OMIT:
        return []
    return [document for item in value for document in _flat(item)] if isinstance(value, list) else [value]
