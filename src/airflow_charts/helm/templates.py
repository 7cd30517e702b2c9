"""Prints recorded trees as Go templates: one function per kind of node.

The templates are read by people, so they are laid out as YAML with one decision per line, in Helm's usual style:
control lines start with `{{-`, which removes the line break before them, and every line of YAML brings its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml

from airflow_charts.errors import ChartError
from airflow_charts.tracing.nodes import (
    OMITTED,
    Apply,
    Call,
    Concat,
    Const,
    Digest,
    Each,
    Entry,
    Field,
    Fragment,
    JsonText,
    Let,
    Lines,
    Object,
    Omitted,
    Sequence,
    Splice,
    Var,
    When,
    fragments_of,
    substitute,
    type_of_node,
    walk,
)
from airflow_charts.tracing.operations import plain_expression
from airflow_charts.tracing.table import ALL_OF, ANY_OF, FILLED, FIRST_OF, NEGATE
from airflow_charts.tracing.types import BOOL, Type

_ROOTS = {"Values": "Values", "Release": "Release", "Chart": "Chart"}


@dataclass(frozen=True)
class Context:
    """Where a node is printed: inside a `range` the root is `$`, elsewhere `.`."""

    prefix: str
    """The prefix of the names of templates, with the dot at its end."""
    dollar: bool = False
    rendered: tuple[Call, ...] = ()
    """The calls whose output the document has in a variable."""

    @property
    def root(self) -> str:
        """What stands before the dot of a root."""
        return "$" if self.dollar else ""

    def looped(self) -> Context:
        """The context inside a `range`."""
        return replace(self, dollar=True)

    def variable(self, call: Call) -> str:
        """The variable that holds the output of a call."""
        return f"${call.fragment.name.replace('-', '_')}"


# --- expressions -----------------------------------------------------------------------------------------------------


def expression(node: Any, context: Context) -> str:
    """A Go template expression, without braces."""
    match node:
        case Const(value=bool() as value):
            return "true" if value else "false"
        case Const(value=value):
            return go_string(value) if isinstance(value, str) else str(value)
        case Var(kind="loop", name=name):
            return f"${name}"
        case Var(name=name):
            return f"{context.root}.{name}"
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


def _apply(node: Apply, context: Context) -> str:
    args = [
        condition(arg, context, nested=True) if node.op in (ALL_OF, ANY_OF, NEGATE) else argument(arg, context)
        for arg in node.args
    ]
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


def needs(fragment: Fragment) -> list[str]:
    """The roots that a fragment and its callees read."""
    found: set[str] = set()
    for inner in [fragment, *fragments_of(fragment.body).values()]:
        found |= {node.name for node in walk(inner.body) if isinstance(node, Var) and node.kind == "root"}
    return [name for name in _ROOTS if name in found]


def _call_argument(fragment: Fragment, args: tuple[Any, ...], context: Context) -> str:
    if not fragment.parameters:
        return context.root or "."
    pairs = [f'"{name}" {context.root}.{name}' for name in needs(fragment)]
    for (name, _), arg in zip(fragment.parameters, args, strict=True):
        pairs.append(f'"{name}" {argument(arg, context)}')
    return f"(dict {' '.join(pairs)})"


# --- whether a tree is there at all ----------------------------------------------------------------------------------


UNKNOWN = object()
"""The presence of a list whose items may each vanish: no condition tells it beforehand."""


def presence(tree: Any, *, item: bool = False) -> Any:
    """The condition under which a tree does not vanish: a boolean where that is known, else an expression."""
    match tree:
        case Omitted():
            return False
        case Const() | Concat() | Digest() | JsonText() | Lines():
            return True
        case Entry(value=value):
            return presence(value)
        case Splice(value=value):
            return presence(value)
        case Object(parts=parts):
            return _any(presence(part) for part in parts)
        case Sequence(parts=parts):
            return _any(presence(part, item=not isinstance(part, Splice)) for part in parts)
        case When(condition=holds, then=then, otherwise=otherwise):
            first, second = presence(then, item=item), presence(otherwise, item=item)
            return _any([_all([holds, first]), _all([_not(holds), second])])
        case Let(body=body):
            inside = presence(body, item=item)
            return inside if isinstance(inside, bool) else UNKNOWN
        case Each(source=source, body=body, covered=covered):
            return Apply(FILLED, (source,), BOOL) if covered or presence(body, item=True) is True else UNKNOWN
        case Call(fragment=fragment, args=args):
            bindings = {name: arg for (name, _), arg in zip(fragment.parameters, args, strict=True)}
            return substitute(presence(fragment.body), bindings)
    kind = type_of_node(tree).kind
    if kind in ("list", "map") or (kind == "verbatim" and not item):
        return Apply(FILLED, (tree,), BOOL)
    return True


def _any(conditions: Any) -> Any:
    return _fold(list(conditions), ANY_OF, decides=True)


def _all(conditions: Any) -> Any:
    return _fold(list(conditions), ALL_OF, decides=False)


def _fold(conditions: list[Any], op: Any, *, decides: bool) -> Any:
    if any(item is decides for item in conditions):
        return decides
    if any(item is UNKNOWN for item in conditions):
        return UNKNOWN
    flat: list[Any] = []
    for item in conditions:
        if not isinstance(item, bool):
            flat.extend(item.args if isinstance(item, Apply) and item.op is op else [item])
    unique = list(dict.fromkeys(flat))
    if any(_not(item) in unique for item in unique):
        return decides
    if not unique:
        return not decides
    return unique[0] if len(unique) == 1 else Apply(op, tuple(unique), BOOL)


def _not(node: Any) -> Any:
    if isinstance(node, bool):
        return not node
    if node is UNKNOWN:
        return UNKNOWN
    return node.args[0] if isinstance(node, Apply) and node.op is NEGATE else Apply(NEGATE, (node,), BOOL)


# --- YAML ------------------------------------------------------------------------------------------------------------


def yaml_constant(value: Any) -> str:
    """A constant as a YAML scalar on one line, safe against Go's braces."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return json.dumps(value)
    if "{{" in value:
        return f"{{{{ {go_string(value)} | quote }}}}"
    if _plain_scalar(value):
        return value
    return json.dumps(value, ensure_ascii=False)


