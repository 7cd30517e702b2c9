"""Nodes that are one value, printed as expressions of Go templates."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_charts.errors import ChartError
from airflow_charts.tracing.nodes import (
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Field,
    Fragment,
    JsonText,
    Lines,
    Var,
    fragments_of,
    type_of_node,
    walk,
)
from airflow_charts.tracing.table import ALL_OF, ANY_OF, EQUAL, FILLED, NEGATE, UNEQUAL
from airflow_charts.tracing.types import BOOL

_FEW = 3
"""Fewer comparisons of one text stand one by one."""


@dataclass(frozen=True)
class Context:
    """Where a node is printed: inside a `range` the dot is `$`, and in a template with parameters it has the root."""

    prefix: str
    """The prefix of the names of templates, with the dot at its end."""
    dollar: bool = False
    parameters: bool = False
    """Whether the dot holds parameters, and what Helm gives to templates below `root`."""
    rendered: tuple[Call, ...] = ()
    """The calls whose output is in a variable."""
    names: Mapping[Any, str] = field(default_factory=dict)
    """The names of conditions that have one."""

    @property
    def dot(self) -> str:
        """What stands before the dot of a parameter."""
        return "$" if self.dollar else ""

    @property
    def root(self) -> str:
        """What stands before the dot of `Values`, `Release` and `Chart`."""
        return f"{self.dot}.root" if self.parameters else self.dot

    def looped(self) -> Context:
        """The context inside a `range`."""
        return replace(self, dollar=True)

    def variable(self, call: Call) -> str:
        """The variable that holds the output of a call."""
        return f"${call.fragment.name.replace('-', '_')}"


def expression(node: Any, context: Context) -> str:
    """A Go template expression, without braces."""
    match node:
        case Apply() if name := _named(node, context):
            return name
        case Const(value=bool() as value):
            return "true" if value else "false"
        case Const(value=value):
            return go_string(value) if isinstance(value, str) else str(value)
        case Var(kind="loop", name=name):
            return f"${name}"
        case Var(kind="root", name=name):
            return f"{context.root}.{name}"
        case Var(name=name):
            return f"{context.dot}.{name}"
        case Field(base=base, key=key):
            return f"{expression(base, context)}.{key}"
        case Apply():
            return _apply(node, context)
        case Concat(parts=parts):
            pieces, arguments = [], []
            for part in parts:
                if isinstance(part, Const):
                    pieces.append(str(part.value).replace("%", "%%"))
                else:
                    pieces.append("%d" if type_of_node(part).kind == "int" else "%s")
                    arguments.append(argument(part, context))
            form = "".join(pieces)
            return f"printf {go_string(form)} {' '.join(arguments)}" if arguments else go_string(form % ())
        case Call() if node in context.rendered:
            return context.variable(node)
        case Call(fragment=fragment, args=args):
            call = f"include {go_string(context.prefix + fragment.name)} {_call_argument(fragment, args, context)}"
            return f'{call} | trimPrefix "\\n"' if isinstance(fragment.body, Lines) else call
        case Digest(call=call, length=length):
            return f"{_parsed(call, context)} | toJson | sha256sum | trunc {length}"
        case JsonText(call=call):
            return f"{_parsed(call, context)} | toPrettyJson"
    raise ChartError(f"{type(node).__name__} is no expression")


def _parsed(call: Call, context: Context) -> str:
    """A fragment's output as data; the line break ends a block of text that stands last."""
    return f'print {argument(call, context)} "\\n" | fromYaml'


def argument(node: Any, context: Context) -> str:
    """An expression as an argument of a function: integers cast, compounds in parentheses."""
    text = expression(node, context)
    if type_of_node(node).kind == "int" and isinstance(node, (Var, Field)):
        return f"(int64 {text})"
    return f"({text})" if " " in text and not isinstance(node, Const) else text


def _named(node: Apply, context: Context) -> str:
    """The variable of a condition, or the opposite of one; empty if it has no name."""
    if node in context.names:
        return f"${context.names[node]}"
    opposite = Apply(NEGATE, (node,), BOOL)
    return f"not ${context.names[opposite]}" if opposite in context.names else ""


def _operands(node: Apply, context: Context) -> Iterable[Any]:
    """The conditions that another is made of; several of them as one, where that has a name."""
    operands = node.args
    inner = [named for named in context.names if named.op is node.op and set(named.args) < set(node.args)]
    for named in sorted(inner, key=lambda named: -len(named.args)):
        if set(named.args) <= set(operands):
            place = operands.index(named.args[0])
            rest = tuple(one for one in operands if one not in named.args)
            operands = (*rest[:place], named, *rest[place:])
    return operands


def _listed(node: Apply, context: Context) -> str:
    """Whether a text is one of several, or none of them, as a look into a list; empty for other conditions."""
    compares = {ANY_OF: EQUAL, ALL_OF: UNEQUAL}.get(node.op)
    pairs = [arg.args for arg in node.args if isinstance(arg, Apply) and arg.op is compares]
    texts = [str(text.value) for _, text in pairs if isinstance(text, Const) and isinstance(text.value, str)]
    subjects = {subject for subject, _ in pairs}
    if len(texts) < _FEW or len(texts) != len(node.args) or len(subjects) > 1:
        return ""
    inside = f"has {argument(subjects.pop(), context)} (list {' '.join(map(go_string, texts))})"
    return inside if node.op is ANY_OF else f"not ({inside})"


def _apply(node: Apply, context: Context) -> str:
    if listed := _listed(node, context):
        return listed
    if node.op in (ALL_OF, ANY_OF, NEGATE):
        args = [condition(arg, context, nested=True) for arg in _operands(node, context)]
    else:
        args = [argument(arg, context) for arg in node.args]
    return node.op.template.replace("{*}", " ".join(args)).format(*args)


def condition(node: Any, context: Context, *, nested: bool = False) -> str:
    """An expression where only its truth counts: a filled text, list or map stands for itself."""
    if isinstance(node, Apply) and node.op is FILLED:
        node = node.args[0]
    if nested:
        return argument(node, context)
    return expression(node, context)


def go_string(text: str) -> str:
    """A Go string literal. JSON's escapes are Go's too, except for the pairs that stand for signs above U+FFFF."""
    return json.dumps(text, ensure_ascii=all(sign <= "\uffff" for sign in text))


def _reads_root(fragment: Fragment) -> bool:
    """Whether a fragment or one that it calls reads what Helm gives to templates."""
    bodies = [fragment.body, *(inner.body for inner in fragments_of(fragment.body).values())]
    return any(isinstance(node, Var) and node.kind == "root" for body in bodies for node in walk(body))


def _call_argument(fragment: Fragment, args: tuple[Any, ...], context: Context) -> str:
    if not fragment.parameters:
        return context.root or "."
    pairs = [f'"root" {context.root or "."}'] if _reads_root(fragment) else []
    for (name, _), arg in zip(fragment.parameters, args, strict=True):
        pairs.append(f'"{name}" {argument(arg, context)}')
    return f"(dict {' '.join(pairs)})"
