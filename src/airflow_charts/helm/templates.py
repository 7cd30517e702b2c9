"""Prints recorded trees as Go templates: one function per kind of node.

The templates are read by people, so they are laid out as YAML with one decision per line, in Helm's usual style:
control lines start with `{{-`, which removes the line break before them, and every line of YAML brings its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from airflow_charts.helm.expressions import Context, argument, condition, expression, go_string
from airflow_charts.helm.layout import (
    Output,
    assign,
    content,
    decision,
    guarded,
    is_scalar,
    raw_text,
    repetition,
    starts_with_text,
)
from airflow_charts.helm.presence import presence
from airflow_charts.tracing.nodes import (
    OMITTED,
    Call,
    Const,
    Digest,
    Each,
    Fragment,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Splice,
    When,
    walk,
)


def documents(tree: Any, context: Context) -> Output:
    """The documents of a template file."""
    match tree:
        case Omitted():
            return
        case Sequence(parts=parts):
            for part in parts:
                yield from documents(part, context)
        case When(then=then, otherwise=otherwise):
            first, second = list(documents(then, context)), list(documents(otherwise, context))
            yield from decision(tree, context, 0, first, second)
        case Each(body=body):
            yield from repetition(tree, context, 0, list(documents(body, context.looped())))
        case Let(body=body):
            yield from assign(tree, context, 0, list(documents(body, context)))
        case Object():
            twice = _made_twice(tree)
            inside = replace(context, rendered=twice)
            made = [f"{{{{- {context.variable(call)} := {expression(call, context)} }}}}" for call in twice]
            yield from guarded(presence(tree), context, 0, [*made, "---", *content(tree, inside, 0)])
        case Call():
            yield "---"
            yield from content(tree, context, 0)
        case _:
            yield f"---{{{{- mustToYaml {argument(tree, context)} | nindent 0 }}}}"


def _made_twice(document: Any) -> tuple[Call, ...]:
    """The calls that a document needs more than once: of texts without arguments, and of what it takes a digest of."""
    digested = {node.call for node in walk(document) if isinstance(node, Digest)}
    calls = Counter(node for node in walk(document) if isinstance(node, Call))
    return tuple(
        call
        for call, count in calls.items()
        if count > 1 and (call in digested or (not call.args and call.fragment.type.kind == "text"))
    )


def define(fragment: Fragment, prefix: str) -> str:
    """The named template of a fragment."""
    context = Context(prefix)
    comment = f"{{{{/* {fragment.doc} */}}}}\n" if fragment.doc else ""
    head = f'{comment}{{{{- define "{prefix}{fragment.name}" }}}}'
    body = fragment.body
    if isinstance(body, Lines):
        return "\n".join([head, *_text_lines(body, context), "{{- end }}"]) + "\n"
    if fragment.type.kind == "text":
        return f"{head.removesuffix(' }}')} -}}}}\n{raw_text(body, context)}\n{{{{- end }}}}\n"
    lines = list(content(body, context, 0))
    if starts_with_text(body):
        head = f"{head.removesuffix(' }}')} -}}}}"
    return "\n".join([head, *lines, "{{- end }}"]) + "\n"


def _text_lines(tree: Any, context: Context) -> Output:
    """The lines of a text fragment; each ends with a line break that its own line brings."""
    match tree:
        case Omitted():
            return
        case Lines(parts=parts) | Sequence(parts=parts):
            for part in parts:
                yield from _text_lines(part.value if isinstance(part, Splice) else part, context)
        case When(condition=holds, then=then, otherwise=otherwise) if not is_scalar(tree):
            yield f"{{{{- if {condition(holds, context)} }}}}"
            yield from _text_lines(then, context)
            if otherwise != OMITTED:
                yield "{{- else }}"
                yield from _text_lines(otherwise, context)
            yield "{{- end }}"
        case Each(body=body):
            yield from repetition(tree, context, 0, list(_text_lines(body, context.looped())))
        case Const(value=str() as text) if text != text.strip() or not text:
            yield f"{{{{ {go_string(text)} }}}}"
        case _:
            yield raw_text(tree, context)
