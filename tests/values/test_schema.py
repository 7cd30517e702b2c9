"""The values as a whole: documented, defaulted, read by something, and described by one schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel

from airflow_charts.checks import defaults
from airflow_charts.helm.chart import traced
from airflow_charts.helm.values_yaml import plain, values_yaml
from airflow_charts.reading.goyaml import parse
from airflow_charts.tracing.nodes import Apply, Call, Digest, Each, Entry, Field, JsonText, Let, Var, children
from airflow_charts.tracing.table import OVERLAID
from airflow_charts.values import Values
from airflow_charts.values.schema import DIALECT, schema_of, type_name

CHART = Path(__file__).parents[2] / "charts/airflow"


# --- the schema ------------------------------------------------------------------------------------------------------


def without(node: Any, *keys: str) -> Any:
    """A schema without some of its keywords, with the `allOf` that only carries a description opened."""
    if isinstance(node, list):
        return [without(item, *keys) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"description", "allOf"}:
        [inner] = node["allOf"]
        return without(inner, *keys)
    kept = {}
    for key, value in node.items():
        if key == "properties":
            kept[key] = {name: without(inner, *keys) for name, inner in value.items()}
        elif key not in keys:
            kept[key] = without(value, *keys)
    return kept


def own(schema: dict[str, Any]) -> dict[str, Any]:
    definitions = {name: one for name, one in schema["definitions"].items() if not name.startswith("k8s.")}
    return {**schema, "definitions": definitions}


def shapes(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with what its base classes have in place: the same whichever fields a definition shares."""
    if isinstance(schema, list):
        return [shapes(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    merged: dict[str, Any] = {}
    for part in schema.get("allOf", []):
        whole = shapes(definitions[part["$ref"].rpartition("/")[2]] if "$ref" in part else part, definitions)
        merged["properties"] = {**merged.get("properties", {}), **whole.get("properties", {})}
    result = {key: shapes(value, definitions) for key, value in schema.items() if key not in ("allOf", "properties")}
    for key, inner in schema.get("properties", {}).items():
        if inner is not True:
            merged.setdefault("properties", {})[key] = shapes(inner, definitions)
    return {**merged, **result}


def test_the_editor_schema_is_the_charts_without_required_and_with_descriptions() -> None:
    chart, editor = own(schema_of(Values)), own(schema_of(Values, editor=True))
    stripped = without(chart, "required"), without(editor, "description", "required")
    compared = []
    for schema in stripped:
        whole = {name: one for name, one in schema["definitions"].items() if not name.endswith(".base")}
        compared.append(
            {
                "root": shapes({**schema, "definitions": {}}, schema["definitions"]),
                **{name: shapes(one, schema["definitions"]) for name, one in whole.items()},
            }
        )
    assert compared[0] == compared[1]


def test_the_editor_schema_requires_only_what_kubernetes_does() -> None:
    editor = own(schema_of(Values, editor=True))
    manifests = editor["properties"].pop("extraManifests")
    assert manifests["items"]["required"] == ["apiVersion", "kind", "metadata"]
    assert '"required"' not in json.dumps(editor)


def test_the_editor_schema_describes_every_value() -> None:
    editor = schema_of(Values, editor=True)
    for name, schema in [("Values", editor), *own(editor)["definitions"].items()]:
        for key, inner in schema.get("properties", {}).items():
            if inner is not True and (name, key) != ("Values", "enabled"):
                assert inner.get("description"), f"{name}.{key}"


def test_the_chart_schema_has_no_descriptions() -> None:
    assert '"description":"' not in json.dumps(own(schema_of(Values)), separators=(",", ":"))


@pytest.mark.parametrize("editor", [False, True])
def test_the_schema_is_a_valid_draft_07_schema(editor: bool) -> None:
    schema = schema_of(Values, editor=editor)
    assert schema["$schema"] == DIALECT
    assert jsonschema_rs.meta.is_valid(schema)
    jsonschema_rs.Draft7Validator(schema)


def test_the_committed_schema_is_this_one() -> None:
    assert json.loads((CHART / "values.schema.json").read_text()) == schema_of(Values)


def test_the_schema_accepts_the_defaults_and_an_editor_an_empty_file() -> None:
    assert jsonschema_rs.Draft7Validator(schema_of(Values)).is_valid(defaults())
    assert not jsonschema_rs.Draft7Validator(schema_of(Values)).is_valid({})
    assert jsonschema_rs.Draft7Validator(schema_of(Values, editor=True)).is_valid({})
    assert jsonschema_rs.Draft7Validator(schema_of(Values, editor=True)).is_valid({"scheduler": {"replicas": 2}})


def test_the_schema_refuses_every_value_that_is_null_or_missing() -> None:
    validator = jsonschema_rs.Draft7Validator(schema_of(Values))
    for path, _ in fields(Values()):
        keys = path.split(".")
        for damaged in (changed(defaults(), keys, None), removed(defaults(), keys)):
            assert not validator.is_valid(damaged), path


def changed(document: dict[str, Any], keys: list[str], value: Any) -> dict[str, Any]:
    first, *rest = keys
    return {**document, first: changed(document[first], rest, value) if rest else value}


def removed(document: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    first, *rest = keys
    if rest:
        return {**document, first: removed(document[first], rest)}
    return {key: value for key, value in document.items() if key != first}


# --- documentation and defaults --------------------------------------------------------------------------------------


def fields(section: BaseModel, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path, sections and what is in them."""
    for name, field in type(section).model_fields.items():
        here = f"{path}.{field.alias or name}".lstrip(".")
        yield here, field
        inner = getattr(section, name)
        if isinstance(inner, BaseModel):
            yield from fields(inner, here)


ALL = dict(fields(Values()))


def test_every_value_is_documented_with_a_sentence() -> None:
    silent = [path for path, field in ALL.items() if not (field.description or "").strip()]
    assert silent == []
    open_ended = [path for path, field in ALL.items() if field.description.strip()[-1] not in ".?`"]
    assert open_ended == []


def test_every_value_has_a_default() -> None:
    whole = Values.model_validate({})
    assert whole.model_dump(by_alias=True) == defaults()
    for path in ALL:
        node: Any = defaults()
        for key in path.split("."):
            node = node[key]
        assert node is not None, path


def test_every_value_has_a_type_in_words() -> None:
    assert {type_name(field) for field in ALL.values()} >= {"boolean", "text"}


def test_values_yaml_is_the_defaults() -> None:
    assert parse(values_yaml()).data == plain(Values()) == defaults()
    assert parse((CHART / "values.yaml").read_text()).data == defaults()


def test_values_yaml_explains_every_value_once() -> None:
    text = values_yaml()
    for path, field in ALL.items():
        beginning = field.description.split()[:4]
        assert " ".join(beginning) in " ".join(text.replace("#", " ").split()), path


# --- reading ---------------------------------------------------------------------------------------------------------

NOT_READ: dict[str, str] = {}
"""Values that no object depends on, each with its reason. A value that becomes read must leave the list."""


@cache
def read_paths() -> frozenset[str]:
    """The paths of all values that the recorded trees read: of objects, rules and notes apart."""
    found: set[str] = set()
    for tree in traced().parts.values():
        _read(tree, {}, found, set())
    return frozenset(found)


def _read(node: Any, scope: dict[str, tuple[str, ...]], found: set[str], seen: set[Any]) -> None:
    match node:
        case Field() | Var():
            found.update(_paths(node, scope))
        case Apply(args=args):
            for arg in args:
                _read(arg, scope, found, seen)
        case Each(source=source, variables=variables, body=body):
            _read(source, scope, found, seen)
            items = tuple(f"{path}.*" for path in _paths(source, scope))
            _read(body, {**scope, **{one.name: items for one in variables}}, found, seen)
        case Let(variable=variable, value=value, body=body):
            if isinstance(value, Call):
                _read(value, scope, found, seen)
            _read(body, {**scope, variable.name: _paths(value, scope)}, found, seen)
        case Digest(call=call) | JsonText(call=call):
            _read(call, scope, found, seen)
        case Call(fragment=fragment, args=args):
            names = (name for name, _ in fragment.parameters)
            inner = {name: _paths(arg, scope) for name, arg in zip(names, args, strict=True)}
            for arg in args:
                if not isinstance(arg, (Field, Var)):
                    _read(arg, scope, found, seen)
            key = (fragment.name, tuple(sorted(inner.items())))
            if key not in seen:
                seen.add(key)
                _read(fragment.body, inner, found, seen)
        case Entry(key=key, value=value):
            _read(key, scope, found, seen)
            _read(value, scope, found, seen)
        case _:
            for child in children(node):
                _read(child, scope, found, seen)


def _paths(node: Any, scope: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The paths of the values that an expression is, or is made from first: several that are laid over each other."""
    match node:
        case Var(kind="root", name=name):
            return ("",) if name == "Values" else (f"({name})",)
        case Var(name=name):
            return scope.get(name, ("(unknown)",))
        case Field(base=base, key=key):
            return tuple(f"{path}.{key}".lstrip(".") for path in _paths(base, scope))
        case Apply(op=op, args=args):
            return tuple(path for arg in (args if op is OVERLAID else args[:1]) for path in _paths(arg, scope))
    return ("(text)",)


def test_every_value_is_read_by_an_object() -> None:
    leaves = [path for path in ALL if not any(other.startswith(f"{path}.") for other in ALL)]
    read = read_paths()
    unread = [path for path in leaves if not any(_covers(one, path) for one in read)]
    assert sorted(unread) == sorted(NOT_READ)


def _covers(read: str, path: str) -> bool:
    """Whether reading one place reads a value: the value itself, something in it, or its section as a whole."""
    return read == path or read.startswith(f"{path}.")


def test_sections_are_never_read_as_a_whole() -> None:
    sections = {path for path in ALL if any(other.startswith(f"{path}.") for other in ALL)}
    assert read_paths() & sections <= {"workers"}, "workers: a set lays its changes over it"
