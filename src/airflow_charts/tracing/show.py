"""The text form of the recorded tree, to be read by people: what `jax.make_jaxpr` is to JAX.

    - if contains(values.executors, "CeleryExecutor")  # components/workers.py:41
        kind: "Deployment"
        metadata:
          name: f"{release.Name}-worker"
          labels: object-labels("worker")
          annotations:
            *values.workers.annotations

Objects and lists are laid out as in YAML, decisions and repetitions as in Python, each with the line of chart code that
made it; `*` splices, `nothing` is OMITTED. Nothing reads this text but people and tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias, assert_never

from airflow_charts.tracing.nodes import (
    OMITTED,
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Entry,
    Expression,
    Field,
    Fragment,
    Item,
    JsonText,
    Let,
    Lines,
    Node,
    Object,
    Omitted,
    Sequence,
    Splice,
    Tree,
    Var,
    When,
)
from airflow_charts.tracing.types import Type

Text: TypeAlias = list[str]
"""Lines, each with its own indentation."""


def show(node: Node | Fragment) -> str:
    """A node, or a fragment with its body, as indented text."""
    return "\n".join(_fragment(node) if isinstance(node, Fragment) else _lines(node))


def show_all(trees: Mapping[str, Item], fragments: Mapping[str, Fragment]) -> str:
    """Named trees one after the other, and then the fragments, callees before callers."""
    blocks = [[name, *_indented(_lines(tree))] for name, tree in trees.items()]
    blocks += [_fragment(fragment) for fragment in fragments.values()]
    return "\n\n".join("\n".join(block) for block in blocks)


def _fragment(fragment: Fragment) -> Text:
    parameters = ", ".join(f"{name}: {_type(kind)}" for name, kind in fragment.parameters)
    head = f"fragment {fragment.name}({parameters}) -> {_type(fragment.type)}  # {fragment.file}"
    return [head, *_indented(_lines(fragment.body))]


def _type(kind: Type) -> str:
    return f"plain {kind}" if kind.plain else str(kind)


def _lines(node: Node) -> Text:
    match node:
        case Const() | Var() | Field() | Apply() | Concat() | Call() | Digest() | JsonText():
            return [_expression(node)]
        case Omitted():
            return ["nothing"]
        case Object(parts=parts):
            return [line for part in parts for line in _lines(part)] or ["{}"]
        case Sequence(parts=items):
            return [line for item in items for line in _item(_lines(item))] or ["[]"]
        case Lines(parts=items):
            return ["lines", *_indented([line for item in items for line in _item(_lines(item))])]
        case Entry(key=key, value=value):
            name = key.value if isinstance(key, Const) else f"[{_expression(key)}]"
            return _headed(f"{name}:", value)
        case Splice(value=value):
            return _headed("*", value)
        case When():
            return _decision(node)
        case Each(source=source, variables=variables, body=body, where=where, covered=covered):
            names = ", ".join(f"{variable.name}: {_type(variable.type)}" for variable in variables)
            note = "covered, " if covered else ""
            return [f"for {names} in {_expression(source)}  # {note}{where}", *_indented(_lines(body))]
        case Let(variable=variable, value=value, body=body):
            head = f"let {variable.name}: {_type(variable.type)} = {_expression(value)}"
            return [head, *_indented(_lines(body))]
    assert_never(node)


def _headed(head: str, value: Tree) -> Text:
    """`head` and a value: beside it if that is one expression, else below."""
    if isinstance(value, (Expression, Omitted)):
        gap = "" if head == "*" else " "
        return [f"{head}{gap}{show(value)}"]
    return [head, *_indented(_lines(value))]


def _item(lines: Text) -> Text:
    first, *others = lines
    return [f"- {first}", *_indented(others)]


def _decision(node: When) -> Text:
    lines = [f"if {_expression(node.condition)}  # {node.where}", *_indented(_lines(node.then))]
    return lines if node.otherwise == OMITTED else [*lines, "else", *_indented(_lines(node.otherwise))]


def _indented(lines: Text) -> Text:
    return [f"  {line}" for line in lines]


def _expression(node: Expression) -> str:
    match node:
        case Const(value=value):
            return json.dumps(value, ensure_ascii=False)
        case Var(kind="root", name=name):
            return name.lower()
        case Var(name=name):
            return name
        case Field(base=base, key=key):
            return f"{_expression(base)}.{key}"
        case Apply(op=op, args=args):
            return f"{op.name}({_arguments(args)})"
        case Concat(parts=parts):
            return f'f"{"".join(_piece(part) for part in parts)}"'
        case Call(fragment=fragment, args=args):
            return f"{fragment.name}({_arguments(args)})"
        case Digest(call=call, length=length):
            return f"digest({_expression(call)}, {length})"
        case JsonText(call=call):
            return f"json_text({_expression(call)})"
    assert_never(node)


def _arguments(args: tuple[Expression, ...]) -> str:
    return ", ".join(_expression(arg) for arg in args)


def _piece(part: Expression) -> str:
    """A part of an f-string, in which braces that are text are doubled."""
    if isinstance(part, Const):
        return _expression(part).removeprefix('"').removesuffix('"').replace("{", "{{").replace("}", "}}")
    return f"{{{_expression(part)}}}"
