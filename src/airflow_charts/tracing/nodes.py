"""The recorded tree: what a traced function asks of Helm, as data.

    expression  e ::= Const | Var | Field(e, key) | Apply(op, e...) | Concat(e...) | Call(fragment, e...)
                    | Digest(Call) | JsonText(Call)
    tree        t ::= e | Object(part...) | Sequence(item...) | Lines(item...) | When(e, t, t) | Each(e, item)
                    | Let(e, t) | OMITTED
    part          ::= Entry(e, t) | Splice(t)
    item          ::= t | Splice(t)

Expressions are typed (`types.py`); trees become YAML. An entry, an item or a document whose tree is OMITTED does
not exist, and an Object or a Sequence all of whose parts vanished vanishes too (an empty object that must stay is a
`Const({})`). Nothing here knows Python values, Go templates or Airflow.

A function over nodes names every kind and ends in `assert_never`: a new kind of node is then an error of mypy in each
of them, and never falls through to what was meant for another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Never, TypeAlias, assert_never

from airflow_charts.tracing.types import BOOL, INT, TEXT, VERBATIM, Type

Constant: TypeAlias = str | int | dict[str, Never] | list[Never]
"""A text, an integer, a boolean (which is an integer to Python), or an empty container."""


@dataclass(frozen=True)
class Const:
    """A text, integer, boolean, or one of the two empty containers `{}` and `[]`.

    `Const(True) == Const(1)`, as everywhere in Python: ask for `bool` before `int`, and keep no set of them.
    """

    value: Constant


@dataclass(frozen=True)
class Var:
    """A root (`Values`, `Release`, `Chart`), a loop variable or a parameter of a fragment."""

    kind: Literal["root", "loop", "parameter"]
    name: str
    type: Type


@dataclass(frozen=True)
class Field:
    """One key of a section: `base.key`, with the key as users write it."""

    base: Expression
    key: str
    type: Type


@dataclass(frozen=True)
class Apply:
    """An operation of the closed table in `table.py`."""

    op: Operation
    args: tuple[Expression, ...]
    type: Type


@dataclass(frozen=True)
class Concat:
    """An f-string: texts and integers, one after the other."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Call:
    """A fragment applied to arguments, in the order of its parameters."""

    fragment: Fragment
    args: tuple[Expression, ...]


@dataclass(frozen=True)
class Digest:
    """The first `length` hexadecimal digits of the sha256 of a fragment's canonical JSON."""

    call: Call
    length: int


@dataclass(frozen=True)
class JsonText:
    """A fragment's output as indented JSON."""

    call: Call


@dataclass(frozen=True)
class Entry:
    """`key: value` of an Object; an Entry whose value vanished does not exist."""

    key: Expression
    value: Tree


@dataclass(frozen=True)
class Splice:
    """The parts of another container, in place."""

    value: Tree


@dataclass(frozen=True)
class Object:
    """A map; an Entry that vanished leaves no key."""

    parts: tuple[Entry | Splice, ...]


@dataclass(frozen=True)
class Sequence:
    """A list; an item that vanished leaves no gap."""

    parts: tuple[Item, ...]


@dataclass(frozen=True)
class Lines:
    """A text made of lines with a line break between them; stands only at the root of a fragment."""

    parts: tuple[Item, ...]


@dataclass(frozen=True, eq=False)
class When:
    """A decision of install time. Compared by identity: coverage counts each one, so a copy is another decision."""

    condition: Expression
    then: Tree
    otherwise: Tree
    where: str


@dataclass(frozen=True, eq=False)
class Each:
    """`body` once for every item of a list, or every key and value of a map in bytewise order of the keys."""

    source: Expression
    variables: tuple[Var, ...]
    body: Item
    """A Splice where the items are maps whose entries join the object around."""
    where: str
    covered: bool = False
    """An item of the body only vanishes where a later part of the same object has its key (`overlay`)."""


@dataclass(frozen=True, eq=False)
class Let:
    """`body` with a variable that holds a value, so that Helm computes it once."""

    variable: Var
    value: Expression
    body: Tree


@dataclass(frozen=True)
class Omitted:
    """Nothing: the place where it stands does not exist."""


OMITTED = Omitted()


