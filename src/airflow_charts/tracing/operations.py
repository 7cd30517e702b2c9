"""The operations of chart code. Each means the same called with real values and traced with symbols.

Called, `when(True, a, b)` is `a`. Traced, it records the decision. Chart code uses these functions, f-strings and
comparisons on values, and nothing else; `symbols.py` refuses the rest.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar, overload

from pydantic import BaseModel

from airflow_charts.errors import ChartError
from airflow_charts.tracing import table
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
    Fragment,
    JsonText,
    Let,
    Lines,
    Object,
    Operation,
    Splice,
    Var,
    When,
    type_of_node,
)
from airflow_charts.tracing.structure import (
    OMIT,
    is_model,
    plain,
    record,
)
from airflow_charts.tracing.symbols import (
    RecordSymbol,
    Root,
    Symbol,
    TreeSymbol,
    concat,
    current_tracer,
    file_of,
    node_of,
    refuse,
    shown,
    symbol,
    tree_symbol,
    type_of_value,
    where,
)
from airflow_charts.tracing.types import BOOL, PLAIN, TEXT, VERBATIM, Type, type_of

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


def _apply(operation: Operation, *arguments: Any, result: Type | None = None) -> Any:
    """`operation` on real values at once, on symbols as a recorded expression."""
    if current_tracer.get() is None or not any(_is_traced(argument) for argument in arguments):
        return operation.python(*arguments)
    for argument in arguments:
        _refuse_made(argument, f"inside `{operation.name}`")
    nodes = tuple(node_of(argument) for argument in arguments)
    for node in nodes:
        if isinstance(node, When):
            refuse(
                f"a decision inside `{operation.name}`",
                "Helm has no conditional expression there: compute the text in a function marked @fragment.",
            )
    kind = result or operation.result
    return symbol(Apply(operation, nodes, kind), kind)


def _refuse_made(value: object, place: str) -> None:
    if isinstance(value, TreeSymbol):
        refuse(
            f"an object or a list that is made, not read, {place}",
            "Helm has it as the text of a manifest only: use the values that it is made of.",
        )


def _is_traced(value: object) -> bool:
    return isinstance(value, Symbol) or (isinstance(value, str) and "⟦" in value)


def _value(branch: Any) -> Any:
    return branch() if callable(branch) and not isinstance(branch, Symbol) else branch


@overload
def when(condition: bool, then: Callable[[], T]) -> T: ...
@overload
def when(condition: bool, then: Callable[[], T], otherwise: Callable[[], T]) -> T: ...
@overload
def when(condition: bool, then: Callable[[], T], otherwise: T) -> T: ...
@overload
def when(condition: bool, then: T, otherwise: Callable[[], T]) -> T: ...
@overload
def when(condition: bool, then: T, otherwise: T = ...) -> T: ...
def when(condition: bool, then: Any, otherwise: Any = OMIT) -> Any:
    """`then` if the condition holds, else `otherwise`; branches may be functions, to build only what is needed.

    `OMIT` makes the field, entry, item or document disappear.
    """
    if not isinstance(condition, Symbol):
        return _value(then) if condition else _value(otherwise)
    _refuse_no_condition(condition)
    facts = _facts(condition.__node__)
    known = _known(condition.__node__)
    if known is not None:
        return _value(then) if known else _value(otherwise)
    first = _under(facts, then)
    second = _under(_facts(_opposite(condition.__node__)), otherwise)
    if _is_scalar(first, "bool") and _is_scalar(second, "bool"):
        return any_of(all_of(condition, first), all_of(negate(condition), second))
    tree = When(condition.__node__, record(first), record(second), where())
    kind = type_of_node(tree)
    if kind.kind in ("text", "int") and tree.otherwise is not OMITTED:
        return symbol(tree, kind)
    return tree_symbol(tree)


def _refuse_no_condition(value: Symbol) -> None:
    if value.__type__.kind != "bool":
        refuse(f"{shown(value)} is no condition", "Compare it, or use `filled(value)`.")


def _facts(node: Any) -> frozenset[Any]:
    """What holds when a condition does."""
    return frozenset(node.args if isinstance(node, Apply) and node.op is table.ALL_OF else [node])


def _opposite(node: Any) -> Any:
    return node.args[0] if isinstance(node, Apply) and node.op is table.NEGATE else Apply(table.NEGATE, (node,), BOOL)


def _known(node: Any) -> bool | None:
    """Whether a condition holds, where a decision around has settled it; None if that is open."""
    tracer = current_tracer.get()
    settled = tracer.facts if tracer else frozenset()
    if node in settled:
        return True
    if _opposite(node) in settled:
        return False
    if isinstance(node, Apply) and node.op in (table.ALL_OF, table.ANY_OF):
        parts = [_known(arg) for arg in node.args]
        decides = node.op is table.ANY_OF
        if decides in parts:
            return decides
        return None if None in parts else not decides
    return None


def _under(facts: frozenset[Any], branch: Any) -> Any:
    """A branch, traced with what holds in it."""
    tracer = current_tracer.get()
    if tracer is None:
        return _value(branch)
    outer, tracer.facts = tracer.facts, tracer.facts | facts
    result = _value(branch)
    tracer.facts = outer
    return result


def _is_scalar(value: Any, kind: str) -> bool:
    return isinstance(value, (Symbol, bool)) and type_of_value(value).kind == kind


def given(value: T, function: Callable[[T], R]) -> R:
    """`function(value)`, or OMIT when the text, list or map is empty."""
    return when(filled(value), lambda: function(value))


def filled(value: Any) -> bool:
    """Whether a text, list or map is not empty."""
    return bool(value) if not isinstance(value, Symbol) else _apply(table.FILLED, value)


def first_of(*values: T) -> T:
    """The first text, list or map that is not empty; the last one if all are."""
    if current_tracer.get() is None or not any(_is_traced(value) for value in values):
        return table.FIRST_OF.python(*values)
    return _apply(table.FIRST_OF, *values, result=type_of_value(values[0]))


def each(items: Iterable[T], function: Callable[[T], R]) -> list[R]:
    """`function` of every item; called once with a symbolic item while tracing."""
    if not isinstance(items, Symbol):
        return [function(item) for item in items]
    item = items.__type__.item
    if items.__type__.kind != "list" or item is None:
        refuse(f"{shown(items)} has no items to repeat", "`each` takes a list, `each_pair` a map.")
    return _repeat(items, function, (item,))


def each_pair(mapping: Mapping[str, T], function: Callable[[str, T], R]) -> list[R]:
    """`function` of every key and value, in bytewise order of the keys (as Go's `range`)."""
    if not isinstance(mapping, Symbol):
        return [function(key, mapping[key]) for key in sorted(mapping, key=str.encode)]
    item = mapping.__type__.item
    if mapping.__type__.kind != "map" or item is None:
        refuse(f"{shown(mapping)} is no map", "`each_pair` takes a map, `each` a list.")
    return _repeat(mapping, function, (TEXT, item))


def each_entry(mapping: Mapping[str, T], function: Callable[[str, T], dict[str, R]]) -> dict[str, R]:
    """The union of the maps that `function` makes of every key and value."""
    if isinstance(mapping, Symbol):
        return _repeat(mapping, function, (TEXT, mapping.__type__.item or VERBATIM), entries=True)
    return {key: value for entries in each_pair(mapping, function) for key, value in entries.items()}


def _repeat(
    source: Symbol,
    function: Callable[..., Any],
    types: tuple[Type, ...],
    *,
    entries: bool = False,
    covered: bool = False,
) -> Any:
    tracer = current_tracer.get()
    _refuse_made(source, "to be repeated")
    if tracer is None:
        refuse(f"{shown(source)} is used outside of its trace", "Keep symbols inside the traced function.")
    names = [_free_name(name, tracer.loop_names) for name in inspect.signature(function).parameters]
    variables = tuple(Var("loop", name, kind) for name, kind in zip(names, types, strict=True))
    tracer.loop_names += names
    body = record(function(*(symbol(variable, variable.type) for variable in variables)))
    del tracer.loop_names[-len(names) :]
    if entries:
        return tree_symbol(Object((Splice(Each(source.__node__, variables, Splice(body), where(), covered)),)))
    return tree_symbol(Each(source.__node__, variables, body, where()))


def _free_name(name: str, taken: list[str]) -> str:
    candidates = [name, *(f"{name}{number}" for number in range(2, 10))]
    return next(candidate for candidate in candidates if candidate not in taken)


def let(value: T, function: Callable[[T], R]) -> R:
    """`function(value)`, with the value computed once. Use it for values that are made, not read."""
    tracer = current_tracer.get()
    if not isinstance(value, Symbol) or tracer is None:
        return function(value)
    [parameter] = inspect.signature(function).parameters
    variable = Var("loop", _free_name(parameter, tracer.loop_names), value.__type__)
    tracer.loop_names.append(variable.name)
    body = record(function(symbol(variable, variable.type)))
    tracer.loop_names.pop()
    made = Let(variable, value.__node__, body)
    kind = type_of_node(made)
    return symbol(made, kind) if kind.kind == "text" else tree_symbol(made)


def overlaid(section: T, changes: Any) -> T:
    """A section with a user's partial changes over it, as Helm lays one values file over another."""
    if isinstance(section, BaseModel):
        data = table.overlaid(section.model_dump(by_alias=True), dict(changes))
        return type(section).model_validate(data)
    return _apply(table.OVERLAID, section, changes, result=type_of_value(section))


def overlay(*mappings: Mapping[str, T]) -> dict[str, T]:
    """The flat union of maps, where a later one wins key by key. None of them is changed."""
    if not any(isinstance(mapping, Symbol) for mapping in mappings):
        return {key: value for mapping in mappings for key, value in mapping.items()}
    parts: list[Any] = []
    for index, mapping in enumerate(mappings):
        later = [other for other in mappings[index + 1 :] if isinstance(other, Symbol)]
        parts.extend(_without(mapping, later))
    return tree_symbol(Object(tuple(parts)))


def _without(mapping: Any, later: list[Any]) -> list[Any]:
    """The parts of `mapping` whose keys none of the later maps has."""

    def free(key: Any) -> Any:
        return all_of(*(negate(has_key(other, key)) for other in later))

    if isinstance(mapping, Symbol):
        if not later:
            return [Splice(record(mapping))]
        types = (TEXT, mapping.__type__.item or VERBATIM)
        repeated = _repeat(
            mapping, lambda key, value: when(free(key), {f"{key}": value}), types, entries=True, covered=True
        )
        return [Splice(record(repeated))]
    return [
        Splice(record(when(free(key), {key: value}))) if later else Entry(node_of(key), record(value))
        for key, value in mapping.items()
    ]


def union(*mappings: Mapping[str, Any]) -> dict[str, Any]:
    """The union of maps that share no key (rules and schema see to that), in order."""
    present = [mapping for mapping in mappings if mapping is not OMIT]
    if any(isinstance(mapping, Symbol) for mapping in present):
        parts = (_parts(mapping) for mapping in present)
        return tree_symbol(Object(tuple(part for some in parts for part in some)))
    return {key: value for mapping in present for key, value in mapping.items()}


def combine(base: T, *others: T) -> T:
    """A Kubernetes model with the fields of several, none of which two of them give."""
    models = (base, *others)
    if not any(isinstance(model, Symbol) for model in models):
        return _combine_called(base, others)
    parts = [part for model in models for part in _parts(model) if getattr(part, "value", None) != OMITTED]
    names = [part.key.value for part in parts if isinstance(part, Entry) and isinstance(part.key, Const)]
    _refuse_twice(names)
    return tree_symbol(Object(tuple(parts)))


def _parts(value: Any) -> tuple[Any, ...]:
    tree = record(value)
    return tree.parts if isinstance(tree, Object) else (Splice(tree),)


def _combine_called(base: Any, others: tuple[Any, ...]) -> Any:
    present = [model for model in (base, *others) if model is not OMIT]
    if all(not is_model(model) for model in present):
        return union(*present)
    pairs = [(name, value) for model in present for name, value in _attributes(model) if value is not OMIT]
    _refuse_twice([name for name, _ in pairs])
    return type(base)(**{**{name: OMIT for model in present for name, _ in _attributes(model)}, **dict(pairs)})


def _attributes(model: Any) -> list[tuple[str, Any]]:
    return [(name, getattr(model, name)) for name in model.__struct_fields__ if getattr(model, name) is not None]


def _refuse_twice(names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1 and name not in ("apiVersion", "kind")}
    if twice:
        raise ChartError(f"combine() is given the same field twice: {', '.join(sorted(twice))} ({where()})")


def all_of(*conditions: bool) -> bool:
    """Whether every condition holds."""
    return _logic(table.ALL_OF, conditions, decides=False)


def any_of(*conditions: bool) -> bool:
    """Whether at least one condition holds."""
    return _logic(table.ANY_OF, conditions, decides=True)


def _logic(operation: Operation, conditions: tuple[Any, ...], *, decides: bool) -> bool:
    open_conditions: list[Any] = []
    for condition in conditions:
        if isinstance(condition, Symbol):
            _refuse_no_condition(condition)
            open_conditions.append(condition)
        elif condition is decides:
            return decides
    if not open_conditions:
        return not decides
    nodes: list[Any] = []
    for condition in open_conditions:
        node = condition.__node__
        nodes.extend(node.args if isinstance(node, Apply) and node.op is operation else [node])
    unique = tuple(dict.fromkeys(nodes))
    return symbol(unique[0] if len(unique) == 1 else Apply(operation, unique, BOOL), BOOL)


def negate(condition: bool) -> bool:
    """Whether the condition does not hold."""
    if not isinstance(condition, Symbol):
        return not condition
    _refuse_no_condition(condition)
    node = condition.__node__
    if isinstance(node, Apply) and node.op is table.NEGATE:
        return symbol(node.args[0], BOOL)
    return _apply(table.NEGATE, condition)


def one_of(value: str, *choices: str) -> bool:
    """Whether a text is one of some constants."""
    return any_of(*(value == choice for choice in choices))


def contains(items: Iterable[str], item: str) -> bool:
    """Whether a list of texts has an item."""
    return _apply(table.CONTAINS, items, item)


def has_key(mapping: Mapping[str, Any], key: str) -> bool:
    """Whether a map has a key."""
    return _apply(table.HAS_KEY, mapping, key)


def at(mapping: Mapping[str, T], key: str) -> T:
    """The value of a key that is known to be there (`has_key`)."""
    kind = mapping.__type__.item if isinstance(mapping, Symbol) else None
    return _apply(table.AT, mapping, key, result=kind)


def text_at(mapping: Any, key: str) -> str:
    """The text under a key that the schema of Kubernetes requires."""
    if isinstance(mapping, Symbol):
        return _apply(table.AT, mapping, key, result=TEXT)
    return str(mapping[key])


_RAW_CONTROL = r"[\x7f-\x9f" + "\ufffe\uffff]"
_ESCAPED_CONTROL = r"(^|[^\\])(\\\\)*\\(u00[01]|b|f)"
"""In JSON: not an escaped backslash before a `u`."""


def has_control_characters(document: str) -> bool:
    """Whether any text in a document of JSON (`to_json`) holds a control character but a line break or a tab."""
    # An expression that begins with a set of characters is slow in Go: most documents have no backslash to look at.
    return any_of(matches(document, _RAW_CONTROL), all_of(holds(document, "\\"), matches(document, _ESCAPED_CONTROL)))


def choose(value: str | T, text: Callable[[str], R], otherwise: Callable[[T], R]) -> R:
    """`text(value)` if the value is a text, else `otherwise(value)`."""
    if not isinstance(value, Symbol):
        return text(value) if isinstance(value, str) else otherwise(value)
    kind = value.__type__
    if kind.kind != "either" or kind.item is None:
        refuse(f"{shown(value)} has only one type", "`choose` takes a value of type `str | ...`.")
    return when(
        _apply(table.IS_TEXT, value),
        text(_as(value, TEXT)),
        otherwise(_as(value, kind.item)),
    )


def _as(value: Symbol, kind: Type) -> Any:
    return symbol(dataclasses.replace(value.__node__, type=kind), kind)


def at_least(version: str, minimum: str) -> bool:
    """Whether a version (X.Y.Z by schema) is `minimum` or newer."""
    return _apply(table.AT_LEAST, version, minimum)


def starts_with(text: str, prefix: str) -> bool:
    """Whether a text starts with a prefix."""
    return _apply(table.STARTS_WITH, text, prefix)


def holds(text: str, part: str) -> bool:
    """Whether a text has another one in it."""
    return _apply(table.HOLDS, text, part)


def matches(text: str, pattern: str) -> bool:
    """Whether a regular expression (RE2, written with explicit classes such as `[0-9]`) is found in a text."""
    return _apply(table.MATCHES, text, pattern)


def length(text: str) -> int:
    """The number of UTF-8 bytes of a text."""
    return _apply(table.LENGTH, text)


def text_digest(text: str, digits: int = 8) -> str:
    """The first hexadecimal digits of the sha256 of a text."""
    return _apply(table.TEXT_DIGEST, text, digits, result=PLAIN)


def distinct_lines(text: str) -> int:
    """How many different lines a text has."""
    return _apply(table.DISTINCT_LINES, text)


def size(items: Iterable[Any]) -> int:
    """The number of items."""
    _refuse_text(items)
    return _apply(table.SIZE, items) if isinstance(items, Symbol) else len(list(items))


def _refuse_text(items: Any) -> None:
    if isinstance(items, str) or (isinstance(items, Symbol) and items.__type__.kind == "text"):
        refuse("a text in place of a list", "Pass a list of texts, or use `length(text)`.")


def add(*terms: int) -> int:
    """The sum of integers."""
    return _apply(table.ADD, *terms)


def multiply(left: int, right: int) -> int:
    """The product of two integers."""
    return _apply(table.MULTIPLY, left, right)


def join(items: Iterable[str], separator: str) -> str:
    """The items of a list of texts with a separator between them."""
    _refuse_text(items)
    return _apply(table.JOIN, items, separator)


def truncate(text: str, length: int) -> str:
    """The first `length` bytes of a name, without a hyphen at the end."""
    return _apply(table.TRUNCATE, text, length)


def b64encode(text: str) -> str:
    """The base64 of a text's UTF-8 bytes."""
    return _apply(table.BASE64, text)


def urlquote(text: str) -> str:
    """The text percent-encoded for any part of a URL (only letters, digits and `-._~` stay)."""
    return _apply(table.URLQUOTE, text)


def replace(text: str, old: str, new: str) -> str:
    """The text with every `old` replaced by `new`."""
    return _apply(table.REPLACE, text, old, new)


def trim_end(text: str, suffix: str) -> str:
    """The text without a suffix."""
    return _apply(table.TRIM_END, text, suffix)


def to_json(value: Any) -> str:
    """The JSON of a value as Go writes it: sorted keys, no spaces, `<>&` escaped."""
    if isinstance(value, BaseModel):
        return table.canonical_json(value.model_dump(by_alias=True))
    return _apply(table.TO_JSON, value)


def digest(value: Any, length: int = 8) -> str:
    """The first `length` hexadecimal digits of the sha256 of an object's canonical JSON.

    While tracing, the object must be the result of a fragment, which Helm can render twice.
    """
    if current_tracer.get() is None:
        return table.sha256(table.canonical_json(_whole(value)))[:length]
    if not isinstance(value, Symbol) or not isinstance(value.__node__, Call):
        refuse("the digest of an object that no fragment made", "Build the object in a function marked @fragment.")
    return symbol(Digest(value.__node__, length), PLAIN)


def _whole(value: Any) -> Any:
    """The manifest of an object; an empty one where all of it vanished."""
    found = plain(value)
    return {} if found is OMIT else found


def json_text(value: Any) -> str:
    """An object as indented JSON, which is YAML too. While tracing, it must be the result of a fragment."""
    if current_tracer.get() is None:
        return table.pretty_json(_whole(value))
    if not isinstance(value, Symbol) or not isinstance(value.__node__, Call):
        refuse("the JSON of an object that no fragment made", "Build the object in a function marked @fragment.")
    return symbol(JsonText(value.__node__), TEXT)


def lines(items: list[Any]) -> str:
    """A text of lines with line breaks between; items that are OMIT do not exist. Only as result of a fragment."""
    if current_tracer.get() is None:
        return "\n".join(table.flat(items, OMIT))
    tree = record(items)
    return symbol(Lines(tree.parts), TEXT)


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
        actuals: list[Any] = []
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
        recorded = _trace_fragment(function, formals, static)
        node = Call(recorded, tuple(actuals))
        return symbol(node, recorded.type) if recorded.type.kind == "text" else tree_symbol(node)

    return traced


def _is_root(value: object) -> bool:
    if isinstance(value, RecordSymbol):
        return isinstance(value.__node__, Var) and value.__node__.kind == "root"
    return isinstance(value, Root)


def _constant(name: str, value: Any) -> Any:
    if _is_traced(value) or not isinstance(value, (str, bool, int)):
        refuse(
            f"the keyword-only argument `{name}` of a fragment is not a constant",
            "Pass a text, a number or a boolean; what Helm knows is passed to a positional parameter.",
        )
    return value


def _argument(name: str, value: Any) -> Any:
    node = node_of(value) if isinstance(value, (Symbol, str, bool, int)) else None
    if node is None or isinstance(value, TreeSymbol) or isinstance(node, (When, Let, Lines)):
        refuse(
            f"the argument `{name}` of a fragment is not a plain value",
            "Pass values, texts and numbers, of an object its fields one by one; make what is constant per template a "
            "keyword-only parameter.",
        )
    return node


def _trace_fragment(function: Callable[..., Any], formals: dict[str, Any], static: dict[str, Any]) -> Fragment:
    tracer = current_tracer.get()
    assert tracer is not None  # noqa: S101 - the caller has looked
    variables = tuple(name for name, value in formals.items() if not (name in static or _is_root(value)))
    constants = tuple(sorted((name, repr(value)) for name, value in static.items()))
    roots = tuple((name, repr(value)) for name, value in formals.items() if name not in (*variables, *static))
    key = (function, constants, variables, roots)
    if key in tracer.fragments:
        return tracer.fragments[key]
    suffix = "".join(f"-{key if value is True else value}" for key, value in static.items() if value)
    name = f"{function.__name__.strip('_').replace('_', '-')}{suffix}"
    if any(other[:2] == key[:2] for other in tracer.fragments):
        refuse(
            f"the fragment `{name}` is given another root than before",
            "Pass on the roots that the trace began with, and what differs as a value.",
        )
    if any(other.name == name for other in tracer.fragments.values()):
        raise ChartError(f"two fragments are named {name}")
    outer = tracer.loop_names, tracer.facts
    tracer.loop_names, tracer.facts = [], frozenset()
    body = _fragment_body(function(**formals))
    tracer.loop_names, tracer.facts = outer
    kind = PLAIN if _is_plain(body) else type_of_node(body)
    recorded = Fragment(
        name=name,
        parameters=tuple((variable, formals[variable].__type__) for variable in variables),
        type=kind,
        doc=(inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " "),
        file=file_of(function),
        body=body,
    )
    tracer.fragments[key] = recorded
    return recorded


def _fragment_body(value: Any) -> Any:
    return concat([record(value)]) if isinstance(value, str) else record(value)


def _is_plain(tree: Any) -> bool:
    """Whether a text consists of letters, digits and `-._/:` only, whatever the values are."""
    match tree:
        case When(then=then, otherwise=otherwise):
            return _is_plain(then) and _is_plain(otherwise)
        case Let(body=body):
            return _is_plain(body)
    return plain_expression(tree)


def plain_expression(node: Any) -> bool:
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
    return False
