"""The whole deployment: its table of contents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_charts.additions import dags, logs
from airflow_charts.components import (
    dag_processor,
    extra,
    flower,
    kubernetes_executor,
    migrations,
    postgresql,
    redis,
    scheduler,
    secret_generation,
    triggerer,
    webserver,
    workers,
)
from airflow_charts.derived import credentials, policies, roles
from airflow_charts.processes import config
from airflow_charts.release import Release
from airflow_charts.values import Values

PARTS: dict[str, Callable[[Values, Release], Any]] = {
    "credentials": credentials.objects,
    "config": config.objects,
    "dags": dags.objects,
    "logs": logs.objects,
    "roles": roles.objects,
    "secret_generation": secret_generation.objects,
    "migrations": migrations.objects,
    "postgresql": postgresql.objects,
    "redis": redis.objects,
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
