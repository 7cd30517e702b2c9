"""The law on random documents: thousands against the interpreter, hundreds against Helm's engine."""

from __future__ import annotations

import os
from typing import Any

from harness import called, interpreted, rendered
from hypothesis import HealthCheck, given, settings
from strategies import documents

from airflow_charts.values.load import structural_problems, total

SCALE = int(os.environ.get("LAW_SCALE", "1"))
QUIET: Any = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


@given(documents())
@settings(max_examples=1000 * SCALE, **QUIET)
def test_interpreter_equals_call(document: dict[str, Any]) -> None:
    if structural_problems(total(document)):
        return
    assert interpreted(document) == called(document)


@given(documents())
@settings(max_examples=300 * SCALE, **QUIET)
def test_helm_equals_call(document: dict[str, Any]) -> None:
    assert rendered(document) == called(document)
