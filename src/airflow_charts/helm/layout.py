"""Trees as lines of YAML between the control structures of Go templates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from airflow_charts.errors import ChartError
from airflow_charts.helm.blocks import Block, Control, Line, Output, Part
from airflow_charts.helm.expressions import Context, argument, condition, expression
from airflow_charts.helm.presence import UNKNOWN, negated, presence
from airflow_charts.helm.scalars import is_scalar, scalar, yaml_constant
from airflow_charts.helm.width import WIDTH
from airflow_charts.tracing.nodes import (
    Call,
    Const,
    Each,
    Entry,
    Fragment,
    JsonText,
    Let,
    Object,
    Omitted,
    Sequence,
    Splice,
    When,
)
from airflow_charts.tracing.types import Type


def guarded(holds: Any, context: Context, indent: int, body: list[Part]) -> Output:
    """`body` under a condition that may be known."""
    if holds is False:
        return
    if holds is True:
        yield from body
        return
    if holds is UNKNOWN:
        head = next(part.text for part in body if isinstance(part, Line))
        raise ChartError(f"`{head}` may be left empty: build its items in a @fragment")
    yield branches(holds, context, indent, body)


def branches(holds: Any, context: Context, indent: int, body: list[Part], otherwise: Iterable[Part] = ()) -> Block:
    """Parts under a condition, and those where it does not hold."""
    head, opposite = condition(holds, context), condition(negated(holds), context)
    return Block("if", indent, head, tuple(body), tuple(otherwise), opposite)


def decision(node: When, context: Context, indent: int, first: list[Part], second: list[Part]) -> Output:
    """Parts of either branch of a decision."""
    if first:
        yield branches(node.condition, context, indent, first, second)
    elif second:
        yield branches(negated(node.condition), context, indent, second)


def assign(node: Let, context: Context, indent: int, body: list[Part]) -> Output:
    """Parts in which a variable has a value."""
    yield Control(indent, f"${node.variable.name} := {expression(node.value, context)}")
    yield from body


def repetition(node: Each, context: Context, indent: int, body: list[Part]) -> Output:
    """Parts for each item of a list or a map."""
    names = ", ".join(f"${variable.name}" for variable in node.variables)
    single = len(node.variables) == 1
    head = f"{'$_, ' if single else ''}{names} := {expression(node.source, context)}"
    yield Block("range", indent, head, tuple(body))


def _included(source: str, indent: int, key: str, *, trimmed: str = "") -> Output:
    """A list or a map that is printed elsewhere, below `key` or among what is around it."""
    inner = indent + 2 if key else indent
    if key:
        yield Line(indent, f"{key}:")
    yield Line(inner, f"{{{{- {source}{trimmed} | nindent {inner} }}}}")


def _dump(node: Any, context: Context, indent: int, key: str) -> Output:
    """The user's own list or map below `key` (or alone), if it is not empty."""
    body = _included("mustToYaml .", indent, key)
    yield Block("with", indent, expression(node, context), tuple(body))


def entry(key: Any, value: Any, context: Context, indent: int) -> Output:
    """`key: value`, or nothing where the value vanished."""
    name = yaml_constant(key.value) if isinstance(key, Const) else scalar(key, context)
    match value:
        case Omitted():
            return
        case Const(value=dict() | list() as empty):
            yield Line(indent, f"{name}: {json.dumps(empty)}")
        case Const(value=str() as text) if "\n" in text:
            yield from _block(f"{name}:", text, indent)
        case _ if is_scalar(value) and _fits(line := f"{name}: {scalar(value, context)}", value, indent):
            yield Line(indent, line)
        case When(then=then, otherwise=otherwise):
            first = list(entry(key, then, context, indent))
            second = list(entry(key, otherwise, context, indent))
            yield from decision(value, context, indent, first, second)
        case Object() | Sequence() | Each():
            body = [Line(indent, f"{name}:"), *content(value, context, indent + 2)]
            yield from guarded(presence(value), context, indent, body)
        case JsonText() | Call(fragment=Fragment(type=Type(kind="text"))):
            text = expression(value, context)
            yield Line(indent, f"{name}: {{{{- {text} | mustToYaml | nindent {indent + 2} }}}}")
        case Call():
            yield from _called(value, context, indent, name)
        case _:
            yield from _dump(value, context, indent, name)


def _fits(line: str, value: Any, indent: int) -> bool:
    """Whether a line may hold a decision: what is long becomes a block."""
    return not isinstance(value, When) or indent + len(line) <= WIDTH


