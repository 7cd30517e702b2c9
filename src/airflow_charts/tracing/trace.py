"""Traces a function: calls it once with symbols and returns the recorded tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from airflow_charts.tracing.check import check
from airflow_charts.tracing.marks import Tracer, current_tracer, file_of
from airflow_charts.tracing.nodes import Fragment, Item, Sequence, Tree
from airflow_charts.tracing.show import show_all
from airflow_charts.tracing.structure import items_of, record, recorded_tree

Maker: TypeAlias = Callable[[], object]


@dataclass(frozen=True)
class Traced:
    """The recorded documents of several functions, and the fragments that they share."""

    parts: dict[str, Sequence]
    """The documents of each part: one tree for each of its functions."""
    texts: dict[str, Tree]
    fragments: dict[str, Fragment]
    sources: dict[str, tuple[str, ...]]
    """The functions behind each part, as `components/scheduler.py: objects`."""

    def __str__(self) -> str:
        """The text form, to look at what was recorded: `print(traced())`."""
        heads: dict[str, Item] = {
            f"part {name}  # {source}": tree
            for name, made in self.parts.items()
            for source, tree in zip(self.sources[name], made.parts, strict=True)
        }
        return show_all({**heads, **{f"text {name}": tree for name, tree in self.texts.items()}}, self.fragments)


def trace(
    parts: Mapping[str, Maker | tuple[Maker, ...]], texts: Mapping[str, Callable[[], str]] | None = None
) -> Traced:
    """Records the functions of `parts` (name of the template file -> what makes its objects) and of `texts`.

    Raises:
        TraceError: a function does something that Helm cannot decide at install time, or what was recorded is not
            well formed (`check.py`; a seventh of the time of a trace, so it is always asked).
    """
    functions = {name: part if isinstance(part, tuple) else (part,) for name, part in parts.items()}
    tracer = Tracer()
    token = current_tracer.set(tracer)
    try:
        recorded = {name: Sequence(tuple(map(_documents, makers))) for name, makers in functions.items()}
        written = {name: recorded_tree(function()) for name, function in (texts or {}).items()}
    finally:
        current_tracer.reset(token)
    fragments = {fragment.name: fragment for fragment in tracer.fragments.values()}
    check(recorded, written, fragments)
    sources = {name: tuple(map(_source, makers)) for name, makers in functions.items()}
    return Traced(recorded, written, fragments, sources)


def _documents(function: Maker) -> Tree:
    return items_of(record(function()))


def _source(maker: Maker) -> str:
    function: Callable[..., object] = maker
    while isinstance(function, partial):
        function = function.func
    return f"{file_of(function)}: {function.__name__}"
