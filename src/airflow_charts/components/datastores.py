"""The chart's own PostgreSQL and Redis: one pod each, the official images, ordinary volumes that stay."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_charts.components import topology
from airflow_charts.components.credentials import credential_variable
from airflow_charts.components.images import image_fields
from airflow_charts.components.names import metadata, name_of, selector_labels
from airflow_charts.components.pod import (
    account_name,
    container_fields,
    empty_dir,
    exec_check,
    mount,
    pod_annotations,
    pod_fields,
    probed,
    service_account,
    tcp_check,
    user_env,
    user_labels,
)
from airflow_charts.components.scripts import SCRIPTS, script_checksums
from airflow_charts.components.storage import claim, storage_class
from airflow_charts.components.workloads import workload_metadata
from airflow_charts.k8s import apps_v1, core_v1, meta_v1
from airflow_charts.tracing import combine, filled, negate, union, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.datastores import StoreSettings
from airflow_charts.values.images import Image
from airflow_charts.values.release import Release

_DATA = "/data"


@dataclass(frozen=True)
class Store:
    """What sets one data store apart from the other."""

    component: str
    image: Image
    script: str
    port: int
    env: list[core_v1.EnvVar]
    scratch: dict[str, str]
    """Writable folders beside the data: name of the volume -> path."""
    check: core_v1.Probe


def _container(values: Values, release: Release, settings: StoreSettings, store: Store) -> core_v1.Container:
    image, pull_policy = image_fields(values, settings, store.image, "")
    return combine(
        core_v1.Container(
            name=store.component,
            image=image,
            imagePullPolicy=pull_policy,
            command=when(filled(settings.command), settings.command, ["sh", f"{release.path(SCRIPTS)}/{store.script}"]),
            args=settings.args,
            env=[*store.env, *user_env(values, settings)],
            ports=[core_v1.ContainerPort(name=store.component, containerPort=release.port(store.port), protocol="TCP")],
            startupProbe=probed(settings.startup_probe, store.check),
            livenessProbe=probed(settings.liveness_probe, store.check),
            readinessProbe=probed(settings.readiness_probe, store.check),
            volumeMounts=[
                mount("data", release.path(_DATA)),
                mount("scripts", release.path(SCRIPTS), read_only=True),
                *(mount(name, release.path(path)) for name, path in store.scratch.items()),
                *values.pods.volume_mounts,
                *settings.volume_mounts,
            ],
        ),
        container_fields(values, settings),
    )


def _pod(values: Values, release: Release, settings: StoreSettings, store: Store) -> core_v1.PodTemplateSpec:
    persistence = settings.persistence
    claim_name = when(
        filled(persistence.existing_claim),
        f"{persistence.existing_claim}",
        name_of(values, release, f"{store.component}-data"),
    )
    return core_v1.PodTemplateSpec(
        metadata=meta_v1.ObjectMeta(
            labels=union(selector_labels(release, store.component), user_labels(values, settings)),
            annotations=union(
                script_checksums({store.script: negate(filled(settings.command))}), pod_annotations(values, settings)
            ),
        ),
        spec=combine(
            core_v1.PodSpec(
                serviceAccountName=account_name(values, release, settings, store.component),
                automountServiceAccountToken=False,
                initContainers=[
                    *values.pods.init_containers_first,
                    *settings.init_containers_first,
                    *values.pods.init_containers,
                    *settings.init_containers,
                ],
                containers=[
                    _container(values, release, settings, store),
                    *values.pods.containers,
                    *settings.containers,
                ],
                volumes=[
                    core_v1.Volume(
                        name="data",
                        persistentVolumeClaim=when(
                            persistence.enabled,
                            lambda: core_v1.PersistentVolumeClaimVolumeSource(claimName=claim_name),
                        ),
                        emptyDir=when(
                            negate(persistence.enabled),
                            lambda: core_v1.EmptyDirVolumeSource(sizeLimit=persistence.size),
                        ),
                    ),
                    core_v1.Volume(
                        name="scripts",
                        configMap=core_v1.ConfigMapVolumeSource(name=name_of(values, release, "scripts")),
                    ),
                    *(empty_dir(name, "256Mi") for name in store.scratch),
                    *values.pods.volumes,
                    *settings.volumes,
                ],
            ),
            pod_fields(values, settings),
        ),
    )


def _objects(values: Values, release: Release, settings: StoreSettings, store: Store) -> list[object]:
    name = name_of(values, release, store.component)
    selector = selector_labels(release, store.component)
    return [
        service_account(values, release, settings, store.component),
        core_v1.Service(
            metadata=metadata(values, release, name, store.component),
            spec=core_v1.ServiceSpec(
                type="ClusterIP",
                selector=selector,
                ports=[
                    core_v1.ServicePort(name=store.component, port=store.port, targetPort=store.port, protocol="TCP")
                ],
            ),
        ),
        when(
            settings.persistence.enabled & negate(filled(settings.persistence.existing_claim)),
            lambda: claim(
                values,
                release,
                f"{store.component}-data",
                store.component,
                access_mode="ReadWriteOnce",
                size=settings.persistence.size,
                storage_class=storage_class(values, settings.persistence.storage_class),
                annotations=settings.persistence.annotations,
            ),
        ),
        apps_v1.StatefulSet(
            metadata=workload_metadata(values, release, name, store.component, settings),
            spec=apps_v1.StatefulSetSpec(
                replicas=1,
                serviceName=name,
                revisionHistoryLimit=values.pods.revision_history_limit,
                selector=meta_v1.LabelSelector(matchLabels=selector),
                template=_pod(values, release, settings, store),
            ),
        ),
    ]


def postgresql(values: Values, release: Release) -> list[object]:
    """PostgreSQL with the metadata database and, for Celery, the result backend: a role and database each."""
    database, results = values.database, values.result_backend
    check = exec_check("pg_isready", "-q", "-h", release.path("/var/run/postgresql"))
    return when(
        conditions.own_postgresql(values),
        lambda: _objects(
            values,
            release,
            values.postgresql,
            Store(
                component="postgresql",
                image=values.images.postgresql,
                script="postgresql.sh",
                port=topology.POSTGRESQL_PORT,
                env=[
                    core_v1.EnvVar(name="PGDATA", value=f"{release.path(_DATA)}/pgdata"),
                    core_v1.EnvVar(name="POSTGRESQL_MAX_CONNECTIONS", value=f"{values.postgresql.max_connections}"),
                    core_v1.EnvVar(name="METADATA_USER", value=database.user),
                    core_v1.EnvVar(name="METADATA_DATABASE", value=database.name),
                    credential_variable(values, release, "METADATA_PASSWORD", database.password, "database-password"),
                    *when(
                        conditions.own_results(values),
                        lambda: [
                            core_v1.EnvVar(name="RESULT_BACKEND_USER", value=results.user),
                            core_v1.EnvVar(name="RESULT_BACKEND_DATABASE", value=results.name),
                            credential_variable(
                                values,
                                release,
                                "RESULT_BACKEND_PASSWORD",
                                results.password,
                                "result-backend-password",
                            ),
                        ],
                    ),
                ],
                scratch={"run": "/var/run/postgresql", "tmp": "/tmp"},  # noqa: S108 - a path in the container
                check=check,
            ),
        ),
    )


def redis(values: Values, release: Release) -> list[object]:
    """The broker: Valkey or Redis with a password, its queue on a volume."""
    return when(
        conditions.has_redis(values),
        lambda: _objects(
            values,
            release,
            values.redis,
            Store(
                component="redis",
                image=values.images.redis,
                script="redis.sh",
                port=topology.REDIS_PORT,
                env=[
                    core_v1.EnvVar(name="REDIS_DATA", value=release.path(_DATA)),
                    core_v1.EnvVar(name="REDIS_APPEND_ONLY", value=when(values.redis.persistence.enabled, "yes", "no")),
                    credential_variable(values, release, "REDIS_PASSWORD", values.broker.password, "broker-password"),
                ],
                scratch={"tmp": "/tmp"},  # noqa: S108 - a path in the container
                check=tcp_check("redis"),
            ),
        ),
    )