@dataclass(eq=False)
class Fragment:
    """A function traced once: a named template. Compared by identity, so equal calls are calls of one object."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    type: Type
    doc: str
    file: str
    """Where the function stands, as `parts/pod.py`."""
    line: int
    """Its line there: templates stand in the order of their functions, whatever is traced first."""
    body: Tree = field(default=OMITTED)


@dataclass(frozen=True, eq=False)
class Operation:
    """One row of the table of operations. Compared by identity: each row is one object."""

    name: str
    template: str
    operands: tuple[frozenset[str], ...]
    """The kinds that each operand may have; where the template takes all of them (`{*}`), the one set is for each."""
    python: Callable[..., Any]
    result: Type
    alike: bool = False
    """Whether all operands are of one kind."""


Expression: TypeAlias = Const | Var | Field | Apply | Concat | Call | Digest | JsonText
Tree: TypeAlias = Expression | Object | Sequence | Lines | When | Each | Let | Omitted
Item: TypeAlias = Tree | Splice
Node: TypeAlias = Tree | Splice | Entry


def type_of_node(node: Tree) -> Type:
    """The type of an expression; `verbatim` for objects and lists."""
    match node:
        case Const(value=value):
            return _type_of_constant(value)
        case Var() | Field() | Apply():
            return node.type
        case Concat() | Digest() | JsonText() | Lines():
            return TEXT
        case Call(fragment=fragment):
            return fragment.type
        case Let(body=body):
            return type_of_node(body)
        case When(then=then, otherwise=otherwise):
            kinds = {type_of_node(branch).kind for branch in (then, otherwise) if branch != OMITTED}
            return type_of_node(then) if len(kinds) == 1 else VERBATIM
        case Object() | Sequence() | Each() | Omitted():
            return VERBATIM
    assert_never(node)


def _type_of_constant(value: Constant) -> Type:
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    return TEXT if isinstance(value, str) else VERBATIM


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`, fragment bodies excluded."""
    match node:
        case Const() | Var() | Omitted():
            return
        case Field(base=base):
            yield base
        case Apply(args=args) | Call(args=args):
            yield from args
        case Concat(parts=expressions):
            yield from expressions
        case Digest(call=call) | JsonText(call=call):
            yield call
        case Object(parts=parts):
            yield from parts
        case Sequence(parts=items) | Lines(parts=items):
            yield from items
        case Entry(key=key, value=value):
            yield key
            yield value
        case Splice(value=value):
            yield value
        case When(condition=condition, then=then, otherwise=otherwise):
            yield condition
            yield then
            yield otherwise
        case Each(source=source, body=item):
            yield source
            yield item
        case Let(value=source, body=body):
            yield source
            yield body
        case _:
            assert_never(node)


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, depth first, fragment bodies excluded."""
    yield node
    for child in children(node):
        yield from walk(child)


def fragments_of(*trees: Tree) -> dict[str, Fragment]:
    """Every fragment reached from `trees`, callees before callers."""
    found: dict[str, Fragment] = {}

    def visit(tree: Tree) -> None:
        for node in walk(tree):
            if isinstance(node, Call) and node.fragment.name not in found:
                visit(node.fragment.body)
                found[node.fragment.name] = node.fragment

    for tree in trees:
        visit(tree)
    return found


def substitute(expression: Expression, bindings: Mapping[str, Expression]) -> Expression:
    """`expression` with the parameters of a fragment replaced by arguments."""
    match expression:
        case Var(kind="parameter", name=name):
            return bindings[name]
        case Const() | Var():
            return expression
        case Field(base=base):
            return replace(expression, base=substitute(base, bindings))
        case Apply(args=args):
            return replace(expression, args=tuple(substitute(arg, bindings) for arg in args))
        case Concat(parts=parts):
            return Concat(tuple(substitute(part, bindings) for part in parts))
        case Call():
            return _substitute_call(expression, bindings)
        case Digest(call=call) | JsonText(call=call):
            return replace(expression, call=_substitute_call(call, bindings))
    assert_never(expression)


def _substitute_call(call: Call, bindings: Mapping[str, Expression]) -> Call:
    return replace(call, args=tuple(substitute(arg, bindings) for arg in call.args))
