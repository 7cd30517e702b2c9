"""The schema of the values, made from the models: draft-07, closed, every key required.

Helm runs it against the user's values merged over values.yaml, so a key that a user deleted with `null` is a missing
one. The editor's schema is the same without `required` and with descriptions, because a user's own file is partial.
"""

from __future__ import annotations

import inspect
import json
import types
from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from airflow_charts.values import base, images
from airflow_charts.values.base import Except, Kubernetes, Manifest, Partial, Unique

DIALECT = "http://json-schema.org/draft-07/schema#"
_LARGEST = 2**53
"""Every integer stays exact in the float64 that Helm reads numbers as."""
_CONSTRAINTS = {
    annotated_types.Ge: ("ge", "minimum"),
    annotated_types.Le: ("le", "maximum"),
    annotated_types.Gt: ("gt", "exclusiveMinimum"),
    annotated_types.Lt: ("lt", "exclusiveMaximum"),
    annotated_types.MinLen: ("min_length", "min"),
    annotated_types.MaxLen: ("max_length", "max"),
}
_LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}


@cache
def kubernetes_definitions() -> dict[str, Any]:
    """The definitions of Kubernetes that values may contain, by short name."""
    text = (resources.files("airflow_charts.values") / "kubernetes.json").read_text(encoding="utf-8")
    definitions: dict[str, Any] = json.loads(text)
    return definitions


def schema_of(model: type[BaseModel], *, editor: bool = False) -> dict[str, Any]:
    """The schema of a values document of `model`: total for Helm and the call, partial for editors."""
    generator = _Generator(editor=editor)
    root = generator.section(model)
    root["properties"]["enabled"] = {"type": "boolean"}
    root["patternProperties"] = {"^x-": {}}
    return {"$schema": DIALECT, **root, "definitions": dict(sorted(generator.definitions.items()))}


@cache
def named_texts() -> dict[str, str]:
    """The named kinds of texts (`ObjectName`, `Quantity`, ...) by their schema: each is compiled once, not per use."""
    generator = _Generator(editor=False, named={})
    found = {}
    for name, annotation in (vars(base) | vars(images)).items():
        if get_origin(annotation) is Annotated and not name.startswith("_"):
            found[json.dumps(generator.of(annotation), sort_keys=True)] = name
    return found


