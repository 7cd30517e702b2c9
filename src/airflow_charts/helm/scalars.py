"""Values as YAML on one line, and as plain text."""

from __future__ import annotations

import json
from typing import Any

import yaml

from airflow_charts.helm.expressions import Context, condition, expression, go_string
from airflow_charts.tracing.fragments import plain_expression
from airflow_charts.tracing.nodes import (
    OMITTED,
    Apply,
    Call,
    Concat,
    Const,
    Field,
    JsonText,
    Let,
    Lines,
    Var,
    When,
    type_of_node,
)
from airflow_charts.tracing.table import FIRST_OF


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
