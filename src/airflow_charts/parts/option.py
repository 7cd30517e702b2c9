"""Options of airflow.cfg and environment variables that the chart sets itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airflow_charts.release import Release
from airflow_charts.values import Values
from airflow_charts.values.conditions import Condition, always


@dataclass(frozen=True)
class Option:
    """An option that follows from other values; users may not set it."""

    section: str
    key: str
    instead: str
    """The value that users set in its place."""
    value: Callable[[Values, Release], str] | None = None
    """Its text; None for what is no line of airflow.cfg, but a variable or an argument."""
    when: Condition = always


@dataclass(frozen=True)
class Variable:
    """An environment variable of the chart's own; Kubernetes refuses a name that stands twice."""

    name: str
    instead: str
    """What users do in its place."""
