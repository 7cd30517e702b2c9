"""goyaml reads what Helm reads, and writes what Helm, PyYAML and libyaml read alike."""

from __future__ import annotations

import contextlib
import json
import re
import time
from typing import Any

import helm_python
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_charts.errors import ValuesSyntaxError
from airflow_charts.reading import goyaml, writing

derandomized = settings(derandomize=True, deadline=None, max_examples=400)

# The module docstring's list of texts that Helm reads and parse refuses, by the message.
REFUSED_ON_PURPOSE = (
    "is a key twice",
    "found unexpected ':'",
    "a comma directly after a tag",
    "did not find expected whitespace or line break",  # `]` or `}` directly after a tag
    "did not find expected tag URI",  # the same after `!!`
    "levels of nesting",
    "is not allowed in YAML",
)
ONE_FLOW_MAPPING = re.compile(r"\s*(---\s*)?([&!]\S*\s+)*\{")  # Helm ignores what follows in its last line


def canonical(value: Any) -> str:
    """Every number as float64, and no difference between 0 and -0, as JSON through Go has it."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return float(value) + 0.0 if isinstance(value, int | float) and not isinstance(value, bool) else value

    return json.dumps(plain(value), sort_keys=True)


def read_by_helm(text: str) -> Any:
    try:
        return helm_python.values_from_yaml(text)
    except helm_python.HelmError:
        return None


def read_by_us(text: str) -> tuple[Any, str]:
    try:
        return goyaml.parse(text).data, ""
    except ValuesSyntaxError as error:
        return None, str(error)


def assert_agrees(text: str) -> None:
    expected, (result, message) = read_by_helm(text), read_by_us(text)
    on_purpose = any(part in message for part in REFUSED_ON_PURPOSE) or ONE_FLOW_MAPPING.match(text)
    if result is not None or not on_purpose:
        assert canonical(result) == canonical(expected), message


# --- Reading: the measured facts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("y", "Y", "yes", "on", "true", "TRUE")),
        *((word, False) for word in ("n", "N", "NO", "off", "false", "Off")),
        *((word, None) for word in ("null", "~", "", "Null")),
        *(("012", 10), ("0o14", 12), ("0x1F", 31), ("0b11", 3), ("1_000", 1000), ("+1", 1), ("-0", 0), ("0b-1", -1)),
        *(("1e6", 1000000), ("1.", 1), ("1.0", 1), (".5", 0.5), (".5_0", 0.5), ("-.5e1", -5), ("08", 8), ("09.5", 9.5)),
        *((word, word) for word in ("12:30", "1:2:3", "2020-01-01", "1e400", "=", "<<", "._5", "0x", "-x", ".", "yES")),
        ("9007199254740993", 9007199254740992),
        ("18446744073709551615", 1.8446744073709552e19),
        ("!!binary aGk=", "hi"),
        ("!!binary gIE=", "\ufffd\ufffd"),
        ("!!str 12", "12"),
        ("!!int '0x10'", 16),
        ("!!float 1", 1),
        ("!!timestamp 2020-01-01", "2020-01-01"),
        ("!own 12", "12"),
        ("! 12", "12"),
        ("'12'", "12"),
        ('"a\\x07\\N"', "a\x07\x85"),
        ("|-\n  x\n  y", "x\ny"),
        (">\n  x\n  y\n", "x y\n"),
    ],
)
def test_a_scalar_has_the_type_that_helm_gives_it(text: str, value: object) -> None:
    result = goyaml.parse(f"a: {text}").data["a"]
    assert (type(result), result) == (type(value), value)
    assert canonical(helm_python.values_from_yaml(f"a: {text}")) == canonical({"a": value})


@pytest.mark.parametrize(
    ("key", "name"),
    [
        *(("y", "true"), ("n", "false"), ("true", "true"), ("1", "1"), ("012", "10"), ("1.5", "1.5"), ("1.0", "1")),
        *(("1e6", "1e+06"), ("1e-5", "1e-05"), ("0.1", "0.1"), ("1000000.5", "1.0000005e+06"), ("123456.0", "123456")),
        *((".inf", ".inf"), ("-.inf", "-.inf"), (".nan", ".nan"), ("1e300", ".inf"), ("2020-01-01", "2020-01-01")),
        *(("'y'", "y"), ("? y\n", "true")),
    ],
)
def test_a_key_has_the_text_that_helm_gives_it(key: str, name: str) -> None:
    assert goyaml.parse(f"{key}: x").data == {name: "x"} == helm_python.values_from_yaml(f"{key}: x")


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", {}),
        ("null", {}),
        ("# only a comment\n", {}),
        ("a: 1\na: 2", {"a": 2}),
        ("a: 1\n---\nb: 2\n--- [broken", {"a": 1}),
        ("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
        ("a: &k foo\n*k : 1", {"a": "foo", "foo": 1}),
        ("a: &x {b: 1, c: 1}\nd:\n  <<: *x\n  c: 2", {"a": {"b": 1, "c": 1}, "d": {"b": 1, "c": 2}}),
        ("a: 1\n<<: {a: 2}", {"a": 2}),  # a merge below a key wins
        ("<<: [{a: 1}, {a: 2, b: 3}]", {"a": 1, "b": 3}),
        ('"<<": {a: 1}', {"<<": {"a": 1}}),
        ("%YAML 1.1\n---\na: 1", {"a": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: 1\rb: 2\x85c: 3\r\n", {"a": 1, "b": 2, "c": 3}),
        ("{a: [b: 1, c]}", {"a": [{"b": 1}, "c"]}),
        ("a:\n- b\n-  - c\n   - d: 1\n     e: 2", {"a": ["b", ["c", {"d": 1, "e": 2}]]}),
    ],
)
def test_a_document_has_the_data_that_helm_reads(text: str, data: dict[str, Any]) -> None:
    assert goyaml.parse(text).data == data == helm_python.values_from_yaml(text)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("[]", 1, "a values file is a mapping"),
        ("\n- s3cret", 2, "a values file is a mapping"),
        ("s3cret", 1, "a values file is a mapping"),
        ("a:\n\t- s3cret", 2, "not tabs"),
        ("a: s3cret: b", 1, "quote a text that contains `: `"),
        ('a: 1\nb: "s3cret', 2, "a quote is not closed"),
        ("a: b\n c: s3cret", 2, "correct the indentation"),
        ("a: [s3cret", 2, "close the bracket"),
        ("a: *s3cret", 1, "quote a text that starts with *"),
        ("a: !x!s3cret b", 1, "quote a text that starts with !"),
        ("a: @s3cret", 1, "quote a text that starts with @"),
        ("a: [s3?cret]", 1, "Helm takes a ?"),
        ('a: "\\s3cret"', 1, "backslash twice"),
        ("a: {{ s3cret }}", 1, "a key must be a single value"),
        ("a: .inf", 1, "must be finite"),
        ("a: &x [*x]", 1, "contains itself"),
        ("~: s3cret", 1, "quote it"),
        ("18446744073709551615: a", 1, "quote it"),
        ("a: !!int s3cret", 1, "not a !!int"),
        ("a: !!timestamp 2020-13-01", 1, "not a !!timestamp"),
        ("a: !!binary s3cret", 1, "not base64"),
        ("<<: s3cret", 1, "takes a mapping"),
        ("a: b\nc: s3\x07cret", 2, "U+0007"),
        ("%YAML 1.2\n---\na: 1", 1, "YAML 1.1"),
        ("a: s3\ud800cret", 1, "U+D800"),
    ],
)
def test_a_refusal_names_the_line_and_the_way_out_but_no_value(text: str, line: int, part: str) -> None:
    with pytest.raises(ValuesSyntaxError) as caught:
        goyaml.parse(text, source="values.yaml")
    assert (caught.value.source, caught.value.line) == ("values.yaml", line)
    assert part in str(caught.value)
    assert "s3" not in str(caught.value)
    if "\ud800" not in text:
        assert read_by_helm(text) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('1: a\n"1": b', "is a key twice"),
        ("{a:}", "found unexpected ':'"),
        ("a: [!x]", "did not find expected whitespace"),
        ("{!x,b}", "a comma directly after a tag"),
        ("{}: 1", "a key must be a single value"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(120)), "levels of nesting"),
        ("x0: &x0 [1]\n" + "".join(f"x{i}: &x{i} [*x{i - 1}]\n" for i in range(1, 150)), "levels of nesting"),
        ("a: b\ufeff", "U+FEFF"),
        ("a: 1\n---\nb: \x01", "U+0001"),
        ("a: {~: 1}\na: 2", "this key is null"),
    ],
)
def test_every_entry_of_the_list_of_differences_is_refused(text: str, part: str) -> None:
    with pytest.raises(ValuesSyntaxError, match=re.escape(part)):
        goyaml.parse(text)


@pytest.mark.parametrize("size", [90, 98, 99, 100, 101, 110, 400])
def test_aliases_that_blow_the_document_up_are_refused_where_helm_refuses(size: int) -> None:
    inner = ", ".join(["*a"] * size)
    assert_agrees(f"a: &a [1, 2, 3, 4, 5, 6, 7, 8]\nb: &b [{inner}]\nc: [*b, *b, *b, *b, *b]")


def test_lines_are_those_of_the_keys_and_items_also_behind_merges_and_aliases() -> None:
    document = goyaml.parse("a: &x\n  b: 1\nc:\n  <<: *x\n  d:\n  - 1\n  - e: 2\nf: {g: *x}\na: 3\n")
    assert document.data == {"a": 3, "c": {"b": 1, "d": [1, {"e": 2}]}, "f": {"g": {"b": 1}}}
    assert document.lines == {
        ("a",): 9,
        ("c",): 3,
        ("c", "b"): 2,
        ("c", "d"): 5,
        ("c", "d", 0): 6,
        ("c", "d", 1): 7,
        ("c", "d", 1, "e"): 7,
        ("f",): 8,
        ("f", "g"): 8,
        ("f", "g", "b"): 2,
    }


def test_parse_all_returns_every_document_that_is_not_null() -> None:
    assert goyaml.parse_all("a: y\n---\n---\n- 012\n---\nnull\n---\ntext\n...\n") == [{"a": True}, [10], "text"]
    with pytest.raises(ValuesSyntaxError):
        goyaml.parse_all("a: 1\n---\na: [")


def test_without_libyaml_the_same_data_is_read_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goyaml, "_Loader", yaml.SafeLoader)
    assert goyaml.parse("a: &x {y: 012}\nb:\n  <<: *x\n").data == {"a": {"true": 10}, "b": {"true": 10}}
    for text in ("a: @s3cret", 'a: "\\s3cret"', "a: !s3cret! b", "a: |s3cret\n", "a: 'b' s3cret", "a: %s3cret"):
        with pytest.raises(ValuesSyntaxError) as caught:
            goyaml.parse(text)
        assert "s3" not in str(caught.value)
        assert "'s" not in str(caught.value)


# --- Reading: the same as Helm, whatever the text

SCALARS = """y n Yes on null ~ 1 -1 012 0o7 0x1F 0b11 1_000 +1 1.5 .5 1e3 1. 1e400 .inf .nan 12:30 2020-01-01 = << text
a:b a#b http://x?y 'it''s' 'y' "q\\n" "\\x41" "\\u263a" !!str !own é 😀 -x --flag 0.1.2 *x &x {{x}} %x @x `x` | > - ? 08
9007199254740993 18446744073709551615 -9223372036854775809 !!binary_aGk= !!int_'1' !!float_1 !!null_~""".split()  # noqa: SIM905 - a list literal would take 50 lines
TOKENS = [
    *(
        "a",
        "b: ",
        "c:",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        " ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ",",
        ": ",
        ":",
        "?",
        "? ",
        "#",
    ),
    *(" #", "&x ", "*x", "*x ", "!", "!!str ", "!!int ", "!!binary ", "<<: ", "<<: *x", "'", '"', "|", "|-", "|2", ">"),
    *("%", "@", "---\n", "...\n", "\r\n", "\r", "\x85", "\u2028", "\ufeff", "\\", "\\n", "\\x41", "''", "%YAML 1.1\n"),
    *("%TAG ! x\n", "!x ", "!<y> ", "a: b\n", "  c: d\n", "- e\n", "\xa0", "|\n  x\n", "key: |\n  text\n", *SCALARS),
]
scalars = st.sampled_from(SCALARS).map(lambda text: text.replace("_a", " a").replace("_'", " '").replace("_~", " ~"))
numbers = st.text("0123456789+-._eExXoOb:", min_size=1, max_size=8)
soup = st.lists(st.sampled_from(TOKENS), max_size=14).map("".join)
readable = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=30)  # C ends a text at NUL


def _flow(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(children, max_size=3).map(", ".join)
    pairs = st.lists(st.tuples(scalars, children).map(": ".join), max_size=3).map(", ".join)
    return st.one_of(items.map("[{}]".format), pairs.map("{{{}}}".format))


flow = st.recursive(scalars | numbers, _flow, max_leaves=8)


def _block(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def indented(text: str) -> str:
        return "\n" + "\n".join("  " + line for line in text.split("\n"))

    values = st.one_of(flow, children.map(indented))
    items = st.lists(values, min_size=1, max_size=3).map(lambda values: "\n".join(f"- {value}" for value in values))
    keys = st.sampled_from(["a", "b", "a", "y", "1", "1.5", '"1"', "&x c", "? d", "!!str e", "<<", "'<<'", "~"])
    anchors = st.sampled_from(["", "", "", "&x ", "&z ", "!!map ", "# comment"])
    pairs = st.lists(st.tuples(keys, anchors, values), min_size=1, max_size=4)
    mapping = pairs.map(lambda pairs: "\n".join(f"{key}: {anchor}{value}" for key, anchor, value in pairs))
    return st.one_of(items, mapping, mapping)


block = st.recursive(flow, _block, max_leaves=8)


@derandomized
@given(numbers | scalars, st.sampled_from(["a: {}", "? {}\n: 1", "a: [{}]", "{}: a", "a: !!float {}", "a: !!int {}"]))
def test_every_scalar_agrees_with_helm(scalar: str, frame: str) -> None:
    assert_agrees(frame.format(scalar))


@derandomized
@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e7, 1e7) | st.decimals(-99, 99, places=2))
def test_every_float_key_agrees_with_helm(number: object) -> None:
    assert_agrees(f"{number}: 1")


@derandomized
@given(block, st.sampled_from(["{}", "w: &x {{k: v}}\n{}", "---\n{}\n---\n[", "{}\n...\nrest: *x"]))
def test_every_nested_document_agrees_with_helm(text: str, frame: str) -> None:
    assert_agrees(frame.format(text))


@settings(derandomized, max_examples=1500)
@given(
    soup, st.sampled_from(["{}", "a: {}", "a: [{}]", "a: {{{}}}", "a:\n  b: {}", "a: '{}'", 'a: "{}"', "a: |\n  {}"])
)
@example("{}:\u2028}---\n", "{}")
def test_every_heap_of_tokens_agrees_with_helm(text: str, frame: str) -> None:
    assert_agrees(frame.format(text))


@derandomized
@given(readable, st.sampled_from(["{}", "a: {}", "a: [{}]", 'a: "{}"', "a: |\n {}"]))
def test_every_random_text_agrees_with_helm(text: str, frame: str) -> None:
    assert_agrees(frame.format(text))


@derandomized
@given(st.text(max_size=40) | soup)
def test_nothing_but_a_syntax_error_ever_escapes(text: str) -> None:
    for read in (goyaml.parse, goyaml.parse_all):
        with contextlib.suppress(ValuesSyntaxError):
            read(text)


# --- Writing

NASTY = [
    *(
        "",
        " ",
        "\n",
        "\n\n",
        "  \n",
        "y",
        "n",
        "yes",
        "NO",
        "null",
        "~",
        "true",
        "012",
        "12:30",
        "1e6",
        "2020-01-01",
        "=",
    ),
    *(
        "<<",
        "0x1F",
        ".inf",
        "-.inf",
        "nan",
        "1_000",
        "0o14",
        "1e400",
        "0o8",
        "+1",
        "-1",
        "1.5",
        "1.2.3",
        "-_11",
        "0b1g",
    ),
    *(
        "\x00",
        "\x07",
        "\x7f",
        "\x85",
        "\xa0",
        "\u200b",
        "\u2028",
        "\ufeff",
        "\ufffe",
        "\U000e0001",
        "é",
        "😀",
        "👨\u200d👩",
    ),
    *(
        "-",
        "--",
        "---",
        "...",
        "- a",
        "a: b",
        "a:",
        "a #b",
        "#a",
        " a",
        "a ",
        "\ta",
        "a\tb",
        "? a",
        "[a]",
        "{}",
        "{{x}}",
    ),
    *("*x", "&x", "!x", "%x", "@x", "`x`", "|", ">", "'", '"', "it's", 'a "b"', "\\", "a\\b", "x'\"\\y"),
    *(
        "a\nb",
        "a\n",
        "a\n\n",
        "\na",
        "a\n\tb",
        "a\n  \nb",
        "a\n ",
        "a \nb",
        " a\nb",
        "a\r\nb",
        "a\n---\nb",
        "a\n# c",
        "é\nx",
    ),
    *("500m", "8Gi", "-x", "--flag=a: b", "/a/b:c", "a" * 999, "a" * 1100, 'ä"\\' * 400, "x: |\n  y\n"),
]
strings = (
    st.sampled_from(NASTY)
    | st.text(st.characters(codec="utf-8"), max_size=12)
    | st.lists(st.sampled_from(list("ab019.-_:# \n\t'\"\\|>~{}[],&*!%@=?/")), max_size=8).map("".join)
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    strings,
    strings,
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
)
data = st.recursive(
    leaves,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(strings, children, max_size=4),
    max_leaves=15,
)


def assert_read_alike(value: dict[str, Any]) -> None:
    text = writing.dump(value)
    expected = canonical(value)
    assert canonical(helm_python.values_from_yaml(text)) == expected
    assert canonical(goyaml.parse(text).data) == expected
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        assert canonical(yaml.load(text, loader)) == expected  # noqa: S506 - both are safe loaders


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_text_survives_as_value_key_and_item(text: str) -> None:
    assert_read_alike({"v": text, text: text, "l": [text, [text], {text: [text]}]})


@settings(derandomized, max_examples=500)
@given(st.dictionaries(strings, data, max_size=4))
def test_every_document_is_read_alike_by_helm_and_pyyaml(value: dict[str, Any]) -> None:
    assert_read_alike(value)


@derandomized
@given(st.lists(data, max_size=4))
def test_every_stream_is_read_alike_document_by_document(values: list[Any]) -> None:
    text = writing.dump_all(values)
    assert canonical(goyaml.parse_all(text)) == canonical([value for value in values if value is not None])
    assert canonical(list(yaml.load_all(text, yaml.CSafeLoader))) == canonical(values)


def test_the_text_is_block_style_in_the_given_order_with_few_quotes() -> None:
    value = {
        "image": "apache/airflow:3.0",
        "args": ["--verbose", "y", ["012", {"b": None, "a": {}}]],
        "cpu": "500m",
        "json": '{"a": 1}',
        "script": "#!/bin/sh\nexec airflow\n",
        "e": [],
        "numbers": [1, 1.5, 1e16, True],
    }
    assert (
        writing.dump(value)
        == """\
image: apache/airflow:3.0
args:
- --verbose
- "y"
- - "012"
  - b: null
    a: {}
cpu: 500m
json: '{"a": 1}'
script: |
  #!/bin/sh
  exec airflow
e: []
numbers:
- 1
- 1.5
- 1.0e+16
- true
"""
    )
    assert writing.dump_all([{"a": 1}, "x"]) == "---\na: 1\n---\nx\n"
    shared = {"a": 1}
    assert "&" not in writing.dump([shared, shared])


@pytest.mark.parametrize(
    ("value", "error"),
    [({1: 2}, TypeError), ({"a": object()}, TypeError), (float("nan"), ValueError), ({"a": "\ud800"}, ValueError)],
)
def test_what_json_cannot_hold_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        writing.dump(value)


def test_dumping_100_kb_takes_well_under_50_ms() -> None:
    env = [{"name": "A", "value": "yes"}, {"name": "B", "value": "plain"}]
    value = [{"name": f"item-{index}", "env": env, "text": f"line\nline {index}\n"} for index in range(1000)]

    def seconds() -> float:
        start = time.perf_counter()
        assert len(writing.dump(value)) > 100_000
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.05
