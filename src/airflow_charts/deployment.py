"""The whole deployment: its table of contents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_charts.components import (
    access,
    config,
    credentials,
    dag_processor,
    datastores,
    extra,
    flower,
    jobs,
    kubernetes_executor,
    policies,
    scheduler,
    storage,
    triggerer,
    webserver,
    workers,
)
from airflow_charts.values import Values
from airflow_charts.values.release import Release

PARTS: dict[str, Callable[[Values, Release], Any]] = {
    "credentials": credentials.objects,
    "config": config.objects,
    "storage": storage.objects,
    "access": access.objects,
    "jobs": jobs.objects,
    "postgresql": datastores.postgresql,
    "redis": datastores.redis,
    "webserver": webserver.objects,
    "scheduler": scheduler.objects,
    "dag_processor": dag_processor.objects,
    "triggerer": triggerer.objects,
    "workers": workers.objects,
    "kubernetes_executor": kubernetes_executor.objects,
    "flower": flower.objects,
    "policies": policies.objects,
    "extra": extra.objects,
}
"""What the deployment is made of: the name of a template file, and the function that makes its objects."""


def airflow(values: Values, release: Release) -> list[Any]:
    """The Kubernetes objects of an Airflow."""
    return [part(values, release) for part in PARTS.values()]
