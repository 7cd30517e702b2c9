"""Roles of the components that call the Kubernetes API: the verbs they use, and no others."""

from __future__ import annotations

from airflow_charts.parts.access import role
from airflow_charts.parts.component import KUBERNETES_API, Component, Verbs
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, when
from airflow_charts.values import Values


def role_of(values: Values, release: Release, component: Component, verbs: Verbs) -> list[object]:
    """The Role and the RoleBinding of a component, while it runs and uses the Kubernetes API."""
    return when(
        all_of(component.runs(values), component.uses(values, KUBERNETES_API)),
        lambda: role(values, release, component.settings(values), component.name, verbs(values, release)),
    )
