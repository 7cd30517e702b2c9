"""Pods that run Airflow: safe by default, with what all of them share.

A component says only what is different: its program, ports, probes and what it mounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from airflow_charts.additions.dags import dag_mounts, dag_volumes
from airflow_charts.additions.logs import LOGS, log_cleaner, log_mount, log_volume
from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.parts.access import account_name
from airflow_charts.parts.component import KUBERNETES_API, Component
from airflow_charts.parts.images import airflow_image
from airflow_charts.parts.names import name_of, pod_selector
from airflow_charts.parts.pod import (
    config_map_files,
    container_fields,
    empty_dir,
    exec_check,
    mount,
    pod_annotations,
    pod_fields,
    user_env,
    user_labels,
)
from airflow_charts.parts.scripts import SCRIPTS, script, script_checksums
from airflow_charts.parts.workload import replicated
from airflow_charts.processes.environment import (
    CONFIG,
    PLUGINS,
    base_env,
    credentials_env,
    makes_uris,
)
from airflow_charts.processes.services import DATABASE, database_env
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, all_of, any_of, combine, filled, first_of, fragment, union, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.pod import ComponentSettings, PodSettings, ReplicatedSettings, WorkloadSettings


@dataclass(frozen=True)
class Program:
    """What a component runs, and what sets it apart from other components."""

    component: Component
    args: list[str]
    command: list[str] = field(default_factory=list)
    env: list[core_v1.EnvVar] = field(default_factory=list)
    ports: list[core_v1.ContainerPort] = field(default_factory=list)
    startup: core_v1.Probe = OMIT
    liveness: core_v1.Probe = OMIT
    readiness: core_v1.Probe = OMIT
    """Each with its timing (`probed`): Jobs are not asked, and not every component can say whether it is ready."""
    waits_for_user: bool = False
    """Whether it waits until there is the first user, too."""
    job: bool = False
    """Whether it ends by itself: then it waits for no schema, and has no side containers but its own."""
    runs_airflow: bool = True
    """Whether it imports Airflow, which makes its folder for logs as it starts."""
    reads_dags: bool = False
    reads_logs: bool = False
    writes_logs: bool = False
    """The logs of tasks: who reads or writes them has their volume, everybody else scratch space in its place."""
    set_name: str = ""
    """The name of the set of workers."""
    config_sources: list[core_v1.VolumeProjection] = field(default_factory=list)
    scripts: dict[str, bool] = field(default_factory=dict)
    """The chart's own programs that it starts with or is asked by, and whether it does: a changed one restarts it."""
    checksums: dict[str, str] = field(default_factory=dict)

    @property
    def shares_logs(self) -> bool:
        """Whether its folder for logs is the volume of the logs."""
        return any_of(self.reads_logs, self.writes_logs)


def job_check(release: Release, kind: str) -> core_v1.Probe:
    """A probe that reads the heartbeat of a component from the database, which costs a tenth of Airflow's own check."""
    return exec_check(*script(release, "check_job.py", kind, "90"))


def forking(release: Release, *command: str) -> list[str]:
    """A command of Airflow that forks a process for each task or DAG file: each finds its imports done."""
    return script(release, "import_first.py", *command)


@fragment
def base_mounts(values: Values, release: Release) -> list[core_v1.VolumeMount]:
    """The mounts of every container that runs Airflow."""
    return [
        mount("config", release.path(CONFIG), read_only=True),
        mount("scripts", release.path(SCRIPTS), read_only=True),
        mount("tmp", release.path("/tmp")),  # noqa: S108 - a path in the container
        when(filled(values.plugins), lambda: mount("plugins", release.path(PLUGINS), read_only=True)),
    ]


@fragment
def base_volumes(values: Values, release: Release) -> list[core_v1.Volume]:
    """The volumes of every pod that runs Airflow, beside its configuration."""
    return [
        core_v1.Volume(
            name="scripts",
            configMap=core_v1.ConfigMapVolumeSource(name=name_of(values, release, "scripts")),
        ),
        empty_dir("tmp", "2Gi"),
        when(
            filled(values.plugins),
            lambda: core_v1.Volume(
                name="plugins",
                configMap=core_v1.ConfigMapVolumeSource(name=name_of(values, release, "plugins")),
            ),
        ),
    ]


def config_volume(values: Values, release: Release, sources: Sequence[core_v1.VolumeProjection] = ()) -> core_v1.Volume:
    """The volume of the configuration: what all share, and what only this component reads."""
    return core_v1.Volume(
        name="config",
        projected=core_v1.ProjectedVolumeSource(
            sources=[config_map_files(name_of(values, release, "config")), *sources]
        ),
    )


