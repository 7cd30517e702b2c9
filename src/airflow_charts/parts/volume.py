"""PersistentVolumeClaims. The chart's claims stay after an uninstall and can be resized."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.release import Release
from airflow_charts.tracing import filled, first_of, given, negate, union, when
from airflow_charts.values import Values
from airflow_charts.values.volume import Persistence


def storage_class(values: Values, own: str) -> str:
    """The StorageClass of a claim: its own, the one of all charts, or the cluster's default."""
    return given(first_of(own, values.global_.storage_class), lambda name: f"{name}")


def claim(
    values: Values,
    release: Release,
    suffix: str,
    component: str,
    *,
    access_mode: str,
    size: str,
    storage_class: str,
    annotations: dict[str, str],
) -> core_v1.PersistentVolumeClaim:
    """A claim of the chart's own."""
    return core_v1.PersistentVolumeClaim(
        metadata=metadata(
            values,
            release,
            name_of(values, release, suffix),
            component,
            annotations=union({"helm.sh/resource-policy": "keep"}, annotations),
        ),
        spec=core_v1.PersistentVolumeClaimSpec(
            accessModes=[access_mode],
            storageClassName=storage_class,
            resources=core_v1.VolumeResourceRequirements(requests={"storage": size}),
        ),
    )


def shared_claim(
    values: Values, release: Release, suffix: str, persistence: Persistence
) -> core_v1.PersistentVolumeClaim:
    """The claim of a volume that several pods share, unless there is one."""
    return when(
        persistence.enabled & negate(filled(persistence.existing_claim)),
        lambda: claim(
            values,
            release,
            suffix,
            suffix,
            access_mode=persistence.access_mode,
            size=persistence.size,
            storage_class=storage_class(values, persistence.storage_class),
            annotations=persistence.annotations,
        ),
    )


def claim_name(values: Values, release: Release, existing: str, suffix: str) -> str:
    """The claim of a volume: an existing one, or the chart's."""
    return when(filled(existing), f"{existing}", name_of(values, release, suffix))
