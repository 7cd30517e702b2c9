"""The folder of DAG files, where it is a volume."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.addition import Addition, Woven
from airflow_charts.parts.component import Component
from airflow_charts.parts.option import Option
from airflow_charts.parts.pod import same
from airflow_charts.parts.reserved import Reserved
from airflow_charts.parts.volume import claim_name, shared_claim
from airflow_charts.release import Release
from airflow_charts.tracing import fragment, given, when
from airflow_charts.values import Values
from airflow_charts.values.pod import ComponentSettings, Pod


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


def objects(values: Values, release: Release) -> list[object]:
    """The claim of the volume, if it is the chart's own."""
    return [shared_claim(values, release, "dags", values.dags.persistence)]


def weave(values: Values, release: Release, component: Component, settings: ComponentSettings, pod: Pod) -> Woven:
    """Every pod that reads DAG files has their volume."""
    del component, settings, pod
    return Woven(mounts=dag_mounts(values), volumes=dag_volumes(values, release))


ADDITION = Addition(
    name="dags",
    to=lambda component: component.reads_dags,
    weave=weave,
    objects=objects,
    options=(Option("core", "dags_folder", "dags.path", lambda values, _: values.dags.path),),
    reserved=Reserved(volumes=("dags",)),
)
