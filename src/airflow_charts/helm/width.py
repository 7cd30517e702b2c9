"""Keeps lines short: a long action continues on lines of its own, one argument on each. Helm's Go allows that.

Conditions that are asked often have names (`naming.py`); this is for what is long and asked once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

WIDTH = 140
"""The most signs that a line has, unless one text in it is longer."""
_SHORT = 60
"""An action of fewer signs stays on its line."""
_ACTION = re.compile(r'(\{\{-? )((?:"(?:[^"\\]|\\.)*"|[^"}])*?)( -?\}\})')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+')


@dataclass(frozen=True)
class _Group:
    """What stands in parentheses."""

    parts: _Parts

    def __str__(self) -> str:
        return f"({_flat(self.parts)})"


_Parts: TypeAlias = "tuple[str | _Group, ...]"


def fitted(line: str) -> Iterator[str]:
    """A line, or the lines that it becomes when it is too long."""
    action = max(_ACTION.finditer(line), key=lambda found: len(found[2]), default=None) if len(line) > WIDTH else None
    if action is None or len(action[2]) < _SHORT:
        yield line
        return
    first, *rest = _broken(_parsed(action[2]), len(line) - len(line.lstrip()))
    lines = [line[: action.end(1)] + first, *rest]
    lines[-1] += line[action.start(3) :]
    yield from lines


def _parsed(text: str) -> _Parts:
    """The parts of an action; what stands in parentheses is one of them."""
    levels: list[list[str | _Group]] = [[]]
    for piece in _TOKEN.findall(text):
        if piece == "(":
            levels.append([])
        elif piece == ")":
            inside = _Group(tuple(levels.pop()))
            levels[-1].append(inside)
        else:
            levels[-1].append(piece)
    [parts] = levels
    return tuple(parts)


def _flat(parts: _Parts) -> str:
    return " ".join(str(part) for part in parts)


def _broken(parts: _Parts, indent: int) -> list[str]:
    """A function with its arguments below; where it has one alone, what is in the parentheses of that goes below."""
    begin, end = _arguments(parts)
    only = parts[begin] if end - begin == 1 else None
    if isinstance(only, _Group):
        first, *rest = _called(only.parts, indent)
        return [f"{_flat(parts[:begin])} ({first}".lstrip(), *rest, f"{' ' * indent}) {_flat(parts[end:])}".rstrip()]
    return _called(parts, indent) if end - begin > 1 else [_flat(parts)]


def _called(parts: _Parts, indent: int) -> list[str]:
    """A function, each of its arguments on its own line, and where its result goes at the end."""
    begin, end = _arguments(parts)
    size = 2 if parts[begin - 1] == "dict" else 1
    lines = [_flat(parts[:begin])]
    for place in range(begin, end, size):
        first, *rest = _argument(parts[place : min(place + size, end)], indent + 2)
        lines += [" " * (indent + 2) + first, *rest]
    lines[-1] = f"{lines[-1]} {_flat(parts[end:])}".rstrip()
    return lines


def _arguments(parts: _Parts) -> tuple[int, int]:
    """Where the arguments of a function begin and end; names of templates and forms of texts stay beside it."""
    begin = next((index for index, part in enumerate(parts) if _is_argument(part)), len(parts))
    if begin and parts[begin - 1] in ("include", "printf"):
        begin += 1
    return begin, parts.index("|") if "|" in parts else len(parts)


def _is_argument(part: str | _Group) -> bool:
    return isinstance(part, _Group) or part[0] in '."'


def _argument(parts: _Parts, indent: int) -> list[str]:
    text = _flat(parts)
    splits = indent + len(text) > WIDTH and any(isinstance(part, _Group) for part in parts)
    return _broken(parts, indent) if splits else [text]
