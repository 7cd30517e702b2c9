"""YAML exactly as Helm reads it (go-yaml v2 through JSON).

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
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from airflow_charts.errors import ValuesSyntaxError
from airflow_charts.reading.scalars import BASE64, INT64, RESOLVABLE, TAG, float32_text, is_timestamp, resolve

Path = tuple[str | int, ...]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # without libyaml slower, and the texts of errors differ
_MAX_DEPTH = 100  # Helm allows 10,000; a values file has about ten, Python's stack a few hundred


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
        if value is None or (isinstance(value, int) and value >= INT64):
            raise self.error("this key is null or too large a number; quote it", node)
        if isinstance(value, float):
            return (float, value), float32_text(value)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return (type(value), value), text

    def scalar(self, node: _Scalar) -> str | int | float | bool | None:
        if not node.tag and not node.plain:
            return node.text
        if node.tag not in RESOLVABLE:
            return self.binary(node) if node.tag == TAG + "binary" else node.text
        tag = node.tag.removeprefix(TAG)
        kind, value = ("str", node.text) if tag == "str" else resolve(node.text)
        if tag == "timestamp" and kind == "str" and is_timestamp(node.text):
            return node.text
        if tag == "float" and kind == "int" and isinstance(value, int) and value < INT64:
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
        return int(number) if number.is_integer() and abs(number) < INT64 else number

    def binary(self, node: _Scalar) -> str:
        encoded = re.sub(r"[\r\n]", "", node.text)
        if not BASE64.fullmatch(encoded):
            raise self.error("this value is not base64, as !!binary demands", node)
        # Go's JSON encoder replaces every single byte that is not UTF-8.
        text = base64.b64decode(encoded).decode("utf-8", "surrogateescape")
        return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _is_merge(node: _Node) -> bool:
    return isinstance(node, _Scalar) and node.text == "<<" and (node.plain or node.tag == TAG + "merge")


def _flatten(places: _Places, path: Path) -> Iterator[tuple[Path, int]]:
    for key, (line, inside) in places.items():
        here = (*path, key)
        yield here, line
        yield from _flatten(inside, here)
