"""Symbols: what a traced function gets in place of values.

A symbol follows the type of the value it stands for: a `RecordSymbol` has the fields of its model, an `IntSymbol` can
be compared, a `TextSymbol` can enter an f-string. Everything else that Python code may try raises a `TraceError` that
says what to write instead, with the line of the chart code that tried.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel

from airflow_charts.tracing.marks import MARKER, current_tracer, refuse
from airflow_charts.tracing.nodes import (
    Apply,
    Concat,
    Const,
    Each,
    Field,
    Splice,
    Tree,
    Var,
    When,
    type_of_node,
)
from airflow_charts.tracing.table import OPERATORS
from airflow_charts.tracing.types import BOOL, INT, TEXT, Type, type_of


def node_of(value: Any) -> Any:
    """The node behind a symbol, a text with markers, or a constant."""
    if isinstance(value, Symbol):
        return value.__node__
    if isinstance(value, str):
        return parse_text(value)
    if not isinstance(value, (bool, int)):
        refuse(f"a {type(value).__name__} cannot be an operand", "Operands are texts, integers, booleans and values.")
    return Const(value)


def parse_text(text: str) -> Any:
    """The expression of a text that may hold the markers of an f-string."""
    if "⟦" not in text and "⟧" not in text:
        return Const(text)
    tracer = current_tracer.get()
    parts: list[Any] = []
    for index, piece in enumerate(MARKER.split(text)):
        if index % 2:
            number, _, position = piece.partition(".")
            if tracer is None or int(number) != tracer.number:
                refuse("a text holds the marker of a symbol of another trace", "Keep symbols inside the function.")
            parts.append(tracer.formatted[int(position)])
        elif "⟦" in piece or "⟧" in piece:
            refuse(
                "a text method or a slice changed a text made of a symbol",
                "Use the operations of `tracing` (truncate, join, b64encode, ...) instead of methods of `str`.",
            )
        elif piece:
            parts.append(Const(piece))
    return concat(parts)


def concat(parts: list[Any]) -> Any:
    """The concatenation of `parts`; a decision among them moves outside, where YAML can express it."""
    flat: list[Any] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Concat) else [part])
    for index, part in enumerate(flat):
        if isinstance(part, When):
            before, after = flat[:index], flat[index + 1 :]
            return When(
                part.condition,
                concat([*before, part.then, *after]),
                concat([*before, part.otherwise, *after]),
                part.where,
            )
    return flat[0] if len(flat) == 1 and type_of_node(flat[0]).kind != "int" else Concat(tuple(flat))


class Symbol:
    """Base of all symbols: a node and its type. Everything that would look at the value is refused."""

    __slots__ = ("__node__", "__type__")

    def __init__(self, node: Any, kind: Type) -> None:
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
        if name.startswith("__"):
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

    def __iter__(self) -> Iterator[Any]:
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
        return symbol(Apply(OPERATORS[operation], (self.__node__, node_of(other)), BOOL), BOOL)

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
        return symbol(Apply(OPERATORS[operation], (self.__node__, node_of(other)), BOOL), BOOL)

    def __and__(self, other: object) -> Any:
        return self._combine("&", other)

    def __or__(self, other: object) -> Any:
        return self._combine("|", other)

    __rand__ = __and__
    __ror__ = __or__


class ListSymbol(Symbol):
    """A list: repeat it with `each`, splice it with `*`."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        """Makes `[*values.items]` a splice, and a comprehension an error at the first use of its variable."""
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
        field = model.model_fields.get(name)
        if field is None:
            derived = getattr(model, name, None)
            if isinstance(derived, property) and derived.fget is not None:
                return derived.fget(self)
            close = difflib.get_close_matches(name, model.model_fields, n=3)
            hint = (
                f"Did you mean {' or '.join(f'`{match}`' for match in close)}?"
                if close
                else (f"It has {', '.join(model.model_fields)}.")
            )
            refuse(f"`{describe(self.__node__)}` has no value `{name}`", hint)
        annotation: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        kind = type_of(annotation)
        return symbol(Field(self.__node__, field.alias or name, kind), kind)


class TreeSymbol(Symbol):
    """A recorded tree that can be placed into an object or a list, and nothing else."""

    __slots__ = ()

    def __init__(self, tree: Tree | Splice) -> None:
        super().__init__(tree, Type("verbatim"))

    @property
    def _shown(self) -> str:
        return "<a recorded tree>"

    def __iter__(self) -> Iterator[Any]:
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


def tree_symbol(tree: Any) -> Any:
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


def symbol(node: Any, kind: Type) -> Any:
    """The symbol of the right class for an expression."""
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


def describe(node: Any) -> str:
    """A short name of an expression for error messages: `values.workers.replicas`."""
    match node:
        case Var(name=name):
            return name.lower() if node.kind == "root" else name
        case Field(base=base, key=key):
            return f"{describe(base)}.{key}"
        case Apply(op=op, args=args):
            return f"{op.name}({', '.join(describe(arg) for arg in args)})"
        case Const(value=value):
            return repr(value)
        case Each() | When():
            return "a decision"
    return "a text" if isinstance(node, Concat) else type(node).__name__.lower()
