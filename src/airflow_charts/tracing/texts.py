"""Texts of f-strings: from markers back to the nodes that they stand for."""

from __future__ import annotations

from typing import assert_never

from airflow_charts.tracing.marks import MARKER, current_tracer, refuse
from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Expression,
    Field,
    JsonText,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Tree,
    Var,
    When,
    type_of_node,
)


def parse_text(text: str) -> Tree:
    """The tree of a text that may hold the markers of an f-string."""
    if "⟦" not in text and "⟧" not in text:
        return Const(text)
    parts: list[Tree] = []
    # Python may have joined, sorted or repeated the markers: the text alone says what stands where.
    for index, piece in enumerate(MARKER.split(text)):
        if index % 2:
            parts.append(_marked(piece))
        elif "⟦" in piece or "⟧" in piece:
            refuse(
                "a text method or a slice changed a text made of a symbol",
                "Use the operations of `tracing` (truncate, join, b64encode, ...) instead of methods of `str`.",
            )
        elif piece:
            parts.append(Const(piece))
    return concat(parts)


def _marked(mark: str) -> Tree:
    """The node that a marker stands for, by the number of its trace and its place there."""
    tracer = current_tracer.get()
    number, _, position = mark.partition(".")
    if tracer is None or int(number) != tracer.number:
        refuse("a text holds the marker of a symbol of another trace", "Keep symbols inside the function.")
    return tracer.formatted[int(position)]


def concat(parts: list[Tree]) -> Tree:
    """The concatenation of `parts`; a decision among them moves outside, where YAML can express it."""
    if len(parts) == 1 and isinstance(parts[0], (Let, Lines)):
        return parts[0]
    flat: list[Expression] = []
    for index, part in enumerate(parts):
        if isinstance(part, When):
            before, after = parts[:index], parts[index + 1 :]
            then, otherwise = concat([*before, part.then, *after]), concat([*before, part.otherwise, *after])
            return When(part.condition, then, otherwise, part.where)
        flat += _pieces(part)
    # An integer stays a Concat: alone it would be printed as a number, and `f"{number}"` is a text.
    return flat[0] if len(flat) == 1 and type_of_node(flat[0]).kind != "int" else Concat(tuple(flat))


def _pieces(part: Tree) -> tuple[Expression, ...]:
    match part:
        case Concat(parts=parts):
            return parts
        case Const() | Var() | Field() | Apply() | Call() | Digest() | JsonText():
            return (part,)
        case Let() | Lines():
            refuse(
                "a text of several lines or with a variable, inside another text",
                "Make it in a function marked @fragment.",
            )
        case When() | Object() | Sequence() | Each() | Omitted():
            refuse("a decision, an object or a list inside a text", "Only texts and integers can enter a text.")
    assert_never(part)