_AMBIGUOUS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "none", "="}


def _plain_scalar(value: str) -> bool:
    """Whether every YAML parser reads the bare text as this text."""
    if not value or value.lower() in _AMBIGUOUS or value[0] in "0123456789+-.<" or value != value.strip():
        return False
    if not all(sign.isascii() and (sign.isalnum() or sign in "-._/ ()$") for sign in value.replace(":", "", 1)):
        return False
    if ": " in value or value.endswith(":"):
        return False
    return bool(yaml.safe_load(f"k: {value}") == {"k": value})


def scalar(node: Any, context: Context) -> str:
    """A text, integer or boolean as a YAML scalar on one line."""
    kind = type_of_node(node).kind
    match node:
        case Const(value=value):
            return yaml_constant(value)
        case When(condition=holds, then=then, otherwise=otherwise):
            chosen = condition(holds, context)
            return (
                f"{{{{ if {chosen} }}}}{scalar(then, context)}{{{{ else }}}}{scalar(otherwise, context)}{{{{ end }}}}"
            )
    if kind == "int":
        cast = "" if isinstance(node, Apply) else "int64 "
        return f"{{{{ {cast}{expression(node, context)} }}}}"
    if kind == "bool":
        if isinstance(node, (Field, Var)):
            return f"{{{{ {expression(node, context)} }}}}"
        return f"{{{{ if {condition(node, context)} }}}}true{{{{ else }}}}false{{{{ end }}}}"
    if plain_expression(node):
        return f'"{raw_text(node, context)}"'
    return f"{{{{ {_piped(node, context)} | quote }}}}"


