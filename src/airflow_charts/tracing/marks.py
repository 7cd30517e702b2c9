"""What one trace collects, and where in the chart code it is."""

from __future__ import annotations

import contextvars
import inspect
import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from airflow_charts.errors import TraceError
from airflow_charts.tracing.nodes import Expression, Fragment, Tree

_HERE = str(Path(__file__).parent)


_TRACES = itertools.count()


class FragmentKey(NamedTuple):
    """What tells the templates of a trace apart. Constants and roots stand in it by their `repr`: `1 == True`."""

    function: Callable[..., object]
    constants: tuple[tuple[str, str], ...]
    variables: tuple[str, ...]
    roots: tuple[tuple[str, str], ...]


class Tracer:
    """What one trace collects, and what is known at the current line.

    The symbols inside f-strings, the fragments, the names of loop variables in scope, and what decisions have settled.
    """

    def __init__(self) -> None:
        self.number = next(_TRACES)
        self.formatted: list[Tree] = []
        # In the order in which they were finished: callees before callers, as the checker wants them and the chart
        # prints them.
        self.fragments: dict[FragmentKey, Fragment] = {}
        self.loop_names: list[str] = []
        self.facts: frozenset[Expression] = frozenset()

    def mark(self, node: Tree) -> str:
        """A marker for `node` inside an f-string.

        The letters of both cases and the closing sign make a marker fail where text methods or slices touched it.
        """
        self.formatted.append(node)
        return f"⟦aZ{self.number}.{len(self.formatted) - 1}Za⟧"


current_tracer: contextvars.ContextVar[Tracer | None] = contextvars.ContextVar("current_tracer", default=None)
MARKER = re.compile("⟦aZ([0-9]+[.][0-9]+)Za⟧")


def where() -> str:
    """The file and line of the chart code that is running, as `components/scheduler.py:41`."""
    # Chart code is what stands outside of this folder: an operation in another folder would be taken for it.
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to the caller's line without building a traceback
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return f"{_short(frame.f_code.co_filename)}:{frame.f_lineno}"


def file_of(function: Callable[..., object]) -> str:
    """The file of a function of chart code, as `components/scheduler.py`."""
    return _short(inspect.getfile(inspect.unwrap(function)))


def _short(file: str) -> str:
    path = Path(file)
    return f"{path.parent.name}/{path.name}"


def refuse(message: str, instead: str) -> NoReturn:
    """Raises the TraceError for a line of chart code: what happened, where, and what to write instead."""
    raise TraceError(f"{message} ({where()}). {instead}")
