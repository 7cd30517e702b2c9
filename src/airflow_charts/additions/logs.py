"""The folder of task logs: its volume, and what deletes old files."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.addition import Addition, Woven
from airflow_charts.parts.component import Component
from airflow_charts.parts.images import airflow_image
from airflow_charts.parts.option import Option
from airflow_charts.parts.pod import empty_dir, mount, same
from airflow_charts.parts.reserved import Reserved
from airflow_charts.parts.scripts import SCRIPTS, script_checksums
from airflow_charts.parts.volume import claim_name, shared_claim
from airflow_charts.release import Release
from airflow_charts.tracing import fragment, given, negate, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.pod import ComponentSettings, Pod

LOGS = "/opt/airflow/logs"
_CLEANER = "clean_logs.sh"


@fragment
def log_mount(values: Values, release: Release) -> core_v1.VolumeMount:
    """The mount of the log folder."""
    return core_v1.VolumeMount(
        name="logs",
        mountPath=release.path(LOGS),
        subPath=given(values.logs.persistence.sub_path, same),
    )


@fragment
def log_volume(values: Values, release: Release) -> core_v1.Volume:
    """The volume of the log folder."""
    return core_v1.Volume(
        name="logs",
        persistentVolumeClaim=when(
            values.logs.persistence.enabled,
            lambda: core_v1.PersistentVolumeClaimVolumeSource(
                claimName=claim_name(values, release, values.logs.persistence.existing_claim, "logs")
            ),
        ),
        emptyDir=when(
            negate(values.logs.persistence.enabled),
            lambda: core_v1.EmptyDirVolumeSource(sizeLimit=values.logs.empty_dir_size),
        ),
    )


@fragment
def log_cleaner(values: Values, release: Release, settings: ComponentSettings, pod: Pod) -> core_v1.Container:
    """Deletes old log files, without Airflow's entrypoint."""
    image, pull_policy = airflow_image(values, settings)
    cleaner = values.logs.cleaner
    return core_v1.Container(
        name="log-cleaner",
        image=image,
        imagePullPolicy=pull_policy,
        command=[
            "sh",
            f"{release.path(SCRIPTS)}/{_CLEANER}",
            release.path(LOGS),
            f"{cleaner.retention_minutes}",
            f"{cleaner.interval_seconds}",
        ],
        resources=core_v1.ResourceRequirements(
            requests={"cpu": "5m", "memory": "16Mi"}, limits={"cpu": "100m", "memory": "64Mi"}
        ),
        securityContext=pod.security_context,
        volumeMounts=[mount("scripts", release.path(SCRIPTS), read_only=True), log_mount(values, release)],
    )


def objects(values: Values, release: Release) -> list[object]:
    """The claim of the volume, if it is the chart's own."""
    return [shared_claim(values, release, "logs", values.logs.persistence)]


def weave(values: Values, release: Release, component: Component, settings: ComponentSettings, pod: Pod) -> Woven:
    """Readers and writers have the volume, all others of Airflow scratch space in its place."""
    if not (component.reads_logs or component.writes_logs):
        return Woven(mounts=[mount("logs", release.path(LOGS))], volumes=[empty_dir("logs", "256Mi")])
    cleans = component.writes_logs and not component.ends
    enabled = values.logs.cleaner.enabled
    return Woven(
        mounts=[log_mount(values, release)],
        volumes=[log_volume(values, release)],
        containers=[when(enabled, lambda: log_cleaner(values, release, settings, pod))] if cleans else [],
        annotations=script_checksums({_CLEANER: enabled}) if cleans else {},
    )


def notes(values: Values, release: Release) -> list[str]:
    """How long logs live."""
    del release
    text = "Task logs live and die with their pods: set logs.persistence.enabled, or remote logging under config."
    return [when(negate(values.logs.persistence.enabled), text)]


ADDITION = Addition(
    name="logs",
    to=lambda component: component.imports_airflow,
    weave=weave,
    objects=objects,
    notes=notes,
    options=(
        Option("logging", "base_log_folder", "logs", lambda _, release: release.path(LOGS)),
        Option(
            "logging",
            "dag_processor_child_process_log_directory",
            "logs",
            lambda _, release: f"{release.path(LOGS)}/dag_processor",
            conditions.airflow_3,
        ),
    ),
    reserved=Reserved(volumes=("logs",), paths=(LOGS,), containers=("log-cleaner",)),
)
