r"""Helm's `--set` and `--set-string` language: `a.b=1,c[0]={x,y},d\.e=null`.

Follows Helm's pkg/strvals/parser.go step by step, oddities included, because charts in use depend on them. Imports
nothing but errors. More than 100 indexes in one path are refused; Helm has no limit there.
"""

from __future__ import annotations

import re
from typing import Any

from airflow_charts.errors import ValuesSyntaxError

_MAX_INDEX = 65536
_MAX_NAME_LEVEL = 30
_MAX_INDEXES = 100
_INT = re.compile("([+-]?)0*([0-9]{1,19})")
_INT64 = 2**63
_WORDS = {"true": True, "false": False, "null": None}


def parse_set_into(expression: str, document: dict[str, Any], *, as_text: bool) -> None:
    """Applies one option onto a document, which it changes; after an error the document is worthless.

    Raises:
        ValuesSyntaxError: Helm would refuse the option as well. The message names the key, never the value.
    """
    parser = _Parser(expression, as_text=as_text)
    try:
        while True:
            parser.assignment(document)
    except _EndOfExpressionError:
        return


class _EndOfExpressionError(Exception):
    """Nothing is left to read; Helm takes that for success, also in the middle of a key."""


class _Parser:
    def __init__(self, expression: str, *, as_text: bool) -> None:
        self.expression = expression
        self.position = 0
        self.as_text = as_text
        self.indexes = 0
        self.first_key = ""

    def error(self, problem: str) -> ValuesSyntaxError:
        """Names the first key only: `password=x,y=z` may be a value with a comma that lacks its backslash."""
        option = "--set-string" if self.as_text else "--set"
        if self.first_key:
            problem = f"behind the value of `{self.first_key}`: {problem} (write a comma in a value as `\\,`)"
        elif "=" in self.expression:
            problem = f"`{self.expression.partition('=')[0]}`: {problem}"
        return ValuesSyntaxError(problem, source=option)

    def until(self, stops: str) -> tuple[str, str]:
        """Reads up to one of the characters; returns the text without escapes, and the character or nothing."""
        text: list[str] = []
        while self.position < len(self.expression):
            character = self.expression[self.position]
            self.position += 1
            if character in stops:
                return "".join(text), character
            if character == "\\":
                character = self.expression[self.position : self.position + 1]
                self.position += 1
            text.append(character)
        return "".join(text), ""

    def assignment(self, document: dict[str, Any]) -> None:
        self.indexes = 0
        self.key(document, 0)

    def key(self, data: dict[str, Any], level: int) -> None:
        """Reads `key=value`, or one part of a longer key and what follows, into `data`."""
        key, stop = self.until("=[,.")
        if stop == "=":
            self.assign(data, key)
        elif stop == "[":
            index = self.index()
            items = data.get(key, [])
            if not isinstance(items, list):
                raise self.error("an index is given, but the value so far is not a list")
            try:
                items = self.item(items, index, level)
            finally:
                _set(data, key, items)
        elif stop == ".":
            self.nested(data, key, level + 1)
        elif stop or key:
            raise self.error("a key without a value; write `key=value`")
        else:
            raise _EndOfExpressionError

    def assign(self, data: dict[str, Any], key: str) -> None:
        self.key_is_complete()
        if self.position >= len(self.expression):
            _set(data, key, "")
            raise _EndOfExpressionError
        _set(data, key, self.value())

    def key_is_complete(self) -> None:
        self.first_key = self.first_key or self.expression[: self.position - 1]

    def nested(self, data: dict[str, Any], key: str, level: int) -> None:
        if level > _MAX_NAME_LEVEL:
            raise self.error(f"a key has at most {_MAX_NAME_LEVEL} dots")
        inner = data.get(key, {})
        if not isinstance(inner, dict):
            raise self.error("a key inside is given, but the value so far is not a mapping")
        try:
            self.key(inner, level)
        finally:
            if inner:
                _set(data, key, inner)
        if not inner:
            raise self.error("a key that ends with a dot; write `key=value`")

    def index(self) -> int:
        text, stop = self.until("]")
        if not stop:
            raise _EndOfExpressionError
        index = _int64(text)
        if index is None or index < 0:
            raise self.error("an index is a number from 0")
        return index

    def item(self, items: list[Any], index: int, level: int) -> list[Any]:
        """Reads what follows `key[index]`; returns the list with the item set."""
        self.indexes += 1
        if self.indexes > _MAX_INDEXES:
            raise self.error(f"a key has at most {_MAX_INDEXES} indexes")
        text, stop = self.until("[.=")
        if text:
            raise self.error("unexpected text behind an index; `=`, `.` or `[` follows `]`")
        if not stop:
            raise _EndOfExpressionError
        existing = items[index] if index < len(items) else None
        if stop == "=":
            self.key_is_complete()
            return self.set_item(items, index, self.value() if self.position < len(self.expression) else "")
        if stop == "[":
            inner_index = self.index()
            if not isinstance(existing, list | None):
                raise self.error("two indexes are given, but the item so far is not a list")
            return self.set_item(items, index, self.item(existing or [], inner_index, level))
        inner = existing if isinstance(existing, dict) else {}
        if index < len(items):
            items[index] = inner
        self.key(inner, level)
        return self.set_item(items, index, inner)

    def set_item(self, items: list[Any], index: int, value: Any) -> list[Any]:
        if index > _MAX_INDEX:
            raise self.error(f"an index is at most {_MAX_INDEX}")
        items.extend([None] * (index + 1 - len(items)))
        items[index] = value
        return items

    def value(self) -> Any:
        """Reads one value, or a list in braces, and the comma behind it."""
        if self.expression[self.position] != "{":
            return self.typed(self.until(",")[0])
        self.position += 1
        items = []
        stop = ","
        while stop == ",":
            text, stop = self.until(",}")
            items.append(self.typed(text))
        if not stop:
            raise self.error("a list ends with `}`")
        if self.expression.startswith(",", self.position):
            self.position += 1
        return items

    def typed(self, text: str) -> str | int | bool | None:
        if self.as_text:
            return text
        folded = text.casefold()
        if folded in _WORDS:
            return _WORDS[folded]
        number = None if text.startswith("0") and text != "0" else _int64(text)
        return text if number is None else number


def _int64(text: str) -> int | None:
    match = _INT.fullmatch(text)
    number = int(match[1] + match[2]) if match else _INT64
    return number if -_INT64 <= number < _INT64 else None


def _set(data: dict[str, Any], key: str, value: Any) -> None:
    if key:
        data[key] = value
