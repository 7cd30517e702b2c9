"""Types of traced values, read from the annotations of the values models.

| type     | annotation                                   | in the document        |
|----------|----------------------------------------------|------------------------|
| text     | `str`, `Literal["a", "b"]`                   | string                 |
| int      | `int`                                        | integer within 2^53    |
| bool     | `bool`                                       | true, false            |
| list     | `list[T]`                                    | array                  |
| map      | `dict[str, T]`                               | object with free keys  |
| record   | a pydantic model                             | object with fixed keys |
| verbatim | `Annotated[T, Verbatim(...)]`                | any JSON, passed on    |
| either   | `str | T`                                    | string or the other    |
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

Kind = Literal["text", "int", "bool", "list", "map", "record", "verbatim", "either"]

Json: TypeAlias = str | bool | int | float | Sequence["Json"] | Mapping[str, "Json"] | None
"""Plain data, as a document has it. To be read only, so that a `dict[str, str]` is some, too."""
Document: TypeAlias = dict[str, Any]
"""A Kubernetes object or values, as plain data. What is below a key, its kind or its model says, and no type here."""


class Verbatim:
    """Marks a value that is passed on as the user wrote it; subclasses say which schema it has."""


class Partially:
    """Marks a map of changes to a section; only `overlaid` can read it."""


class Plain:
    """Marks a text whose schema allows letters, digits and `-._/:` only."""


@dataclass(frozen=True)
class Type:
    """The type of an expression: a kind, and what is inside a list, a map or a record."""

    kind: Kind
    item: Type | None = None
    model: type[BaseModel] | None = None
    plain: bool = False
    """A text of letters, digits and `-._/:` only, so that it needs no quoting."""

    def __str__(self) -> str:
        inside = self.item or (self.model and self.model.__name__)
        return f"{self.kind} of {inside}" if inside else self.kind


TEXT = Type("text")
PLAIN = Type("text", plain=True)
INT = Type("int")
BOOL = Type("bool")
VERBATIM = Type("verbatim")
MAP = Type("map", item=VERBATIM)
LIST = Type("list", item=VERBATIM)


def type_of(annotation: object) -> Type:
    """The type that an annotation of a values model stands for.

    Raises:
        TypeError: the annotation is not one of the table above.
    """
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        if any(isinstance(mark, Verbatim) for mark in args[1:]):
            return VERBATIM
        if any(isinstance(mark, Partially) for mark in args[1:]):
            return MAP
        return PLAIN if any(isinstance(mark, Plain) for mark in args[1:]) else type_of(args[0])
    if origin is Literal:
        return PLAIN
    if origin is list:
        return Type("list", item=type_of(args[0]))
    if origin is dict:
        return Type("map", item=type_of(args[1]))
    if origin in (Union, types.UnionType):
        others = [arg for arg in args if arg is not str]
        if len(others) < len(args):
            return Type("either", item=type_of(others[0]) if len(others) == 1 else VERBATIM)
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return Type("record", model=annotation)
        for python, traced in ((bool, BOOL), (int, INT), (str, TEXT)):
            if issubclass(annotation, python):
                return traced
    raise TypeError(f"a traced value cannot have the type {annotation!r}")


@cache
def value_of_section(model: type[BaseModel], name: str) -> tuple[str, Type] | None:
    """The key that users write for a field of a model, and its type; None if the model has no such field."""
    field = model.model_fields.get(name)
    if field is None:
        return None
    # pydantic keeps `Annotated[str, Plain()]` in two pieces.
    annotation: object = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return field.alias or name, type_of(annotation)
