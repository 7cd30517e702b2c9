"""coalesce gives what a template sees, merge_files what Helm makes of several documents."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import helm_python
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_charts.reading.coalesce import coalesce, merge_files

Values = dict[str, Any]

derandomized = settings(derandomize=True, deadline=None, max_examples=400)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chart")
    (path / "templates").mkdir()
    (path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (path / "templates" / "values.yaml").write_text("{{ toJson .Values }}")
    return path


def seen_by_a_template(chart: Path, defaults: Values, user: Values) -> Values:
    (chart / "values.yaml").write_text(json.dumps(defaults))
    with helm_python.Chart.load(chart) as loaded:
        [text] = loaded.render(user, name="r", namespace="n").values()
        seen: Values = json.loads(text)
        assert loaded.merge_values(user) == seen
    return seen


TABLE: Values = {"a": {"x": 1, "w": {"p": 1, "q": 2}}}


@pytest.mark.parametrize(
    ("defaults", "user", "result"),
    [
        (TABLE, {"a": None}, {}),
        (TABLE, {"a": {"w": None}}, {"a": {"x": 1}}),
        (TABLE, {"a": {"w": {"p": None}}}, {"a": {"x": 1, "w": {"q": 2}}}),
        (TABLE, {"a": {"w": {"p": None, "q": None}}}, {"a": {"x": 1, "w": {}}}),
        (TABLE, {"a": {}}, TABLE),
        (TABLE, {"a": "str"}, {"a": "str"}),
        (TABLE, {"a": []}, {"a": []}),
        ({"s": "d"}, {"s": {"k": 1}}, {"s": {"k": 1}}),
        ({"s": "d"}, {"s": {"k": None}}, {"s": {"k": None}}),
        ({"o": None, "p": {"o": None}}, {}, {"p": {}}),
        ({"o": None}, {"o": None}, {}),
        ({"p": {"o": None}}, {"p": {"o": None}}, {"p": {"o": None}}),
        ({"m": {}}, {"m": {"k": None}}, {"m": {"k": None}}),
        ({}, {"new": None}, {"new": None}),
        ({}, {"new": {"z": None}}, {"new": {"z": None}}),
        ({"l": [1, 2]}, {"l": None}, {}),
        ({"l": [1, 2]}, {"l": []}, {"l": []}),
        ({"l": [1, 2]}, {"l": [3, None]}, {"l": [3, None]}),
        ({"l": [1, None, {"a": None}]}, {}, {"l": [1, None, {"a": None}]}),
        ({"e": [{"n": "A", "v": 1}]}, {"e": [{"n": "A", "v": None}]}, {"e": [{"n": "A", "v": None}]}),
    ],
)
def test_the_measured_table(chart: Path, defaults: Values, user: Values, result: Values) -> None:
    assert coalesce(defaults, user) == result == seen_by_a_template(chart, defaults, user)


leaves = st.sampled_from([None, None, 1, 0, "s", "", False, True, 1.5])
keys = st.sampled_from("abc")
nested = st.recursive(
    leaves | st.lists(leaves | st.dictionaries(keys, leaves), max_size=2),
    lambda children: st.dictionaries(keys, children, max_size=3),
    max_leaves=10,
)
documents = st.dictionaries(keys, nested, max_size=3)


@derandomized
@given(defaults=documents, user=documents)
def test_every_pair_of_documents_gives_what_a_template_sees(chart: Path, defaults: Values, user: Values) -> None:
    assert json.dumps(coalesce(defaults, user), sort_keys=True) == json.dumps(
        seen_by_a_template(chart, defaults, user), sort_keys=True
    )


@derandomized
@given(files=st.lists(documents, max_size=4))
def test_files_merge_as_helm_merges_the_documents_of_values_yaml(chart: Path, files: list[Values]) -> None:
    # Helm 4 runs the same function over `-f` files and over the documents of one file.
    (chart / "values.yaml").write_text("\n---\n".join(json.dumps(file) for file in files))
    with helm_python.Chart.load(chart) as loaded:
        assert json.dumps(merge_files(files), sort_keys=True) == json.dumps(loaded.values, sort_keys=True)


def test_in_files_a_later_null_stays_to_remove_a_default_later() -> None:
    files: list[Values] = [{"a": {"b": 1, "c": 2}, "d": {"e": 1}}, {"a": {"b": None}, "d": None}]
    assert merge_files(files) == {"a": {"b": None, "c": 2}, "d": None}
    assert merge_files([]) == {}
    assert coalesce({"a": {"b": 0, "f": 3}, "d": {}}, merge_files(files)) == {"a": {"c": 2, "f": 3}}


@derandomized
@given(first=documents, second=documents)
def test_the_inputs_stay_as_they_are_and_share_nothing_with_the_result(first: Values, second: Values) -> None:
    before = copy.deepcopy((first, second))
    for result in (coalesce(first, second), merge_files([first, second])):
        spoil(result)
        assert (first, second) == before


def spoil(value: Any) -> None:
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            spoil(item)
    value.clear()
