"""Roles of the components that call the Kubernetes API: the verbs they use, and no others."""

from __future__ import annotations

from airflow_charts.k8s import rbac_v1
from airflow_charts.parts.access import role
from airflow_charts.parts.names import name_of
from airflow_charts.processes import topology
from airflow_charts.release import Release
from airflow_charts.tracing import when
from airflow_charts.values import Values, conditions
from airflow_charts.values.pod import ComponentSettings

_MANAGE_PODS = [
    rbac_v1.PolicyRule(apiGroups=[""], resources=["pods"], verbs=["create", "get", "list", "watch", "patch", "delete"]),
    rbac_v1.PolicyRule(apiGroups=[""], resources=["pods/log"], verbs=["get"]),
    rbac_v1.PolicyRule(apiGroups=[""], resources=["events"], verbs=["list"]),
]
_READ_LOGS = [
    rbac_v1.PolicyRule(apiGroups=[""], resources=["pods"], verbs=["get", "list"]),
    rbac_v1.PolicyRule(apiGroups=[""], resources=["pods/log"], verbs=["get"]),
]


def _role(
    values: Values, release: Release, component: str, settings: ComponentSettings, rules: list[rbac_v1.PolicyRule]
) -> list[object]:
    return when(
        topology.needs(values, component, topology.KUBERNETES_API),
        lambda: role(values, release, component, settings, rules),
    )


def objects(values: Values, release: Release) -> list[object]:
    """The Roles and RoleBindings."""
    generated = name_of(values, release, "generated")
    write_secret = [
        rbac_v1.PolicyRule(apiGroups=[""], resources=["secrets"], verbs=["create"]),
        rbac_v1.PolicyRule(apiGroups=[""], resources=["secrets"], resourceNames=[generated], verbs=["get", "patch"]),
    ]
    return [
        _role(values, release, "scheduler", values.scheduler, _MANAGE_PODS),
        _role(values, release, "webserver", values.webserver, _READ_LOGS),
        when(conditions.celery(values), lambda: _role(values, release, "worker", values.workers, _MANAGE_PODS)),
        when(
            conditions.has_triggerer(values),
            lambda: _role(values, release, "triggerer", values.triggerer, _MANAGE_PODS),
        ),
        when(
            conditions.kubernetes(values),
            lambda: _role(values, release, "task", values.kubernetes_executor, _MANAGE_PODS),
        ),
        when(
            conditions.generates(values),
            lambda: _role(values, release, "secret-generation", values.secret_generation, write_secret),
        ),
    ]
