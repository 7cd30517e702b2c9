"""YAML that every reader understands alike."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any


def dump(data: Any) -> str:
    """Returns block style YAML that go-yaml, kubectl and PyYAML all read as `data`, keys in their given order.

    Raises:
        TypeError: Something is not JSON data.
        ValueError: A number is not finite, or a text is not Unicode.
    """
    lines: list[str] = []
    if isinstance(data, dict) and data:
        _write_mapping(lines, data, "", "")
    elif isinstance(data, list) and data:
        _write_sequence(lines, data, "", "")
    else:
        lines.append(_value_text(data, "  "))
    lines.append("")
    return "\n".join(lines)


def dump_all(documents: list[Any]) -> str:
    """Returns one stream, every document preceded by `---`."""
    return "".join(f"---\n{dump(document)}" for document in documents)


def _write_mapping(lines: list[str], data: dict[str, Any], pad: str, first: str) -> None:
    """Appends one entry per line behind `pad`, the first behind `first` (`- ` in a list)."""
    for key, value in data.items():
        if not isinstance(key, str):
            raise TypeError(f"a key of type {type(key).__name__} is not JSON")
        text = _text(key)
        # Readers look for the colon of a simple key within 1,024 characters.
        head = f"{first}{text}:" if len(text) < 1000 else f"{first}? {text}\n{pad}:"  # noqa: PLR2004
        first = pad
        if isinstance(value, dict) and value:
            lines.append(head)
            _write_mapping(lines, value, pad + "  ", pad + "  ")
        elif isinstance(value, list) and value:
            lines.append(head)
            _write_sequence(lines, value, pad, pad)
        else:
            lines.append(f"{head} {_value_text(value, pad + '  ')}")


def _write_sequence(lines: list[str], items: list[Any], pad: str, first: str) -> None:
    for item in items:
        if isinstance(item, dict) and item:
            _write_mapping(lines, item, pad + "  ", first + "- ")
        elif isinstance(item, list) and item:
            _write_sequence(lines, item, pad + "  ", first + "- ")
        else:
            lines.append(f"{first}- {_value_text(item, pad + '  ')}")
        first = pad


def _value_text(value: Any, pad: str) -> str:
    """Returns a scalar or an empty collection; `pad` precedes the lines of a literal block."""
    if isinstance(value, str):
        return _literal(value, pad) if "\n" in value and _is_literal(value) else _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float_text(value)
    if value in ({}, []):
        return "{}" if isinstance(value, dict) else "[]"
    raise TypeError(f"{type(value).__name__} is not JSON")


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("a number must be finite")
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")  # PyYAML takes 1e+16 for a string


def _is_literal(text: str) -> bool:
    """Tells whether `|` needs no indentation indicator and every reader keeps each character."""
    return text[0] not in " \t\n" and text.replace("\n", "").replace("\t", "").isprintable()


def _literal(text: str, pad: str) -> str:
    body = text.rstrip("\n")
    newlines = len(text) - len(body)
    chomping = "+" if newlines > 1 else "-" if newlines == 0 else ""
    lines = [pad + line if line else "" for line in body.split("\n")]
    return "\n".join([f"|{chomping}", *lines, *[""] * (newlines - 1)])


# Plain are texts that no YAML reader, of 1.1 or 1.2, takes for anything else: words, paths, options, and quantities
# like 500m or 8Gi (a digit first, then at least one letter that no number contains).
_PLAIN = re.compile(r"(?:-{0,2}[A-Za-z]|[_/])[^\\\"]*|[0-9][0-9A-Za-z./-]*[g-npq-wyzG-NPQ-WYZ][0-9A-Za-z./-]*")
_NOT_PLAIN = {"y", "yes", "n", "no", "true", "false", "on", "off", "null"}
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", '"': '\\"', "\\": "\\\\"}


@lru_cache(maxsize=4096)
def _text(text: str) -> str:
    """Returns a string in one line: plain, or quoted where plain would be anything else."""
    if not text.isprintable():
        return '"' + "".join(c if c.isprintable() and c not in _ESCAPES else _escape(c) for c in text) + '"'
    if (
        _PLAIN.fullmatch(text)
        and text.lower() not in _NOT_PLAIN
        and ": " not in text
        and " #" not in text
        and text[-1] not in ": "
    ):
        return text
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _escape(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004
        raise ValueError("a text with half a surrogate pair is not Unicode")
    short = f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
    return _ESCAPES.get(character, short)
