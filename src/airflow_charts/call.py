"""The call: from a user's values to manifests, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_charts.checks import checked, load
from airflow_charts.deployment import PARTS, made
from airflow_charts.release import Release
from airflow_charts.tracing.structure import documents
from airflow_charts.values import Values


def manifests(values: Values | Mapping[str, Any], release: Release) -> list[dict[str, Any]]:
    """The Kubernetes manifests of an Airflow, in the order of the chart.

    `values` is a `Values`, or a document as in a values file, with the defaults for what it leaves out.

    Raises:
        InvalidValuesError: with every structural problem, or else every broken rule.
    """
    return [manifest for part in manifest_parts(values, release).values() for manifest in part]


def manifest_parts(values: Values | Mapping[str, Any], release: Release) -> dict[str, list[dict[str, Any]]]:
    """The same by the parts of the deployment, as the chart's template files."""
    valid = checked(values.model_dump(by_alias=True)) if isinstance(values, Values) else load(values)
    return {name: documents(made(makers, valid, release)) for name, makers in PARTS.items()}
