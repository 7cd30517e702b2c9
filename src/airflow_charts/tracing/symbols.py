"""Symbols: what a traced function gets in place of values.

A symbol follows the type of the value it stands for: a `RecordSymbol` has the fields of its model, an `IntSymbol` can
be compared, a `TextSymbol` can enter an f-string. Everything else that Python code may try raises a `TraceError` that
says what to write instead, with the line of the chart code that tried.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, NoReturn, assert_never

from pydantic import BaseModel

from airflow_charts.tracing.marks import current_tracer, refuse
from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
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
)
from airflow_charts.tracing.table import OPERATORS
from airflow_charts.tracing.texts import parse_text
from airflow_charts.tracing.types import BOOL, INT, TEXT, VERBATIM, Type, value_of_section


def node_of(value: object) -> Item:
    """The node behind a symbol, a text with markers, or a constant."""
    if isinstance(value, Symbol):
        return value.__node__
    if isinstance(value, str):
        return parse_text(value)
    if not isinstance(value, (bool, int)):
        refuse(f"a {type(value).__name__} cannot be an operand", "Operands are texts, integers, booleans and values.")
    return Const(value)


def operand(value: object, place: str) -> Expression:
    """The expression behind a value that stands at `place`, where Helm takes an expression and no template."""
    node = node_of(value)
    if isinstance(value, TreeSymbol):
        refuse(
            f"an object or a list that is made, not read, {place}",
            "Helm has it as the text of a manifest only: use the values that it is made of.",
        )
    match node:
        case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
            return node
        case When():
            refuse(
                f"a decision {place}",
                "Helm has no conditional expression there: compute the text in a function marked @fragment.",
            )
        case Let() | Lines() | Object() | Sequence() | Each() | Omitted() | Splice():
            refuse(f"a text of several lines or with a variable, {place}", "Make it in a function marked @fragment.")
    assert_never(node)


class Symbol:
    """Base of all symbols: a node and its type. Everything that would look at the value is refused."""

    # A new method of Symbol hides a value of that name in every RecordSymbol: give it a dunder or an underscore.
    __slots__ = ("__node__", "__type__")
    __node__: Item
    __type__: Type

    def __init__(self, node: Item, kind: Type) -> None:
        object.__setattr__(self, "__node__", node)
        object.__setattr__(self, "__type__", kind)

    def __repr__(self) -> str:
        """With a sign that no text of a chart may have: a representation in a manifest is refused."""
        return f"⟦{self._shown}⟧"

    @property
    def _shown(self) -> str:
        return f"<{self.__type__} {describe(self.__node__)}>"

    def __str__(self) -> str:
        refuse(f"`str()` of {self._shown}", 'Use an f-string: `f"{value}"`.')

    def __bool__(self) -> bool:
        refuse(
            f"{self._shown} has no truth value while tracing: Helm decides it at install time",
            "Use `when(condition, then, otherwise)` for `if`, `all_of` for `and`, `any_of` for `or`, `negate` for "
            "`not`, `one_of` or `contains` for `in`.",
        )

    def __hash__(self) -> int:
        refuse(f"{self._shown} cannot be a key", 'Use an f-string as key: `{f"{name}": ...}`.')

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python, copy and inspect ask for these, and go on without
            raise AttributeError(name)
        refuse(f"{self._shown} has no attribute `{name}`", _INSTEAD_OF_METHODS)

    def __setattr__(self, name: str, value: object) -> None:
        refuse(f"{self._shown} cannot be changed", "Values are read-only; build a new object.")

    def _unsupported(self, *_args: Any) -> NoReturn:
        refuse(f"{self._shown} does not support this operation", _INSTEAD_OF_METHODS)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __mod__ = __rmod__ = _unsupported
    __truediv__ = __floordiv__ = __getitem__ = __len__ = __contains__ = __int__ = __float__ = _unsupported
    __index__ = __invert__ = __neg__ = __call__ = __lt__ = __le__ = __gt__ = __ge__ = _unsupported
    __and__ = __rand__ = __or__ = __ror__ = _unsupported

    def __eq__(self, other: object) -> Any:
        self._unsupported()

    def __ne__(self, other: object) -> Any:
        self._unsupported()

    def __iter__(self) -> Iterator[Symbol]:
        self._unsupported()

    def __format__(self, spec: str) -> str:
        refuse(f"{self._shown} cannot enter a text", "Only texts and integers can; see `join` and `to_json`.")


def shown(value: Symbol) -> str:
    """A symbol in an error message."""
    return value._shown  # noqa: SLF001 - the same module


_INSTEAD_OF_METHODS = (
    "Only the operations of `airflow_charts.tracing` work on values: when, each, each_pair, given, first_of, "
    "overlay, all_of, any_of, negate, one_of, contains, at_least, join, truncate, b64encode, urlquote, digest, "
    "f-strings instead of `+` and `%`, and `==`, `<`, `>` between texts and integers."
)


class _Formatted(Symbol):
    """A symbol that may enter an f-string."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec:
            refuse(f"a format specification (`:{spec}`) on {self._shown}", "Only plain `{value}` has a template.")
        tracer = current_tracer.get()
        if tracer is None:
            refuse(f"{self._shown} is used outside of its trace", "Keep symbols inside the traced function.")
        assert not isinstance(self.__node__, Splice)  # noqa: S101 - only a TreeSymbol has one
        return tracer.mark(self.__node__)


