"""The checker of expressions: bound variables, operands as the table of operations says, arguments of fragments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple, NoReturn, TypeAlias, assert_never

from pydantic import BaseModel

from airflow_charts.errors import TraceError
from airflow_charts.tracing.fragments import plain_expression
from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Concat,
    Const,
    Constant,
    Digest,
    Expression,
    Field,
    Fragment,
    JsonText,
    Var,
    type_of_node,
)
from airflow_charts.tracing.table import FIRST_OF, OPERATIONS, misfit
from airflow_charts.tracing.types import TEXT, Type, value_of_section

Scope: TypeAlias = Mapping[str, Var]
"""The loop variables and parameters that are bound, by name."""

EXACT = 2**53
"""The largest integer that Helm reads as it was written: numbers are float64 in its templates."""
SHA256 = 64
"""How many hexadecimal digits a sha256 has."""


class Place(NamedTuple):
    """Where a node stands: `scheduler: [2].spec.replicas`, and the line of the innermost decision around it."""

    path: str
    where: str = ""

    def at(self, step: str) -> Place:
        """A place below this one."""
        return Place(self.path + step, self.where)

    def inside(self, where: str) -> Place:
        """The same place, in a decision or a repetition that stands at a line of chart code."""
        return Place(self.path, where)

    def __str__(self) -> str:
        return f"{self.path}, inside of {self.where}" if self.where else self.path


def damaged(message: str, place: Place, instead: str = "This is a fault of `tracing`: please report it.") -> NoReturn:
    """Raises the TraceError for a recorded tree that nothing can evaluate: what is wrong, where, and what to do."""
    raise TraceError(f"{message} ({place}). {instead}")


class ExpressionChecker:
    """Checks expressions; what it knows of fragments and roots grows with each that was checked."""

    def __init__(self) -> None:
        self.fragments: dict[str, Fragment] = {}
        self.roots: dict[str, Type] = {}

    def expression(self, node: Expression, scope: Scope, place: Place) -> None:
        """Checks an expression and all that it is made of."""
        match node:
            case Const(value=value):
                _constant(value, place)
            case Var():
                self._variable(node, scope, place)
            case Field(base=base):
                self.expression(base, scope, place)
                _field(node, place)
            case Apply():
                self._operation(node, scope, place)
            case Concat():
                self._concat(node, scope, place)
            case Call():
                self._call(node, scope, place)
            case Digest(call=call) | JsonText(call=call):
                self._call(call, scope, place)
                if call.fragment.type.kind == "text":
                    damaged(f"the digest or the JSON of the text `{call.fragment.name}`", place)
                if isinstance(node, Digest) and not 0 < node.length <= SHA256:
                    damaged(f"a digest of {node.length} digits", place, f"It has 1 to {SHA256}.")
            case _:
                assert_never(node)

    def _variable(self, node: Var, scope: Scope, place: Place) -> None:
        if node.kind == "root":
            if self.roots.setdefault(node.name, node.type) != node.type:
                damaged(f"the root `{node.name}` is of two types", place, "A trace has one root of a name.")
            return
        bound = scope.get(node.name)
        if bound is None or bound.kind != node.kind:
            damaged(
                f"the variable `{node.name}` is used outside of the function that it was given to",
                place,
                "Use it only inside the function of `each`, `each_pair` or `let`, or inside the fragment; to another "
                "fragment it is passed.",
            )
        if not _is_a(node.type, bound.type):
            damaged(f"the variable `{node.name}` is a {bound.type} and used as a {node.type}", place)

    def _operation(self, node: Apply, scope: Scope, place: Place) -> None:
        for arg in node.args:
            self.expression(arg, scope, place)
        operation = node.op
        if OPERATIONS.get(operation.name) is not operation:
            damaged(f"`{operation.name}` is not in the table of operations", place, "Add it to `tracing/table.py`.")
        wrong = misfit(operation, [type_of_node(arg).kind for arg in node.args])
        if wrong:
            damaged(wrong, place, "See `tracing/table.py`.")
        made = type_of_node(node.args[0]) if operation is FIRST_OF else operation.result
        # What a container holds depends on the operands, so that `at` may make anything, `overlaid` a section.
        if made.kind in ("text", "int", "bool") and made.kind != node.type.kind:
            damaged(f"`{operation.name}` makes a {made.kind}, not a {node.type.kind}", place)

    def _concat(self, node: Concat, scope: Scope, place: Place) -> None:
        for part in node.parts:
            self.expression(part, scope, place)
            kind = type_of_node(part).kind
            if kind not in ("text", "int") or isinstance(part, Concat):
                damaged(f"a {kind} inside a text" if kind != "text" else "a text that is not flat", place)

    def _call(self, call: Call, scope: Scope, place: Place) -> None:
        fragment = call.fragment
        if self.fragments.get(fragment.name) is not fragment:
            damaged(f"the fragment `{fragment.name}` is used before it is defined, or another one has its name", place)
        if len(call.args) != len(fragment.parameters):
            damaged(f"the fragment `{fragment.name}` has another number of parameters", place)
        for (name, kind), arg in zip(fragment.parameters, call.args, strict=True):
            self.expression(arg, scope, place)
            if not _is_a(type_of_node(arg), kind):
                damaged(f"the argument `{name}` of `{fragment.name}` is a {type_of_node(arg)}, not a {kind}", place)
            if kind.plain and not plain_expression(arg):
                damaged(
                    f"the argument `{name}` of `{fragment.name}` may need quotes, which its template leaves out",
                    place,
                    "Give the parameter the type `str`.",
                )


def _constant(value: Constant, place: Place) -> None:
    if isinstance(value, str):
        if "⟦" in value or "⟧" in value:
            damaged("a text holds a part of a marker", place, "Use the operations of `tracing` instead of methods.")
    elif isinstance(value, int):
        if not -EXACT <= value <= EXACT:
            damaged(f"an integer beyond {EXACT}", place, "Helm reads numbers as float64: make it a text.")
    elif not isinstance(value, (dict, list)) or value:
        damaged("a constant that is no text, integer, boolean or empty container", place)


def _field(node: Field, place: Place) -> None:
    base = type_of_node(node.base)
    if base.kind == "record" and base.model is not None:
        known = _type_of_key(base.model, node.key)
        if known is None:
            damaged(f"a {base.model.__name__} has no value `{node.key}`", place)
        if not _is_a(node.type, known):
            damaged(f"the value `{node.key}` of a {base.model.__name__} is a {known}, not a {node.type}", place)
    elif base.kind != "map":
        damaged(f"the key `{node.key}` of a {base.kind}", place)


@cache
def _type_of_key(model: type[BaseModel], key: str) -> Type | None:
    found = (
        value_of_section(model, name) for name, field in model.model_fields.items() if (field.alias or name) == key
    )
    value = next(found, None)
    return value and value[1]


def _is_a(kind: Type, wanted: Type) -> bool:
    """Whether a value of one type may stand for another: a longer section for a shorter, one of two types for both."""
    if wanted.kind == "either":
        return kind == wanted or kind.kind == TEXT.kind or wanted.item is None or _is_a(kind, wanted.item)
    if kind.model is not None and wanted.model is not None:
        return issubclass(kind.model, wanted.model)
    return kind.kind == wanted.kind or (wanted.kind == "verbatim" and kind.kind in ("list", "map"))
