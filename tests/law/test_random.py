"""The law on random documents: two thousand against the interpreter, a thousand against Helm's engine.

`LAW_SCALE=20` in the environment tries 20 times as many.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from harness import called, interpreted, rendered
from hypothesis import HealthCheck, given, seed, settings
from strategies import documents

from airflow_charts.checks import structural_problems, total

SCALE = float(os.environ.get("LAW_SCALE", "1"))
PARTS = 10
"""Both tests are cut into parts, each with a seed of its own, so that they run side by side."""

pytestmark = pytest.mark.timeout(300 * max(1, SCALE))


def on_documents(part: int, count: int, check: Callable[[dict[str, Any]], None]) -> None:
    """Runs `check` on a part of `count` documents, the same ones in each run of the tests."""
    examples = round(count * SCALE / PARTS)
    quiet = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    seed(part)(quiet(given(documents())(check)))()


@pytest.mark.parametrize("part", range(PARTS))
def test_interpreter_equals_call(part: int) -> None:
    def check(document: dict[str, Any]) -> None:
        if not structural_problems(total(document)):
            assert interpreted(document) == called(document)

    on_documents(part, 2_000, check)


@pytest.mark.parametrize("part", range(PARTS))
def test_helm_equals_call(part: int) -> None:
    def check(document: dict[str, Any]) -> None:
        assert rendered(document) == called(document)

    on_documents(PARTS + part, 1_000, check)
