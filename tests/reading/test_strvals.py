"""strvals reads what Helm's --set and --set-string read."""

from __future__ import annotations

from typing import Any

import helm_python
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from airflow_charts.errors import ValuesSyntaxError
from airflow_charts.reading.strvals import parse_set_into

derandomized = settings(derandomize=True, deadline=None, max_examples=600)


def parse_set(expression: str, *, as_text: bool = False) -> dict[str, Any]:
    """What one option gives by itself."""
    document: dict[str, Any] = {}
    parse_set_into(expression, document, as_text=as_text)
    return document


def parse_set_string(expression: str) -> dict[str, Any]:
    return parse_set(expression, as_text=True)


@pytest.mark.parametrize(
    ("expression", "document"),
    [
        *(
            (f"a={text}", {"a": value})
            for text, value in {"1": 1, "-1": -1, "+5": 5, "0": 0, "-0": 0, "-01": -1}.items()
        ),
        *((f"a={text}", {"a": text}) for text in ("01", "1.5", "1e6", "0x10", "yes", "1_0", " 1", "~", "\u0661")),
        *((f"a={text}", {"a": True}) for text in ("true", "True", "TRUE", "tRuE")),
        *((f"a={text}", {"a": False}) for text in ("false", "fal\u017fe")),
        *((f"a={text}", {"a": None}) for text in ("null", "Null", "NULL")),
        *(
            ("a=", {"a": ""}),
            ("", {}),
            ("a={}", {"a": [""]}),
            ("a={1,b}", {"a": [1, "b"]}),
            ("a={a,}", {"a": ["a", ""]}),
        ),
        ("a[2]=1", {"a": [None, None, 1]}),
        ("a.b\\.c=1", {"a": {"b.c": 1}}),
        ("a=b\\,c,d=e", {"a": "b,c", "d": "e"}),
        ("a={x\\,y,z\\}},b=1", {"a": ["x,y", "z}"], "b": 1}),
        ("a=9007199254740993", {"a": 9007199254740993}),
        ("a=9223372036854775807", {"a": 9223372036854775807}),
        ("a=9223372036854775808", {"a": "9223372036854775808"}),
        ("a[0].b=1,a[0].c=2,a[1][1]=x", {"a": [{"b": 1, "c": 2}, [None, "x"]]}),
        ("a[0].b=", {"a": []}),  # Helm forgets the item when the option ends here
        ("a[", {}),
        ("a[0]", {"a": []}),
        ("=1,.b=1", {}),
        ("a={1}b=2", {"a": [1], "b": 2}),
        ("a=b\\", {"a": "b"}),
    ],
)
def test_set_gives_the_document_of_helm(expression: str, document: dict[str, Any]) -> None:
    assert parse_set(expression) == document == helm_python.parse_set_string(expression)
    assert repr(parse_set(expression)) == repr(document)  # 1 is not True


@pytest.mark.parametrize(
    ("expression", "document"),
    [("a=null", {"a": "null"}), ("a=1,b=true", {"a": "1", "b": "true"}), ("a={1,2}", {"a": ["1", "2"]})],
)
def test_set_string_gives_text_only(expression: str, document: dict[str, Any]) -> None:
    assert parse_set_string(expression) == document == helm_python.parse_set_string_values(expression)


@pytest.mark.parametrize(
    ("expression", "named", "part"),
    [
        ("s3cret", "--set", "a key without a value"),
        ("a.b,c=s3cret", "`a.b,c`", "a key without a value"),
        ("a=1,s3cret", "`a`", "write a comma in a value as"),
        ("a.b=x,s3cret=2,y", "`a.b`", "a key without a value"),  # s3cret may be a part of the value
        ("a.=s3cret", "`a.`", "ends with a dot"),
        ("a[x]=s3cret", "`a[x]`", "a number from 0"),
        ("a[-1]=s3cret", "`a[-1]`", "a number from 0"),
        ("a[65537]=s3cret", "`a[65537]`", "at most 65536"),
        ("a[0]b=s3cret", "`a[0]b`", "unexpected text behind an index"),
        ("a={s3cret", "`a`", "a list ends with"),
        ("a=s3cret,a.b=1", "`a`", "not a mapping"),
        ("a=s3cret,a[0]=1", "`a`", "not a list"),
        ("a[0]=s3cret,a[0][0]=1", "`a[0]`", "not a list"),
        ("a." * 31 + "b=s3cret", "a.a.", "at most 30 dots"),
    ],
)
def test_a_refusal_names_the_first_key_and_no_value(expression: str, named: str, part: str) -> None:
    with pytest.raises(ValuesSyntaxError) as caught:
        parse_set(expression)
    assert caught.value.source == "--set"
    assert named in str(caught.value)
    assert part in str(caught.value)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(helm_python.HelmError):
        helm_python.parse_set_string(expression)


