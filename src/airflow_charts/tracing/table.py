"""The table of operations: every one with its Go template, its operands and its Python meaning, side by side.

The Python meaning serves the call and the interpreter, the template serves the printer; a differential test runs each
row in both. `{0}`, `{1}` are the printed arguments, `{*}` all of them; their kinds stand in the same order, `|` between
those that one may have. Integers arrive as Helm has them, float64, and are cast with `int64` before they are used.

Helm's own traps are kept out by types: `eq` only ever sees two values of one type, `and` and `or` only conditions
(or, for `first_of`, containers and texts, whose empty value is false in both languages).
"""

from __future__ import annotations

import base64
import hashlib
import json
import operator
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from airflow_charts.tracing.nodes import Operation
from airflow_charts.tracing.types import BOOL, INT, LIST, MAP, TEXT, Document, Json, Kind, Type

_GO_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def canonical_json(value: Json) -> str:
    """JSON as Go's `encoding/json` writes it: sorted keys, no spaces, five signs escaped."""
    text = json.dumps(_go_numbers(value), sort_keys=False, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_GO_ESCAPES)


def pretty_json(value: Json) -> str:
    """The same with two spaces of indentation, as `toPrettyJson` writes it."""
    return json.dumps(_go_numbers(value), indent=2, ensure_ascii=False).translate(_GO_ESCAPES)


