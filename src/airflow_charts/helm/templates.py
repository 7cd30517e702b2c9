"""Prints recorded trees as Go templates: one function per kind of node.

The templates are read by people, so they are laid out as YAML with one decision per line, in Helm's usual style:
control lines start with `{{-`, which removes the line break before them, and every line of YAML brings its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

from airflow_charts.helm.blocks import Control, Line, Output, rendered
from airflow_charts.helm.expressions import Context, argument, expression, go_string
from airflow_charts.helm.layout import (
    assign,
    branches,
    content,
    decision,
    guarded,
    repetition,
    starts_with_text,
)
from airflow_charts.helm.naming import with_names
from airflow_charts.helm.presence import presence
from airflow_charts.helm.scalars import is_scalar, raw_text
from airflow_charts.helm.width import WIDTH
from airflow_charts.tracing.nodes import (
    Call,
    Concat,
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


def parts_of_file(tree: Sequence, sources: tuple[str, ...], context: Context) -> Output:
    """The documents of a template file, below the name of the function that makes them if it is not the first."""
    names = tuple(call for call in _made_twice(tree) if _is_name(call))
    yield from _variables(names, context)
    for part, source in zip(tree.parts, sources, strict=True):
        if part is not tree.parts[0]:
            yield Line(0, f"{{{{- /* {source} */}}}}")
        yield from documents(part, replace(context, rendered=names))


def _variables(calls: tuple[Call, ...], context: Context) -> Output:
    """Calls whose output is in a variable from here on."""
    for call in calls:
        yield Control(0, f"{context.variable(call)} := {expression(call, context)}")


def documents(tree: Any, context: Context) -> Output:
    """The documents of a function."""
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
            twice = tuple(call for call in _made_twice(tree) if call not in context.rendered)
            inside = replace(context, rendered=(*context.rendered, *twice))
            document = [*_variables(twice, context), Line(0, "---"), *content(tree, inside, 0)]
            yield from guarded(presence(tree), context, 0, document)
        case Call():
            yield Line(0, "---")
            yield from content(tree, context, 0)
        case _:
            yield Line(0, f"---{{{{- mustToYaml {argument(tree, context)} | nindent 0 }}}}")


def _made_twice(tree: Any) -> tuple[Call, ...]:
    """The calls that are needed more than once: of texts without arguments, and of what a digest is taken of."""
    digested = {node.call for node in walk(tree) if isinstance(node, Digest)}
    calls = Counter(node for node in walk(tree) if isinstance(node, Call))
    return tuple(
        call
        for call, count in calls.items()
        if count > 1 and (call in digested or (not call.args and call.fragment.type.kind == "text"))
    )


def _is_name(call: Call) -> bool:
    """Whether a call makes a short text, which costs nothing where it is not needed after all."""
    return not call.args and call.fragment.type.kind == "text" and not isinstance(call.fragment.body, Lines)


def define(fragment: Fragment, context: Context) -> str:
    """The named template of a fragment."""
    context = replace(context, parameters=bool(fragment.parameters))
    body = fragment.body
    if isinstance(body, Lines):
        make, trims = partial(_text_lines, body), False
    elif fragment.type.kind == "text":
        make, trims = partial(_text, body), True
    else:
        make, trims = partial(_content, body), starts_with_text(body)
    comment = [f"{{{{/* {fragment.doc} */}}}}"] if fragment.doc else []
    head = f'{{{{- define "{context.prefix}{fragment.name}" {"-" if trims else ""}}}}}'
    lines = rendered(with_names(body, make, context, trims=trims))
    return "\n".join([*comment, head, *lines, "{{- end }}"]) + "\n"


def _content(body: Any, context: Context) -> Output:
    return content(body, context, 0)


def _text(tree: Any, context: Context) -> Output:
    """A text on one line, or its decisions on lines that leave no line breaks."""
    text = raw_text(tree, context)
    match tree:
        case Let(variable=variable, value=value, body=body) if len(text) > WIDTH:
            yield Control(0, f"${variable.name} := {expression(value, context)}", trims=True)
            yield from _text(body, context)
        case When(then=then, otherwise=otherwise) if len(text) > WIDTH and _is_trimmed(tree):
            first, second = list(_text(then, context)), list(_text(otherwise, context))
            yield replace(branches(tree.condition, context, 0, first, second), trims=True)
        case _:
            yield Line(0, text)


def _is_trimmed(tree: Any) -> bool:
    """Whether a text neither begins nor ends with a space that is not a value's."""
    match tree:
        case Const(value=str(text)):
            return text == text.strip()
        case Concat(parts=parts):
            return _is_trimmed(parts[0]) and _is_trimmed(parts[-1])
        case When(then=then, otherwise=otherwise):
            return _is_trimmed(then) and _is_trimmed(otherwise)
        case Let(body=body):
            return _is_trimmed(body)
    return True


def _text_lines(tree: Any, context: Context) -> Output:
    """The lines of a text fragment; each ends with a line break that its own line brings."""
    match tree:
        case Omitted():
            return
        case Lines(parts=parts) | Sequence(parts=parts):
            for part in parts:
                yield from _text_lines(part.value if isinstance(part, Splice) else part, context)
        case When(then=then, otherwise=otherwise) if not _fits(tree, context):
            first, second = list(_text_lines(then, context)), list(_text_lines(otherwise, context))
            yield from decision(tree, context, 0, first, second)
        case Each(body=body):
            yield from repetition(tree, context, 0, list(_text_lines(body, context.looped())))
        case Const(value=str() as text) if text != text.strip() or not text:
            yield Line(0, f"{{{{ {go_string(text)} }}}}")
        case _:
            yield Line(0, raw_text(tree, context))


def _fits(tree: When, context: Context) -> bool:
    """Whether a decision about a text stands on one line of it."""
    return is_scalar(tree) and len(raw_text(tree, context)) <= WIDTH