def test_more_than_100_indexes_in_a_key_are_refused_unlike_in_helm() -> None:
    parse_set("a" + "[0]" * 100 + "=1")
    with pytest.raises(ValuesSyntaxError, match="at most 100 indexes"):
        parse_set("a" + "[0].b" * 101 + "=1")


@pytest.mark.parametrize("dots", range(28, 33))
@pytest.mark.parametrize("start", ["", "x[0].", "x[0][1]."])
def test_the_limit_of_dots_is_that_of_helm(start: str, dots: int) -> None:
    assert_agrees(start + "a." * dots + "b=1")


def test_an_option_changes_a_document_as_helm_does() -> None:
    document = {"a": {"b": [1, {"c": 2}], "d": 3}, "e": None}
    parse_set_into("a.b[1].c=x,a.b[3]=4,e=5,a.d=null", document, as_text=False)
    parse_set_into("f.g=6", document, as_text=True)
    assert document == {"a": {"b": [1, {"c": "x"}, None, 4], "d": None}, "e": 5, "f": {"g": "6"}}
    for expression in ("e.x=1", "a.d.x=1", "a[0]=1"):
        with pytest.raises(ValuesSyntaxError):
            parse_set_into(expression, document, as_text=False)


def assert_agrees(expression: str) -> None:
    for ours, helms in (
        (parse_set, helm_python.parse_set_string),
        (parse_set_string, helm_python.parse_set_string_values),
    ):
        try:
            expected = helms(expression)
        except helm_python.HelmError:
            with pytest.raises(ValuesSyntaxError):
                ours(expression)
        else:
            result = ours(expression)
            assert result == expected
            assert sorted(repr(result)) == sorted(repr(expected))  # 1 is not True; Helm sorts its keys


TOKENS = [
    *(
        "a",
        "b",
        "a.",
        "b.",
        "a=",
        "b=1",
        "=",
        "[",
        "]",
        "[0]",
        "[1]",
        "[2]",
        "[0",
        "[-1]",
        "[65537]",
        "{",
        "}",
        "{a,b}",
    ),
    *(
        ",",
        "\\",
        ".",
        "1",
        "-1",
        "0",
        "01",
        "null",
        "true",
        "TRUE",
        "x",
        "é",
        "9223372036854775807",
        "9223372036854775808",
    ),
    *(
        "-9223372036854775808",
        "1.5",
        "a.b=",
        "a[0].b=",
        "a[1][0]=",
        "+5",
        " ",
        "a\\.b=",
        "[+1]",
        "[]",
        "[ 1]",
        "\u0661",
    ),
    *("[99999999999999999999]", "[0000000000000000000000001]", "fal\u017fe", "1_0", "=,", ".=", "].", "[0][1]"),
]
STARTS = ["", "", "a=", "a[0]=", "a.b=1,", "a[0].b=1,", "a=1,", "a={1,b},", "a[1]=null,a", "a[0][1].c=2,a", "a=null,"]
keys = st.lists(st.sampled_from(["a", "b", "a\\.b", "c-d", "é"]), min_size=1, max_size=3).map(".".join)
indexes = st.sampled_from(["", "", "", "[0]", "[2]", "[0].x", "[1][0]"])
values = st.sampled_from(["1", "x", "null", "true", "", "{1,b}", "{}", "a\\,b", "01"])
options = st.lists(st.builds("{}{}={}".format, keys, indexes, values), min_size=1, max_size=4).map(",".join)


@settings(derandomized, max_examples=1500)
@given(st.sampled_from(STARTS), st.lists(st.sampled_from(TOKENS), max_size=9).map("".join))
def test_every_heap_of_tokens_agrees_with_helm(start: str, expression: str) -> None:
    assert_agrees(start + expression)


@derandomized
@given(options)
@example("a[65536]=1")
def test_every_ordinary_option_agrees_with_helm(expression: str) -> None:
    assert_agrees(expression)


@derandomized
@given(st.text(st.characters(exclude_characters="\0", codec="utf-8")))  # C ends a text at NUL
def test_every_random_text_agrees_with_helm(expression: str) -> None:
    assert_agrees(expression)


@derandomized
@given(options, options)
def test_two_options_are_one_option_with_a_comma(first: str, second: str) -> None:
    assume(not first.endswith("="))  # at the end of an option, `a[0].b=` is Helm's oddity from above
    try:
        expected = parse_set(f"{first},{second}")
    except ValuesSyntaxError:
        with pytest.raises(ValuesSyntaxError):
            parse_set_into(second, parse_set(first), as_text=False)
    else:
        document = parse_set(first)
        parse_set_into(second, document, as_text=False)
        assert document == expected