class _Ordered(Symbol):
    __slots__ = ()

    def _compare(self, operation: str, other: object) -> Any:
        other_type = type_of_value(other)
        if other_type.kind != self.__type__.kind:
            refuse(
                f"{self._shown} {operation} a {other_type.kind} can never hold",
                f"Compare a {self.__type__.kind} with a {self.__type__.kind}.",
            )
        return self._apply(operation, other)

    def _apply(self, operation: str, other: object) -> Any:
        row = OPERATORS[operation]
        sides = (operand(self, f"inside `{row.name}`"), operand(other, f"inside `{row.name}`"))
        return symbol(Apply(row, sides, BOOL), BOOL)

    def __eq__(self, other: object) -> Any:
        return self._compare("==", other)

    def __ne__(self, other: object) -> Any:
        return self._compare("!=", other)

    __hash__ = Symbol.__hash__


class TextSymbol(_Formatted, _Ordered):
    """A text."""

    __slots__ = ()


class IntSymbol(_Formatted, _Ordered):
    """An integer."""

    __slots__ = ()

    def __lt__(self, other: object) -> Any:
        return self._compare("<", other)

    def __le__(self, other: object) -> Any:
        return self._compare("<=", other)

    def __gt__(self, other: object) -> Any:
        return self._compare(">", other)

    def __ge__(self, other: object) -> Any:
        return self._compare(">=", other)


class BoolSymbol(_Ordered):
    """A condition."""

    __slots__ = ()

    def _combine(self, operation: str, other: object) -> Any:
        if isinstance(other, bool):
            decides = other if operation == "|" else not other
            return other if decides else self
        if type_of_value(other).kind != "bool":
            refuse(f"{self._shown} {operation} something that is no condition", "Compare it first, or use `filled`.")
        return self._apply(operation, other)

    def __and__(self, other: object) -> Any:
        return self._combine("&", other)

    def __or__(self, other: object) -> Any:
        return self._combine("|", other)

    __rand__ = __and__
    __ror__ = __or__


class ListSymbol(Symbol):
    """A list: repeat it with `each`, splice it with `*`."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Symbol]:
        """Makes `[*values.items]` a splice, and a comprehension an error at the first use of its variable."""
        assert not isinstance(self.__node__, Splice)  # noqa: S101 - only a TreeSymbol has one
        yield TreeSymbol(Splice(self.__node__))


class MapSymbol(Symbol):
    """A map: repeat it with `each_pair`."""

    __slots__ = ()

    def keys(self) -> NoReturn:
        """Refuses `{**values.labels}`."""
        refuse(f"`**` or `.keys()` of {self._shown}", "Use `overlay(base, user)` or `each_pair(mapping, function)`.")

    def items(self) -> NoReturn:
        """Refuses `for name, value in values.labels.items()`."""
        refuse(f"`.items()` of {self._shown}", "Use `each_pair(mapping, function)`.")


class VerbatimSymbol(ListSymbol):
    """What the user wrote as Kubernetes YAML."""

    __slots__ = ()


class EitherSymbol(Symbol):
    """A text or something else: `choose` tells."""

    __slots__ = ()


class RecordSymbol(Symbol):
    """A section of the values: its attributes are the fields of its model, under their Python names."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        model = self.__type__.model
        if name.startswith("__") or model is None:
            raise AttributeError(name)
        found = value_of_section(model, name)
        if found is None:
            return _derived(model, name, self)
        key, kind = found
        return symbol(Field(operand(self, f"with the value `{name}`"), key, kind), kind)


