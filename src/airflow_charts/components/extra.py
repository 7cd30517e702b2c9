"""The user's own Kubernetes objects."""

from __future__ import annotations

from typing import Any

from airflow_charts.release import Release
from airflow_charts.tracing import each
from airflow_charts.values import Values


def objects(values: Values, release: Release) -> list[Any]:
    """The objects under `extraManifests`, as they are."""
    del release
    return each(values.extra_manifests, lambda manifest: manifest)