def _piped(node: Any, context: Context) -> str:
    text = expression(node, context)
    return f"({text})" if isinstance(node, Apply) and node.op is FIRST_OF else text


def raw_text(node: Any, context: Context) -> str:
    """A text as it is, without quotes: inside double quotes, or the output of a text fragment."""
    match node:
        case Let(variable=variable, value=value, body=body):
            return f"{{{{- ${variable.name} := {expression(value, context)} }}}}{raw_text(body, context)}"
        case Const(value=value):
            text = str(value)
            return f"{{{{ {go_string(text)} }}}}" if "{{" in text else text
        case Concat(parts=parts):
            return "".join(raw_text(part, context) for part in parts)
        case When(condition=holds, then=then, otherwise=otherwise):
            first, second = raw_text(then, context), raw_text(otherwise, context)
            return f"{{{{ if {condition(holds, context)} }}}}{first}{{{{ else }}}}{second}{{{{ end }}}}"
    if type_of_node(node).kind == "int" and not isinstance(node, Apply):
        return f"{{{{ int64 {expression(node, context)} }}}}"
    return f"{{{{ {expression(node, context)} }}}}"


def is_scalar(tree: Any) -> bool:
    """Whether a tree prints on one line."""
    match tree:
        case Const(value=value):
            return not isinstance(value, (list, dict)) and "\n" not in str(value)
        case When(then=then, otherwise=otherwise):
            return otherwise != OMITTED and is_scalar(then) and is_scalar(otherwise)
        case Call(fragment=fragment):
            return fragment.type.kind == "text" and not isinstance(fragment.body, Lines)
    return type_of_node(tree).kind in ("text", "int", "bool") and not isinstance(tree, (Lines, JsonText))


Output = Iterator[str]
"""Lines of a template. A line of YAML is indented; a control line starts with `{{-`."""


def _guarded(holds: Any, context: Context, indent: int, body: list[str]) -> Output:
    """`body` under a condition that may be known."""
    if holds is False:
        return
    if holds is True:
        yield from body
        return
    if holds is UNKNOWN:
        raise ChartError(f"`{body[0].strip()}` may be left empty: build its items in a @fragment")
    yield f"{' ' * indent}{{{{- if {condition(holds, context)} }}}}"
    yield from body
    yield f"{' ' * indent}{{{{- end }}}}"


def _decision(node: When, context: Context, indent: int, first: list[str], second: list[str]) -> Output:
    pad = " " * indent
    if not first:
        node, first, second = When(_not(node.condition), node.otherwise, node.then, node.where), second, first
    if not first:
        return
    yield f"{pad}{{{{- if {condition(node.condition, context)} }}}}"
    yield from first
    if second:
        yield f"{pad}{{{{- else }}}}"
        yield from second
    yield f"{pad}{{{{- end }}}}"


def _assign(node: Let, context: Context, indent: int, body: list[str]) -> Output:
    yield f"{' ' * indent}{{{{- ${node.variable.name} := {expression(node.value, context)} }}}}"
    yield from body


def _range(node: Each, context: Context, indent: int, body: list[str]) -> Output:
    pad = " " * indent
    names = ", ".join(f"${variable.name}" for variable in node.variables)
    source = expression(node.source, context)
    single = len(node.variables) == 1
    yield f"{pad}{{{{- range {'$_, ' if single else ''}{names} := {source} }}}}"
    yield from body
    yield f"{pad}{{{{- end }}}}"


def _dump(node: Any, context: Context, indent: int, key: str) -> Output:
    """The user's own list or map below `key` (or alone), if it is not empty."""
    pad = " " * indent
    source = expression(node, context)
    if not key:
        yield f"{pad}{{{{- with {source} }}}}"
        yield f"{pad}{{{{- mustToYaml . | nindent {indent} }}}}"
        yield f"{pad}{{{{- end }}}}"
        return
    yield f"{pad}{{{{- with {source} }}}}"
    yield f"{pad}{key}:"
    yield f"{pad}  {{{{- mustToYaml . | nindent {indent + 2} }}}}"
    yield f"{pad}{{{{- end }}}}"


