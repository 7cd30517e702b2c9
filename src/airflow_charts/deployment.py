"""The whole deployment: its table of contents."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from airflow_charts.additions import ADDITIONS
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
from airflow_charts.parts.component import Component, declare
from airflow_charts.processes import config
from airflow_charts.release import Release
from airflow_charts.tracing import when
from airflow_charts.values import Values

COMPONENTS = declare(
    webserver.COMPONENT,
    scheduler.COMPONENT,
    dag_processor.COMPONENT,
    triggerer.COMPONENT,
    workers.COMPONENT,
    kubernetes_executor.COMPONENT,
    flower.COMPONENT,
    migrations.COMPONENT,
    secret_generation.COMPONENT,
    postgresql.COMPONENT,
    redis.COMPONENT,
)
"""What has pods, in the order of policies, rules and pictures."""
AWAITED = (secret_generation.COMPONENT, migrations.COMPONENT, postgresql.COMPONENT, redis.COMPONENT)
"""What the others wait for: their objects come first."""


def _while_it_runs(component: Component) -> Callable[[Values, Release], list[object]]:
    """The function that makes a component's objects, when it runs."""

    @wraps(component.objects)
    def objects(values: Values, release: Release) -> list[object]:
        return when(component.runs(values), lambda: component.objects(values, release))

    return objects


PARTS: dict[str, Callable[[Values, Release], Any]] = {
    "credentials": credentials.objects,
    "config": config.objects,
    **{addition.name: addition.objects for addition in ADDITIONS},
    "roles": roles.objects,
    **{component.file: _while_it_runs(component) for component in (*AWAITED, *COMPONENTS)},
    "policies": policies.objects,
    "extra": extra.objects,
}
"""What the deployment is made of: the name of a template file, and the function that makes its objects."""


def airflow(values: Values, release: Release) -> list[Any]:
    """The Kubernetes objects of an Airflow."""
    return [part(values, release) for part in PARTS.values()]
