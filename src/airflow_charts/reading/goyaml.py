"""YAML exactly as Helm reads it (go-yaml v2 through JSON), and YAML that every reader understands alike.

PyYAML only splits the text into events; what a scalar, a key, a tag, a merge or an alias means is decided here, by
go-yaml's rules. Imports nothing of this package but errors, and nothing heavy.

Where Helm's answer is undefined or a trap, `parse` refuses although Helm reads something:

- a mapping that holds one key twice in different types (`1:` and `"1":`; Helm picks one at random);
- in `[...]` and `{...}`: a `:` directly before `,[]{}`, and `,`, `]` or `}` directly after a tag;
- most text in the same line behind a document written as one `{...}` (Helm ignores it);
- nesting deeper than 100 levels;
- a forbidden character anywhere, also after the first document, and a byte order mark that is not the first;
- a mistake inside a value that a later duplicate key replaces.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

from airflow_charts.errors import ValuesSyntaxError

Path = tuple[str | int, ...]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml slower, and the texts of errors differ
_MAX_DEPTH = 100  # Helm allows 10,000; a values file has about ten, Python's stack a few hundred
_MAX_DIGITS = 80  # more than any 64 bits need; Python refuses to convert thousands of digits
_INT64 = 2**63


@dataclass(frozen=True)
class Document:
    """One YAML mapping as plain JSON data; `lines` maps a path of keys and indexes to its line, from 1."""

    data: dict[str, Any]
    lines: dict[Path, int]
    source: str


def parse(text: str, *, source: str = "") -> Document:
    """Returns the first document of a values file; nothing and `null` are an empty mapping.

    Raises:
        ValuesSyntaxError: Helm would refuse the text as well, or see the module's list.
    """
    first = next(_mappings(text, source), None)
    return first or Document({}, {}, source)


def parse_values(text: str, *, source: str = "") -> list[Document]:
    """Returns every document of a values file that is not null: Helm 4's command line merges them.

    Raises:
        ValuesSyntaxError: as `parse`, in any document.
    """
    return [document for document in _mappings(text, source) if document]


def _mappings(text: str, source: str) -> Iterator[Document | None]:
    for node, line in _compose(text, source):
        value, places = _Decoder(source).decode(node, {})
        if value is not None and not isinstance(value, dict):
            message = f"a values file is a mapping such as `scheduler: {{replicas: 2}}`, this is a {_kind(value)}"
            raise ValuesSyntaxError(message, source=source, line=line)
        yield None if value is None else Document(value, dict(_flatten(places, ())), source)


def parse_all(text: str, *, source: str = "") -> list[Any]:
    """Returns every document that is not null, of a rendered manifest for example."""
    values = (_Decoder(source).decode(node, {})[0] for node, _ in _compose(text, source))
    return [value for value in values if value is not None]


def _kind(value: object) -> str:
    return "list" if isinstance(value, list) else "single value"


# --- Text to nodes: what PyYAML's parser says, with go-yaml's anchors


@dataclass(slots=True)
class _Scalar:
    text: str
    tag: str
    plain: bool  # no quotes and no tag, so its form decides its type
    line: int


@dataclass(slots=True)
class _Collection:
    line: int
    is_mapping: bool
    children: list[_Node] = field(default_factory=list)  # of a mapping: key, value, key, value


@dataclass(slots=True)
class _Alias:
    target: _Scalar | _Collection
    line: int
    open: bool = False  # being decoded right now


_Node = _Scalar | _Collection | _Alias

# A byte order mark (U+FEFF) is read as text or skipped, depending on Go's buffers: only the first may be one.
_FORBIDDEN = re.compile("(?!\\A\ufeff)[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TAG_AND_COMMA = re.compile(r"(?:&\S+\s+)?![^\s,]*,")
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")

# PyYAML's problem (the C text, then the Python text) -> what to write instead.
_HINTS = (
    ("cannot start any token", "indent with spaces, not tabs, and quote a text that starts with @, %, ` or |"),
    ("tab character", "indent with spaces, not tabs"),
    ("unexpected end of stream", "a quote is not closed"),
    ("document indicator", "a quote is not closed"),
    ("find expected ':'", "write `key: value` with a space after the colon, and indent a text's further lines"),
    ("mapping values are not allowed", "quote a text that contains `: `, or correct the indentation"),
    ("unexpected ':'", "put a space after the colon, or quote the text"),
    ("expected key", "correct the indentation, or quote the text"),
    ("'-' indicator", "start every item of the list with `- ` in the same column"),
    ("<block end>", "correct the indentation, or quote the text"),
    ("',' or", "close the bracket and put commas between its items, or quote the text"),
    ("node content", "give a value, or quote the text"),
    ("escape", 'inside "..." write a backslash twice, or use single quotes'),
    ("hexdecimal", 'inside "..." write a backslash twice, or use single quotes'),
    ("expected alphabetic", "quote a text that starts with & or *"),
    ("undefined tag handle", "quote a text that starts with !"),
)


class _Composer:
    """Reads the events of one stream and builds nodes."""

    def __init__(self, text: str, source: str) -> None:
        if bad := _FORBIDDEN.search(text):
            line = len(_LINE_BREAK.findall(text, 0, bad.start())) + 1
            message = (
                f'the character U+{ord(bad[0]):04X} is not allowed in YAML; inside "..." write an escape like \\x07'
            )
            raise ValuesSyntaxError(message, source=source, line=line)
        self.text = text
        self.source = source
        self.loader = _Loader(text)
        self.anchors: dict[str, _Scalar | _Collection] = {}

    def event(self) -> Any:
        try:
            return self.loader.get_event()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 0
            # The Python parser quotes what it found, which may be a part of a secret.
            problem = re.sub(r"(found|character|handle) (['\"]).*", r"\1 something else", str(error.problem))
            raise self.error(problem, line) from None
        except (yaml.YAMLError, ValueError):  # not a fault of the grammar: ReaderError, a version like %YAML 1.x
            raise self.error("this is not YAML", 0) from None

    def error(self, problem: str, line: int) -> ValuesSyntaxError:
        hint = next((f"; {hint}" for part, hint in _HINTS if part in problem), "")
        return ValuesSyntaxError(problem + hint, source=self.source, line=line)

    def documents(self) -> Iterator[tuple[_Node, int]]:
        self.event()  # stream start
        while not isinstance(event := self.event(), yaml.StreamEndEvent):
            if event.version not in (None, (1, 1)):
                raise self.error("Helm reads YAML 1.1: remove the %YAML line", event.start_mark.line + 1)
            self.anchors = {}
            node = self.node(self.event(), 0, in_flow=False)
            self.event()  # document end
            yield node, node.line

    def node(self, event: Any, depth: int, *, in_flow: bool) -> _Node:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise self.error("an alias without its anchor; quote a text that starts with *", line)
            return _Alias(self.anchors[event.anchor], line)
        if isinstance(event, yaml.ScalarEvent):
            self.check_flow_scalar(event, line, in_flow=in_flow)
            scalar = _Scalar(event.value, event.tag or "", event.implicit[0], line)
            return self.anchored(event, scalar)
        if depth == _MAX_DEPTH:
            raise self.error(f"more than {_MAX_DEPTH} levels of nesting", line)
        collection = _Collection(line, isinstance(event, yaml.MappingStartEvent))
        self.anchored(event, collection)
        in_flow = in_flow or bool(event.flow_style)
        while not isinstance(child := self.event(), yaml.CollectionEndEvent):
            collection.children.append(self.node(child, depth + 1, in_flow=in_flow))
        return collection

    def check_flow_scalar(self, event: Any, line: int, *, in_flow: bool) -> None:
        """Refuses what libyaml reads and go-yaml's older scanner does not."""
        if in_flow and not event.style and "?" in event.value:
            raise self.error("Helm takes a ? inside [...] or {...} for a key; quote the text", line)
        if in_flow and event.tag and _TAG_AND_COMMA.match(self.text, event.start_mark.index):
            raise self.error(
                "Helm takes a comma directly after a tag for a part of the tag; put a space before it", line
            )

    def anchored(self, event: Any, node: _Scalar | _Collection) -> _Scalar | _Collection:
        if event.anchor:
            self.anchors[event.anchor] = node
        return node


