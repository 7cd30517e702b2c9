"""The values.yaml of the chart: every value with its default and its documentation as a comment."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from airflow_charts.reading.writing import dump
from airflow_charts.values import Values
from airflow_charts.values.fields import Found
from airflow_charts.values.pod import PodSettings

WIDTH = 110


def values_yaml() -> str:
    """The text of values.yaml."""
    head = [
        "# Every value of the chart, with its default. Your own file only needs what differs.",
        "# A component has all the settings of `pods`, where they are explained, beside its own.",
    ]
    return "\n".join([*head, *_section(Values(), 0)]) + "\n"


def value_yaml(found: Found) -> str:
    """One value, or one section with everything in it, as in values.yaml."""
    head = comment(found.field.description or "", 0)
    key = found.path.rpartition(".")[2]
    if isinstance(found.default, BaseModel):
        return "\n".join([*head, f"{key}:", *_section(found.default, 2)]) + "\n"
    return "\n".join([*head, dump({key: plain(found.default)})])


def _section(section: BaseModel, indent: int) -> Iterator[str]:
    pad = " " * indent
    shared = _shared(section)
    for name, field in type(section).model_fields.items():
        key, value = field.alias or name, getattr(section, name)
        if indent == 0:
            yield ""
        if name not in shared and field.description:
            yield from comment(field.description, indent)
        if isinstance(value, BaseModel):
            yield f"{pad}{key}:"
            yield from _section(value, indent + 2)
        else:
            yield textwrap.indent(dump({key: plain(value)}).rstrip("\n"), pad)


def _shared(section: BaseModel) -> set[str]:
    """The fields that are explained under `pods`."""
    return set(PodSettings.model_fields) if "termination_grace_period_seconds" in type(section).model_fields else set()


def plain(value: Any) -> Any:
    """A default as plain data."""
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def comment(text: str, indent: int) -> Iterator[str]:
    """A documentation text as comment lines."""
    pad = f"{' ' * indent}# "
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield from textwrap.wrap(" ".join(paragraph.split()), WIDTH, initial_indent=pad, subsequent_indent=pad)