class _Generator:
    def __init__(self, *, editor: bool, named: dict[str, str] | None = None) -> None:
        self.required = not editor
        self.described = editor
        self.named = named_texts() if named is None else named
        self.suffix = ""
        self.definitions: dict[str, Any] = {}

    def section(self, model: type[BaseModel]) -> dict[str, Any]:
        """The schema of a section: what its base class has by reference, closed unless its model allows extra keys.

        Sections share most of their fields; a schema that repeats them takes Helm twice as long.
        """
        schema = self._fields(model)
        inherited = self._inherited(model)
        properties = {
            field.alias or name: schema["properties"].get(field.alias or name, True)
            for name, field in model.model_fields.items()
        }
        if inherited:
            schema = {"allOf": [self._open(inherited)], **schema}
        schema["properties"] = properties
        if model.model_config.get("extra") != "allow":
            schema["additionalProperties"] = False
        return schema

    def _inherited(self, model: type[BaseModel]) -> type[BaseModel] | None:
        parent = model.__bases__[0]
        return parent if issubclass(parent, BaseModel) and parent.model_fields else None

    def _fields(self, model: type[BaseModel]) -> dict[str, Any]:
        """The fields that a model does not share with its base class."""
        parent = self._inherited(model)
        properties = {}
        for name, field in model.model_fields.items():
            schema = self._field(field)
            known = parent.model_fields.get(name) if parent else None
            if known is None or self._field(known) != schema:
                properties[field.alias or name] = schema
        result: dict[str, Any] = {"type": "object", "properties": properties}
        if self.required and properties:
            result["required"] = list(properties)
        return result

    def _field(self, field: FieldInfo) -> dict[str, Any]:
        schema = self.of(Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation)
        if self.described and field.description:
            inner = {"allOf": [schema]} if "$ref" in schema else schema
            return {"description": inspect.cleandoc(field.description), **inner}
        return schema

    def _open(self, model: type[BaseModel]) -> dict[str, Any]:
        """The schema of a base class, open for the fields of others."""
        name = f"{model.__name__}{self.suffix}.base"
        if name not in self.definitions:
            self.definitions[name] = {}
            schema = self._fields(model)
            parent = self._inherited(model)
            self.definitions[name] = {"allOf": [self._open(parent)], **schema} if parent else schema
        return {"$ref": f"#/definitions/{name}"}

    def of(self, annotation: Any) -> dict[str, Any]:
        """The schema of an annotation of a values model."""
        origin, args = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self._annotated(args[0], args[1:])
        if origin is Literal:
            return {"enum": list(args)}
        if origin is list:
            return {"type": "array", "items": self.of(args[0])}
        if origin is dict:
            keys = self.of(args[0])
            pattern = {} if keys == {"type": "string"} else {"propertyNames": keys}
            return {"type": "object", **pattern, "additionalProperties": self.of(args[1])}
        if origin in (Union, types.UnionType):
            return {"anyOf": [self.of(arg) for arg in args]}
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            name = f"{annotation.__name__}{self.suffix}"
            if name not in self.definitions:
                self.definitions[name] = {}
                self.definitions[name] = self.section(annotation)
            return {"$ref": f"#/definitions/{name}"}
        if annotation is bool:
            return {"type": "boolean"}
        if annotation is int:
            return {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST}
        if annotation is str:
            return {"type": "string"}
        raise TypeError(f"no schema for {annotation!r}")

    def _annotated(self, annotation: Any, marks: tuple[Any, ...]) -> dict[str, Any]:
        for mark in marks:
            if isinstance(mark, Manifest):
                return dict(mark.schema)
            if isinstance(mark, Kubernetes):
                kind = f"k8s.{mark.definition}{mark.by and f'.by.{mark.by}'}"
                self._add_kubernetes(kind)
                return {"$ref": f"#/definitions/{kind}"}
        if any(isinstance(mark, Partial) for mark in marks):
            return self._partial(annotation)
        schema = self.of(annotation)
        for mark in marks:
            for constraint in mark.metadata if isinstance(mark, FieldInfo) else [mark]:
                schema.update(_constraint(constraint, schema.get("type", "")))
        name = self.named.get(json.dumps(schema, sort_keys=True))
        if name is None:
            return schema
        self.definitions[name] = schema
        return {"$ref": f"#/definitions/{name}"}

    def _partial(self, model: type[BaseModel]) -> dict[str, Any]:
        """The schema of changes to a section: no key is required, at any depth."""
        before = self.required, self.suffix
        self.required, self.suffix = False, "Changes"
        schema = self.of(model)
        self.required, self.suffix = before
        return schema

    def _add_kubernetes(self, name: str) -> None:
        if name in self.definitions:
            return
        whole, _, key = name.partition(".by.")
        definition = kubernetes_definitions()[whole]
        self.definitions[name] = definition = _without(definition, key) if key else definition
        for reference in _references(definition):
            self._add_kubernetes(reference)


def _without(definition: dict[str, Any], key: str) -> dict[str, Any]:
    """A list item of Kubernetes as the value of a map: without the field that is the map's key, and not empty."""
    return {
        **definition,
        "properties": {name: schema for name, schema in definition["properties"].items() if name != key},
        "required": [name for name in definition["required"] if name != key],
        "minProperties": 1,
    }


def type_name(field: FieldInfo) -> str:
    """The type of a value in words: `integer, 0 to 10`, `one of a, b`, `map of text`."""
    annotation = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    generator = _Generator(editor=False, named={})
    return _in_words(generator.of(annotation))


def _in_words(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"Kubernetes {name.removeprefix('k8s.')}" if name.startswith("k8s.") else f"section {name}"
    if "enum" in schema:
        return f"one of {', '.join(str(option) or '(empty)' for option in schema['enum'])}"
    if "anyOf" in schema:
        return " or ".join(_in_words(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_in_words(schema['items'])}"
    if schema.get("type") == "object" and "additionalProperties" in schema and schema["additionalProperties"]:
        return f"map of {_in_words(schema['additionalProperties'])}"
    limits = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    kind = {"string": "text"}.get(schema.get("type", ""), schema.get("type", "anything"))
    pattern = f" matching {schema['pattern']}" if "pattern" in schema else ""
    return " ".join([kind, *limits]) + pattern


def _constraint(mark: Any, kind: str) -> dict[str, Any]:
    pattern = getattr(mark, "pattern", None)
    if isinstance(mark, Unique):
        return {"uniqueItems": True}
    if isinstance(mark, Except):
        return {"not": {"pattern": pattern}}
    if isinstance(pattern, str):
        return {"pattern": pattern}
    attribute, keyword = _CONSTRAINTS.get(type(mark), ("", ""))
    if not attribute:
        return {}
    return {keyword + (_LENGTHS[kind] if keyword in ("min", "max") else ""): getattr(mark, attribute)}


def _references(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*(_references(value) for value in schema.values()))
    return set().union(*(_references(item) for item in schema)) if isinstance(schema, list) else set()
