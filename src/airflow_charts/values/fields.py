"""Finds a value by its path, for the commands that explain values."""

from __future__ import annotations

import difflib
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from airflow_charts.errors import ValuesError
from airflow_charts.tracing import overlaid
from airflow_charts.values import Values
from airflow_charts.values.base import Partial


class Found(NamedTuple):
    """A value: its path as users write it, its field, and its default."""

    path: str
    field: FieldInfo
    default: Any


def _of_changes(field: FieldInfo, changes: dict[str, Any]) -> BaseModel:
    """What the keys of a section of changes mean, with the changes that are its default."""
    model: type[BaseModel] = field.annotation  # type: ignore[assignment]  # `Partial` marks nothing else
    return overlaid({}, changes, model)


def find(path: str) -> Found:
    """The value at a path such as `scheduler.replicas`.

    Raises:
        ValuesError: there is no such value; a close one is named.
    """
    section: Any = Values()
    found: Found | None = None
    for index, key in enumerate(path.split(".")):
        fields = type(section).model_fields if isinstance(section, BaseModel) else {}
        names = {field.alias or name: name for name, field in fields.items()}
        if key not in names:
            before = ".".join(path.split(".")[:index])
            close = difflib.get_close_matches(key, names, n=1)
            hint = f"; did you mean `{'.'.join(filter(None, [before, close[0]]))}`?" if close else ""
            raise ValuesError(f"there is no value `{path}`{hint}")
        section, field = getattr(section, names[key]), fields[names[key]]
        found = Found(path, field, section)
        if any(isinstance(mark, Partial) for mark in field.metadata):
            section = _of_changes(field, section)
    assert found is not None  # noqa: S101 - a path has at least one key
    return found
