"""Which fields of which objects a value reaches, read from the recorded tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, assert_never

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
    Node,
    Object,
    Omitted,
    Sequence,
    Splice,
    Tree,
    Var,
    When,
)
from airflow_charts.tracing.table import OVERLAID
from airflow_charts.tracing.trace import Traced

Bindings: TypeAlias = dict[str, tuple[str, ...]]
"""The paths of values that fragment parameters and loop variables stand for: several, where they are laid over each
other."""


def reach(traced: Traced, path: str) -> list[str]:
    """The places that the value at `path`, or anything in it, decides: `Deployment *-scheduler: spec.replicas`."""
    found: dict[str, None] = {}
    for part, tree in traced.parts.items():
        for place in _documents(tree, part, path, {}):
            found[place] = None
    return list(found)


def _documents(tree: Item, part: str, path: str, bindings: Bindings) -> Iterator[str]:
    match tree:
        case Sequence(parts=parts):
            for inner in parts:
                yield from _documents(inner, part, path, bindings)
        case Splice(value=value):
            yield from _documents(value, part, path, bindings)
        case When(condition=condition, then=then, otherwise=otherwise):
            if _reads(condition, path, bindings):
                for name in _names(then) + _names(otherwise):
                    yield f"{name}: whether it exists"
            yield from _documents(then, part, path, bindings)
            yield from _documents(otherwise, part, path, bindings)
        case Each(source=source, variables=variables, body=body):
            if _reads(source, path, bindings):
                for name in _names(body):
                    yield f"{name}: one for each"
            yield from _documents(body, part, path, _bound(variables, source, bindings))
        case Let(variable=variable, value=value, body=body):
            yield from _documents(body, part, path, _bound((variable,), value, bindings))
        case Object():
            [name] = _names(tree)
            for place in dict.fromkeys(_fields(tree, "", path, bindings)):
                yield f"{name}: {place}"
        case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
            if _reads(tree, path, bindings):
                yield f"{part}: every object"
        case Omitted() | Lines():
            return
        case _:
            assert_never(tree)


def _bound(variables: tuple[Var, ...], source: Expression, bindings: Bindings) -> Bindings:
    places = _paths(source, bindings)
    return {**bindings, **{variable.name: places for variable in variables}} if places else bindings


def _names(tree: Item) -> list[str]:
    """`Kind name` of the documents of a tree; what a value decides in a name is `*`."""
    match tree:
        case Object(parts=parts):
            entries = _entries(parts)
            metadata = entries["metadata"]
            inner = _entries(metadata.parts if isinstance(metadata, Object) else ())
            return [f"{_text(entries['kind'])} {_text(inner['name'])}"]
        case Sequence(parts=parts):
            return [name for part in parts for name in _names(part)]
        case Splice(value=value) | Let(body=value) | Each(body=value):
            return _names(value)
        case When(then=then, otherwise=otherwise):
            return _names(then) + _names(otherwise)
        case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText() | Lines() | Omitted():
            return []
    assert_never(tree)


def _entries(parts: Iterable[Entry | Splice]) -> dict[str, Tree]:
    """The values of the entries with constant keys."""
    return {_text(part.key): part.value for part in parts if isinstance(part, Entry) and isinstance(part.key, Const)}


def _text(node: Tree) -> str:
    """A text in which what values decide is `*`."""
    match node:
        case Const(value=value):
            return str(value)
        case Concat(parts=parts):
            return "".join(_text(part) for part in parts)
        case Var() | Field() | Apply() | Call() | Digest() | JsonText():
            return "*"
        case Object() | Sequence() | Lines() | When() | Each() | Let() | Omitted():
            return "*"
    assert_never(node)


def _fields(tree: Node, place: str, path: str, bindings: Bindings) -> Iterator[str]:
    match tree:
        case Object(parts=parts) | Sequence(parts=parts) | Lines(parts=parts):
            for part in parts:
                inner = f"{place}[]" if isinstance(tree, Sequence) and not isinstance(part, Splice) else place
                yield from _fields(part, inner, path, bindings)
        case Entry(key=key, value=value):
            yield from _fields(value, f"{place}.{_text(key)}".lstrip("."), path, bindings)
        case Splice(value=value):
            yield from _fields(value, place, path, bindings)
        case When(condition=condition, then=then, otherwise=otherwise):
            if _reads(condition, path, bindings):
                yield place
            yield from _fields(then, place, path, bindings)
            yield from _fields(otherwise, place, path, bindings)
        case Each(source=source, variables=variables, body=body):
            if _reads(source, path, bindings):
                yield place
            yield from _fields(body, place, path, _bound(variables, source, bindings))
        case Let(variable=variable, value=value, body=body):
            yield from _fields(body, place, path, _bound((variable,), value, bindings))
        case Call(fragment=fragment, args=args):
            passed = {
                name: found
                for (name, _), arg in zip(fragment.parameters, args, strict=True)
                if (found := _paths(arg, bindings))
            }
            yield from _fields(fragment.body, place, path, passed)
        case Digest(call=call) | JsonText(call=call):
            if any(_fields(call, "", path, bindings)):
                yield place
        case Concat(parts=parts):
            if any(place for part in parts for place in [*_fields(part, "x", path, bindings)]):
                yield place
        case Var() | Field() | Apply():
            if _reads(tree, path, bindings):
                yield place
        case Const() | Omitted():
            return
        case _:
            assert_never(tree)


def _reads(node: Expression, path: str, bindings: Bindings) -> bool:
    """Whether an expression reads the value at `path`, something in it, or a section around it as a whole."""
    match node:
        case Field() | Var():
            places = _paths(node, bindings)
            return any(f"{place}.".startswith(f"{path}.") or f"{path}.".startswith(f"{place}.") for place in places)
        case Apply(args=args):
            return any(_reads(arg, path, bindings) for arg in args)
        case Concat(parts=parts):
            return any(_reads(part, path, bindings) for part in parts)
        case Call():
            return any(True for _ in _fields(node, "x", path, bindings))
        case Digest(call=call) | JsonText(call=call):
            return _reads(call, path, bindings)
        case Const():
            return False
    assert_never(node)


def _paths(node: Expression, bindings: Bindings) -> tuple[str, ...]:
    """The paths of the values that an expression stands for; none if it is no value."""
    match node:
        case Field(base=Var(kind="root", name="Values"), key=key):
            return (key,)
        case Field(base=base, key=key):
            return tuple(f"{above}.{key}" for above in _paths(base, bindings))
        case Var(name=name):
            return bindings.get(name, ())
        case Apply(op=op, args=args):
            made_of = args if op is OVERLAID else args[:1]
            return tuple(path for arg in made_of for path in _paths(arg, bindings))
        case Const() | Concat() | Call() | Digest() | JsonText():
            return ()
    assert_never(node)
