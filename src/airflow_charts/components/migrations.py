"""The Job that creates and upgrades the schema, and then the first user."""

from __future__ import annotations

from airflow_charts.k8s import batch_v1, core_v1
from airflow_charts.parts.component import Component, Holds, Need
from airflow_charts.parts.credential import CredentialRecord, credential_variable
from airflow_charts.parts.job import job_objects
from airflow_charts.parts.names import name_of
from airflow_charts.parts.option import Variable
from airflow_charts.parts.scripts import script
from airflow_charts.processes.airflow_pod import Program, airflow_job
from airflow_charts.processes.keys import FERNET
from airflow_charts.processes.services import DATABASE
from airflow_charts.release import Release
from airflow_charts.tracing import filled, fragment, negate, replace, when
from airflow_charts.values import Values, conditions

_DOT = "\\."
"""A dot in a key, as kubectl's jsonpath wants it."""

ADMIN_PASSWORD = CredentialRecord(
    path="adminUser.password",
    key="admin-password",
    kind="password",
    of=lambda values: values.admin_user.password,
    when=conditions.has_admin_user,
)


@fragment
def migrations_spec(values: Values, release: Release) -> batch_v1.JobSpec:
    """The Job that creates and upgrades the schema, and then the first user."""
    user = values.admin_user
    environment = [
        core_v1.EnvVar(name="ADMIN_USERNAME", value=user.username),
        core_v1.EnvVar(name="ADMIN_EMAIL", value=user.email),
        core_v1.EnvVar(name="ADMIN_FIRST_NAME", value=user.first_name),
        core_v1.EnvVar(name="ADMIN_LAST_NAME", value=user.last_name),
        core_v1.EnvVar(name="ADMIN_ROLE", value=user.role),
        credential_variable(values, release, "ADMIN_PASSWORD", ADMIN_PASSWORD),
    ]
    settings = values.migrations
    program = Program(
        component=COMPONENT,
        args=script(release, "migrate.py"),
        env=[*when(conditions.has_admin_user(values), environment)],
        scripts={"migrate.py": negate(filled(values.migrations.args))},
    )
    return airflow_job(values, release, settings, program)


def objects(values: Values, release: Release) -> list[object]:
    """The Job with its ServiceAccount."""
    return job_objects(values, release, values.migrations, COMPONENT, migrations_spec(values, release))


def notes(values: Values, release: Release) -> list[str]:
    """Who may log in."""
    password, user = values.admin_user.password, conditions.has_admin_user(values)
    key = ADMIN_PASSWORD.key
    secret = when(
        filled(password.existing_secret),
        f"{password.existing_secret} -o jsonpath='{{.data.{replace(password.key, '.', _DOT)}}}'",
        when(
            filled(password.value),
            f"{name_of(values, release, 'credentials')} -o jsonpath='{{.data.{key}}}'",
            f"{name_of(values, release, 'generated')} -o jsonpath='{{.data.{key}}}'",
        ),
    )
    return [
        when(user, lambda: f"User:         {values.admin_user.username}"),
        when(user, lambda: f"Password:     kubectl get secret -n {release.namespace} {secret} | base64 -d"),
    ]


COMPONENT = Component(
    name="migrations",
    settings=lambda values: values.migrations,
    objects=objects,
    runs=conditions.has_migrations,
    ends=True,
    needs=(Need(DATABASE, "the schema"),),
    keys=(Holds(FERNET),),
    credentials=(ADMIN_PASSWORD,),
    notes=notes,
    variables=(
        Variable("ADMIN_USERNAME", "`adminUser.username`"),
        Variable("ADMIN_EMAIL", "`adminUser.email`"),
        Variable("ADMIN_FIRST_NAME", "`adminUser.firstName`"),
        Variable("ADMIN_LAST_NAME", "`adminUser.lastName`"),
        Variable("ADMIN_ROLE", "`adminUser.role`"),
        Variable("ADMIN_PASSWORD", "`adminUser.password`"),
    ),
)
