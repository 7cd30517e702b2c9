"""The Job that generates missing credentials."""

from __future__ import annotations

from airflow_charts.k8s import batch_v1, core_v1
from airflow_charts.parts.access import service_account
from airflow_charts.parts.job import job, job_spec
from airflow_charts.parts.names import name_of
from airflow_charts.parts.scripts import SCRIPTS
from airflow_charts.processes.airflow_pod import Program, airflow_pod
from airflow_charts.processes.required import credentials_of
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, any_of, filled, fragment, negate, when
from airflow_charts.values import Values, conditions


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
    return job_spec(
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
    """The Job with its ServiceAccount."""
    settings = values.secret_generation
    return when(
        conditions.generates(values),
        lambda: [
            service_account(values, release, settings, "secret-generation"),
            job(values, release, settings, "secret-generation", secret_generation_spec(values, release)),
        ],
    )
