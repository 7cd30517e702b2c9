"""The Job that generates missing credentials."""

from __future__ import annotations

from airflow_charts.k8s import batch_v1, core_v1, rbac_v1
from airflow_charts.parts.component import KUBERNETES_API, Component, Need
from airflow_charts.parts.job import job_objects
from airflow_charts.parts.names import name_of
from airflow_charts.parts.option import Variable
from airflow_charts.parts.scripts import SCRIPTS
from airflow_charts.processes.airflow_pod import Program, airflow_job
from airflow_charts.processes.credentials import is_missing, records
from airflow_charts.processes.services import DATABASE
from airflow_charts.release import Release
from airflow_charts.tracing import filled, fragment, negate, when
from airflow_charts.values import Values, conditions


def _keys(values: Values) -> list[str]:
    """The credentials to generate, as `key=kind`."""
    return [when(is_missing(values, record), f"{record.key}={record.kind}") for record in records()]


@fragment
def secret_generation_spec(values: Values, release: Release) -> batch_v1.JobSpec:
    """The Job that generates missing credentials."""
    settings = values.secret_generation
    program = Program(
        component=COMPONENT,
        command=["python"],
        args=[
            f"{release.path(SCRIPTS)}/generate_secrets.py",
            name_of(values, release, "generated"),
            *_keys(values),
        ],
        env=[
            core_v1.EnvVar(name="POD_NAMESPACE", value=release.namespace),
        ],
        scripts={"generate_secrets.py": negate(filled(values.secret_generation.args))},
    )
    return airflow_job(values, release, settings, program)


def _write_secret(values: Values, release: Release) -> list[rbac_v1.PolicyRule]:
    generated = name_of(values, release, "generated")
    return [
        rbac_v1.PolicyRule(apiGroups=[""], resources=["secrets"], verbs=["create"]),
        rbac_v1.PolicyRule(apiGroups=[""], resources=["secrets"], resourceNames=[generated], verbs=["get", "patch"]),
    ]


def objects(values: Values, release: Release) -> list[object]:
    """The Job with its ServiceAccount."""
    return job_objects(values, release, values.secret_generation, COMPONENT, secret_generation_spec(values, release))


COMPONENT = Component(
    name="secret-generation",
    settings=lambda values: values.secret_generation,
    objects=objects,
    runs=conditions.generates,
    imports_airflow=False,
    ends=True,
    needs=(
        Need(DATABASE, "whether another Fernet key has encrypted it"),
        Need(KUBERNETES_API, "writes the generated Secret"),
    ),
    verbs=_write_secret,
    makes_credentials=True,
    variables=(Variable("POD_NAMESPACE", "another name"),),
)