def _block(name: str, text: str, indent: int) -> Output:
    header = "|" if text.endswith("\n") else "|-"
    if text != text.lstrip() or text.endswith("\n\n") or any(line != line.rstrip() for line in text.split("\n")):
        raise ChartError(f"the text of {name} has spaces or line breaks at an end, which a block cannot hold")
    yield Line(indent, f"{name} {header}")
    for line in text.rstrip("\n").split("\n"):
        yield Line(indent + 2, line.replace("{{", '{{ "{{" }}'))


def content(tree: Any, context: Context, indent: int) -> Output:
    """The parts of an object or a list, each on its own lines."""
    match tree:
        case Omitted():
            return
        case Object(parts=parts):
            for part in _certain_first(parts):
                if isinstance(part, Entry):
                    yield from entry(part.key, part.value, context, indent)
                else:
                    yield from content(part.value, context, indent)
        case Sequence(parts=parts):
            for part in parts:
                if isinstance(part, Splice):
                    yield from content(part.value, context, indent)
                else:
                    yield from item(part, context, indent)
        case When(then=then, otherwise=otherwise):
            first, second = list(content(then, context, indent)), list(content(otherwise, context, indent))
            yield from decision(tree, context, indent, first, second)
        case Let(body=body):
            yield from assign(tree, context, indent, list(content(body, context, indent)))
        case Each(body=body):
            yield from repetition(tree, context, indent, list(_each_body(body, context.looped(), indent)))
        case Call():
            yield from _called(tree, context, indent, "")
        case _:
            yield from _dump(tree, context, indent, "")


def _called(call: Call, context: Context, indent: int, key: str) -> Output:
    """The output of a fragment, below `key` or alone, if there is any."""
    trimmed = "" if starts_with_text(call.fragment.body) else ' | trimPrefix "\\n"'
    source = expression(call, context)
    if presence(call.fragment.body) is True:
        yield from _included(source, indent, key, trimmed=trimmed)
    else:
        yield Block("with", indent, source, tuple(_included(".", indent, key, trimmed=trimmed)))


def _certain(part: Any) -> bool:
    return (
        isinstance(part, Entry)
        and presence(part) is True
        and (is_scalar(part.value) or not isinstance(part.value, When))
    )


def _certain_first(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """`parts` with an entry in front that is always there, if there is one: its line begins the object."""
    first = next((part for part in parts if _certain(part)), None)
    if first is None or _certain(parts[0]):
        return parts
    return (first, *(part for part in parts if part is not first))


def starts_with_text(tree: Any) -> bool:
    """Whether the first line of a tree is certainly there."""
    match tree:
        case Object(parts=parts):
            return any(_certain(part) for part in parts)
        case Sequence(parts=parts):
            first = parts[0]
            return not isinstance(first, (Splice, When))
    return False


def _each_body(body: Any, context: Context, indent: int) -> Output:
    """The body of a range: entries when it makes maps that are spliced into an object, else items."""
    match body:
        case Splice(value=value):
            yield from content(value, context, indent)
        case _:
            yield from item(body, context, indent)


def item(tree: Any, context: Context, indent: int) -> Output:
    """`- item`, or nothing where the item vanished."""
    match tree:
        case Omitted():
            return
        case Const(value=dict() | list() as empty):
            yield Line(indent, f"- {json.dumps(empty)}")
        case Const(value=str() as text) if "\n" in text:
            yield from _block("-", text, indent)
        case _ if is_scalar(tree) and _fits(line := f"- {scalar(tree, context)}", tree, indent):
            yield Line(indent, line)
        case When(then=then, otherwise=otherwise):
            first, second = list(item(then, context, indent)), list(item(otherwise, context, indent))
            yield from decision(tree, context, indent, first, second)
        case Object() | Sequence() | Call():
            body = _item_body(list(content(tree, context, indent + 2)), indent)
            yield from guarded(presence(tree), context, indent, body)
        case Each():
            raise ChartError(f"a list inside a list is not printed; write [*each(...)] ({tree.where})")
        case _:
            yield Line(indent, f"- {{{{- mustToYaml {argument(tree, context)} | nindent {indent + 2} }}}}")


def _item_body(body: list[Part], indent: int) -> list[Part]:
    """The parts of an item, the first of them beside the hyphen where it is a line."""
    match body:
        case [Line(text=text), *rest]:
            return [Line(indent, f"- {text}"), *rest]
    return [Line(indent, "-"), *body]
