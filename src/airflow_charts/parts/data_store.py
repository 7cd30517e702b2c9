"""The chart's own data stores: one pod each, the official images, ordinary volumes that stay."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_charts.k8s import apps_v1, core_v1, meta_v1
from airflow_charts.parts.access import service_account
from airflow_charts.parts.component import Component, Port
from airflow_charts.parts.images import image_fields
from airflow_charts.parts.names import name_of, selector_labels
from airflow_charts.parts.pod import (
    Around,
    Main,
    config_map_volume,
    container_port,
    empty_dir,
    mount,
    pod_template,
    probed,
)
from airflow_charts.parts.pod_settings import pod_of
from airflow_charts.parts.reserved import Reserved
from airflow_charts.parts.scripts import SCRIPTS, script_checksums
from airflow_charts.parts.service import inner_service
from airflow_charts.parts.volume import claim, claim_name, storage_class
from airflow_charts.parts.workload import workload_metadata
from airflow_charts.release import Release
from airflow_charts.tracing import filled, let, negate, when
from airflow_charts.values import Values
from airflow_charts.values.data_store import StoreSettings
from airflow_charts.values.images import Image
from airflow_charts.values.pod import Pod

DATA = "/data"
"""Where the data is in the container."""
RESERVED = Reserved(volumes=("data", "scripts", "tmp"), paths=(DATA, SCRIPTS, "/tmp"))  # noqa: S108 - in the container
"""What every data store has under names of its own."""


@dataclass(frozen=True)
class Store:
    """What sets one data store apart from the other."""

    component: Component
    image: Image
    script: str
    port: Port
    env: list[core_v1.EnvVar]
    scratch: dict[str, str]
    """Writable folders beside the data: name of the volume -> path."""
    check: core_v1.Probe


def _main(values: Values, release: Release, settings: StoreSettings, store: Store) -> Main:
    return Main(
        image=image_fields(values, settings, store.image, ""),
        command=when(filled(settings.command), settings.command, ["sh", f"{release.path(SCRIPTS)}/{store.script}"]),
        args=settings.args,
        env=store.env,
        ports=[container_port(release, store.port)],
        startup=probed(settings.startup_probe, store.check),
        liveness=probed(settings.liveness_probe, store.check),
        readiness=probed(settings.readiness_probe, store.check),
        mounts=[
            mount("data", release.path(DATA)),
            mount("scripts", release.path(SCRIPTS), read_only=True),
            *(mount(name, release.path(path)) for name, path in store.scratch.items()),
        ],
    )


def _around(values: Values, release: Release, settings: StoreSettings, store: Store) -> Around:
    persistence = settings.persistence
    claimed = claim_name(values, release, persistence.existing_claim, f"{store.component.name}-data")
    return Around(
        selector=selector_labels(release, store.component.name),
        annotations=script_checksums({store.script: negate(filled(settings.command))}),
        volumes=[
            core_v1.Volume(
                name="data",
                persistentVolumeClaim=when(
                    persistence.enabled,
                    lambda: core_v1.PersistentVolumeClaimVolumeSource(claimName=claimed),
                ),
                emptyDir=when(
                    negate(persistence.enabled),
                    lambda: core_v1.EmptyDirVolumeSource(sizeLimit=persistence.size),
                ),
            ),
            config_map_volume("scripts", name_of(values, release, "scripts")),
            *(empty_dir(name, "256Mi") for name in store.scratch),
        ],
    )


def store_objects(values: Values, release: Release, settings: StoreSettings, store: Store) -> list[object]:
    """The objects of a data store."""
    return let(
        pod_of(values, store.component, settings), lambda pod: _store_objects(values, release, settings, store, pod)
    )


def _store_objects(values: Values, release: Release, settings: StoreSettings, store: Store, pod: Pod) -> list[object]:
    name = name_of(values, release, store.component.name)
    selector = selector_labels(release, store.component.name)
    return [
        service_account(values, release, settings, store.component.name),
        inner_service(values, release, store.component),
        when(
            settings.persistence.enabled & negate(filled(settings.persistence.existing_claim)),
            lambda: claim(
                values,
                release,
                f"{store.component.name}-data",
                store.component.name,
                access_mode="ReadWriteOnce",
                size=settings.persistence.size,
                storage_class=storage_class(values, settings.persistence.storage_class),
                annotations=settings.persistence.annotations,
            ),
        ),
        apps_v1.StatefulSet(
            metadata=workload_metadata(values, release, name, store.component.name, pod),
            spec=apps_v1.StatefulSetSpec(
                replicas=1,
                serviceName=name,
                revisionHistoryLimit=pod.revision_history_limit,
                selector=meta_v1.LabelSelector(matchLabels=selector),
                template=pod_template(
                    values,
                    release,
                    store.component,
                    settings,
                    pod,
                    _main(values, release, settings, store),
                    _around(values, release, settings, store),
                ),
            ),
        ),
    ]
