"""The checker of recorded trees: what it accepts, and that each kind of damage is found, with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_args

import pytest

from airflow_charts.errors import TraceError
from airflow_charts.helm.chart import traced as whole_deployment
from airflow_charts.tracing import each, fragment, let, table, truncate
from airflow_charts.tracing.check import check
from airflow_charts.tracing.interpret import Interpreter
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
    Operation,
    Sequence,
    Splice,
    Tree,
    Var,
    When,
    walk,
)
from airflow_charts.tracing.symbols import root
from airflow_charts.tracing.trace import trace
from airflow_charts.tracing.types import BOOL, INT, MAP, PLAIN, TEXT, VERBATIM, Kind, Type
from airflow_charts.values.base import Count, Section, empty, no_items
from airflow_charts.values.kubernetes import Affinity


class Sample(Section):
    title: str = "hello"
    count: Count = 1
    flag: bool = False
    hosts: list[str] = no_items()
    labels: dict[str, str] = empty()
    affinity: Affinity = empty()


VALUES = Var("root", "Values", Type("record", model=Sample))
TITLE = Field(VALUES, "title", TEXT)
COUNT = Field(VALUES, "count", INT)
FLAG = Field(VALUES, "flag", BOOL)
HOSTS = Field(VALUES, "hosts", Type("list", item=TEXT))
LABELS = Field(VALUES, "labels", Type("map", item=TEXT))
AFFINITY = Field(VALUES, "affinity", VERBATIM)
HOST = Var("loop", "host", TEXT)
NAME = Var("loop", "name", TEXT)


def made(body: Tree, **parameters: Type) -> Fragment:
    kind = TEXT if isinstance(body, (Lines, Concat, Field, Var)) else VERBATIM
    return Fragment("made", tuple(parameters.items()), kind, "", "file.py", 1, body)


def a_map(value: Tree = TITLE) -> Object:
    return Object((Entry(Const("a"), value),))


def repeated(body: Item, *variables: Var, source: Expression = HOSTS, covered: bool = False) -> Each:
    return Each(source, variables or (HOST,), body, "here.py:1", covered)


def decided(then: Tree, otherwise: Tree, condition: Expression = FLAG) -> When:
    return When(condition, then, otherwise, "here.py:2")


def fragments_in(tree: Tree) -> dict[str, Fragment]:
    return {node.fragment.name: node.fragment for node in walk(tree) if isinstance(node, Call)}


def checked(value: Tree) -> None:
    """Checks a document with `value` under the key `a`."""
    check({"part": Sequence((a_map(value),))}, {}, fragments_in(value))


SOUND: dict[str, Tree] = {
    "constants": Sequence((Const("a"), Const(1), Const(True), Const({}), Const([]), Const(-(2**53)))),
    "a value": TITLE,
    "a text": Concat((Const("a"), TITLE, COUNT)),
    "an operation": Apply(table.ALL_OF, (FLAG, Apply(table.EQUAL, (TITLE, Const("a")), BOOL)), BOOL),
    "a decision": decided(a_map(), OMITTED),
    "a decision between a number and a text": decided(COUNT, TITLE),
    "a decision between a map and Kubernetes YAML": decided(a_map(), AFFINITY),
    "a list": Sequence((Splice(HOSTS), Splice(repeated(HOST)), Splice(decided(HOSTS, OMITTED)))),
    "a map": Object((Splice(LABELS), Splice(repeated(Splice(a_map(HOST)), covered=True)), Splice(AFFINITY))),
    "a map of pairs": repeated(NAME, HOST, NAME, source=LABELS),
    "a variable": Let(NAME, TITLE, a_map(NAME)),
    "a fragment": Call(made(a_map(Var("parameter", "text", TEXT)), text=TEXT), (TITLE,)),
    "a text of a fragment": Call(made(Lines((TITLE, repeated(HOST), decided(TITLE, OMITTED)))), ()),
    "a digest": Digest(Call(made(a_map()), ()), 8),
    "JSON": JsonText(Call(made(a_map()), ())),
}


@pytest.mark.parametrize("value", SOUND.values(), ids=SOUND)
def test_what_is_well_formed_passes(value: Tree) -> None:
    checked(value)


PLAIN_PARAMETER = made(a_map(Var("parameter", "text", PLAIN)), text=PLAIN)
UNKNOWN_ROW = Operation("upper", "upper {0}", (frozenset({"text"}),), str.upper, TEXT)

DAMAGED: dict[str, tuple[Tree, str]] = {
    "a variable that nothing binds": (
        Object((Entry(Const("b"), repeated(HOST)), Entry(Const("c"), HOST))),
        "the variable `host` is used outside of the function that it was given to (part: [0].a.c). Use it only inside "
        "the function of `each`, `each_pair` or `let`, or inside the fragment; to another fragment it is passed.",
    ),
    "a parameter of no fragment": (
        Var("parameter", "host", TEXT),
        "the variable `host` is used outside of the function that it was given to (part: [0].a).",
    ),
    "a loop variable in a fragment": (
        repeated(Call(made(HOST), ())),
        "the variable `host` is used outside of the function that it was given to (fragment made: ).",
    ),
    "a variable of another type": (
        repeated(Var("loop", "host", INT)),
        "the variable `host` is a text and used as a int (part: [0].a, inside of here.py:1).",
    ),
    "a variable that hides another": (
        repeated(repeated(HOST)),
        "the variable `host` hides another one (part: [0].a, inside of here.py:1). Give it another name.",
    ),
    "a variable that looks like a root": (Let(replace(NAME, name="Name"), TITLE, TITLE), "the variable `Name` hides"),
    "a root of two types": (
        Concat((TITLE, Field(Var("root", "Values", MAP), "a", TEXT))),
        "the root `Values` is of two types (part: [0].a). A trace has one root of a name.",
    ),
    "a value that the section has not": (Field(VALUES, "titel", TEXT), "a Sample has no value `titel` (part: [0].a)."),
    "a value of another type": (Field(VALUES, "title", INT), "the value `title` of a Sample is a text, not a int"),
    "a key of a text": (Field(TITLE, "a", TEXT), "the key `a` of a text"),
    "an unknown operation": (
        Apply(UNKNOWN_ROW, (TITLE,), TEXT),
        "`upper` is not in the table of operations (part: [0].a). Add it to `tracing/table.py`.",
    ),
    "a row that only looks like one of the table": (
        Apply(replace(table.BASE64), (TITLE,), TEXT),
        "`b64encode` is not in the table of operations",
    ),
    "too few operands": (
        Apply(table.EQUAL, (TITLE,), BOOL),
        "`equal` of 1 operands (part: [0].a). See `tracing/table.py`.",
    ),
    "no operands": (Apply(table.ANY_OF, (), BOOL), "`any_of` of 0 operands"),
    "an operand of another type": (Apply(table.BASE64, (COUNT,), TEXT), "`b64encode` of a int in place of a text"),
    "operands of two types": (Apply(table.EQUAL, (TITLE, COUNT), BOOL), "`equal` of text and int (part: [0].a)."),
    "an operation with another result": (Apply(table.BASE64, (TITLE,), INT), "`b64encode` makes a text, not a int"),
    "a number in a decision": (decided(TITLE, OMITTED, COUNT), "a int as a condition (part: [0].a, inside of here"),
    "a condition in a text": (Concat((TITLE, FLAG)), "a bool inside a text (part: [0].a)."),
    "a text in a text in a text": (Concat((TITLE, Concat((TITLE, TITLE)))), "a text that is not flat"),
    "a stray marker": (
        Const("⟦aZ0.0za⟧"),
        "a text holds a part of a marker (part: [0].a). Use the operations of `tracing` instead of methods.",
    ),
    "a number that Helm cannot read": (
        Const(2**53 + 1),
        "an integer beyond 9007199254740992 (part: [0].a). Helm reads numbers as float64: make it a text.",
    ),
    "a float": (Const(1.5), "a constant that is no text, integer, boolean or empty container"),  # type: ignore[arg-type]
    "a filled container": (Const({"a": 1}), "a constant that is no text"),  # type: ignore[dict-item]
    "a key that is no text": (Object((Entry(COUNT, TITLE),)), "a key that is no text"),
    "a key twice": (
        Object((Entry(Const("b"), TITLE), Entry(Const("b"), TITLE))),
        "a key that the object has already (part: [0].a.b). Give each key once.",
    ),
    "a text spliced into a list": (
        Sequence((TITLE, Splice(TITLE))),
        "a splice of a scalar into a list (part: [0].a[1]).",
    ),
    "a list spliced into a map": (Object((Splice(HOSTS),)), "a splice of a list into a object"),
    "a map spliced into a list": (Sequence((Splice(decided(a_map(), OMITTED)),)), "a splice of a object into a list"),
    "a list repeated into a map": (repeated(Splice(HOSTS)), "a splice of a list into a object"),
    "a decision between a list and a map": (
        decided(HOSTS, a_map()),
        "a decision between list and object (part: [0].a, inside of here.py:2).",
    ),
    "a decision between a text and a fragment's map": (
        decided(TITLE, Call(made(a_map()), ())),
        "a decision between object and scalar",
    ),
    "a repeated text": (repeated(HOST, source=TITLE), "a text that is repeated"),
    "one variable for a map": (
        repeated(HOST, source=LABELS),
        "variables that do not fit the items of a map of text (part: [0].a, inside of here.py:1).",
    ),
    "a variable of a type that no item has": (
        repeated(TITLE, replace(HOST, type=INT)),
        "variables that do not fit the items of a list of text",
    ),
    "covered items outside of an object": (repeated(HOST, covered=True), "items that later keys cover, outside of"),
    "a variable of another type than its value": (
        Let(NAME, COUNT, TITLE),
        "the variable `name` has another type than its value",
    ),
    "lines that are not all of a fragment": (
        Lines((TITLE,)),
        "a text of several lines that is not the whole of a fragment (part: [0].a).",
    ),
    "a number among lines": (
        Call(made(Lines((TITLE, decided(COUNT, OMITTED)))), ()),
        "a int among lines of text (fragment made: ).",
    ),
    "a map among lines": (Call(made(Lines((a_map(),))), ()), "a verbatim among lines of text"),
    "a digest of a text": (Digest(Call(made(TITLE), ()), 8), "the digest or the JSON of the text `made`"),
    "a digest of no digits": (
        Digest(Call(made(a_map()), ()), 0),
        "a digest of 0 digits (part: [0].a). It has 1 to 64.",
    ),
    "too many arguments": (Call(made(TITLE), (TITLE,)), "the fragment `made` has another number of parameters"),
    "an argument of another type": (
        Call(made(a_map(), text=TEXT), (COUNT,)),
        "the argument `text` of `made` is a int, not a text",
    ),
    "any text as an argument that is not quoted": (
        Call(PLAIN_PARAMETER, (TITLE,)),
        "the argument `text` of `made` may need quotes, which its template leaves out (part: [0].a). Give the "
        "parameter the type `str`.",
    ),
    "two fragments of one name": (
        Sequence((Call(made(TITLE), ()), Call(made(Concat((TITLE, TITLE))), ()))),
        "the fragment `made` is used before it is defined, or another one has its name (part: [0].a[0]).",
    ),
    "a fragment of another type": (
        Call(replace(made(TITLE), type=INT), ()),
        "the fragment makes a text, not a int (fragment made: ).",
    ),
}


@pytest.mark.parametrize(("value", "message"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_found_with_its_place(value: Tree, message: str) -> None:
    with pytest.raises(TraceError, match=f"^{re.escape(message)}"):
        checked(value)


DOCUMENTS: dict[str, tuple[Item, str]] = {
    "a text": (TITLE, "a document that is no object (part: [0])."),
    "a list of texts": (repeated(HOST), "a document that is no object (part: [0], inside of here.py:1)."),
    "an empty list": (decided(a_map(), Const([])), "a document that is no object (part: [0], inside of here.py:2)."),
    "a splice": (Splice(a_map()), "a splice among documents"),
    "a text in a variable": (Let(NAME, TITLE, NAME), "a document that is no object"),
}


@pytest.mark.parametrize(("document", "message"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_an_object(document: Item, message: str) -> None:
    with pytest.raises(TraceError, match=f"^{re.escape(message)}"):
        check({"part": Sequence((document,))}, {}, {})


def test_a_text_beside_the_documents_is_a_text() -> None:
    with pytest.raises(TraceError, match=r"a list or an object in place of a text \(notes\)"):
        check({}, {"notes": HOSTS}, {})


def test_a_fragment_is_defined_before_its_callers_and_never_calls_itself() -> None:
    inner = made(TITLE)
    outer = replace(made(Call(inner, ())), name="outer", type=TEXT)
    check({}, {}, {"made": inner, "outer": outer})
    with pytest.raises(TraceError, match="the fragment `made` is used before it is defined"):
        check({}, {}, {"outer": outer, "made": inner})
    inner.body = Call(inner, ())
    with pytest.raises(TraceError, match="the fragment `made` is used before it is defined"):
        check({}, {}, {"made": inner})


def test_a_fragment_is_known_under_its_name() -> None:
    with pytest.raises(TraceError, match="the fragment `made` is known under the name `other`"):
        check({}, {}, {"other": made(TITLE)})


def test_the_whole_deployment_is_well_formed() -> None:
    recorded = whole_deployment()
    check(recorded.parts, recorded.texts, recorded.fragments)


def damage_one(trees: dict[str, Tree], kind: type[Node], change: Callable[[Any], Node]) -> Iterator[dict[str, Tree]]:
    """The trees with the first node of a kind changed."""
    for name, tree in trees.items():
        for node in walk(tree):
            if type(node) is kind:
                yield {**trees, name: _swapped(tree, node, change(node))}
                return


def _swapped(tree: Any, old: Node, new: Node) -> Any:
    if tree is old:
        return new
    if isinstance(tree, tuple):
        return tuple(_swapped(item, old, new) for item in tree)
    fields = {name: _swapped(value, old, new) for name, value in vars(tree).items()} if type(tree) in NODES else {}
    return replace(tree, **fields) if any(fields[name] is not vars(tree)[name] for name in fields) else tree


NODES = {*get_args(Expression), Object, Sequence, Lines, When, Each, Let, Splice, Entry}
"""The kinds of nodes, without the fragments that a call leads to."""
CHANGES: dict[str, tuple[type[Node], Callable[[Any], Node]]] = {
    "a misspelt value": (Field, lambda node: replace(node, key="replicaz")),
    "a marker": (Const, lambda _: Const("⟦")),
    "a condition that is a text": (When, lambda node: replace(node, condition=Const("a"))),
    "an operand too many": (Apply, lambda node: replace(node, args=(*node.args, Const(1), Const(1), Const(1)))),
    "a number as a key": (Entry, lambda node: replace(node, key=Const(1))),
    "an argument too few": (Call, lambda node: replace(node, args=node.args[1:] if node.args else (Const("a"),))),
}


@pytest.mark.parametrize(("kind", "change"), CHANGES.values(), ids=CHANGES)
def test_damage_in_the_whole_deployment_is_found(kind: type[Node], change: Callable[[Any], Node]) -> None:
    recorded = whole_deployment()
    [parts] = damage_one(dict(recorded.parts), kind, change)
    with pytest.raises(TraceError):
        check(parts, recorded.texts, recorded.fragments)


def test_a_symbol_cannot_leave_the_function_that_it_was_given_to() -> None:
    """As JAX's leak check: the symbol would be a variable that nothing binds."""
    kept: list[Any] = []

    def keep(host: str) -> dict[str, str]:
        kept.append(host)
        return {"host": host}

    def objects() -> Any:
        values = root("Values", Sample)
        hosts = each(values.hosts, keep)
        return [{"hosts": hosts, "last": kept[0]}]

    with pytest.raises(TraceError, match=r"the variable `host` is used outside of .* \(part: \[0\]\[0\]\.last\)"):
        trace({"part": objects})


