"""What a person would not write twice: decisions inside of the same decision, beside it, or around the same lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from airflow_charts.helm.blocks import Block, Blocks, Line, Part

_DUMP = "{{- mustToYaml . |"
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
    made = _absorbed(replace(part, body=body, otherwise=otherwise))
    return _opened(replace(made, body=_certain(body, part.head)) if made.kind == "if" else made)


def _absorbed(block: Block) -> Block:
    """`with` and `range` of a value say by themselves that there is one."""
    match block:
        case Block(kind="if", body=(Block(kind="with" | "range", otherwise=()) as inner,)):
            if inner.head == block.head or inner.head.endswith(f" := {block.head}"):
                return replace(inner, otherwise=block.otherwise)
    return block


def _chained(block: Block) -> Block:
    """A value that is dumped, or else what another decision says: `with` has no `else if`, so it becomes `if`."""
    match block:
        case Block(kind="with", otherwise=(Block(kind="if"),)) if spelt := _spelt_out(block):
            return replace(block, kind="if", body=spelt, opposite=f"not {block.head}")
    return block


def _certain(body: Blocks, head: str) -> Blocks:
    """What stands under a condition, without `with` for the value that it has just found."""
    parts: list[Part] = []
    for part in body:
        spelt = _spelt_out(part) if isinstance(part, Block) and part.head == head and not part.otherwise else ()
        parts += spelt or (part,)
    return tidied(parts)


def _spelt_out(block: Block) -> Blocks:
    """The lines of `with` with its value in place of the dot; nothing where it does more than dump a value."""
    if block.kind != "with" or " " in block.head:
        return ()
    match block.body:
        case (*key, Line(text=text) as last) if text.startswith(_DUMP):
            return (*key, replace(last, text=text.replace(_DUMP, f"{{{{- mustToYaml {block.head} |")))
    return ()


def _joined(first: Part, second: Part) -> Part | None:
    """Two parts, one after the other, as one: a hyphen and its first line, or two decisions about the same."""
    match first, second:
        case Line(text="-"), Line(text=text) if second.indent == first.indent + 2:
            return Line(first.indent, f"- {text}")
        case Block(kind="if"), Block(kind="if") if first.indent == second.indent:
            return _one_decision(first, second)
    return None


def _one_decision(first: Block, second: Block) -> Block | None:
    if first.head == second.head:
        return replace(first, body=first.body + second.body, otherwise=first.otherwise + second.otherwise)
    if first.head == second.opposite or first.opposite == second.head:
        return replace(first, body=first.body + second.otherwise, otherwise=first.otherwise + second.body)
    return None


def _opened(block: Block) -> Blocks:
    """A decision below the line with which both of its branches begin, such as `args:`."""
    line = _begins_all(block)
    if line is None:
        return (_chained(_absorbed(block)),)
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
