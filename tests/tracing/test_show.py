"""The text form of the recorded tree: the exact text of every kind of node."""

from __future__ import annotations

from typing import get_args

import pytest

from airflow_charts.helm.chart import traced as whole_deployment
from airflow_charts.tracing import OMIT, each, fragment, let, lines, truncate, when
from airflow_charts.tracing import table as operations
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
    JsonText,
    Let,
    Lines,
    Node,
    Object,
    Sequence,
    Splice,
    Tree,
    Var,
    When,
)
from airflow_charts.tracing.show import show
from airflow_charts.tracing.symbols import root
from airflow_charts.tracing.trace import trace
from airflow_charts.tracing.types import BOOL, INT, MAP, PLAIN, TEXT, Type
from airflow_charts.values.base import Section, no_items

VALUES = Var("root", "Values", MAP)
TITLE = Field(VALUES, "title", TEXT)
COUNT = Field(VALUES, "count", INT)
HOSTS = Field(VALUES, "hosts", Type("list", item=TEXT))
LABELS = Field(VALUES, "labels", Type("map", item=TEXT))
HOST = Var("loop", "host", TEXT)
NAME = Var("loop", "name", PLAIN)
FILLED = Apply(operations.FILLED, (TITLE,), BOOL)
SHORT = Fragment(
    "short", (("text", TEXT), ("length", INT)), PLAIN, "", "parts/names.py", 1, Var("parameter", "text", TEXT)
)
CALL = Call(SHORT, (TITLE, Const(3)))
PAIR = Object((Entry(Const("a"), Const("x")), Entry(Const("b"), TITLE)))
WHERE = "parts/pod.py:12"

TEXTS: dict[str, tuple[Node | Fragment, str]] = {
    "a text": (Const('a "text"\nof two lines: ü'), r'"a \"text\"\nof two lines: ü"'),
    "a number": (Const(3), "3"),
    "a boolean": (Const(True), "true"),
    "an empty map": (Const({}), "{}"),
    "an empty list": (Const([]), "[]"),
    "a root": (VALUES, "values"),
    "a variable": (HOST, "host"),
    "a value": (Field(Field(VALUES, "scheduler", MAP), "replicas", INT), "values.scheduler.replicas"),
    "an operation": (Apply(operations.EQUAL, (TITLE, Const("a")), BOOL), 'equal(values.title, "a")'),
    "an f-string": (
        Concat((Const('{"a"}: '), TITLE, Const("-"), COUNT)),
        r'f"{{\"a\"}}: {values.title}-{values.count}"',
    ),
    "a call": (CALL, "short(values.title, 3)"),
    "a digest": (Digest(CALL, 8), "digest(short(values.title, 3), 8)"),
    "JSON": (JsonText(CALL), "json_text(short(values.title, 3))"),
    "nothing": (OMITTED, "nothing"),
    "an entry": (Entry(Const("a.b/c"), TITLE), "a.b/c: values.title"),
    "an entry with a key of a value": (Entry(HOST, TITLE), "[host]: values.title"),
    "an entry of nothing": (Entry(Const("a"), OMITTED), "a: nothing"),
    "an entry of a map": (Entry(Const("a"), PAIR), 'a:\n  a: "x"\n  b: values.title'),
    "an object": (Object((*PAIR.parts, Splice(LABELS))), 'a: "x"\nb: values.title\n*values.labels'),
    "an object without parts": (Object(()), "{}"),
    "a list": (
        Sequence((TITLE, PAIR, Splice(HOSTS), Sequence((COUNT, COUNT)))),
        '- values.title\n- a: "x"\n  b: values.title\n- *values.hosts\n- - values.count\n  - values.count',
    ),
    "a list without items": (Sequence(()), "[]"),
    "a splice of a decision": (
        Splice(When(FILLED, PAIR, OMITTED, WHERE)),
        '*\n  if filled(values.title)  # parts/pod.py:12\n    a: "x"\n    b: values.title',
    ),
    "lines": (
        Lines((Const("a"), When(FILLED, TITLE, OMITTED, WHERE))),
        'lines\n  - "a"\n  - if filled(values.title)  # parts/pod.py:12\n      values.title',
    ),
    "a decision": (
        When(FILLED, TITLE, PAIR, WHERE),
        'if filled(values.title)  # parts/pod.py:12\n  values.title\nelse\n  a: "x"\n  b: values.title',
    ),
    "a repetition": (
        Each(HOSTS, (HOST,), HOST, WHERE),
        "for host: text in values.hosts  # parts/pod.py:12\n  host",
    ),
    "a repetition of entries": (
        Each(LABELS, (NAME, HOST), Splice(Object((Entry(NAME, HOST),))), WHERE, covered=True),
        "for name: plain text, host: text in values.labels  # covered, parts/pod.py:12\n  *\n    [name]: host",
    ),
    "a variable with a value": (
        Let(NAME, CALL, PAIR),
        'let name: plain text = short(values.title, 3)\n  a: "x"\n  b: values.title',
    ),
    "a fragment": (SHORT, "fragment short(text: text, length: int) -> plain text  # parts/names.py\n  text"),
}


@pytest.mark.parametrize(("node", "text"), TEXTS.values(), ids=TEXTS)
def test_a_node_has_exactly_this_text(node: Node | Fragment, text: str) -> None:
    assert show(node) == text


def test_there_is_a_text_for_every_kind_of_node() -> None:
    assert {type(node) for node, _ in TEXTS.values()} >= {*get_args(Tree), *get_args(Expression), Entry, Splice}


class Sample(Section):
    title: str = "hello"
    flag: bool = False
    hosts: list[str] = no_items()


@fragment
def hello(title: str) -> str:
    """A text of lines."""
    return lines(["Hello", f"{title}:"])


def objects() -> list[dict[str, object]]:
    values = root("Values", Sample)
    pod = {"hosts": each(values.hosts, lambda host: {"host": f"{host}:80"}), "title": when(values.flag, values.title)}
    return [{"pod": pod, "labels": OMIT}, let(truncate(values.title, 3), lambda text: {"short": text})]


def test_a_trace_is_printed_with_its_parts_its_texts_and_its_fragments() -> None:
    head = objects.__code__.co_firstlineno
    recorded = trace({"pods": objects}, {"notes": lambda: hello(root("Values", Sample).title)})
    assert str(recorded) == (
        f"""\
part pods  # tracing/test_show.py: objects
  - pod:
      hosts:
        for host: text in values.hosts  # tracing/test_show.py:{head + 2}
          host: f"{{host}}:80"
      title:
        if values.flag  # tracing/test_show.py:{head + 2}
          values.title
    labels: nothing
  - let text: text = truncate(values.title, 3)
      short: text

text notes
  hello(values.title)

fragment hello(title: text) -> text  # tracing/test_show.py
  lines
    - "Hello"
    - f"{{title}}:\""""
    )


def test_the_whole_deployment_has_a_text() -> None:
    recorded = whole_deployment()
    text = str(recorded)
    for name in recorded.parts:
        assert f"\n\npart {name}  # " in f"\n\n{text}"
    for name in recorded.fragments:
        assert text.count(f"\nfragment {name}(") == 1
    assert "⟦" not in text
