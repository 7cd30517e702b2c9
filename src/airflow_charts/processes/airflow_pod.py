"""Pods that run Airflow: safe by default, with what all of them share.

A component says only what is different: its program, ports, probes and what it mounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from airflow_charts.additions import ADDITIONS
from airflow_charts.k8s import batch_v1, core_v1
from airflow_charts.parts.component import Component
from airflow_charts.parts.images import airflow_image
from airflow_charts.parts.job import job_spec
from airflow_charts.parts.names import name_of, pod_selector
from airflow_charts.parts.pod import (
    Around,
    Main,
    config_map_files,
    config_map_volume,
    container,
    empty_dir,
    exec_check,
    mount,
    pod_template,
)
from airflow_charts.parts.pod_settings import pod_of
from airflow_charts.parts.reserved import Reserved
from airflow_charts.parts.scripts import SCRIPTS, script, script_checksums
from airflow_charts.parts.workload import replicated
from airflow_charts.processes.environment import CONFIG, PLUGINS, base_env, credentials_env, makes_uris
from airflow_charts.processes.services import DATABASE, database_env
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, all_of, filled, fragment, let, union, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.pod import ComponentSettings, Pod, ReplicatedSettings, WorkloadSettings

RESERVED = Reserved(
    volumes=("config", "scripts", "tmp", "plugins"),
    paths=(CONFIG, SCRIPTS, PLUGINS, "/tmp"),  # noqa: S108 - a path in the container
    containers=("wait-for-schema",),
)
"""What every pod that runs Airflow has under names of its own."""


@dataclass(frozen=True)
class Program:
    """What a component runs, and what sets it apart from other components."""

    component: Component
    args: list[str] = OMIT
    command: list[str] = OMIT
    env: list[core_v1.EnvVar] = field(default_factory=list)
    ports: list[core_v1.ContainerPort] = field(default_factory=list)
    startup: core_v1.Probe = OMIT
    liveness: core_v1.Probe = OMIT
    readiness: core_v1.Probe = OMIT
    """Each with its timing (`probed`): Jobs are not asked, and not every component can say whether it is ready."""
    waits_for_user: bool = False
    """Whether it waits until there is the first user, too."""
    set_name: str = ""
    """The name of the set of workers."""
    config_sources: list[core_v1.VolumeProjection] = field(default_factory=list)
    scripts: dict[str, bool] = field(default_factory=dict)
    """The chart's own programs that it starts with or is asked by, and whether it does: a changed one restarts it."""
    checksums: dict[str, str] = field(default_factory=dict)


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
        config_map_volume("scripts", name_of(values, release, "scripts")),
        empty_dir("tmp", "2Gi"),
        when(filled(values.plugins), lambda: config_map_volume("plugins", name_of(values, release, "plugins"))),
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
def wait_container(
    values: Values, release: Release, settings: ComponentSettings, pod: Pod, for_user: bool
) -> core_v1.Container:
    """Waits until the database has the schema of this image, and, if asked for, until there is a user."""
    wait = Main(
        image=airflow_image(values, settings),
        command=[
            *script(release, "wait_for_schema.py", f"{conditions.schema_wait_seconds(values)}"),
            when(conditions.fab(values), "fab"),
            when(for_user, "user"),
        ],
        env=database_env(values, release),
        mounts=base_mounts(values, release),
    )
    return container("wait-for-schema", settings, pod, wait)


def airflow_pod(
    values: Values, release: Release, settings: ComponentSettings, pod: Pod, program: Program
) -> core_v1.PodTemplateSpec:
    """The pod of a component that runs Airflow."""
    component = program.component
    woven = [
        addition.weave(values, release, component, settings, pod) for addition in ADDITIONS if addition.to(component)
    ]
    main = Main(
        image=airflow_image(values, settings),
        command=program.command,
        args=program.args,
        env=[
            *base_env(values, release),
            *credentials_env(values, release, component),
            *program.env,
            *(variable for each in woven for variable in each.env),
        ],
        ports=program.ports,
        startup=program.startup,
        liveness=program.liveness,
        readiness=program.readiness,
        mounts=[*base_mounts(values, release), *(item for each in woven for item in each.mounts)],
    )
    around = Around(
        selector=component.selector(release)
        if component.selector
        else pod_selector(release, component.name, program.set_name),
        annotations=union(program.checksums, _script_checksums(values, program), *(each.annotations for each in woven)),
        init_containers=[
            *(item for each in woven for item in each.init_containers),
            when(
                _waits(values, component),
                lambda: wait_container(values, release, settings, pod, program.waits_for_user),
            ),
        ],
        containers=[item for each in woven for item in each.containers],
        volumes=[
            config_volume(values, release, program.config_sources),
            *base_volumes(values, release),
            *(volume for each in woven for volume in each.volumes),
        ],
    )
    return pod_template(values, release, component, settings, pod, main, around)


def commanded(settings: WorkloadSettings, program: Program) -> Program:
    """A program with the command and the arguments that users give in place of the chart's."""
    return replace(
        program,
        command=when(filled(settings.command), settings.command, program.command),
        args=when(filled(settings.args), settings.args, program.args),
    )


def _waits(values: Values, component: Component) -> bool:
    return all_of(not component.ends, component.uses(values, DATABASE))


def _script_checksums(values: Values, program: Program) -> dict[str, str]:
    return script_checksums(
        {
            "wait_for_schema.py": _waits(values, program.component),
            "connection_uri.py": makes_uris(values, program.component),
            **program.scripts,
        }
    )


def replicated_airflow(
    values: Values, release: Release, settings: ReplicatedSettings, program: Program
) -> list[object]:
    """A component that runs Airflow as a Deployment, with what belongs to it."""
    return let(
        pod_of(values, program.component, settings),
        lambda pod: replicated(
            values,
            release,
            settings,
            program.component.name,
            pod,
            airflow_pod(values, release, settings, pod, commanded(settings, program)),
        ),
    )


def airflow_job(values: Values, release: Release, settings: WorkloadSettings, program: Program) -> batch_v1.JobSpec:
    """What a Job that runs in Airflow's image does."""
    return let(
        pod_of(values, program.component, settings),
        lambda pod: job_spec(airflow_pod(values, release, settings, pod, commanded(settings, program))),
    )
