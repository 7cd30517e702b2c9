"""The values.yaml of the chart: every value with its default and its documentation as a comment."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from airflow_charts.reading.writing import dump
from airflow_charts.values import Values
from airflow_charts.values.fields import Found

WIDTH = 110
_LINE = 120


def values_yaml() -> str:
    """The text of values.yaml."""
    head = [
        "# Every value of the chart, with its default. Your own file only needs what differs.",
        "# A key is explained where it stands first. Under `pod`, a component takes every key of `pods` and of",
        "# `airflowPods`, laid over what stands there.",
    ]
    return "\n".join([*head, *_Printer().section(Values(), 0)]) + "\n"


def value_yaml(found: Found) -> str:
    """One value, or one section with everything in it, as in values.yaml."""
    head = comment(found.field.description or "", 0)
    key = found.path.rpartition(".")[2]
    if isinstance(found.default, BaseModel):
        return "\n".join([*head, f"{key}:", *_Printer().section(found.default, 2)]) + "\n"
    return "\n".join([*head, dump({key: plain(found.default)})])


class _Printer:
    """Prints sections; what a key means stands once, where it occurs first."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str]] = set()

    def section(self, section: BaseModel, indent: int) -> Iterator[str]:
        pad = " " * indent
        for name, field in type(section).model_fields.items():
            key, value = field.alias or name, getattr(section, name)
            if indent == 0:
                yield ""
            yield from self._comment(name, field.description or "", indent)
            if not isinstance(value, BaseModel):
                yield textwrap.indent(dump({key: plain(value)}).rstrip("\n"), pad)
            elif line := self._one_line(key, value, indent):
                yield line
            else:
                yield f"{pad}{key}:"
                yield from self.section(value, indent + 2)

    def _comment(self, name: str, description: str, indent: int) -> Iterator[str]:
        if (name, description) not in self._said:
            self._said.add((name, description))
            yield from comment(description, indent)

    def _one_line(self, key: str, section: BaseModel, indent: int) -> str:
        """A small section in one line, if all of it has been explained before."""
        fields = type(section).model_fields.items()
        if any((name, field.description or "") not in self._said for name, field in fields):
            return ""
        items = (
            f"{field.alias or name}: {json.dumps(plain(getattr(section, name)), ensure_ascii=False)}"
            for name, field in fields
        )
        line = f"{' ' * indent}{key}: {{{', '.join(items)}}}"
        return line if len(line) <= _LINE else ""


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
