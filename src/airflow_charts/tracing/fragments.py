"""Functions whose traced body becomes a named template."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, assert_never

from airflow_charts.errors import ChartError
from airflow_charts.tracing import table
from airflow_charts.tracing.apply import is_traced
from airflow_charts.tracing.marks import FragmentKey, Tracer, current_tracer, file_of, refuse
from airflow_charts.tracing.nodes import (
    OMITTED,
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Expression,
    Field,
    Fragment,
    JsonText,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Tree,
    Var,
    When,
    type_of_node,
)
from airflow_charts.tracing.structure import recorded_tree
from airflow_charts.tracing.symbols import RecordSymbol, Root, Symbol, TreeSymbol, node_of, symbol, tree_symbol
from airflow_charts.tracing.texts import concat
from airflow_charts.tracing.types import PLAIN, type_of

R = TypeVar("R")
P = ParamSpec("P")


def fragment(function: Callable[P, R]) -> Callable[P, R]:
    """Marks a function whose traced body becomes one named template.

    Positional parameters are passed by Helm; keyword-only parameters are constants, each combination of which is a
    template of its own. The roots (`values`, `release`) may be used and passed freely: each is one in the whole trace.
    """
    hints = functools.cache(lambda: typing.get_type_hints(function, include_extras=True))
    signature = inspect.signature(function)
    constants = {name for name, parameter in signature.parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}

    @functools.wraps(function)
    def traced(*args: P.args, **kwargs: P.kwargs) -> R:
        tracer = current_tracer.get()
        if tracer is None:
            return function(*args, **kwargs)
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        formals: dict[str, Any] = {}
        actuals: list[Expression] = []
        for name, value in bound.arguments.items():
            if name in constants:
                formals[name] = _constant(name, value)
            elif _is_root(value):
                formals[name] = value
            else:
                actuals.append(_argument(name, value))
                kind = type_of(hints()[name])
                formals[name] = symbol(Var("parameter", name, kind), kind)
        static = {name: value for name, value in bound.arguments.items() if name in constants}
        recorded = _trace_fragment(tracer, function, formals, static)
        node = Call(recorded, tuple(actuals))
        made: R = symbol(node, recorded.type) if recorded.type.kind == "text" else tree_symbol(node)
        return made

    return traced


def _is_root(value: object) -> bool:
    if isinstance(value, RecordSymbol):
        return isinstance(value.__node__, Var) and value.__node__.kind == "root"
    return isinstance(value, Root)


def _constant(name: str, value: object) -> str | int:
    if is_traced(value) or not isinstance(value, (str, bool, int)):
        refuse(
            f"the keyword-only argument `{name}` of a fragment is not a constant",
            "Pass a text, a number or a boolean; what Helm knows is passed to a positional parameter.",
        )
    return value


def _argument(name: str, value: object) -> Expression:
    known = isinstance(value, (Symbol, str, bool, int)) and not isinstance(value, TreeSymbol)
    node = node_of(value) if known else OMITTED
    if not isinstance(node, Expression):
        refuse(
            f"the argument `{name}` of a fragment is not a plain value",
            "Pass values, texts and numbers, of an object its fields one by one; make what is constant per template a "
            "keyword-only parameter.",
        )
    return node


def _trace_fragment(
    tracer: Tracer, function: Callable[..., object], formals: dict[str, Any], static: dict[str, str | int]
) -> Fragment:
    variables = tuple(name for name, value in formals.items() if not (name in static or _is_root(value)))
    key = FragmentKey(
        function,
        constants=tuple(sorted((name, repr(value)) for name, value in static.items())),
        variables=variables,
        roots=tuple((name, repr(value)) for name, value in formals.items() if name not in (*variables, *static)),
    )
    if key in tracer.fragments:
        return tracer.fragments[key]
    name = _name(function, static)
    if any(other[:2] == key[:2] for other in tracer.fragments):
        refuse(
            f"the fragment `{name}` is given another root than before",
            "Pass on the roots that the trace began with, and what differs as a value.",
        )
    if any(other.name == name for other in tracer.fragments.values()):
        raise ChartError(f"two fragments are named {name}")
    # One template for all its callers: what is known where the first one stands may not hold for the others.
    outer = tracer.loop_names, tracer.facts
    # A loop variable with the name of a parameter would hide it from the interpreter, which has one scope for both.
    tracer.loop_names, tracer.facts = [*variables], frozenset()
    body = _fragment_body(function(**formals))
    tracer.loop_names, tracer.facts = outer
    kind = PLAIN if _is_plain(body) else type_of_node(body)
    recorded = Fragment(
        name=name,
        parameters=tuple((variable, formals[variable].__type__) for variable in variables),
        type=kind,
        doc=(inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " "),
        file=file_of(function),
        line=inspect.unwrap(function).__code__.co_firstlineno,
        body=body,
    )
    tracer.fragments[key] = recorded
    return recorded


def _name(function: Callable[..., object], static: dict[str, str | int]) -> str:
    suffix = "".join(f"-{key if value is True else value}" for key, value in static.items() if value)
    return f"{function.__name__.strip('_').replace('_', '-')}{suffix}"


def _fragment_body(value: object) -> Tree:
    tree = recorded_tree(value)
    return concat([tree]) if isinstance(value, str) else tree


def _is_plain(tree: Tree) -> bool:
    """Whether a text consists of letters, digits and `-._/:` only, whatever the values are."""
    match tree:
        case When(then=then, otherwise=otherwise):
            return _is_plain(then) and _is_plain(otherwise)
        case Let(body=body):
            return _is_plain(body)
        case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
            return plain_expression(tree)
        case Object() | Sequence() | Lines() | Each() | Omitted():
            return False
    assert_never(tree)


def plain_expression(node: Tree) -> bool:
    """Whether an expression needs no quoting inside double quotes."""
    match node:
        case Const(value=str(text)):
            return all(sign.isascii() and (sign.isalnum() or sign in "-._/:") for sign in text)
        case Const(value=value):
            return isinstance(value, int)
        case Field(type=kind) | Var(type=kind):
            return kind.plain or kind.kind == "int"
        case Concat(parts=parts):
            return all(plain_expression(part) for part in parts)
        case Call(fragment=called):
            return called.type.plain
        case Apply(op=op, args=args):
            if op is table.FIRST_OF:
                return all(plain_expression(arg) for arg in args)
            return op is table.TEXT_DIGEST or (op in (table.TRUNCATE, table.TRIM_END) and plain_expression(args[0]))
        case Digest():
            return True
        case JsonText() | Object() | Sequence() | Lines() | When() | Each() | Let() | Omitted():
            return False
    assert_never(node)