def test_a_fragment_cannot_reach_out_of_itself() -> None:
    def objects() -> Any:
        def named(host: str) -> Any:
            @fragment
            def reaching() -> dict[str, str]:
                return {"host": host}

            return reaching()

        return [{"hosts": each(root("Values", Sample).hosts, named)}]

    with pytest.raises(TraceError, match=r"the variable `host` is used outside of .* \(fragment reaching: \.host\)"):
        trace({"part": objects})


def test_a_loop_variable_never_has_the_name_of_a_parameter() -> None:
    """Helm tells `$text` from `.text`, but the interpreter knows variables by their names alone."""

    @fragment
    def hosts_of(values: Sample, text: str) -> dict[str, Any]:
        return {"hosts": each(values.hosts, lambda text_: f"{text_}"), "all": each(values.hosts, inner(text))}

    def inner(outer: str) -> Callable[[str], str]:
        return lambda text: f"{outer}-{text}"

    recorded = trace({"part": lambda: [hosts_of(root("Values", Sample), "a")]})
    data = {"Values": Sample(hosts=["x"]).model_dump(by_alias=True)}
    assert Interpreter().documents(recorded, data) == [{"hosts": ["x"], "all": ["a-x"]}]


def test_a_variable_of_let_may_have_the_name_of_an_earlier_one() -> None:
    def objects() -> Any:
        values = root("Values", Sample)
        short = truncate(values.title, 3)
        return [let(short, lambda text: {"a": f"{text}"}), let(short, lambda text: {"b": f"{text}"})]

    [made] = trace({"part": objects}).parts["part"].parts
    assert isinstance(made, Sequence)
    assert len(made.parts) == 2


def test_the_table_names_kinds_and_has_an_operand_for_each_place_in_a_template() -> None:
    for row in table.OPERATIONS.values():
        assert all(kinds <= set(get_args(Kind)) for kinds in row.operands)
        places = set(re.findall(r"\{([0-9*])\}", row.template))
        assert places == ({"*"} if "*" in places else {str(number) for number in range(len(row.operands))})
        assert "*" not in places or len(row.operands) == 1