def _compose(text: str, source: str) -> Iterator[tuple[_Node, int]]:
    return _Composer(text, source).documents()


# --- Nodes to data

# A tree in parallel to the data: key or index -> (line, places inside). Kept apart because data is plain JSON.
_Places = dict[Any, tuple[int, Any]]


class _Entry(NamedTuple):
    key: str
    value: Any
    line: int
    places: _Places


# Go keeps 1, 1.0, true and "1" apart as keys, Python does not; hence the type.
_Entries = dict[tuple[type, Any], _Entry]


class _Decoder:
    """go-yaml's decoder for an untyped target, and the conversion to JSON behind it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.decoded = 1  # go-yaml counts the document itself
        self.aliased = 0
        self.alias_depth = 0
        self.depth = 0

    def error(self, message: str, node: _Node) -> ValuesSyntaxError:
        return ValuesSyntaxError(message, source=self.source, line=node.line)

    def count(self, node: _Node) -> None:
        """Refuses a "billion laughs" document where go-yaml does."""
        self.decoded += 1
        self.aliased += self.alias_depth > 0
        if self.aliased > 100 and self.decoded > 1000:  # noqa: PLR2004 - go-yaml's limits
            share = 0.99 - 0.89 * min(max(self.decoded - 400_000, 0) / 3_600_000, 1)
            if self.aliased / self.decoded > share:
                raise self.error("aliases make this document far larger than its text", node)

    def decode(self, node: _Node, places: _Places) -> tuple[Any, _Places]:
        """Returns the data, and `places` filled with where its parts stand."""
        self.count(node)
        if isinstance(node, _Alias):
            result = self.decode(self.enter(node), places)
            self.leave(node)
            return result
        if isinstance(node, _Scalar):
            return self.finite(self.scalar(node), node), places
        self.deeper(node)
        value = self.mapping(node, places) if node.is_mapping else self.sequence(node, places)
        self.depth -= 1
        return value, places

    def deeper(self, node: _Node) -> None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:  # only aliases get here
            raise self.error(f"more than {_MAX_DEPTH} levels of nesting", node)

    def sequence(self, node: _Collection, places: _Places) -> list[Any]:
        items = []
        for index, child in enumerate(node.children):
            value, inside = self.decode(child, {})
            places[index] = (child.line, inside)
            items.append(value)
        return items

    def enter(self, alias: _Alias) -> _Scalar | _Collection:
        if alias.open:
            raise self.error("an anchor contains itself", alias)
        alias.open = True
        self.alias_depth += 1
        return alias.target

    def leave(self, alias: _Alias) -> None:
        alias.open = False
        self.alias_depth -= 1

    def mapping(self, node: _Collection, places: _Places) -> dict[str, Any]:
        entries: _Entries = {}
        self.fill(node, entries)
        data: dict[str, Any] = {}
        for entry in entries.values():
            if entry.key in data:
                message = f"`{entry.key}` is a key twice, as a text and as a number or bool; quote both or none"
                raise ValuesSyntaxError(message, source=self.source, line=entry.line)
            data[entry.key] = entry.value
            places[entry.key] = (entry.line, entry.places)
        return data

    def fill(self, node: _Collection, entries: _Entries) -> None:
        """Adds the entries of a mapping; a later key wins, also over and under a merge."""
        pairs = iter(node.children)
        for key_node, value_node in zip(pairs, pairs, strict=True):
            if _is_merge(key_node):
                self.merge(value_node, entries)
                continue
            kind, key = self.key(key_node)
            value, places = self.decode(value_node, {})
            entries[kind] = _Entry(key, value, key_node.line, places)

    def merge(self, node: _Node, entries: _Entries) -> None:
        nodes = [node]
        if isinstance(node, _Collection) and not node.is_mapping:
            nodes = node.children[::-1]  # the first mapping of the list has precedence
        for source in nodes:
            target = source.target if isinstance(source, _Alias) else source
            if not isinstance(target, _Collection) or not target.is_mapping:
                raise self.error("`<<` takes a mapping or a list of mappings", source)
            self.deeper(source)
            self.count(source)
            if isinstance(source, _Alias):
                self.count(self.enter(source))
            self.fill(target, entries)
            if isinstance(source, _Alias):
                self.leave(source)
            self.depth -= 1

    def key(self, node: _Node) -> tuple[tuple[type, Any], str]:
        """Returns what makes the key unique in Go, and its text in JSON."""
        self.count(node)
        scalar = node
        if isinstance(node, _Alias):
            scalar = node.target
            self.alias_depth += 1
            self.count(scalar)
            self.alias_depth -= 1
        if not isinstance(scalar, _Scalar):
            raise self.error("a key must be a single value, not a list or a mapping; quote {{ ... }}", node)
        value = self.scalar(scalar)
        if value is None or (isinstance(value, int) and value >= _INT64):
            raise self.error("this key is null or too large a number; quote it", node)
        if isinstance(value, float):
            return (float, value), _float32_text(value)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return (type(value), value), text

    def scalar(self, node: _Scalar) -> str | int | float | bool | None:
        if not node.tag and not node.plain:
            return node.text
        if node.tag not in _RESOLVABLE:
            return self.binary(node) if node.tag == _TAG + "binary" else node.text
        tag = node.tag.removeprefix(_TAG)
        kind, value = ("str", node.text) if tag == "str" else _resolve(node.text)
        if tag == "timestamp" and kind == "str" and _is_timestamp(node.text):
            return node.text
        if tag == "float" and kind == "int" and isinstance(value, int) and value < _INT64:
            return float(value)
        if tag not in ("", kind):
            raise self.error(f"this value is not a !!{tag}", node)
        return value

    def finite(self, value: str | float | None, node: _Node) -> str | float | None:
        """Returns a value after its way through JSON, where every number is a float64."""
        if value is None or isinstance(value, str | bool):
            return value
        number = float(value)
        if not math.isfinite(number):
            raise self.error("a number must be finite; quote the text", node)
        return int(number) if number.is_integer() and abs(number) < _INT64 else number

    def binary(self, node: _Scalar) -> str:
        encoded = re.sub(r"[\r\n]", "", node.text)
        if not _BASE64.fullmatch(encoded):
            raise self.error("this value is not base64, as !!binary demands", node)
        # Go's JSON encoder replaces every single byte that is not UTF-8.
        text = base64.b64decode(encoded).decode("utf-8", "surrogateescape")
        return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _is_merge(node: _Node) -> bool:
    return isinstance(node, _Scalar) and node.text == "<<" and (node.plain or node.tag == _TAG + "merge")


def _flatten(places: _Places, path: Path) -> Iterator[tuple[Path, int]]:
    for key, (line, inside) in places.items():
        here = (*path, key)
        yield here, line
        yield from _flatten(inside, here)


# --- Scalars

_TAG = "tag:yaml.org,2002:"
_RESOLVABLE = {"", *(_TAG + name for name in ("str", "bool", "int", "float", "null", "timestamp"))}
_BASE64 = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")

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


def _resolve(text: str) -> _Resolved:
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
        return -value if value <= _INT64 else None
    return value if value < _INT64 or (not sign and value < 2 * _INT64) else None


def _is_timestamp(text: str) -> bool:
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


def _float32_text(value: float) -> str:
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


# --- Data to text


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
