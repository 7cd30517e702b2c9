"""The checker: whether what was recorded is well formed, whatever recorded it.

As JAX's `check_jaxpr`, it asks of a finished trace what every evaluator relies on and none of them asks: that variables
are bound where they are used, that each fragment is defined once and before its callers, that operations have the
operands of the table, that what is spliced into a list is a list. A symbol that chart code has kept beyond the
function that it was given to, and a mistake in a new operation, are found here, and not in what Helm prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, assert_never

from airflow_charts.tracing.check_expressions import ExpressionChecker, Place, Scope, damaged
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
    Fragment,
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
from airflow_charts.tracing.types import TEXT, VERBATIM

Shape: TypeAlias = Literal["scalar", "list", "object"]


def check(parts: Mapping[str, Tree], texts: Mapping[str, Tree], fragments: Mapping[str, Fragment]) -> None:
    """Refuses a trace that no evaluator can read. Fragments come as they were defined, callees before callers.

    Raises:
        TraceError: something is wrong, with its place.
    """
    checker = _Checker()
    for name, fragment in fragments.items():
        checker.fragment(name, fragment)
    for name, tree in parts.items():
        checker.documents(tree, {}, Place(f"{name}: "))
    for name, tree in texts.items():
        checker.tree(tree, {}, Place(f"{name}: "))
        if type_of_node(tree).kind not in ("text", "int", "bool"):
            damaged("a list or an object in place of a text", Place(name))


class _Checker(ExpressionChecker):
    """Checks trees: their parts, and the shapes of what is put together."""

    def fragment(self, name: str, fragment: Fragment) -> None:
        """Checks a fragment, and makes it known to those that come after it."""
        place = Place(f"fragment {fragment.name}: ")
        if name != fragment.name or name in self.fragments:
            damaged(f"the fragment `{fragment.name}` is known under the name `{name}`", place)
        scope: Scope = {}
        for parameter, kind in fragment.parameters:
            scope = _bind(scope, Var("parameter", parameter, kind), place)
        if isinstance(fragment.body, Lines):
            self._lines(fragment.body, scope, place)
        else:
            self.tree(fragment.body, scope, place)
        if fragment.type.kind != type_of_node(fragment.body).kind:
            damaged(f"the fragment makes a {type_of_node(fragment.body).kind}, not a {fragment.type.kind}", place)
        self.fragments[name] = fragment

    def documents(self, tree: Item, scope: Scope, place: Place) -> None:
        """Checks documents: lists of them may be nested and decided about, each alone is an object."""
        match tree:
            case Sequence(parts=items):
                for number, item in enumerate(items):
                    self.documents(item, scope, place.at(f"[{number}]"))
            case When(condition=condition, then=then, otherwise=otherwise, where=where):
                self._condition(condition, scope, place.inside(where))
                self.documents(then, scope, place.inside(where))
                self.documents(otherwise, scope, place.inside(where))
            case Each(body=body, where=where):
                self.documents(body, self._variables(tree, scope, place.inside(where)), place.inside(where))
            case Let(body=body):
                self.documents(body, self._variable_of_let(tree, scope, place), place)
            case Splice():
                damaged("a splice among documents", place)
            case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
                self._document(tree, scope, place)
            case Object() | Lines() | Omitted():
                self._document(tree, scope, place)
            case _:
                assert_never(tree)

    def _document(self, tree: Tree, scope: Scope, place: Place) -> None:
        self.tree(tree, scope, place)
        if shapes(tree) - {"object"}:
            damaged("a document that is no object", place)

    def tree(self, tree: Tree, scope: Scope, place: Place) -> None:
        """Checks a tree and all that stands in it."""
        match tree:
            case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
                self.expression(tree, scope, place)
            case Object():
                self._object(tree, scope, place)
            case Sequence(parts=items):
                self._items(items, scope, place)
            case When(condition=condition, then=then, otherwise=otherwise, where=where):
                self._condition(condition, scope, place.inside(where))
                self.tree(then, scope, place.inside(where))
                self.tree(otherwise, scope, place.inside(where))
                if len(shapes(tree)) > 1:
                    damaged(f"a decision between {' and '.join(sorted(shapes(tree)))}", place.inside(where))
            case Each(body=body, where=where):
                self._body(tree, body, self._variables(tree, scope, place.inside(where)), place.inside(where))
            case Let(body=body):
                self.tree(body, self._variable_of_let(tree, scope, place), place)
            case Lines():
                damaged("a text of several lines that is not the whole of a fragment", place)
            case Omitted():
                return
            case _:
                assert_never(tree)

    def _object(self, node: Object, scope: Scope, place: Place) -> None:
        keys: set[object] = set()
        for part in node.parts:
            if isinstance(part, Entry):
                self._entry(part, scope, place, keys)
            else:
                self._splice(part, scope, place, "object")

    def _entry(self, entry: Entry, scope: Scope, place: Place, keys: set[object]) -> None:
        key = entry.key.value if isinstance(entry.key, Const) else "(a key)"
        inner = place.at(f".{key}")
        self.expression(entry.key, scope, inner)
        if type_of_node(entry.key).kind != "text":
            damaged("a key that is no text", inner)
        if isinstance(entry.key, Const):
            if key in keys:
                damaged("a key that the object has already", inner, "Give each key once.")
            keys.add(key)
        self.tree(entry.value, scope, inner)

    def _items(self, items: tuple[Item, ...], scope: Scope, place: Place) -> None:
        for number, item in enumerate(items):
            if isinstance(item, Splice):
                self._splice(item, scope, place.at(f"[{number}]"), "list")
            else:
                self.tree(item, scope, place.at(f"[{number}]"))

    def _splice(self, splice: Splice, scope: Scope, place: Place, into: Shape) -> None:
        self.tree(splice.value, scope, place)
        wrong = shapes(splice.value) - {into}
        if wrong:
            damaged(f"a splice of a {wrong.pop()} into a {into}", place)

    def _lines(self, node: Lines, scope: Scope, place: Place) -> None:
        self._items(node.parts, scope, place)
        for leaf in (leaf for item in node.parts for leaf in _leaves(item)):
            if type_of_node(leaf).kind not in ("text", "list"):
                damaged(f"a {type_of_node(leaf).kind} among lines of text", place)

    def _condition(self, node: Expression, scope: Scope, place: Place) -> None:
        self.expression(node, scope, place)
        if type_of_node(node).kind != "bool":
            damaged(f"a {type_of_node(node).kind} as a condition", place)

    def _variables(self, node: Each, scope: Scope, place: Place) -> Scope:
        """The scope of the body of a repetition."""
        self.expression(node.source, scope, place)
        source = type_of_node(node.source)
        item = source.item or VERBATIM
        wanted = {"list": (item,), "map": (TEXT, item)}.get(source.kind)
        if wanted is None:
            damaged(f"a {source.kind} that is repeated", place)
        if tuple(variable.type for variable in node.variables) != wanted:
            damaged(f"variables that do not fit the items of a {source}", place)
        for variable in node.variables:
            scope = _bind(scope, variable, place)
        return scope

    def _body(self, node: Each, body: Item, scope: Scope, place: Place) -> None:
        if isinstance(body, Splice):
            self._splice(body, scope, place, "object")
            return
        self.tree(body, scope, place)
        if node.covered:
            damaged("items that later keys cover, outside of an object", place)

    def _variable_of_let(self, node: Let, scope: Scope, place: Place) -> Scope:
        self.expression(node.value, scope, place)
        if type_of_node(node.value) != node.variable.type:
            damaged(f"the variable `{node.variable.name}` has another type than its value", place)
        return _bind(scope, node.variable, place)


def _bind(scope: Scope, variable: Var, place: Place) -> Scope:
    """The scope with one more variable. The interpreter knows all by name, and roots by their capital letter."""
    if variable.name in scope or variable.name[0].isupper() or variable.kind == "root":
        damaged(f"the variable `{variable.name}` hides another one", place, "Give it another name.")
    return {**scope, variable.name: variable}


def shapes(tree: Item) -> set[Shape]:
    """What a tree may be where it does not vanish; nothing of what the user wrote as Kubernetes YAML is known."""
    match tree:
        case Const() | Var() | Field() | Apply() | Concat() | Digest() | JsonText():
            return _shapes_of_value(tree)
        case Call(fragment=fragment):
            return shapes(fragment.body) if fragment.type.kind == "verbatim" else {"scalar"}
        case Lines():
            return {"scalar"}
        case Object():
            return {"object"}
        case Sequence():
            return {"list"}
        case Each(body=body):
            return {"object"} if isinstance(body, Splice) else {"list"}
        case When(then=then, otherwise=otherwise):
            return shapes(then) | shapes(otherwise)
        case Let(body=inner) | Splice(value=inner):
            return shapes(inner)
        case Omitted():
            return set()
    assert_never(tree)


def _shapes_of_value(node: Expression) -> set[Shape]:
    if isinstance(node, Const) and isinstance(node.value, (dict, list)):
        return {"object"} if isinstance(node.value, dict) else {"list"}
    match type_of_node(node).kind:
        case "text" | "int" | "bool":
            return {"scalar"}
        case "list":
            return {"list"}
        case "map" | "record":
            return {"object"}
        case "verbatim" | "either":
            return set()


def _leaves(tree: Item) -> Iterator[Expression]:
    """The lines of a text, through all that decides and repeats."""
    match tree:
        case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
            yield tree
        case Sequence(parts=items) | Lines(parts=items):
            for item in items:
                yield from _leaves(item)
        case When(then=then, otherwise=otherwise):
            yield from _leaves(then)
            yield from _leaves(otherwise)
        case Each(body=body) | Let(body=body) | Splice(value=body):
            yield from _leaves(body)
        case Object():
            yield Const({})
        case Omitted():
            return
        case _:
            assert_never(tree)
