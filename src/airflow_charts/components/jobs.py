"""The Jobs: ordinary ones, named by the digest of their whole spec.

A changed spec is a new Job, the same spec is the same Job: nothing to do for `helm upgrade`, Argo CD, Flux or
Terraform, and no immutable field that changes.
"""

from __future__ import annotations

from airflow_charts.components.credentials import credential_variable
from airflow_charts.components.names import name_of
from airflow_charts.components.pod import Program, airflow_pod, service_account
from airflow_charts.components.scripts import SCRIPTS, script
from airflow_charts.components.workloads import workload_metadata
from airflow_charts.k8s import batch_v1, core_v1
from airflow_charts.tracing import OMIT, all_of, any_of, combine, digest, filled, fragment, negate, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.release import Release
from airflow_charts.values.required import credentials_of

_RETRIES = 100000
"""Jobs are tried again until they succeed: a database may come up hours later."""


def _job_spec(pod: core_v1.PodTemplateSpec) -> batch_v1.JobSpec:
    return batch_v1.JobSpec(
        backoffLimit=_RETRIES,
        template=core_v1.PodTemplateSpec(
            metadata=pod.metadata,
            spec=combine(core_v1.PodSpec(containers=OMIT, restartPolicy="OnFailure"), pod.spec),
        ),
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
        credential_variable(values, release, "ADMIN_PASSWORD", user.password, "admin-password"),
    ]
    return _job_spec(
        airflow_pod(
            values,
            release,
            values.migrations,
            Program(
                component="migrations",
                args=script(release, "migrate.py"),
                env=[*when(conditions.has_admin_user(values), environment)],
                job=True,
                scripts={"migrate.py": negate(filled(values.migrations.args))},
            ),
        )
    )


def generated_keys(values: Values) -> list[str]:
    """The credentials to generate, as `key=kind`."""
    return [
        when(
            all_of(needed, negate(any_of(filled(credential.existing_secret), filled(credential.value)))),
            f"{key}={kind}",
        )
        for credential, key, kind, needed, _ in credentials_of(values)
    ]


@fragment
def secret_generation_spec(values: Values, release: Release) -> batch_v1.JobSpec:
    """The Job that generates missing credentials."""
    return _job_spec(
        airflow_pod(
            values,
            release,
            values.secret_generation,
            Program(
                component="secret-generation",
                command=["python"],
                args=[
                    f"{release.path(SCRIPTS)}/generate_secrets.py",
                    name_of(values, release, "generated"),
                    *generated_keys(values),
                ],
                env=[
                    core_v1.EnvVar(name="POD_NAMESPACE", value=release.namespace),
                ],
                job=True,
                runs_airflow=False,
                scripts={"generate_secrets.py": negate(filled(values.secret_generation.args))},
            ),
        )
    )


def objects(values: Values, release: Release) -> list[object]:
    """The Jobs with their ServiceAccounts."""
    return [
        when(
            conditions.generates(values),
            lambda: [
                service_account(values, release, values.secret_generation, "secret-generation"),
                _job(values, release, "secret-generation"),
            ],
        ),
        when(
            conditions.has_migrations(values),
            lambda: [
                service_account(values, release, values.migrations, "migrations"),
                _job(values, release, "migrations"),
            ],
        ),
    ]


def _job(values: Values, release: Release, component: str) -> batch_v1.Job:
    specs = {"migrations": migrations_spec, "secret-generation": secret_generation_spec}
    settings = {"migrations": values.migrations, "secret-generation": values.secret_generation}[component]
    spec = specs[component](values, release)
    return batch_v1.Job(
        metadata=workload_metadata(
            values, release, f"{name_of(values, release, component)}-{digest(spec)}", component, settings
        ),
        spec=spec,
    )
