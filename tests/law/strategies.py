"""Hypothesis strategies for values documents, derived from the schema that users' documents must satisfy.

A document is one of the examples with a few values changed: so most pass the rules, and each reaches deep.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from harness import ROOT
from hypothesis import strategies as st

from airflow_charts.reading.goyaml import parse
from airflow_charts.values import Values
from airflow_charts.values.schema import schema_of

Path = tuple[str, ...]

NASTY = [
    "",
    " ",
    "a b",
    "y",
    "no",
    "null",
    "~",
    "0x1F",
    "012",
    "1e6",
    "12:30",
    "2020-01-01",
    "=",
    "<<",
    "- a",
    "a: b",
    "#c",
    "'",
    '"',
    "\\",
    "%s %d %%",
    "{{ .Values.x }}",
    "{{ ti.dag_id }}",
    "}}",
    "$(HOME)",
    "line\nbreak",
    "trailing \n",
    "\n\n",
    "\t",
    "é😀",
    "\u2028",
    "<>&",
    "|",
    ">",
    "*a",
    "&a",
    "!t",
    "@",
    "`",
    "⟦aZ0Za⟧",
]
"""Texts that trip YAML parsers, Go templates, configparser and shells."""


@cache
def schema() -> dict[str, Any]:
    return schema_of(Values, editor=True)


@cache
def bases() -> list[dict[str, Any]]:
    return [parse(path.read_text()).data for path in sorted((ROOT / "examples").glob("*.yaml"))]


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """A schema with its references and inherited properties in place."""
    if "$ref" in node:
        return resolve(schema()["definitions"][node["$ref"].rpartition("/")[2]])
    if "allOf" not in node:
        return node
    merged = {key: value for key, value in node.items() if key != "allOf"}
    for part in node["allOf"]:
        inner = resolve(part)
        own = {name: value for name, value in merged.get("properties", {}).items() if value is not True}
        properties = {**inner.get("properties", {}), **own}
        merged = {**inner, **merged, **({"properties": properties} if properties else {})}
    return merged


@cache
def paths() -> list[Path]:
    """The path of every value that is no section."""
    found: list[Path] = []

    def visit(node: Any, path: Path) -> None:
        node = resolve(node)
        if node.get("properties") and not is_kubernetes(path):
            for name, inner in node["properties"].items():
                visit(inner, (*path, name))
        else:
            found.append(path)

    visit(schema(), ())
    return found


def is_kubernetes(path: Path) -> bool:
    node = schema()
    for key in path[:-1]:
        node = resolve(node["properties"][key])
    own = node["properties"].get(path[-1], {}) if path else {}
    if own is True:
        return False
    references = [own.get("$ref", ""), *(part.get("$ref", "") for part in own.get("allOf", []))]
    return any("/k8s." in reference for reference in references)


def schema_at(path: Path) -> dict[str, Any]:
    node: dict[str, Any] = schema()
    for key in path:
        node = resolve(node["properties"][key])
    return node


KEYS = ["a", "b.c/d", "e-f", "1", "true"]
CONTROL = st.sampled_from(["\x07", "\x00", "\x85", "\x7f", "\ufffe"])
TEXT = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12),
    st.integers(0, 15).flatmap(lambda number: CONTROL if number == 0 else st.sampled_from(NASTY)),
)


@cache
def from_pattern(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True).filter(lambda text: len(text) <= 60 and text.isascii())


def value_of(node: dict[str, Any], depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a schema allows."""
    node = resolve(node)
    if "enum" in node:
        return st.sampled_from(node["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in node:
            return st.one_of([value_of(option, depth) for option in node[choice]])
    kind = node.get("type", "object")
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        low, high = max(node.get("minimum", -5), -(2**53)), min(node.get("maximum", 2**53), 2**53)
        return st.one_of(st.integers(low, min(low + 5, high)), st.integers(low, high))
    if kind == "number":
        return st.one_of(st.integers(-5, 5), st.sampled_from([0.5, 1.25]))
    if kind == "string":
        return from_pattern(node["pattern"]) if "pattern" in node else TEXT
    if kind == "array":
        return st.lists(value_of(node.get("items", {}), depth + 1), min_size=node.get("minItems", 0), max_size=2)
    return object_of(node, depth)


def object_of(node: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties = {name: inner for name, inner in node.get("properties", {}).items() if inner is not True}
    if not properties:
        keys = node.get("propertyNames", {})
        keys = resolve(keys) if keys else {}
        key = from_pattern(keys["pattern"]) if "pattern" in keys else st.sampled_from(KEYS)
        inner = node.get("additionalProperties", {"type": "string"})
        return st.dictionaries(key, value_of(inner if isinstance(inner, dict) else {}, depth + 1), max_size=2)
    required = node.get("required", [])
    if depth > 4:
        return st.fixed_dictionaries({name: value_of(properties[name], depth + 1) for name in required})
    names = [name for name in properties if name not in required]

    def chosen(some: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({name: value_of(properties[name], depth + 1) for name in [*required, *some]})

    return st.lists(st.sampled_from(names), max_size=3, unique=True).flatmap(chosen) if names else chosen([])


def assign(document: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        document = document.setdefault(key, {})
    document[path[-1]] = value


@st.composite
def documents(draw: st.DrawFn, changes: int = 6) -> dict[str, Any]:
    """A values document that the schema accepts."""
    document: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(bases())))
    for path in draw(st.lists(st.sampled_from(paths()), max_size=changes)):
        assign(document, path, draw(value_of(schema_at(path))))
    return document
