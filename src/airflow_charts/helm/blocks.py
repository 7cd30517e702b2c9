"""Templates as data: lines of YAML, and the control structures of Go templates around them.

What is printed becomes text last, so that `tidy.py` sees which decisions are the same, and `naming.py` which conditions
are asked more than once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from airflow_charts.helm.width import fitted


@dataclass(frozen=True)
class Line:
    """A line of YAML or of a text, without its indentation."""

    indent: int
    text: str


@dataclass(frozen=True)
class Control:
    """An action that gives a variable its value."""

    indent: int
    action: str
    trims: bool = False
    """Whether it takes away the line break after it too, because a text begins there."""


@dataclass(frozen=True)
class Block:
    """What stands between an action and its `end`."""

    kind: Literal["if", "with", "range"]
    indent: int
    head: str
    """The condition, value or clause, as it is printed."""
    body: Blocks
    otherwise: Blocks = ()
    opposite: str = field(default="", compare=False)
    """The opposite of a condition, as it is printed."""
    trims: bool = False
    """Whether its actions take away the line breaks after them too, because its lines are parts of one text."""


Part: TypeAlias = Line | Control | Block
Blocks: TypeAlias = tuple[Part, ...]
Output: TypeAlias = Iterator[Part]
"""The parts of a template, one after the other."""


def rendered(parts: Iterable[Part]) -> Iterator[str]:
    """The lines of a template."""
    for part in parts:
        match part:
            case Line(indent=indent, text=text):
                yield from fitted(" " * indent + text if text else "")
            case Control(indent=indent, action=action, trims=trims):
                yield from _action(indent, action, trims=trims)
            case Block():
                yield from _block(part)


def _action(indent: int, action: str, *, trims: bool = False) -> Iterator[str]:
    yield from fitted(f"{' ' * indent}{{{{- {action} {'-' if trims else ''}}}}}")


def _block(block: Block) -> Iterator[str]:
    """A block with its `else if`s, which Go has for `if` alone."""
    yield from _action(block.indent, f"{block.kind} {block.head}", trims=block.trims)
    yield from rendered(block.body)
    rest = block.otherwise
    while rest:
        match rest:
            case (Block(kind="if") as inner,) if block.kind == "if":
                yield from _action(block.indent, f"else if {inner.head}", trims=block.trims)
                yield from rendered(inner.body)
                rest = inner.otherwise
            case _:
                yield from _action(block.indent, "else", trims=block.trims)
                yield from rendered(rest)
                rest = ()
    yield from _action(block.indent, "end", trims=block.trims)
