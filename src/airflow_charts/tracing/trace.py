"""Traces a function: calls it once with symbols and returns the recorded tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from airflow_charts.tracing.marks import Tracer, current_tracer, file_of
from airflow_charts.tracing.nodes import Fragment, Sequence
from airflow_charts.tracing.structure import items_of, record


@dataclass(frozen=True)
class Traced:
    """The recorded documents of several functions, and the fragments that they share."""

    parts: dict[str, Sequence]
    """The documents of each part: one tree for each of its functions."""
    texts: dict[str, Any]
    fragments: dict[str, Fragment]
    sources: dict[str, tuple[str, ...]]
    """The functions behind each part, as `components/scheduler.py: objects`."""


Maker: TypeAlias = Callable[[], Any]


def trace(
    parts: Mapping[str, Maker | tuple[Maker, ...]], texts: Mapping[str, Callable[[], str]] | None = None
) -> Traced:
    """Records the functions of `parts` (name of the template file -> what makes its objects) and of `texts`.

    Raises:
        TraceError: a function does something that Helm cannot decide at install time.
    """
    functions = {name: part if isinstance(part, tuple) else (part,) for name, part in parts.items()}
    tracer = Tracer()
    token = current_tracer.set(tracer)
    try:
        recorded = {name: Sequence(tuple(map(_documents, makers))) for name, makers in functions.items()}
        written = {name: record(function()) for name, function in (texts or {}).items()}
    finally:
        current_tracer.reset(token)
    sources = {name: tuple(map(_source, makers)) for name, makers in functions.items()}
    return Traced(recorded, written, {fragment.name: fragment for fragment in tracer.fragments.values()}, sources)


def _documents(function: Maker) -> Any:
    return items_of(record(function()))


def _source(function: Any) -> str:
    while isinstance(function, partial):
        function = function.func
    return f"{file_of(function)}: {function.__name__}"