def entry(key: Any, value: Any, context: Context, indent: int) -> Output:
    """`key: value`, or nothing where the value vanished."""
    pad = " " * indent
    name = yaml_constant(key.value) if isinstance(key, Const) else scalar(key, context)
    match value:
        case Omitted():
            return
        case Const(value=dict() | list() as empty):
            yield f"{pad}{name}: {json.dumps(empty)}"
        case Const(value=str() as text) if "\n" in text:
            yield from _block(f"{name}:", text, indent)
        case _ if is_scalar(value):
            yield f"{pad}{name}: {scalar(value, context)}"
        case When(then=then, otherwise=otherwise):
            first = list(entry(key, then, context, indent))
            second = list(entry(key, otherwise, context, indent))
            yield from _decision(value, context, indent, first, second)
        case Object() | Sequence() | Each():
            body = [f"{pad}{name}:", *content(value, context, indent + 2)]
            yield from _guarded(presence(value), context, indent, body)
        case JsonText() | Call(fragment=Fragment(type=Type(kind="text"))):
            yield f"{pad}{name}: {{{{- {expression(value, context)} | mustToYaml | nindent {indent + 2} }}}}"
        case Call():
            yield from _called(value, context, indent, name)
        case _:
            yield from _dump(value, context, indent, name)


def _block(name: str, text: str, indent: int) -> Output:
    pad = " " * indent
    header = "|" if text.endswith("\n") else "|-"
    if text != text.lstrip() or text.endswith("\n\n") or any(line != line.rstrip() for line in text.split("\n")):
        raise ChartError(f"the text of {name} has spaces or line breaks at an end, which a block cannot hold")
    yield f"{pad}{name} {header}"
    for line in text.rstrip("\n").split("\n"):
        yield pad + "  " + line.replace("{{", '{{ "{{" }}') if line else ""


def content(tree: Any, context: Context, indent: int) -> Output:
    """The parts of an object or a list, each on its own lines."""
    match tree:
        case Omitted():
            return
        case Object(parts=parts):
            for part in _certain_first(parts):
                if isinstance(part, Entry):
                    yield from entry(part.key, part.value, context, indent)
                else:
                    yield from content(part.value, context, indent)
        case Sequence(parts=parts):
            for part in parts:
                if isinstance(part, Splice):
                    yield from content(part.value, context, indent)
                else:
                    yield from item(part, context, indent)
        case When(then=then, otherwise=otherwise):
            first, second = list(content(then, context, indent)), list(content(otherwise, context, indent))
            yield from _decision(tree, context, indent, first, second)
        case Let(body=body):
            yield from _assign(tree, context, indent, list(content(body, context, indent)))
        case Each(body=body):
            yield from _range(tree, context, indent, list(_each_body(body, context.looped(), indent)))
        case Call(fragment=fragment):
            pad = " " * indent
            call = expression(tree, context)
            trimmed = "" if _starts_with_text(fragment.body) else ' | trimPrefix "\\n"'
            if presence(fragment.body) is True:
                yield f"{pad}{{{{- {call}{trimmed} | nindent {indent} }}}}"
            else:
                yield f"{pad}{{{{- with {call} }}}}"
                yield f"{pad}{{{{- .{trimmed} | nindent {indent} }}}}"
                yield f"{pad}{{{{- end }}}}"
        case _:
            yield from _dump(tree, context, indent, "")