@fragment
def wait_container(values: Values, release: Release, settings: ComponentSettings, for_user: bool) -> core_v1.Container:
    """Waits until the database has the schema of this image, and, if asked for, until there is a user."""
    image, pull_policy = airflow_image(values, settings)
    return combine(
        core_v1.Container(
            name="wait-for-schema",
            image=image,
            imagePullPolicy=pull_policy,
            command=[
                *script(release, "wait_for_schema.py", f"{values.migrations.wait_seconds}"),
                when(conditions.fab(values), "fab"),
                when(for_user, "user"),
            ],
            env=[*database_env(values, release), *user_env(values, settings)],
            volumeMounts=[*base_mounts(values, release), *values.pods.volume_mounts, *settings.volume_mounts],
            resources=settings.resources,
        ),
        core_v1.Container(
            name=OMIT,
            securityContext=first_of(settings.security_context, values.pods.security_context),
            envFrom=[*values.pods.env_from, *settings.env_from],
        ),
    )


def main_container(values: Values, release: Release, settings: WorkloadSettings, program: Program) -> core_v1.Container:
    """The container that runs the component."""
    image, pull_policy = airflow_image(values, settings)
    return combine(
        core_v1.Container(
            name=program.component.main_container,
            image=image,
            imagePullPolicy=pull_policy,
            command=when(filled(settings.command), settings.command, program.command),
            args=when(filled(settings.args), settings.args, program.args),
            env=[
                *base_env(values, release),
                *credentials_env(values, release, program.component),
                *program.env,
                *user_env(values, settings),
            ],
            ports=program.ports,
            startupProbe=program.startup,
            livenessProbe=program.liveness,
            readinessProbe=program.readiness,
            volumeMounts=[
                *base_mounts(values, release),
                *_log_mounts(values, release, program),
                *(dag_mounts(values) if program.reads_dags else []),
                *values.pods.volume_mounts,
                *settings.volume_mounts,
            ],
        ),
        container_fields(values, settings),
    )


def _log_mounts(values: Values, release: Release, program: Program) -> list[core_v1.VolumeMount]:
    if program.shares_logs:
        return [log_mount(values, release)]
    return [mount("logs", release.path(LOGS))] if program.runs_airflow else []


def _log_volumes(values: Values, release: Release, program: Program) -> list[core_v1.Volume]:
    if program.shares_logs:
        return [log_volume(values, release)]
    return [empty_dir("logs", "256Mi")] if program.runs_airflow else []


def airflow_pod(
    values: Values, release: Release, settings: WorkloadSettings, program: Program
) -> core_v1.PodTemplateSpec:
    """The pod of a component that runs Airflow."""
    account = account_name(values, release, settings, program.component.name)
    return core_v1.PodTemplateSpec(
        metadata=pod_metadata(values, release, settings, program),
        spec=combine(
            core_v1.PodSpec(
                serviceAccountName=account,
                automountServiceAccountToken=program.component.uses(values, KUBERNETES_API),
                initContainers=[
                    *values.pods.init_containers_first,
                    *settings.init_containers_first,
                    _wait(values, release, settings, program),
                    *values.pods.init_containers,
                    *settings.init_containers,
                ],
                containers=[
                    main_container(values, release, settings, program),
                    *(
                        [when(values.logs.cleaner.enabled, lambda: log_cleaner(values, release, settings))]
                        if program.writes_logs
                        else []
                    ),
                    *([] if program.job else values.pods.containers),
                    *settings.containers,
                ],
                volumes=[
                    config_volume(values, release, program.config_sources),
                    *base_volumes(values, release),
                    *_log_volumes(values, release, program),
                    *(dag_volumes(values, release) if program.reads_dags else []),
                    *values.pods.volumes,
                    *settings.volumes,
                ],
            ),
            pod_fields(values, settings),
        ),
    )


def _wait(values: Values, release: Release, settings: ComponentSettings, program: Program) -> core_v1.Container:
    return when(_waits(values, program), lambda: wait_container(values, release, settings, program.waits_for_user))


def _waits(values: Values, program: Program) -> bool:
    return all_of(not program.job, program.component.uses(values, DATABASE))


def _script_checksums(values: Values, program: Program) -> dict[str, str]:
    return script_checksums(
        {
            "wait_for_schema.py": _waits(values, program),
            "connection_uri.py": makes_uris(values, program.component),
            **program.scripts,
        }
    )


def pod_metadata(values: Values, release: Release, settings: PodSettings, program: Program) -> meta_v1.ObjectMeta:
    """Labels and annotations of a pod; no version among them, so that only real changes restart it."""
    return meta_v1.ObjectMeta(
        labels=union(pod_selector(release, program.component.name, program.set_name), user_labels(values, settings)),
        annotations=union(program.checksums, _script_checksums(values, program), pod_annotations(values, settings)),
    )


def replicated_airflow(
    values: Values, release: Release, settings: ReplicatedSettings, program: Program
) -> list[object]:
    """A component that runs Airflow as a Deployment, with what belongs to it."""
    pod = airflow_pod(values, release, settings, program)
    return replicated(values, release, settings, program.component.name, pod)
