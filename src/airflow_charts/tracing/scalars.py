"""Operations that make a text or a number of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from airflow_charts.tracing import table
from airflow_charts.tracing.apply import apply
from airflow_charts.tracing.marks import current_tracer, refuse
from airflow_charts.tracing.nodes import Apply, Call, Digest, JsonText, Lines, Sequence, Splice
from airflow_charts.tracing.structure import OMIT, plain, recorded_tree
from airflow_charts.tracing.symbols import Symbol, operand, symbol
from airflow_charts.tracing.types import MAP, PLAIN, TEXT, Document, Json

T = TypeVar("T")


def at(mapping: Mapping[str, T], key: str) -> T:
    """The value of a key that is known to be there (`has_key`)."""
    kind = mapping.__type__.item if isinstance(mapping, Symbol) else None
    return apply(table.AT, mapping, key, result=kind)


def text_at(mapping: Any, key: str) -> str:
    """The text under a key that the schema of Kubernetes requires."""
    if isinstance(mapping, Symbol):
        return apply(table.AT, mapping, key, result=TEXT)
    return str(mapping[key])


def length(text: str) -> int:
    """The number of UTF-8 bytes of a text."""
    return apply(table.LENGTH, text)


def text_digest(text: str, digits: int = 8) -> str:
    """The first hexadecimal digits of the sha256 of a text."""
    return apply(table.TEXT_DIGEST, text, digits, result=PLAIN)


def distinct_lines(text: str) -> int:
    """How many different lines a text has."""
    return apply(table.DISTINCT_LINES, text)


def size(items: Iterable[object]) -> int:
    """The number of items."""
    _refuse_text(items)
    return apply(table.SIZE, items) if isinstance(items, Symbol) else len(list(items))


def _refuse_text(items: object) -> None:
    if isinstance(items, str) or (isinstance(items, Symbol) and items.__type__.kind == "text"):
        refuse("a text in place of a list", "Pass a list of texts, or use `length(text)`.")


def add(*terms: int) -> int:
    """The sum of integers."""
    return apply(table.ADD, *terms)


def multiply(left: int, right: int) -> int:
    """The product of two integers."""
    return apply(table.MULTIPLY, left, right)


def join(items: Iterable[str], separator: str) -> str:
    """The items of a list of texts with a separator between them."""
    _refuse_text(items)
    return apply(table.JOIN, items, separator)


def truncate(text: str, length: int) -> str:
    """The first `length` bytes of a name, without a hyphen at the end."""
    return apply(table.TRUNCATE, text, length)


def b64encode(text: str) -> str:
    """The base64 of a text's UTF-8 bytes."""
    return apply(table.BASE64, text)


def urlquote(text: str) -> str:
    """The text percent-encoded for any part of a URL (only letters, digits and `-._~` stay)."""
    return apply(table.URLQUOTE, text)


def replace(text: str, old: str, new: str) -> str:
    """The text with every `old` replaced by `new`."""
    return apply(table.REPLACE, text, old, new)


def trim_end(text: str, suffix: str) -> str:
    """The text without a suffix."""
    return apply(table.TRIM_END, text, suffix)


def to_json(value: object) -> str:
    """The JSON of a value as Go writes it: sorted keys, no spaces, `<>&` escaped."""
    if isinstance(value, BaseModel):
        return table.canonical_json(value.model_dump(by_alias=True))
    return apply(table.TO_JSON, value)


def from_json(text: str) -> Document:
    """The map that a JSON text of the chart's own holds."""
    if current_tracer.get() is None:
        return table.FROM_JSON.python(text)
    return symbol(Apply(table.FROM_JSON, (operand(text, "inside `from_json`"),), MAP), MAP)


def digest(value: object, length: int = 8) -> str:
    """The first `length` hexadecimal digits of the sha256 of an object's canonical JSON.

    While tracing, the object must be the result of a fragment, which Helm can render twice.
    """
    if current_tracer.get() is None:
        return table.sha256(table.canonical_json(_whole(value)))[:length]
    if not isinstance(value, Symbol) or not isinstance(value.__node__, Call):
        refuse("the digest of an object that no fragment made", "Build the object in a function marked @fragment.")
    return symbol(Digest(value.__node__, length), PLAIN)


def _whole(value: object) -> Json:
    """The manifest of an object; an empty one where all of it vanished."""
    found: Json = plain(value)
    return {} if found is OMIT else found


def json_text(value: object) -> str:
    """An object as indented JSON, which is YAML too. While tracing, it must be the result of a fragment."""
    if current_tracer.get() is None:
        return table.pretty_json(_whole(value))
    if not isinstance(value, Symbol) or not isinstance(value.__node__, Call):
        refuse("the JSON of an object that no fragment made", "Build the object in a function marked @fragment.")
    return symbol(JsonText(value.__node__), TEXT)


def lines(items: Iterable[object]) -> str:
    """A text of lines with line breaks between; items that are OMIT do not exist. Only as result of a fragment."""
    if current_tracer.get() is None:
        return "\n".join(table.flat(items, OMIT))
    tree = recorded_tree(items)
    return symbol(Lines(tree.parts if isinstance(tree, Sequence) else (Splice(tree),)), TEXT)
