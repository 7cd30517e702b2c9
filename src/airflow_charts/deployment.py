"""The whole deployment: its table of contents."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
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


Maker = Callable[[Values, Release], Any]
"""A function that makes objects."""


def _while_it_runs(component: Component) -> Maker:
    """The function that makes a component's objects, when it runs."""

    @wraps(component.objects)
    def objects(values: Values, release: Release) -> list[object]:
        return when(component.runs(values), lambda: component.objects(values, release))

    return objects


def _of(component: Component) -> tuple[Maker, ...]:
    """What a component is made of: its objects, what it may do in the Kubernetes API, and whom it talks to."""
    access = [partial(roles.role_of, component=component, verbs=component.verbs)] if component.verbs else []
    return (_while_it_runs(component), *access, partial(policies.policy_of, component=component))


PARTS: dict[str, tuple[Maker, ...]] = {
    "credentials": (credentials.objects,),
    "config": (config.objects,),
    **{addition.name: (addition.objects,) for addition in ADDITIONS},
    **{component.file: _of(component) for component in (*AWAITED, *COMPONENTS)},
    "extra": (extra.objects,),
}
"""What the deployment is made of: the name of a template file, and the functions that make its objects."""


def made(makers: tuple[Maker, ...], values: Values, release: Release) -> list[Any]:
    """The objects of a part."""
    return [make(values, release) for make in makers]


def airflow(values: Values, release: Release) -> list[Any]:
    """The Kubernetes objects of an Airflow."""
    return [made(makers, values, release) for makers in PARTS.values()]
