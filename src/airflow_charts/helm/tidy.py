"""What a person would not write twice: decisions inside of the same decision, beside it, or around the same lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from airflow_charts.helm.blocks import Block, Blocks, Line, Part

Known = Mapping[str, bool]
"""What holds at a place, and what does not, as it is printed."""


def tidied(parts: Iterable[Part], known: Known | None = None) -> Blocks:
    """Parts of a template that render to the same text, with fewer decisions."""
    known = known or {}
    done: list[Part] = []
    for part in parts:
        for made in _tidied(part, known):
            joined = _joined(done[-1], made) if done else None
            if joined is None:
                done.append(made)
            else:
                done[-1:] = _tidied(joined, known)
    return tuple(done)


def _tidied(part: Part, known: Known) -> Blocks:
    if not isinstance(part, Block):
        return (part,)
    if part.kind != "if":
        return _opened(replace(part, body=tidied(part.body), otherwise=tidied(part.otherwise, known)))
    if part.head in known:
        return tidied(part.body if known[part.head] else part.otherwise, known)
    yes = {part.head: True, part.opposite: False}
    no = {part.head: False, part.opposite: True}
    body, otherwise = tidied(part.body, {**known, **yes}), tidied(part.otherwise, {**known, **no})
    return _opened(_absorbed(replace(part, body=body, otherwise=otherwise)))


def _absorbed(block: Block) -> Block:
    """`with` and `range` of a value say by themselves that there is one."""
    match block:
        case Block(kind="if", body=(Block(kind="with" | "range", otherwise=()) as inner,)):
            if inner.head == block.head or inner.head.endswith(f" := {block.head}"):
                return replace(inner, otherwise=block.otherwise)
    return block


def _joined(first: Part, second: Part) -> Block | None:
    """Two decisions about the same, one after the other, as one."""
    if not (isinstance(first, Block) and isinstance(second, Block)):
        return None
    if first.kind != "if" or second.kind != "if" or first.indent != second.indent:
        return None
    if first.head == second.head:
        return replace(first, body=first.body + second.body, otherwise=first.otherwise + second.otherwise)
    if first.head == second.opposite:
        return replace(first, body=first.body + second.otherwise, otherwise=first.otherwise + second.body)
    return None


def _opened(block: Block) -> Blocks:
    """A decision below the line with which both of its branches begin, such as `args:`."""
    line = _begins_all(block)
    if line is None:
        return (_absorbed(block),)
    body, otherwise = block.body[1:], block.otherwise[1:]
    inner = replace(block, indent=min(part.indent for part in (*body, *otherwise)), body=body, otherwise=otherwise)
    return (line, *_opened(inner))


def _begins_all(block: Block) -> Line | None:
    """The line at the head of both branches, where everything else in them is below it."""
    match block:
        case Block(body=(Line() as line, *rest), otherwise=(Line() as other, *more)) if line == other and rest and more:
            deeper = all(part.indent > line.indent for part in (*rest, *more))
            same_dot = block.kind == "if" or "{{" not in line.text
            return line if deeper and same_dot and not line.text.endswith(("|", "|-")) else None
    return None
