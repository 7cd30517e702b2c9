# mypy: ignore-errors
"""Wrong lines about values and operations. Each line with an error is marked with the code that mypy gives.

Nothing imports this file; `test_typing.py` reads it. The first line keeps `make lint` away.
"""

from __future__ import annotations

from airflow_charts import Release, manifests
from airflow_charts.k8s import core_v1
from airflow_charts.parts.names import name_of
from airflow_charts.parts.pod import container_fields
from airflow_charts.parts.workload import disruption_budget
from airflow_charts.tracing import (
    all_of,
    at_least,
    contains,
    each,
    each_pair,
    fragment,
    given,
    join,
    negate,
    overlay,
    truncate,
    when,
)
from airflow_charts.values import Values
from airflow_charts.values.scheduler import Scheduler


def right(values: Values, release: Release) -> list[str]:
    return [
        when(values.flower.enabled, "yes", "no"),
        *each(values.executors, lambda executor: f"{executor}"),
        given(values.webserver.path, lambda path: f"{path}/"),
        truncate(name_of(values, release, "scheduler"), 20),
    ]


def misspelt_values(values: Values) -> list[object]:
    return [
        values.schedulr,  # error: attr-defined
        values.scheduler.replica,  # error: attr-defined
        values.dagProcessor,  # error: attr-defined
        values.airflow_pods.env.get_all,  # error: attr-defined
        Values(executers=[]),  # error: call-arg
    ]


def values_are_not_changed(values: Values) -> None:
    values.executors = []  # error: misc
    values.scheduler.replicas = 2  # error: misc


def wrong_types_in_decisions(values: Values) -> list[object]:
    return [
        when(values.airflow_version, "a", "b"),  # error: call-overload
        when(values.scheduler.replicas, "a"),  # error: call-overload
        when(values.flower.enabled),  # error: call-overload
        all_of(values.flower.enabled, values.airflow_version),  # error: arg-type
        negate(values.executors),  # error: arg-type
        at_least(values.airflow_version, 3),  # error: arg-type
        contains(values.executors, 1),  # error: arg-type
    ]


def wrong_types_in_repetitions(values: Values) -> list[object]:
    return [
        each(values.scheduler.replicas, lambda item: item),  # error: arg-type
        each(values.executors, lambda executor: executor.name),  # error: attr-defined
        each_pair(values.executors, lambda key, value: key),  # error: arg-type
        each_pair(values.plugins, lambda name: name),  # error: arg-type, misc
        join(values.scheduler.replicas, ","),  # error: arg-type
        overlay(values.pods.labels, values.executors),  # error: arg-type
        truncate(values.scheduler.replicas, 5),  # error: arg-type
    ]


@fragment
def shout(values: Values, text: str, *, sign: str = "!") -> str:
    return f"{text}{sign}"


def wrong_arguments(values: Values, release: Release) -> list[object]:
    return [
        shout(values),  # error: call-arg
        shout(values, 1),  # error: arg-type
        shout(values, "a", mark="?"),  # error: call-arg
        name_of(values, "etl", "scheduler"),  # error: arg-type
        name_of(values, release),  # error: call-arg
        container_fields(values.images),  # error: arg-type
        disruption_budget(values, release, values.migrations),  # error: arg-type, call-arg
        manifests(values),  # error: call-arg
        manifests("values.yaml", release),  # error: arg-type
    ]


def wrong_settings() -> list[object]:
    return [
        Values(executors="CeleryExecutor"),  # error: arg-type
        Scheduler(replicas="two"),  # error: arg-type
    ]


def wrong_results(values: Values) -> core_v1.EnvVar:
    return given(values.webserver.path, lambda path: f"{path}")  # error: return-value


def wrong_results_of_operations(values: Values) -> int:
    return join(values.executors, ",")  # error: return-value
