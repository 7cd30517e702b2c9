"""The law on every example: Helm's render of the chart equals the call, and so does the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import ROOT, called, called_notes, interpreted, rendered, rendered_notes
from refused import REFUSED

from airflow_charts.reading.goyaml import parse
from airflow_charts.release import Release

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_renders_the_same_in_all_three_evaluators(path: Path) -> None:
    document = parse(path.read_text()).data
    call = called(document)
    assert isinstance(call, list), call
    assert interpreted(document) == call
    assert rendered(document) == call
    assert rendered_notes(document) == called_notes(document)


@pytest.mark.parametrize("name", ["airflow", "my-airflow-1", "a" * 53, "123", "true"])
def test_any_release_name_renders_the_same(name: str) -> None:
    release = Release(name, "default")
    call = called({}, release)
    assert interpreted({}, release=release) == call
    assert rendered({}, release) == call


@pytest.mark.parametrize("document", REFUSED, ids=str)
def test_refusals_agree(document: dict[str, object]) -> None:
    call = called(document)
    assert not isinstance(call, list)
    assert rendered(document) == call
