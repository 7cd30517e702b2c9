"""The law on a small deployment that uses every operation of the table."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import helm_python
import pytest
from harness import ordered
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small import PARTS, SmallValues, small
from strategies import KEYS, NASTY

from airflow_charts.helm.chart import template_files
from airflow_charts.reading.coalesce import coalesce
from airflow_charts.reading.goyaml import parse_all
from airflow_charts.release import Release, symbolic_release
from airflow_charts.tracing import table
from airflow_charts.tracing.interpret import Interpreter
from airflow_charts.tracing.nodes import Apply, Operation, walk
from airflow_charts.tracing.structure import documents
from airflow_charts.tracing.symbols import root
from airflow_charts.tracing.trace import Traced, trace

RELEASE = Release("etl", "data")
DEFAULTS = SmallValues().model_dump(by_alias=True)


def recorded() -> Traced:
    values, release = root("Values", SmallValues), symbolic_release()
    return trace({name: partial(part, values, release) for name, part in PARTS.items()})


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("small")
    files = {
        "Chart.yaml": "apiVersion: v2\nname: airflow\nversion: 0.1.0\n",
        "values.yaml": json.dumps(DEFAULTS),
        **template_files(recorded()),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return helm_python.Chart.load(folder)


text = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=9))
control = st.sampled_from(["\x07", "\x85", "\\u0007", "\b", "\x7f", "\ufffe", "\n\t\r"])
"""Kubernetes' YAML cannot carry most of these; rules refuse them, so they stand only where base64 hides them."""
labels = st.dictionaries(st.sampled_from(KEYS), text, max_size=3)
env = st.dictionaries(
    st.sampled_from(["A", "B", "C"]), st.one_of(text, st.just({"fieldRef": {"fieldPath": "x"}})), max_size=3
)
pods = st.fixed_dictionaries(
    {},
    optional={
        "labels": labels,
        "env": env,
        "affinity": st.sampled_from([{}, {"nodeAffinity": {}}, {"podAffinity": {"a": [1, 1000000]}}]),
        "tolerations": st.lists(st.sampled_from([{"key": "b"}, {"key": "a", "operator": "Exists"}]), max_size=2),
    },
)
server = st.builds(
    lambda shared, own: {**shared, **own},
    pods,
    st.fixed_dictionaries(
        {},
        optional={
            "enabled": st.booleans(),
            "replicas": st.sampled_from([0, 1, 2, 3, 1000000]),
            "scale": st.integers(0, 6),
            "sets": st.dictionaries(st.sampled_from(["a", "b"]), pods, max_size=2),
        },
    ),
)
small_documents = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from(["2.11.0", "3.0.0", "3.10.1"]),
        "title": text,
        "nameOverride": st.sampled_from(["", "short", "a-name-of-more-than-20", "exactly-twenty-char-x"]),
        "hosts": st.lists(st.one_of(text, st.just("auto")), max_size=3),
        "files": st.dictionaries(st.sampled_from(["a", "b"]), text, max_size=2),
        "password": st.one_of(text, control),
        "pods": pods,
        "server": server,
    },
)


@given(small_documents)
@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_three_evaluators_agree(chart: Any, document: dict[str, Any]) -> None:
    whole = coalesce(DEFAULTS, document)
    call = ordered(documents(small(SmallValues.model_validate(whole), RELEASE)))
    roots = {"Values": whole, "Release": {"Name": "etl", "Namespace": "data"}, "Chart": {"Name": "airflow"}}
    assert ordered(Interpreter().documents(recorded(), roots)) == call
    files = chart.render(document, name="etl", namespace="data")
    assert ordered(item for content in files.values() for item in parse_all(content)) == call


def test_every_operation_is_used_here() -> None:
    traced = recorded()
    trees = [*traced.parts.values(), *(fragment.body for fragment in traced.fragments.values())]
    used = {node.op.name for tree in trees for node in walk(tree) if isinstance(node, Apply)}
    known = {row.name for row in vars(table).values() if isinstance(row, Operation)}
    assert known - used == set()
