"""Trees as lines of YAML between the control lines of Go templates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from airflow_charts.errors import ChartError
from airflow_charts.helm.expressions import Context, argument, condition, expression, go_string
from airflow_charts.helm.presence import UNKNOWN, negated, presence
from airflow_charts.tracing.fragments import plain_expression
from airflow_charts.tracing.nodes import (
    OMITTED,
    Apply,
    Call,
    Concat,
    Const,
    Each,
    Entry,
    Field,
    Fragment,
    JsonText,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Splice,
    Var,
    When,
    type_of_node,
)
from airflow_charts.tracing.table import FIRST_OF
from airflow_charts.tracing.types import Type


def yaml_constant(value: Any) -> str:
    """A constant as a YAML scalar on one line, safe against Go's braces."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return json.dumps(value)
    if "{{" in value:
        return f"{{{{ {go_string(value)} | quote }}}}"
    if _plain_scalar(value):
        return value
    return json.dumps(value, ensure_ascii=False)


_AMBIGUOUS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "none", "="}


def _plain_scalar(value: str) -> bool:
    """Whether every YAML parser reads the bare text as this text."""
    if not value or value.lower() in _AMBIGUOUS or value[0] in "0123456789+-.<" or value != value.strip():
        return False
    if not all(sign.isascii() and (sign.isalnum() or sign in "-._/ ()$") for sign in value.replace(":", "", 1)):
        return False
    if ": " in value or value.endswith(":"):
        return False
    return bool(yaml.safe_load(f"k: {value}") == {"k": value})


def scalar(node: Any, context: Context) -> str:
    """A text, integer or boolean as a YAML scalar on one line."""
    kind = type_of_node(node).kind
    match node:
        case Const(value=value):
            return yaml_constant(value)
        case When(condition=holds, then=then, otherwise=otherwise):
            chosen = condition(holds, context)
            return (
                f"{{{{ if {chosen} }}}}{scalar(then, context)}{{{{ else }}}}{scalar(otherwise, context)}{{{{ end }}}}"
            )
    if kind == "int":
        cast = "" if isinstance(node, Apply) else "int64 "
        return f"{{{{ {cast}{expression(node, context)} }}}}"
    if kind == "bool":
        if isinstance(node, (Field, Var)):
            return f"{{{{ {expression(node, context)} }}}}"
        return f"{{{{ if {condition(node, context)} }}}}true{{{{ else }}}}false{{{{ end }}}}"
    if plain_expression(node):
        return f'"{raw_text(node, context)}"'
    return f"{{{{ {_piped(node, context)} | quote }}}}"


def _piped(node: Any, context: Context) -> str:
    text = expression(node, context)
    return f"({text})" if isinstance(node, Apply) and node.op is FIRST_OF else text


def raw_text(node: Any, context: Context) -> str:
    """A text as it is, without quotes: inside double quotes, or the output of a text fragment."""
    match node:
        case Let(variable=variable, value=value, body=body):
            return f"{{{{- ${variable.name} := {expression(value, context)} }}}}{raw_text(body, context)}"
        case Const(value=value):
            text = str(value)
            return f"{{{{ {go_string(text)} }}}}" if "{{" in text else text
        case Concat(parts=parts):
            return "".join(raw_text(part, context) for part in parts)
        case When(condition=holds, then=then, otherwise=otherwise):
            first, second = raw_text(then, context), raw_text(otherwise, context)
            return f"{{{{ if {condition(holds, context)} }}}}{first}{{{{ else }}}}{second}{{{{ end }}}}"
    if type_of_node(node).kind == "int" and not isinstance(node, Apply):
        return f"{{{{ int64 {expression(node, context)} }}}}"
    return f"{{{{ {expression(node, context)} }}}}"


def is_scalar(tree: Any) -> bool:
    """Whether a tree prints on one line."""
    match tree:
        case Const(value=value):
            return not isinstance(value, (list, dict)) and "\n" not in str(value)
        case When(then=then, otherwise=otherwise):
            return otherwise != OMITTED and is_scalar(then) and is_scalar(otherwise)
        case Call(fragment=fragment):
            return fragment.type.kind == "text" and not isinstance(fragment.body, Lines)
    return type_of_node(tree).kind in ("text", "int", "bool") and not isinstance(tree, (Lines, JsonText))


Output = Iterator[str]
"""Lines of a template. A line of YAML is indented; a control line starts with `{{-`."""


def guarded(holds: Any, context: Context, indent: int, body: list[str]) -> Output:
    """`body` under a condition that may be known."""
    if holds is False:
        return
    if holds is True:
        yield from body
        return
    if holds is UNKNOWN:
        raise ChartError(f"`{body[0].strip()}` may be left empty: build its items in a @fragment")
    yield f"{' ' * indent}{{{{- if {condition(holds, context)} }}}}"
    yield from body
    yield f"{' ' * indent}{{{{- end }}}}"


def decision(node: When, context: Context, indent: int, first: list[str], second: list[str]) -> Output:
    """Lines of either branch of a decision."""
    pad = " " * indent
    if not first:
        node, first, second = When(negated(node.condition), node.otherwise, node.then, node.where), second, first
    if not first:
        return
    yield f"{pad}{{{{- if {condition(node.condition, context)} }}}}"
    yield from first
    if second:
        yield f"{pad}{{{{- else }}}}"
        yield from second
    yield f"{pad}{{{{- end }}}}"


def assign(node: Let, context: Context, indent: int, body: list[str]) -> Output:
    """Lines in which a variable has a value."""
    yield f"{' ' * indent}{{{{- ${node.variable.name} := {expression(node.value, context)} }}}}"
    yield from body


