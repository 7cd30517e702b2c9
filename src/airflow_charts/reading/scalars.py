"""What a scalar of YAML means to go-yaml: a text, a number, a truth, nothing, or a time."""

from __future__ import annotations

import math
import re
import struct
from datetime import date, time

INT64 = 2**63
_MAX_DIGITS = 80  # more than any 64 bits need; Python refuses to convert thousands of digits
TAG = "tag:yaml.org,2002:"
RESOLVABLE = {"", *(TAG + name for name in ("str", "bool", "int", "float", "null", "timestamp"))}
BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

_Resolved = tuple[str, str | int | float | bool | None]


def _spellings(*words: str) -> set[str]:
    return {spelling for word in words for spelling in (word, word.capitalize(), word.upper())}


_WORDS: dict[str, _Resolved] = {
    **dict.fromkeys(_spellings("y", "yes", "true", "on"), ("bool", True)),
    **dict.fromkeys(_spellings("n", "no", "false", "off"), ("bool", False)),
    **dict.fromkeys(_spellings("null") | {"", "~"}, ("null", None)),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], ("float", float("nan"))),
    **dict.fromkeys([sign + word for sign in ("", "+") for word in (".inf", ".Inf", ".INF")], ("float", float("inf"))),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], ("float", float("-inf"))),
}

_INT = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9][0-9]*))")
_ODD_BINARY = re.compile(r"0b([+-])([01]+)")  # go-yaml cuts "0b" off and reads the rest with its sign
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")  # Go's own grammar: _ between digits
_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:([Tt]| +)([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?"
    r"(Z|[+-](?:[01][0-9]|2[0-4]):(?:[0-5][0-9]|60))?)?"
)


def resolve(text: str) -> _Resolved:
    """Returns the type and value of an unquoted text; resolves numbers as Go's strconv does."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first in "+-0123456789":
        plain = text.replace("_", "")
        integer = _integer(plain)
        if integer is not None:
            return "int", integer
        number = _FLOAT.fullmatch(plain)
    else:
        number = _DOT_FLOAT.fullmatch(text)
    if number:
        value = float(number[0].replace("_", ""))
        if math.isfinite(value):  # Go reports an overflow, and go-yaml leaves a string
            return "float", value
    return "str", text


def _integer(plain: str) -> int | None:
    """Returns what fits int64 or, without a sign, uint64."""
    if match := _INT.fullmatch(plain):
        sign, *digits = match.groups()
        base, text = next((base, text) for base, text in zip((16, 8, 2, 10), digits, strict=True) if text)
    elif match := _ODD_BINARY.fullmatch(plain):
        sign, text, base = match[1], match[2], 2
    else:
        return None
    if len(text.lstrip("0")) > _MAX_DIGITS:
        return None
    value = int(text.lstrip("0") or "0", base)
    if sign == "-":
        return -value if value <= INT64 else None
    return value if value < INT64 or (not sign and value < 2 * INT64) else None


def is_timestamp(text: str) -> bool:
    """Whether go-yaml takes a text for a time."""
    match = _TIMESTAMP.fullmatch(text)
    if not match:
        return False
    year, month, day, separator, hour, minute, second, zone = match.groups(default="0")
    if (separator in ("T", "t")) != (zone != "0"):
        return False
    try:  # only the ranges count
        date(int(year) or 2000, int(month), int(day))  # Go knows a year 0
        time(int(hour), int(minute), int(second))
    except ValueError:
        return False
    return True


def float32_text(value: float) -> str:
    """Returns a float key as sigs.k8s.io/yaml writes it: the shortest text of the *float32*, as Go's %g."""
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        single = float("inf") if value > 0 else float("-inf")
    if not math.isfinite(single):
        return {"inf": ".inf", "-inf": "-.inf"}.get(str(single), ".nan")
    shortest = next(text for text in (f"{single:.{n}e}" for n in range(9)) if _same_float32(text, single))
    digits, _, exponent = shortest.partition("e")
    if -4 <= int(exponent) < 6:  # noqa: PLR2004 - Go's limits
        decimals = len(digits.partition(".")[2]) - int(exponent)
        return f"{float(shortest):.{max(decimals, 0)}f}"
    return shortest


def _same_float32(text: str, single: float) -> bool:
    try:
        return struct.pack("f", float(text)) == struct.pack("f", single)
    except OverflowError:
        return False
