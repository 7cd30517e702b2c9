"""Roles of the components that call the Kubernetes API: the verbs they use, and no others."""

from __future__ import annotations

from airflow_charts.parts.access import role
from airflow_charts.parts.component import KUBERNETES_API, Component, Verbs, components
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, when
from airflow_charts.values import Values


def objects(values: Values, release: Release) -> list[object]:
    """The Roles and RoleBindings."""
    return [_role(values, release, component, component.verbs) for component in components() if component.verbs]


def _role(values: Values, release: Release, component: Component, verbs: Verbs) -> list[object]:
    return when(
        all_of(component.runs(values), component.uses(values, KUBERNETES_API)),
        lambda: role(values, release, component.settings(values), component.name, verbs(values, release)),
    )
