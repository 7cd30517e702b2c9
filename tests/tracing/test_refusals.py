"""What chart code cannot do with values while tracing: each refusal with its whole message.

A message says what happened, with the path of the value, on which line of the chart code, and what to write instead.
`HERE` stands for the line of the case.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from airflow_charts.errors import AirflowChartsError, ChartError, TraceError
from airflow_charts.k8s import core_v1
from airflow_charts.tracing import (
    all_of,
    any_of,
    b64encode,
    choose,
    combine,
    digest,
    each,
    each_entry,
    each_pair,
    filled,
    fragment,
    join,
    json_text,
    let,
    lines,
    negate,
    size,
    truncate,
    when,
)
from airflow_charts.tracing.symbols import Root, root
from airflow_charts.tracing.trace import Traced, trace
from airflow_charts.values.base import Count, Partial, Section, empty, no_items
from airflow_charts.values.kubernetes import Affinity

Case = Callable[[Any], Any]


class Part(Section):
    enabled: bool = False
    replicas: Count = 1


class Owner(Section):
    name: str = ""


class Whole(Section):
    title: str = "hello"
    count: Count = 1
    flag: bool = False
    hosts: list[str] = no_items()
    labels: dict[str, str] = empty()
    affinity: Affinity = empty()
    part: Part = Part()
    owner: Owner = Owner()
    changes: dict[str, Annotated[Part, Partial()]] = empty()


def traced(function: Case) -> Traced:
    return trace({"case": lambda: [function(root("Values", Whole))]})


def refusal(function: Case, kind: type[AirflowChartsError] = TraceError) -> str:
    """The message of the refusal, with `HERE` in place of the line of `function`.

    What is only seen when the result is recorded is refused where the trace was started: `THE TRACE`.
    """
    with pytest.raises(kind) as caught:
        traced(function)
    assert type(caught.value) is kind
    line = function.__code__.co_firstlineno
    message = str(caught.value).replace(f"tracing/test_refusals.py:{line}", "HERE")
    return message.replace(f"tracing/test_refusals.py:{traced.__code__.co_firstlineno + 1}", "THE TRACE")


@fragment
def shout(text: str) -> str:
    """A text, loud."""
    return f"{text}!"


@fragment
def signed(text: str, *, sign: str = "") -> str:
    """A text with a sign."""
    return f"{text}{sign}"


@fragment
def pair(text: str) -> dict[str, str]:
    """A map that is made."""
    return {"a": text}


@dataclass(frozen=True)
class Thing:
    name: str


@dataclass(frozen=True)
class Place(Root):
    """A root, as the release is one."""

    name: str


@fragment
def named(values: Whole, place: Thing | Place | Owner) -> dict[str, str]:
    """A map that holds what it is given."""
    return {"title": values.title, "name": place.name}


@fragment
def owned(owner: Owner) -> dict[str, str]:
    """A map with the name of a section."""
    return {"name": owner.name}


ARGUMENT = (
    "of a fragment is not a plain value (HERE). Pass values, texts and numbers, of an object its fields one by one; "
    "make what is constant per template a keyword-only parameter."
)
CONSTANT = (
    "the keyword-only argument `sign` of a fragment is not a constant (HERE). Pass a text, a number or a boolean; what "
    "Helm knows is passed to a positional parameter."
)
IN_A_FRAGMENT = "Make it in a function marked @fragment."
MADE = "Helm has it as the text of a manifest only: use the values that it is made of."
TRUTH = (
    "has no truth value while tracing: Helm decides it at install time (HERE). Use `when(condition, then, otherwise)` "
    "for `if`, `all_of` for `and`, `any_of` for `or`, `negate` for `not`, `one_of` or `contains` for `in`."
)
OPERATIONS = (
    "(HERE). Only the operations of `airflow_charts.tracing` work on values: when, each, each_pair, given, first_of, "
    "overlay, all_of, any_of, negate, one_of, contains, at_least, join, truncate, b64encode, urlquote, digest, "
    "f-strings instead of `+` and `%`, and `==`, `<`, `>` between texts and integers."
)
NO_TEXT = "cannot enter a text (HERE). Only texts and integers can; see `join` and `to_json`."
F_STRING = '(HERE). Use an f-string: `f"{value}"`.'
UNSUPPORTED = f"does not support this operation {OPERATIONS}"

DECISIONS: dict[str, tuple[Case, str]] = {
    "if": (lambda values: 1 if values.flag else 2, f"<bool values.flag> {TRUTH}"),
    "if of a section": (lambda values: 1 if values.part.enabled else 2, f"<bool values.part.enabled> {TRUTH}"),
    "if of a text": (lambda values: 1 if values.title else 2, f"<text values.title> {TRUTH}"),
    "if of a list": (lambda values: 1 if values.hosts else 2, f"<list of text values.hosts> {TRUTH}"),
    "if of a decision": (lambda values: 1 if when(values.flag, ["a"]) else 2, f"<a recorded tree> {TRUTH}"),
    "and": (lambda values: values.flag and values.part.enabled, f"<bool values.flag> {TRUTH}"),
    "or": (lambda values: values.flag or values.part.enabled, f"<bool values.flag> {TRUTH}"),
    "not": (lambda values: not values.flag, f"<bool values.flag> {TRUTH}"),
    "in constants": (lambda values: values.title in ("a", "b"), f"<bool equal(values.title, 'a')> {TRUTH}"),
    "chained": (lambda values: 1 < values.count < 3, f"<bool greater(values.count, 1)> {TRUTH}"),
    "max": (lambda values: max(values.count, 3), f"<bool less(values.count, 3)> {TRUTH}"),
    "in a list": (lambda values: "a" in values.hosts, f"<list of text values.hosts> {UNSUPPORTED}"),
    "in a text": (lambda values: "a" in values.title, f"<text values.title> {UNSUPPORTED}"),
    "in a map": (lambda values: "a" in values.labels, f"<map of text values.labels> {UNSUPPORTED}"),
}

TEXTS: dict[str, tuple[Case, str]] = {
    "str()": (
        lambda values: str(values.title),
        '`str()` of <text values.title> (HERE). Use an f-string: `f"{value}"`.',
    ),
    "%s": (lambda values: "%s" % values.title, f"`str()` of <text values.title> {F_STRING}"),  # noqa: UP031
    "a format": (
        lambda values: f"{values.count:03}",
        "a format specification (`:03`) on <int values.count> (HERE). Only plain `{value}` has a template.",
    ),
    "a bool in a text": (
        lambda values: f"{values.flag}",
        f"<bool values.flag> {NO_TEXT}",
    ),
    "a list in a text": (
        lambda values: f"{values.hosts}",
        f"<list of text values.hosts> {NO_TEXT}",
    ),
    "a decision without else in a text": (
        lambda values: f"{when(values.flag, 'a')}",
        f"<a recorded tree> {NO_TEXT}",
    ),
    "text + text": (lambda values: values.title + "x", f"<text values.title> {UNSUPPORTED}"),
    "constant + text": (lambda values: "x" + values.title, f"<text values.title> {UNSUPPORTED}"),
    "int + int": (lambda values: values.count + 1, f"<int values.count> {UNSUPPORTED}"),
    "text % text": (lambda values: values.title % "x", f"<text values.title> {UNSUPPORTED}"),
    "a slice": (lambda values: values.title[:3], f"<text values.title> {UNSUPPORTED}"),
    "len of a text": (lambda values: len(values.title), f"<text values.title> {UNSUPPORTED}"),
    "len of a list": (lambda values: len(values.hosts), f"<list of text values.hosts> {UNSUPPORTED}"),
    "an index": (lambda values: values.hosts[0], f"<list of text values.hosts> {UNSUPPORTED}"),
    "a key": (lambda values: values.labels["a"], f"<map of text values.labels> {UNSUPPORTED}"),
    "int()": (lambda values: int(values.count), f"<int values.count> {UNSUPPORTED}"),
    "range()": (lambda values: range(values.count), f"<int values.count> {UNSUPPORTED}"),
    "a minus": (lambda values: -values.count, f"<int values.count> {UNSUPPORTED}"),
    "a tilde": (lambda values: ~values.flag, f"<bool values.flag> {UNSUPPORTED}"),
    "a call": (lambda values: values.title(), f"<text values.title> {UNSUPPORTED}"),
    "a method": (lambda values: values.title.upper(), f"<text values.title> has no attribute `upper` {OPERATIONS}"),
    "get": (lambda values: values.labels.get("a"), f"<map of text values.labels> has no attribute `get` {OPERATIONS}"),
}

LOOPS: dict[str, tuple[Case, str]] = {
    "a comprehension": (
        lambda values: [f"{host}" for host in values.hosts],
        f"<a recorded tree> {NO_TEXT}",
    ),
    "a comprehension over objects": (
        lambda values: [taint.key for taint in values.hosts],
        "`.key` of a recorded tree (the variable of a comprehension over a value, or a result of `when`) (HERE). "
        "Use `each(items, function)` in place of a comprehension.",
    ),
    "a comprehension over a decision": (
        lambda values: [part.name for part in when(values.flag, [core_v1.Container(name="a")])],
        "`.name` of a recorded tree (the variable of a comprehension over a value, or a result of `when`) (HERE). "
        "Use `each(items, function)` in place of a comprehension.",
    ),
    "a loop in a loop": (
        lambda values: [letter for host in values.hosts for letter in host],
        "a comprehension or a loop over a value or a recorded tree (HERE). Use `[*each(items, function)]`: it says "
        "which list is repeated.",
    ),
    "a loop over a map": (lambda values: [*values.labels], f"<map of text values.labels> {UNSUPPORTED}"),
    "a loop over a text": (lambda values: [*values.title], f"<text values.title> {UNSUPPORTED}"),
    "**": (
        lambda values: {**values.labels},
        "`**` or `.keys()` of <map of text values.labels> (HERE). Use `overlay(base, user)` or `each_pair(mapping, "
        "function)`.",
    ),
    ".items()": (
        lambda values: dict(values.labels.items()),
        "`.items()` of <map of text values.labels> (HERE). Use `each_pair(mapping, function)`.",
    ),
    "each of a text": (
        lambda values: each(values.title, lambda item: item),
        "<text values.title> has no items to repeat (HERE). `each` takes a list, `each_pair` a map.",
    ),
    "each of a map": (
        lambda values: each(values.labels, lambda item: f"{item}"),
        "<map of text values.labels> has no items to repeat (HERE). `each` takes a list, `each_pair` a map.",
    ),
    "each_pair of a list": (
        lambda values: each_pair(values.hosts, lambda _, item: item),
        "<list of text values.hosts> is no map (HERE). `each_pair` takes a map, `each` a list.",
    ),
}

PLACES: dict[str, tuple[Case, str]] = {
    "a misspelt value": (
        lambda values: values.titel,
        "`values` has no value `titel` (HERE). Did you mean `title`?",
    ),
    "a misspelt value of a section": (
        lambda values: values.part.replica,
        "`values.part` has no value `replica` (HERE). Did you mean `replicas`?",
    ),
    "a value with two close ones": (
        lambda values: values.laels,
        "`values` has no value `laels` (HERE). Did you mean `labels`?",
    ),
    "a value like no other": (
        lambda values: values.part.xyz,
        "`values.part` has no value `xyz` (HERE). It has enabled, replicas.",
    ),
    "a key": (
        lambda values: {values.title: "a"},
        '<text values.title> cannot be a key (HERE). Use an f-string as key: `{f"{name}": ...}`.',
    ),
    "an assignment": (
        lambda values: setattr(values.part, "replicas", 2),
        "<record of Part values.part> cannot be changed (HERE). Values are read-only; build a new object.",
    ),
    "text == int": (
        lambda values: values.title == 1,
        "<text values.title> == a int can never hold (HERE). Compare a text with a text.",
    ),
    "int < text": (
        lambda values: values.count < "1",
        "<int values.count> < a text can never hold (HERE). Compare a int with a int.",
    ),
    "bool == int": (
        lambda values: values.flag == 1,
        "<bool values.flag> == a int can never hold (HERE). Compare a bool with a bool.",
    ),
    "text == None": (
        lambda values: values.title == None,  # noqa: E711 - what is refused
        "a NoneType has no type while tracing (HERE). Operands are texts, integers and booleans.",
    ),
    "list == []": (lambda values: values.hosts == [], f"<list of text values.hosts> {UNSUPPORTED}"),
    "section == section": (lambda values: values.part == Part(), f"<record of Part values.part> {UNSUPPORTED}"),
    "text < text": (lambda values: values.title < "a", f"<text values.title> {UNSUPPORTED}"),
    "bool & text": (
        lambda values: values.flag & values.title,
        "<bool values.flag> & something that is no condition (HERE). Compare it first, or use `filled`.",
    ),
    "when of a text": (
        lambda values: when(values.title, "a"),
        "<text values.title> is no condition (HERE). Compare it, or use `filled(value)`.",
    ),
    "choose of one type": (
        lambda values: choose(values.title, str, str),
        "<text values.title> has only one type (HERE). `choose` takes a value of type `str | ...`.",
    ),
    "a decision inside an operation": (
        lambda values: b64encode(when(values.flag, "a", "b")),
        "a decision inside `b64encode` (HERE). Helm has no conditional expression there: compute the text in a "
        "function marked @fragment.",
    ),
    "a decision in a text inside an operation": (
        lambda values: truncate(f"a{when(values.flag, 'a', 'b')}", 3),
        "a decision inside `truncate` (HERE). Helm has no conditional expression there: compute the text in a "
        "function marked @fragment.",
    ),
    "an operand of another type": (
        lambda values: b64encode(values.count),
        "`b64encode` of a int in place of a text (HERE). Types say what each operation takes; `tracing/table.py` has "
        "all of them.",
    ),
    "a decision that is compared": (
        lambda values: when(values.flag, "a", "b") == "a",
        "a decision inside `equal` (HERE). Helm has no conditional expression there: compute the text in a function "
        "marked @fragment.",
    ),
    "a text of let inside an operation": (
        lambda values: b64encode(let(truncate(values.title, 3), lambda text: f"{text}-{text}")),
        f"a text of several lines or with a variable, inside `b64encode` (HERE). {IN_A_FRAGMENT}",
    ),
    "a decision as argument of a fragment": (
        lambda values: shout(when(values.flag, "a", "b")),
        f"the argument `text` {ARGUMENT}",
    ),
    "a list as argument of a fragment": (
        lambda values: shout(["a", values.title]),  # type: ignore[arg-type]
        f"the argument `text` {ARGUMENT}",
    ),
    "a text of let as argument of a fragment": (
        lambda values: shout(let(truncate(values.title, 3), lambda text: f"{text}-{text}")),
        f"the argument `text` {ARGUMENT}",
    ),
    "an item of a comprehension as argument of a fragment": (
        lambda values: [shout(host) for host in values.hosts],
        f"the argument `text` {ARGUMENT}",
    ),
    "a map that is made as argument of a fragment": (
        lambda values: shout(pair(values.title)),  # type: ignore[arg-type]
        f"the argument `text` {ARGUMENT}",
    ),
    "an object as argument of a fragment": (
        lambda values: named(values, Thing("one")),
        f"the argument `place` {ARGUMENT}",
    ),
    "a class as argument of a fragment": (
        lambda values: named(values, Thing),  # type: ignore[arg-type]
        f"the argument `place` {ARGUMENT}",
    ),
    "a section that is made as argument of a fragment": (
        lambda values: named(values, Part()),  # type: ignore[arg-type]
        f"the argument `place` {ARGUMENT}",
    ),
    "a Kubernetes model as argument of a fragment": (
        lambda values: named(values, core_v1.Container(name="a")),  # type: ignore[arg-type]
        f"the argument `place` {ARGUMENT}",
    ),
    "a value as constant of a fragment": (lambda values: signed("a", sign=values.title), CONSTANT),
    "a text with a value as constant of a fragment": (lambda values: signed("a", sign=f"-{values.title}"), CONSTANT),
    "an object as constant of a fragment": (
        lambda values: signed(values.title, sign=Thing("one")),  # type: ignore[arg-type]
        CONSTANT,
    ),
    "a map that is made inside an operation": (
        lambda values: filled(pair(values.title)),
        f"an object or a list that is made, not read, inside `filled` (HERE). {MADE}",
    ),
    "a map that is made in a loop": (
        lambda values: each_entry(pair(values.title), lambda key, text: {f"{key}": text}),
        f"an object or a list that is made, not read, to be repeated (HERE). {MADE}",
    ),
    "a digest of no fragment": (
        lambda values: digest(values.affinity),
        "the digest of an object that no fragment made (HERE). Build the object in a function marked @fragment.",
    ),
    "the JSON of no fragment": (
        lambda values: json_text(values.affinity),
        "the JSON of an object that no fragment made (HERE). Build the object in a function marked @fragment.",
    ),
    "a digest of a map": (
        lambda values: digest({"a": values.title}),
        "the digest of an object that no fragment made (HERE). Build the object in a function marked @fragment.",
    ),
    "the JSON of a map": (
        lambda values: json_text({"a": values.title}),
        "the JSON of an object that no fragment made (HERE). Build the object in a function marked @fragment.",
    ),
    "all_of of a text": (
        lambda values: all_of(values.title, values.flag),
        "<text values.title> is no condition (HERE). Compare it, or use `filled(value)`.",
    ),
    "any_of of a list": (
        lambda values: any_of(values.flag, values.hosts),
        "<list of text values.hosts> is no condition (HERE). Compare it, or use `filled(value)`.",
    ),
    "negate of a text": (
        lambda values: negate(values.title),
        "<text values.title> is no condition (HERE). Compare it, or use `filled(value)`.",
    ),
    "size of a text": (
        lambda values: size(values.title),
        "a text in place of a list (HERE). Pass a list of texts, or use `length(text)`.",
    ),
    "join of a text": (
        lambda values: join(values.title, ","),
        "a text in place of a list (HERE). Pass a list of texts, or use `length(text)`.",
    ),
    "an operand that is none": (
        lambda values: join(values.hosts, 1.5),  # type: ignore[arg-type]
        "a float cannot be an operand (HERE). Operands are texts, integers, booleans and values.",
    ),
}


RECORDED: dict[str, tuple[Case, str]] = {
    "a section as a field": (
        lambda values: {"a": values.part},
        "the section <record of Part values.part> in a manifest (THE TRACE). Name the values of it that are meant.",
    ),
    "a section as a document": (
        lambda values: values.part,
        "the section <record of Part values.part> in a manifest (THE TRACE). Name the values of it that are meant.",
    ),
    "a comprehension whose variable is a field": (
        lambda values: [core_v1.LocalObjectReference(name=host) for host in values.hosts],
        "a comprehension or a loop over a value (THE TRACE). Use `[*each(items, function)]`: it says which list is "
        "repeated.",
    ),
    "repr()": (
        lambda values: {"a": f"{values.title!r}"},
        "a text method or a slice changed a text made of a symbol (THE TRACE). Use the operations of `tracing` "
        "(truncate, join, b64encode, ...) instead of methods of `str`.",
    ),
    "lines outside of a fragment": (
        lambda values: {"a": lines(["a", values.title])},
        "a text of several lines or with a variable, outside of a fragment (THE TRACE). Make it in a function marked "
        "@fragment.",
    ),
    "a text of let outside of a fragment": (
        lambda values: {"a": let(truncate(values.title, 3), lambda text: f"{text}-{text}")},
        "a text of several lines or with a variable, outside of a fragment (THE TRACE). Make it in a function marked "
        "@fragment.",
    ),
    "a text of let inside another text": (
        lambda values: {"a": f"{let(truncate(values.title, 3), lambda text: f'{text}-{text}')}-b"},
        f"a text of several lines or with a variable, inside another text (THE TRACE). {IN_A_FRAGMENT}",
    ),
    "a decision as a key": (
        lambda values: {f"{when(values.flag, 'a', 'b')}": "c"},
        "a decision as a key (THE TRACE). Helm has no conditional expression there: compute the text in a function "
        "marked @fragment.",
    ),
    "a float": (
        lambda values: {"a": 1.5, "b": values.title},
        "a float cannot stand in a manifest (THE TRACE). Use Kubernetes models, texts and numbers.",
    ),
}


@pytest.mark.parametrize(
    ("function", "message"),
    [
        pytest.param(*row, id=name)
        for table in (DECISIONS, TEXTS, LOOPS, PLACES, RECORDED)
        for name, row in table.items()
    ],
)
def test_a_refusal_says_what_where_and_what_instead(function: Case, message: str) -> None:
    assert refusal(function) == message


DAMAGES: dict[str, Case] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "swapcase": str.swapcase,
    "capitalize": str.capitalize,
    "a slice of the beginning": lambda text: text[:5],
    "a slice of the end": lambda text: text[3:],
    "a slice backwards": lambda text: text[::-1],
    "a sign": lambda text: text[0],
    "strip": lambda text: text.strip("⟦"),
    "split": lambda text: text.split("Z")[0],
    "a part of a marker": lambda text: text.replace("⟦", ""),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_text_methods_and_slices_break_the_marker_of_a_symbol(damage: Case) -> None:
    def part(values: Any) -> Any:
        return {"key": damage(f"{values.title}-end")}

    assert refusal(part) == (
        "a text method or a slice changed a text made of a symbol (THE TRACE). Use the operations of `tracing` "
        "(truncate, join, b64encode, ...) instead of methods of `str`."
    )


def keep(kept: list[Any], value: Any) -> dict[str, str]:
    kept.append(value)
    return {"a": "b"}


def test_a_symbol_cannot_leave_its_trace() -> None:
    kept: list[Any] = []
    traced(lambda values: keep(kept, values))
    with pytest.raises(TraceError) as text:
        f"{kept[0].title}"
    assert "<text values.title> is used outside of its trace" in str(text.value)
    assert str(text.value).endswith("Keep symbols inside the traced function.")
    with pytest.raises(TraceError, match=r"<list of text values\.hosts> is used outside of its trace"):
        each(kept[0].hosts, lambda host: host)


def test_a_text_with_a_symbol_cannot_enter_a_trace_that_does_not_know_it() -> None:
    kept: list[str] = []
    traced(lambda values: keep(kept, f"{values.title}"))
    with pytest.raises(TraceError, match="a text holds the marker of a symbol of another trace"):
        traced(lambda values: {"a": kept[0], "b": values.count})


def test_combine_refuses_a_field_that_two_models_give() -> None:
    case: Case = lambda values: combine(core_v1.Container(name="a"), core_v1.Container(name=values.title))  # noqa: E731
    assert refusal(case, ChartError) == "combine() is given the same field twice: name (HERE)"


def test_combine_refuses_it_when_called_too() -> None:
    with pytest.raises(ChartError, match=r"combine\(\) is given the same field twice: name"):
        combine(core_v1.Container(name="a"), core_v1.Container(name="b"))


def test_two_fragments_cannot_share_a_name() -> None:
    def maker(sign: str) -> Callable[[str], str]:
        @fragment
        def labelled(text: str) -> str:
            """A text with a sign."""
            return f"{text}{sign}"

        return labelled

    first, second = maker("!"), maker("?")
    assert refusal(lambda values: [first(values.title), second(values.title)], ChartError) == (
        "two fragments are named labelled"
    )


def test_one_fragment_with_two_constants_is_two_templates() -> None:
    recorded = traced(lambda values: [{"a": signed(values.title)}, {"a": signed(values.title, sign="x")}])
    assert sorted(one.name for one in recorded.fragments.values()) == ["signed", "signed-x"]


def test_one_fragment_with_one_root_is_one_template() -> None:
    recorded = traced(lambda values: [named(values, Place("one")), named(values, Place("one"))])
    assert list(recorded.fragments) == ["named"]


ROOTS: dict[str, Case] = {
    "two objects": lambda values: [named(values, Place("one")), named(values, Place("two"))],
    "two symbols": lambda values: [named(values, Place("one")), named(root("Others", Whole), Place("one"))],
    "an object and a symbol": lambda values: [named(values, Place("one")), named(values, root("Place", Owner))],
    "a root and a section": lambda values: [owned(root("Place", Owner)), owned(values.owner)],
}


@pytest.mark.parametrize("function", ROOTS.values(), ids=ROOTS)
def test_a_fragment_is_never_given_two_roots_for_one_parameter(function: Case) -> None:
    """There is one template for both, with the name of the first in it."""
    assert refusal(function).endswith(
        "` is given another root than before (HERE). Pass on the roots that the trace began with, and what differs as "
        "a value."
    )


def test_values_are_named_by_their_path_in_every_message() -> None:
    with pytest.raises(TraceError, match=r"<int values\.part\.replicas>"):
        traced(lambda values: values.part.replicas + 1)
    with pytest.raises(TraceError, match="<text host>"):
        traced(lambda values: [*each(values.hosts, lambda host: host + "x")])


PYTHONS_OWN: dict[str, Case] = {
    "%d": lambda values: "%d" % values.count,  # noqa: UP031 - what is refused
    "join of str": lambda values: ",".join(values.hosts),
    "JSON": lambda values: json.dumps(values.title),
}


@pytest.mark.parametrize("function", PYTHONS_OWN.values(), ids=PYTHONS_OWN)
def test_what_only_python_refuses_is_a_type_error(function: Case) -> None:
    with pytest.raises(TypeError, match="Symbol"):
        traced(function)


def test_a_text_of_another_trace_never_stands_for_another_symbol() -> None:
    kept: list[str] = []
    traced(lambda values: keep(kept, f"{values.title}"))
    with pytest.raises(TraceError, match="a text holds the marker of a symbol of another trace"):
        traced(lambda values: {"a": f"{values.count}", "b": kept[0]})