def _derived(model: type[BaseModel], name: str, section: RecordSymbol) -> Any:
    """What a property of the model makes of the section's values."""
    derived = getattr(model, name, None)
    if not isinstance(derived, property) or derived.fget is None:
        close = difflib.get_close_matches(name, model.model_fields, n=3)
        hint = (
            f"Did you mean {' or '.join(f'`{match}`' for match in close)}?"
            if close
            else (f"It has {', '.join(model.model_fields)}.")
        )
        refuse(f"`{describe(section.__node__)}` has no value `{name}`", hint)
    return derived.fget(section)


class TreeSymbol(Symbol):
    """A recorded tree that can be placed into an object or a list, and nothing else."""

    __slots__ = ()

    def __init__(self, tree: Item) -> None:
        super().__init__(tree, VERBATIM)

    @property
    def _shown(self) -> str:
        return "<a recorded tree>"

    def __iter__(self) -> Iterator[Symbol]:
        if isinstance(self.__node__, Splice):
            refuse(
                "a comprehension or a loop over a value or a recorded tree",
                "Use `[*each(items, function)]`: it says which list is repeated.",
            )
        yield TreeSymbol(Splice(self.__node__))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(
            f"`.{name}` of a recorded tree (the variable of a comprehension over a value, or a result of `when`)",
            "Use `each(items, function)` in place of a comprehension.",
        )


def tree_symbol(tree: Tree) -> Any:
    """The symbol of a recorded tree, which stands for whatever the chart code expects there."""
    return TreeSymbol(tree)


_SYMBOLS: dict[str, type[Symbol]] = {
    "text": TextSymbol,
    "int": IntSymbol,
    "bool": BoolSymbol,
    "list": ListSymbol,
    "map": MapSymbol,
    "record": RecordSymbol,
    "verbatim": VerbatimSymbol,
    "either": EitherSymbol,
}


def symbol(node: Tree, kind: Type) -> Any:
    """The symbol of the right class for a node. To the type checker it is the value that it stands for: `Any`."""
    return _SYMBOLS[kind.kind](node, kind)


class Root:
    """Base of a class that holds symbols of what Helm knows beside values: its one object in a trace is a root."""


def root(name: str, model: type[BaseModel]) -> Any:
    """The symbol of a root of the template context: `Values` or `Release`."""
    kind = Type("record", model=model)
    return symbol(Var("root", name, kind), kind)


def type_of_value(value: object) -> Type:
    """The type of a symbol or of a constant."""
    if isinstance(value, Symbol):
        return value.__type__
    kinds = (kind for python, kind in ((bool, BOOL), (int, INT), (str, TEXT)) if isinstance(value, python))
    kind = next(kinds, None)
    if kind is None:
        refuse(f"a {type(value).__name__} has no type while tracing", "Operands are texts, integers and booleans.")
    return kind


def describe(node: Item) -> str:
    """A short name of an expression for error messages: `values.workers.replicas`."""
    match node:
        case Var(kind="root", name=name):
            return name.lower()
        case Var(name=name):
            return name
        case Field(base=base, key=key):
            return f"{describe(base)}.{key}"
        case Apply(op=op, args=args):
            return f"{op.name}({', '.join(describe(arg) for arg in args)})"
        case Const(value=value):
            return repr(value)
        case Each() | When():
            return "a decision"
        case Concat():
            return "a text"
        case Call() | Digest() | JsonText() | Object() | Sequence() | Lines() | Let() | Omitted() | Splice():
            return type(node).__name__.lower()
    assert_never(node)
