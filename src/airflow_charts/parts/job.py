"""Jobs: ordinary ones, named by the digest of their whole spec.

A changed spec is a new Job, the same spec is the same Job: nothing to do for `helm upgrade`, Argo CD, Flux or
Terraform, and no immutable field that changes.
"""

from __future__ import annotations

from airflow_charts.k8s import batch_v1, core_v1
from airflow_charts.parts.access import service_account
from airflow_charts.parts.component import Component
from airflow_charts.parts.names import name_of
from airflow_charts.parts.pod_settings import pod_of
from airflow_charts.parts.workload import workload_metadata
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, combine, digest, let
from airflow_charts.values import Values
from airflow_charts.values.pod import WorkloadSettings

_RETRIES = 100000
"""Jobs are tried again until they succeed: a database may come up hours later."""


def job_spec(template: core_v1.PodTemplateSpec) -> batch_v1.JobSpec:
    """What a Job does: one pod, until it succeeds."""
    return batch_v1.JobSpec(
        backoffLimit=_RETRIES,
        template=core_v1.PodTemplateSpec(
            metadata=template.metadata,
            spec=combine(core_v1.PodSpec(containers=OMIT, restartPolicy="OnFailure"), template.spec),
        ),
    )


def job_objects(
    values: Values, release: Release, settings: WorkloadSettings, component: Component, spec: batch_v1.JobSpec
) -> list[object]:
    """A Job with its ServiceAccount."""
    name = f"{name_of(values, release, component.name)}-{digest(spec)}"
    return let(
        pod_of(values, component, settings),
        lambda pod: [
            service_account(values, release, settings, component.name),
            batch_v1.Job(metadata=workload_metadata(values, release, name, component.name, pod), spec=spec),
        ],
    )
