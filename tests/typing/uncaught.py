"""Wrong chart code that types do not catch: mypy accepts this file (it is part of `make lint`).

What catches each line is in README.md, and `test_uncaught.py` proves it.
"""

from __future__ import annotations

from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.tracing import each, join, size, when
from airflow_charts.values import Values
from airflow_charts.values.scheduler import Scheduler


def found_by_the_trace(values: Values) -> list[object]:
    return [
        "enabled" if values.flower.enabled else "disabled",
        values.flower.enabled and values.workers.kubernetes_access,
        "CeleryExecutor" in values.executors,
        values.airflow_version[:3],
        len(values.executors),
        f"{values.scheduler.replicas:02}",
        [f"{executor}" for executor in values.executors],
        {**values.pods.labels},
        f"{values.flower.path}".upper(),
        join(values.airflow_version, ","),
        size(values.airflow_version),
        [core_v1.LocalObjectReference(name=executor) for executor in values.executors],
        {"section": values.scheduler},
    ]


def found_by_the_check_of_chart_code(values: Values) -> list[object]:
    return [
        "a" if values.airflow_version is None else "b",
        isinstance(values.airflow_version, str),
        f"{values.airflow_version}" == "3.3.2",
        f"{values.flower.path}/x".split("/")[0],
        len(f"{values.flower.path}"),
        sorted(values.executors),
    ]


def found_when_the_chart_is_built(values: Values) -> list[object]:
    return [
        each(values.executors, lambda executor: [each(values.flower.ingress.hosts, lambda host: f"{executor}{host}")]),
        core_v1.Container(name="a", args=each(values.executors, lambda one: when(one == "a", one))),
    ]


def found_by_validation() -> list[object]:
    return [Values(executors=["celery"]), Scheduler(replicas=-1)]


def found_by_strict_validation() -> list[object]:
    return [
        core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name="Not A Name"), data={"replicas": 1}),
        core_v1.Container(name="a", imagePullPolicy="Sometimes"),
        core_v1.ServicePort(port=0),
        core_v1.PodSpec(containers=[]),
    ]
