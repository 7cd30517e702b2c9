"""What Helm prints after an installation."""

from __future__ import annotations

from airflow_charts.parts.names import name_of
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, filled, fragment, lines, negate, replace, when
from airflow_charts.values import Values, conditions

_DOT = "\\."
"""A dot in a key, as kubectl's jsonpath wants it."""


@fragment
def notes(values: Values, release: Release) -> str:
    """How to open the UI, who may log in, and what to look at first. Never a secret."""
    webserver = name_of(values, release, "webserver")
    password = values.admin_user.password
    shown = values.webserver.external_url
    user = conditions.has_admin_user(values)
    literal, existing = filled(password.value), filled(password.existing_secret)
    secret = when(
        existing,
        f"{password.existing_secret} -o jsonpath='{{.data.{replace(password.key, '.', _DOT)}}}'",
        when(
            literal,
            f"{name_of(values, release, 'credentials')} -o jsonpath='{{.data.admin-password}}'",
            f"{name_of(values, release, 'generated')} -o jsonpath='{{.data.admin-password}}'",
        ),
    )
    return lines(
        [
            f"Airflow {values.airflow_version} is starting in namespace {release.namespace}.",
            "",
            when(filled(shown), lambda: f"Open it:      {shown}{values.webserver.path}"),
            when(
                negate(filled(shown)),
                lambda: (
                    f"Open it:      kubectl port-forward -n {release.namespace} service/{webserver} "
                    f"8080:{values.webserver.service.port}, then http://localhost:8080{values.webserver.path}"
                ),
            ),
            when(user, lambda: f"User:         {values.admin_user.username}"),
            when(user, lambda: f"Password:     kubectl get secret -n {release.namespace} {secret} | base64 -d"),
            f"Watch it:     kubectl get pods -n {release.namespace} -l app.kubernetes.io/instance={release.name}",
            when(
                all_of(conditions.generates(values), conditions.own_database(values)),
                "",
            ),
            when(
                conditions.own_database(values),
                "The database is the chart's own PostgreSQL, for trials and small installations: set database.host for "
                "production.",
            ),
            when(
                negate(values.logs.persistence.enabled),
                "Task logs live and die with their pods: set logs.persistence.enabled, or remote logging under config.",
            ),
        ]
    )