def repetition(node: Each, context: Context, indent: int, body: list[str]) -> Output:
    """Lines for each item of a list or a map."""
    pad = " " * indent
    names = ", ".join(f"${variable.name}" for variable in node.variables)
    source = expression(node.source, context)
    single = len(node.variables) == 1
    yield f"{pad}{{{{- range {'$_, ' if single else ''}{names} := {source} }}}}"
    yield from body
    yield f"{pad}{{{{- end }}}}"


def _dump(node: Any, context: Context, indent: int, key: str) -> Output:
    """The user's own list or map below `key` (or alone), if it is not empty."""
    pad = " " * indent
    source = expression(node, context)
    if not key:
        yield f"{pad}{{{{- with {source} }}}}"
        yield f"{pad}{{{{- mustToYaml . | nindent {indent} }}}}"
        yield f"{pad}{{{{- end }}}}"
        return
    yield f"{pad}{{{{- with {source} }}}}"
    yield f"{pad}{key}:"
    yield f"{pad}  {{{{- mustToYaml . | nindent {indent + 2} }}}}"
    yield f"{pad}{{{{- end }}}}"


def entry(key: Any, value: Any, context: Context, indent: int) -> Output:
    """`key: value`, or nothing where the value vanished."""
    pad = " " * indent
    name = yaml_constant(key.value) if isinstance(key, Const) else scalar(key, context)
    match value:
        case Omitted():
            return
        case Const(value=dict() | list() as empty):
            yield f"{pad}{name}: {json.dumps(empty)}"
        case Const(value=str() as text) if "\n" in text:
            yield from _block(f"{name}:", text, indent)
        case _ if is_scalar(value):
            yield f"{pad}{name}: {scalar(value, context)}"
        case When(then=then, otherwise=otherwise):
            first = list(entry(key, then, context, indent))
            second = list(entry(key, otherwise, context, indent))
            yield from decision(value, context, indent, first, second)
        case Object() | Sequence() | Each():
            body = [f"{pad}{name}:", *content(value, context, indent + 2)]
            yield from guarded(presence(value), context, indent, body)
        case JsonText() | Call(fragment=Fragment(type=Type(kind="text"))):
            yield f"{pad}{name}: {{{{- {expression(value, context)} | mustToYaml | nindent {indent + 2} }}}}"
        case Call():
            yield from _called(value, context, indent, name)
        case _:
            yield from _dump(value, context, indent, name)


def _block(name: str, text: str, indent: int) -> Output:
    pad = " " * indent
    header = "|" if text.endswith("\n") else "|-"
    if text != text.lstrip() or text.endswith("\n\n") or any(line != line.rstrip() for line in text.split("\n")):
        raise ChartError(f"the text of {name} has spaces or line breaks at an end, which a block cannot hold")
    yield f"{pad}{name} {header}"
    for line in text.rstrip("\n").split("\n"):
        yield pad + "  " + line.replace("{{", '{{ "{{" }}') if line else ""


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
        case Call(fragment=fragment):
            pad = " " * indent
            call = expression(tree, context)
            trimmed = "" if starts_with_text(fragment.body) else ' | trimPrefix "\\n"'
            if presence(fragment.body) is True:
                yield f"{pad}{{{{- {call}{trimmed} | nindent {indent} }}}}"
            else:
                yield f"{pad}{{{{- with {call} }}}}"
                yield f"{pad}{{{{- .{trimmed} | nindent {indent} }}}}"
                yield f"{pad}{{{{- end }}}}"
        case _:
            yield from _dump(tree, context, indent, "")


def _called(call: Call, context: Context, indent: int, key: str) -> Output:
    """The output of a fragment, below `key` or alone, if there is any."""
    pad, inner = " " * indent, indent + 2 if key else indent
    trimmed = "" if starts_with_text(call.fragment.body) else ' | trimPrefix "\\n"'
    certain = presence(call.fragment.body) is True
    if not certain:
        yield f"{pad}{{{{- with {expression(call, context)} }}}}"
    if key:
        yield f"{pad}{key}:"
    source = expression(call, context) if certain else "."
    yield f"{' ' * inner}{{{{- {source}{trimmed} | nindent {inner} }}}}"
    if not certain:
        yield f"{pad}{{{{- end }}}}"


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
    pad = " " * indent
    match tree:
        case Omitted():
            return
        case Const(value=dict() | list() as empty):
            yield f"{pad}- {json.dumps(empty)}"
        case Const(value=str() as text) if "\n" in text:
            yield from _block("-", text, indent)
        case _ if is_scalar(tree):
            yield f"{pad}- {scalar(tree, context)}"
        case When(then=then, otherwise=otherwise):
            first, second = list(item(then, context, indent)), list(item(otherwise, context, indent))
            yield from decision(tree, context, indent, first, second)
        case Call(fragment=fragment) if presence(fragment.body) is True and starts_with_text(fragment.body):
            spaces = " " * (indent + 2)
            yield f'{pad}- {{{{ {expression(tree, context)} | indent {indent + 2} | trimPrefix "{spaces}" }}}}'
        case Object() | Sequence() | Call():
            body = list(content(tree, context, indent + 2))
            if isinstance(tree, Object) and starts_with_text(tree):
                body[0] = f"{pad}- {body[0].lstrip()}"
            else:
                body = [f"{pad}-", *body]
            yield from guarded(presence(tree), context, indent, body)
        case Each():
            raise ChartError(f"a list inside a list is not printed; write [*each(...)] ({tree.where})")
        case _:
            yield f"{pad}- {{{{- mustToYaml {argument(tree, context)} | nindent {indent + 2} }}}}"
