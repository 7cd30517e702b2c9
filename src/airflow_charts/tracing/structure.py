"""From Python objects to manifests (the call) and to recorded trees (the trace), by one set of rules.

- A Kubernetes model becomes an object of the fields that were given. One without any given field is `{}`.
- A field, entry, item or document that is `OMIT` does not exist.
- A list, a map or a model all of whose parts vanished vanishes as a field value: no `volumes: []` in any manifest.
- What the user wrote as Kubernetes YAML (`UserMap`) is passed on untouched; only a wholly empty one vanishes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, Never, assert_never

from airflow_charts.errors import ChartError
from airflow_charts.tracing.marks import refuse
from airflow_charts.tracing.nodes import (
    OMITTED,
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Entry,
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
)
from airflow_charts.tracing.symbols import Symbol, TextSymbol, TreeSymbol, node_of, operand, shown
from airflow_charts.tracing.types import Document

_FIRST = (
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "labels",
    "annotations",
    "image",
    "imagePullPolicy",
    "command",
    "args",
    "replicas",
)
"""Fields that readers of manifests look for first."""


class _Omit:
    """The value of a place that does not exist; unpacks into nothing."""

    def __repr__(self) -> str:
        return "OMIT"

    def __iter__(self) -> Iterator[Never]:
        return iter(())

    def keys(self) -> tuple[str, ...]:
        """No keys: `{**OMIT}` is empty."""
        return ()


OMIT: Final[Any] = _Omit()
"""Makes the field, entry, item or document where it stands disappear."""


class UserMap(dict[str, Any]):
    """A map that the user wrote as Kubernetes YAML; passed on untouched."""


@cache
def fields_of(model: type) -> tuple[tuple[str, str], ...]:
    """The (attribute, wire name) pairs of a Kubernetes model; the ones that readers look for first."""
    names: tuple[str, ...] | None = getattr(model, "__struct_fields__", None)
    if names is None:
        raise TypeError(f"{model.__name__} is no Kubernetes model")
    wires: tuple[str, ...] = getattr(model, "__struct_encode_fields__", ())
    pairs = list(zip(names, wires, strict=True))
    return tuple(sorted(pairs, key=lambda pair: _FIRST.index(pair[1]) if pair[1] in _FIRST else len(_FIRST)))


def given_fields(model: Any) -> list[tuple[str, object]]:
    """The (wire name, value) pairs of the fields of a Kubernetes model that were given."""
    kind: Any = type(model)
    return [(wire, value) for name, wire in fields_of(kind) if (value := getattr(model, name)) is not None]


def is_model(value: object) -> bool:
    """Whether `value` is a Kubernetes model."""
    return hasattr(type(value), "__struct_fields__")


def plain(value: Any) -> Any:
    """The manifest of a called object: plain JSON data, or OMIT when it vanished."""
    kind = type(value)  # exactly: a UserMap is a dict, and True is an int
    if kind in _SCALARS:
        return value
    if kind is UserMap:
        return value or OMIT
    if kind is dict:
        return _plain_map(value.items()) or OMIT
    if kind is list:
        return _plain_items(value) or OMIT
    if is_model(value):
        given = given_fields(value)
        return (_plain_map(given) or OMIT) if given else {}
    return value


_SCALARS = frozenset({str, bool, int, float})


def _plain_map(pairs: Iterable[tuple[str, object]]) -> Document:
    return {key: converted for key, value in pairs if (converted := plain(value)) is not OMIT}


def _plain_items(items: list[object]) -> list[object]:
    kept = (item if isinstance(item, UserMap) else plain(item) for item in items)
    return [item for item in kept if item is not OMIT]


def documents(value: object) -> list[Document]:
    """The manifests of nested lists of objects, in order."""
    if isinstance(value, list):
        return [document for item in value for document in documents(item)]
    converted = plain(value)
    return [] if converted is OMIT else [converted]


def record(value: object) -> Item:
    """The tree of a traced object."""
    if value is OMIT or value is None:
        return OMITTED
    if isinstance(value, Symbol):
        if value.__type__.kind == "record":
            refuse(f"the section {shown(value)} in a manifest", "Name the values of it that are meant.")
        return value.__node__
    if isinstance(value, dict):
        return Object(tuple(entry(key, item) for key, item in value.items()))
    if isinstance(value, list):
        return Sequence(tuple(_placed(item) if not isinstance(item, TreeSymbol) else record(item) for item in value))
    if is_model(value):
        given = given_fields(value)
        return Object(tuple(entry(key, item) for key, item in given)) if given else Const({})
    if not isinstance(value, (str, bool, int)):
        refuse(f"a {type(value).__name__} cannot stand in a manifest", "Use Kubernetes models, texts and numbers.")
    return node_of(value)


def recorded_tree(value: object) -> Tree:
    """The tree of a traced object where no splice has a place: `[*values.hosts]` without the list around it."""
    return _no_splice(record(value))


def entry(key: object, value: object) -> Entry:
    """`key: value` of an object."""
    return Entry(operand(key, "as a key"), _no_splice(_placed(value)))


def _no_splice(item: Item) -> Tree:
    if isinstance(item, Splice):
        refuse(
            "a comprehension or a loop over a value", "Use `[*each(items, function)]`: it says which list is repeated."
        )
    return item


def _placed(value: object) -> Item:
    """The tree of a field or an item, where a text of lines or with a variable has no place."""
    tree = record(value)
    if isinstance(tree, (Lines, Let)) and isinstance(value, TextSymbol):
        refuse(
            "a text of several lines or with a variable, outside of a fragment",
            "Make it in a function marked @fragment.",
        )
    return tree


def items_of(tree: Item) -> Sequence:
    """`tree` as the content of a list of documents: nested lists and decisions about lists are flattened."""
    match tree:
        case Sequence(parts=parts):
            return Sequence(tuple(_flatten(part) for part in parts))
        case Lines() | Const():
            raise ChartError("a document must be an object")
        case Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
            return Sequence((tree,))
        case Object() | When() | Each() | Let() | Omitted() | Splice():
            return Sequence((_flatten(tree),))
    assert_never(tree)


def _flatten(part: Item) -> Tree:
    match part:
        case Splice(value=value):
            return _flatten(value)
        case Sequence(parts=parts):
            return Sequence(tuple(_flatten(inner) for inner in parts))
        case When(condition=condition, then=then, otherwise=otherwise, where=where):
            return When(condition, _flatten(then), _flatten(otherwise), where)
        case Each(source=source, variables=variables, body=body, where=where):
            return Each(source, variables, _flatten(body), where)
        case Let(variable=variable, value=value, body=body):
            return Let(variable, value, _flatten(body))
        case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
            return part
        case Object() | Lines() | Omitted():
            return part
    assert_never(part)