def _go_numbers(value: Json) -> Json:
    # Go sorts keys by their bytes, and writes the float64 that it has made of 3 as `3`.
    if isinstance(value, dict):
        return {str(key): _go_numbers(value[key]) for key in sorted(value, key=lambda key: str(key).encode())}
    if isinstance(value, list):
        return [_go_numbers(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:  # noqa: PLR2004 - Go's limit
        return int(value)
    return value


def sha256(text: str) -> str:
    """The sha256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def version_at_least(version: str, minimum: str) -> bool:
    """Whether `version` (X.Y.Z) is `minimum` or newer."""
    return [int(part) for part in version.split(".")] >= [int(part) for part in minimum.split(".")]


def truncate_name(text: str, length: int) -> str:
    """The first `length` bytes of a name (ASCII by schema), without a hyphen at the end."""
    return text.encode()[:length].decode(errors="ignore").removesuffix("-")


def _join(items: list[str], separator: str) -> str:
    return separator.join(items)


def _all(*conditions: bool) -> bool:
    return all(conditions)


def _any(*conditions: bool) -> bool:
    return any(conditions)


def _first_of(*values: object) -> object:
    return next((value for value in values if value), values[-1])


def flat(items: Any, omitted: object) -> list[str]:
    """The texts of nested lists, without the omitted ones."""
    if isinstance(items, list):
        return [text for item in items for text in flat(item, omitted)]
    return [] if items is omitted else [items]


def overlaid(base: Document, changes: Document) -> Document:
    """`base` with `changes` over it, maps key by key and deep; as Helm lays one values file over another."""
    result = dict(base)
    for key, change in changes.items():
        both = isinstance(change, dict) and isinstance(result.get(key), dict)
        result[key] = overlaid(result[key], change) if both else change
    return result


OPERATIONS: dict[str, Operation] = {}
"""All rows by name."""


def _row(  # one line of the table each
    name: str, template: str, operands: str, python: Callable[..., Any], result: Type, *, alike: bool = False
) -> Operation:
    kinds = tuple(frozenset(one.split("|")) for one in operands.split())
    OPERATIONS[name] = Operation(name, template, kinds, python, result, alike)
    return OPERATIONS[name]


# Go compares an int with an int64, but fails on a float64, which every number of a values file is until it is cast.
EQUAL = _row("equal", "eq {0} {1}", "text|int|bool text|int|bool", operator.eq, BOOL, alike=True)
UNEQUAL = _row("unequal", "ne {0} {1}", "text|int|bool text|int|bool", operator.ne, BOOL, alike=True)
LESS = _row("less", "lt {0} {1}", "int int", operator.lt, BOOL)
AT_MOST = _row("at_most", "le {0} {1}", "int int", operator.le, BOOL)
GREATER = _row("greater", "gt {0} {1}", "int int", operator.gt, BOOL)
AT_LEAST_INT = _row("at_least_int", "ge {0} {1}", "int int", operator.ge, BOOL)
ALL_OF = _row("all_of", "and {*}", "bool", _all, BOOL)
ANY_OF = _row("any_of", "or {*}", "bool", _any, BOOL)
NEGATE = _row("negate", "not {0}", "bool", operator.not_, BOOL)
# `empty` and `or` take false, 0, "", [] and {} for nothing: never let a number or a condition in here.
FILLED = _row("filled", "not (empty {0})", "text|list|map|verbatim", bool, BOOL)
FIRST_OF = _row("first_of", "or {*}", "text|list|map|verbatim", _first_of, LIST, alike=True)
CONTAINS = _row("contains", "has {1} {0}", "list text", lambda items, item: item in items, BOOL)
HAS_KEY = _row("has_key", "hasKey {0} {1}", "map|verbatim text", lambda mapping, key: key in mapping, BOOL)
AT = _row("at", "index {0} {1}", "map|verbatim text", lambda mapping, key: mapping[key], MAP)
IS_TEXT = _row("is_text", 'kindIs "string" {0}', "either", lambda value: isinstance(value, str), BOOL)
AT_LEAST = _row("at_least", 'semverCompare (print ">=" {1}) {0}', "text text", version_at_least, BOOL)
STARTS_WITH = _row("starts_with", "hasPrefix {1} {0}", "text text", str.startswith, BOOL)
HOLDS = _row("holds", "contains {1} {0}", "text text", lambda text, part: part in text, BOOL)
MATCHES = _row("matches", "regexMatch {1} {0}", "text text", lambda text, pattern: bool(re.search(pattern, text)), BOOL)
# Go's `len` of a text, and `trunc`, count bytes; Python's count signs.
LENGTH = _row("length", "len {0}", "text", lambda text: len(text.encode()), INT)
SIZE = _row("size", "len {0}", "list|map|verbatim", len, INT)
DISTINCT_LINES = _row(
    "distinct_lines", 'len (uniq (splitList "\\n" {0}))', "text", lambda text: len(set(text.split("\n"))), INT
)
ADD = _row("add", "add {*}", "int", lambda *terms: sum(terms), INT)
MULTIPLY = _row("multiply", "mul {*}", "int", lambda left, right: left * right, INT)
JOIN = _row("join", "join {1} {0}", "list text", _join, TEXT)
TRUNCATE = _row("truncate", 'trunc (int {1}) {0} | trimSuffix "-"', "text int", truncate_name, TEXT)
BASE64 = _row("b64encode", "b64enc {0}", "text", lambda text: base64.b64encode(text.encode()).decode(), TEXT)
URLQUOTE = _row("urlquote", 'urlquery {0} | replace "+" "%20"', "text", lambda text: quote(text, safe=""), TEXT)
TEXT_DIGEST = _row(
    "text_digest", "sha256sum {0} | trunc {1}", "text int", lambda text, length: sha256(text)[:length], TEXT
)
REPLACE = _row("replace", "replace {1} {2} {0}", "text text text", lambda text, old, new: text.replace(old, new), TEXT)
TRIM_END = _row("trim_end", "trimSuffix {1} {0}", "text text", str.removesuffix, TEXT)
# `mergeOverwrite` changes its first operand: without `deepCopy`, the values of all templates rendered later.
OVERLAID = _row("overlaid", "mergeOverwrite (deepCopy {0}) {1}", "record|map record|map", overlaid, MAP)
FROM_JSON = _row("from_json", "mustFromJson {0}", "text", json.loads, MAP)
TO_JSON = _row("to_json", "mustToJson {0}", "list|map|record|verbatim|text", canonical_json, TEXT)

OPERATORS = {
    "==": EQUAL,
    "!=": UNEQUAL,
    "<": LESS,
    "<=": AT_MOST,
    ">": GREATER,
    ">=": AT_LEAST_INT,
    "&": ALL_OF,
    "|": ANY_OF,
}


def misfit(operation: Operation, kinds: list[Kind]) -> str:
    """What is wrong with operands of these kinds; empty if nothing is."""
    wanted = operation.operands * len(kinds) if "{*}" in operation.template else operation.operands
    if len(kinds) != len(wanted) or not kinds:
        return f"`{operation.name}` of {len(kinds)} operands"
    for kind, some in zip(kinds, wanted, strict=True):
        if kind not in some:
            return f"`{operation.name}` of a {kind} in place of a {' or '.join(sorted(some))}"
    if operation.alike and len(set(kinds)) > 1:
        return f"`{operation.name}` of {' and '.join(kinds)}"
    return ""