def _called(call: Call, context: Context, indent: int, key: str) -> Output:
    """The output of a fragment, below `key` or alone, if there is any."""
    pad, inner = " " * indent, indent + 2 if key else indent
    trimmed = "" if _starts_with_text(call.fragment.body) else ' | trimPrefix "\\n"'
    certain = presence(call.fragment.body) is True
    if not certain:
        yield f"{pad}{{{{- with {expression(call, context)} }}}}"
    if key:
        yield f"{pad}{key}:"
    source = expression(call, context) if certain else "."
    yield f"{' ' * inner}{{{{- {source}{trimmed} | nindent {inner} }}}}"
    if not certain:
        yield f"{pad}{{{{- end }}}}"


def _certain(part: Any) -> bool:
    return (
        isinstance(part, Entry)
        and presence(part) is True
        and (is_scalar(part.value) or not isinstance(part.value, When))
    )


def _certain_first(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """`parts` with an entry in front that is always there, if there is one: its line begins the object."""
    first = next((part for part in parts if _certain(part)), None)
    if first is None or _certain(parts[0]):
        return parts
    return (first, *(part for part in parts if part is not first))


def _starts_with_text(tree: Any) -> bool:
    match tree:
        case Object(parts=parts):
            return any(_certain(part) for part in parts)
        case Sequence(parts=parts):
            first = parts[0]
            return not isinstance(first, (Splice, When))
    return False


def _each_body(body: Any, context: Context, indent: int) -> Output:
    """The body of a range: entries when it makes maps that are spliced into an object, else items."""
    match body:
        case Splice(value=value):
            yield from content(value, context, indent)
        case _:
            yield from item(body, context, indent)


def item(tree: Any, context: Context, indent: int) -> Output:
    """`- item`, or nothing where the item vanished."""
    pad = " " * indent
    match tree:
        case Omitted():
            return
        case Const(value=dict() | list() as empty):
            yield f"{pad}- {json.dumps(empty)}"
        case Const(value=str() as text) if "\n" in text:
            yield from _block("-", text, indent)
        case _ if is_scalar(tree):
            yield f"{pad}- {scalar(tree, context)}"
        case When(then=then, otherwise=otherwise):
            first, second = list(item(then, context, indent)), list(item(otherwise, context, indent))
            yield from _decision(tree, context, indent, first, second)
        case Call(fragment=fragment) if presence(fragment.body) is True and _starts_with_text(fragment.body):
            spaces = " " * (indent + 2)
            yield f'{pad}- {{{{ {expression(tree, context)} | indent {indent + 2} | trimPrefix "{spaces}" }}}}'
        case Object() | Sequence() | Call():
            body = list(content(tree, context, indent + 2))
            if isinstance(tree, Object) and _starts_with_text(tree):
                body[0] = f"{pad}- {body[0].lstrip()}"
            else:
                body = [f"{pad}-", *body]
            yield from _guarded(presence(tree), context, indent, body)
        case Each():
            raise ChartError(f"a list inside a list is not printed; write [*each(...)] ({tree.where})")
        case _:
            yield f"{pad}- {{{{- mustToYaml {argument(tree, context)} | nindent {indent + 2} }}}}"


# --- files -----------------------------------------------------------------------------------------------------------


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
            yield from _decision(tree, context, 0, first, second)
        case Each(body=body):
            yield from _range(tree, context, 0, list(documents(body, context.looped())))
        case Let(body=body):
            yield from _assign(tree, context, 0, list(documents(body, context)))
        case Object():
            twice = _made_twice(tree)
            inside = replace(context, rendered=twice)
            made = [f"{{{{- {context.variable(call)} := {expression(call, context)} }}}}" for call in twice]
            yield from _guarded(presence(tree), context, 0, [*made, "---", *content(tree, inside, 0)])
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
    if _starts_with_text(body):
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
            yield from _range(tree, context, 0, list(_text_lines(body, context.looped())))
        case Const(value=text) if text != text.strip() or not text:
            yield f"{{{{ {go_string(text)} }}}}"
        case _:
            yield raw_text(tree, context)
