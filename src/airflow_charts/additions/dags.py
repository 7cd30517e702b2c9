"""The folder of DAG files, where it is a volume."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.option import Option
from airflow_charts.parts.pod import same
from airflow_charts.parts.volume import claim_name, shared_claim
from airflow_charts.release import Release
from airflow_charts.tracing import fragment, given, when
from airflow_charts.values import Values

OPTIONS = (Option("core", "dags_folder", "dags.path", lambda values, _: values.dags.path),)


@fragment
def dag_mounts(values: Values) -> list[core_v1.VolumeMount]:
    """The mount of the DAG folder, if it is a volume."""
    return [
        when(
            values.dags.persistence.enabled,
            lambda: core_v1.VolumeMount(
                name="dags",
                mountPath=values.dags.path,
                readOnly=True,
                subPath=given(values.dags.persistence.sub_path, same),
            ),
        )
    ]


@fragment
def dag_volumes(values: Values, release: Release) -> list[core_v1.Volume]:
    """The volume of the DAG folder, if it is one."""
    return [
        when(
            values.dags.persistence.enabled,
            lambda: core_v1.Volume(
                name="dags",
                persistentVolumeClaim=core_v1.PersistentVolumeClaimVolumeSource(
                    claimName=claim_name(values, release, values.dags.persistence.existing_claim, "dags"),
                    readOnly=True,
                ),
            ),
        )
    ]


def objects(values: Values, release: Release) -> list[core_v1.PersistentVolumeClaim]:
    """The claim of the volume, if it is the chart's own."""
    return [shared_claim(values, release, "dags", values.dags.persistence)]
