"""The one builder of pods: safe by default, with the settings that every component shares.

A component says only what is different: its program, ports, probes and what it mounts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_charts.components import topology
from airflow_charts.components.credentials import credentials_env, database_env, makes_uris
from airflow_charts.components.images import airflow_image, pull_secrets
from airflow_charts.components.names import metadata, name_of, pod_selector
from airflow_charts.components.scripts import SCRIPTS, script, script_checksums
from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.tracing import (
    OMIT,
    all_of,
    any_of,
    choose,
    combine,
    each_pair,
    filled,
    first_of,
    fragment,
    given,
    has_key,
    negate,
    overlay,
    union,
    when,
)
from airflow_charts.values import Values, conditions
from airflow_charts.values.base import Labels
from airflow_charts.values.kubernetes import EnvVarSource
from airflow_charts.values.pods import ComponentSettings, PodSettings, Probe, ReplicatedSettings, WorkloadSettings
from airflow_charts.values.release import Release

CONFIG = "/etc/airflow"
"""Where configuration is mounted: never over AIRFLOW_HOME, where images keep DAGs and plugins."""
LOGS = "/opt/airflow/logs"
PLUGINS = "/etc/airflow-plugins"


@dataclass(frozen=True)
class Program:
    """What a component runs, and what sets it apart from other components."""

    component: str
    args: list[str]
    command: list[str] = field(default_factory=list)
    env: list[core_v1.EnvVar] = field(default_factory=list)
    ports: list[core_v1.ContainerPort] = field(default_factory=list)
    startup: core_v1.Probe = OMIT
    liveness: core_v1.Probe = OMIT
    readiness: core_v1.Probe = OMIT
    """Each with its timing (`probed`): Jobs are not asked, and not every component can say whether it is ready."""
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


# --- settings that every pod shares ----------------------------------------------------------------------------------


@fragment
def pod_annotations(values: Values, settings: PodSettings) -> dict[str, str]:
    """The annotations that users give to pods."""
    return overlay(values.pods.pod_annotations, settings.pod_annotations)


@fragment
def user_labels(values: Values, settings: PodSettings) -> Labels:
    """The labels that users give to workloads and pods."""
    return overlay(values.pods.labels, settings.labels)


@fragment
def workload_annotations(values: Values, settings: WorkloadSettings) -> dict[str, str]:
    """The annotations that users give to workloads."""
    return overlay(values.pods.annotations, settings.annotations)


@fragment
def pod_fields(values: Values, settings: ComponentSettings) -> core_v1.PodSpec:
    """What is the same in every pod: where and as whom it runs, and how it stops."""
    return core_v1.PodSpec(
        containers=OMIT,
        enableServiceLinks=False,
        terminationGracePeriodSeconds=settings.termination_grace_period_seconds,
        securityContext=first_of(settings.pod_security_context, values.pods.pod_security_context),
        imagePullSecrets=pull_secrets(values),
        nodeSelector=overlay(values.pods.node_selector, settings.node_selector),
        affinity=first_of(settings.affinity, values.pods.affinity),
        tolerations=[*values.pods.tolerations, *settings.tolerations],
        priorityClassName=given(first_of(settings.priority_class_name, values.pods.priority_class_name), _same),
        runtimeClassName=given(first_of(settings.runtime_class_name, values.pods.runtime_class_name), _same),
        schedulerName=given(first_of(settings.scheduler_name, values.pods.scheduler_name), _same),
        hostAliases=[*values.pods.host_aliases, *settings.host_aliases],
        dnsPolicy=given(first_of(settings.dns_policy, values.pods.dns_policy), _same),
        dnsConfig=first_of(settings.dns_config, values.pods.dns_config),
    )


def _same(text: str) -> str:
    return text


@fragment
def spread(
    values: Values, release: Release, settings: ReplicatedSettings, component: str, set_name: str, replicas: int
) -> core_v1.PodSpec:
    """How replicas spread: as the values say, or over nodes where possible."""
    return core_v1.PodSpec(
        containers=OMIT,
        topologySpreadConstraints=when(
            filled(first_of(settings.topology_spread_constraints, values.pods.topology_spread_constraints)),
            first_of(settings.topology_spread_constraints, values.pods.topology_spread_constraints),
            when(
                replicas > 1,
                lambda: [
                    core_v1.TopologySpreadConstraint(
                        maxSkew=1,
                        topologyKey="kubernetes.io/hostname",
                        whenUnsatisfiable="ScheduleAnyway",
                        labelSelector=meta_v1.LabelSelector(matchLabels=pod_selector(release, component, set_name)),
                    )
                ],
            ),
        ),
    )


@fragment
def container_fields(values: Values, settings: ComponentSettings) -> core_v1.Container:
    """What is the same in the main container of every pod."""
    return core_v1.Container(
        name=OMIT,
        resources=settings.resources,
        securityContext=first_of(settings.security_context, values.pods.security_context),
        lifecycle=first_of(settings.lifecycle, values.pods.lifecycle),
        envFrom=[*values.pods.env_from, *settings.env_from],
    )


@fragment
def user_env(values: Values, settings: PodSettings) -> list[core_v1.EnvVar]:
    """The environment that users give; a component's variable wins over the one of all pods."""
    return [
        *each_pair(
            values.pods.env,
            lambda name, value: when(negate(has_key(settings.env, name)), lambda: _variable(name, value)),
        ),
        *each_pair(settings.env, _variable),
    ]


def _variable(name: str, value: str | EnvVarSource) -> core_v1.EnvVar:
    return choose(
        value,
        text=lambda text: core_v1.EnvVar(name=name, value=text),
        otherwise=lambda source: core_v1.EnvVar(name=name, valueFrom=source),
    )


@fragment
def probe_timing(probe: Probe) -> core_v1.Probe:
    """When Kubernetes asks."""
    return core_v1.Probe(
        initialDelaySeconds=probe.initial_delay_seconds,
        periodSeconds=probe.period_seconds,
        timeoutSeconds=probe.timeout_seconds,
        failureThreshold=probe.failure_threshold,
    )


def probed(settings: Probe, check: core_v1.Probe) -> core_v1.Probe:
    """A check with its timing, or nothing when it is switched off."""
    return when(settings.enabled, lambda: combine(check, probe_timing(settings)))


def http_check(path: str, port: str) -> core_v1.Probe:
    """A probe by HTTP."""
    return core_v1.Probe(httpGet=core_v1.HTTPGetAction(path=path, port=port))


def tcp_check(port: str) -> core_v1.Probe:
    """A probe that opens a connection."""
    return core_v1.Probe(tcpSocket=core_v1.TCPSocketAction(port=port))


def exec_check(*command: str) -> core_v1.Probe:
    """A probe that runs a program in the container."""
    return core_v1.Probe(exec=core_v1.ExecAction(command=list(command)))


def job_check(release: Release, kind: str) -> core_v1.Probe:
    """A probe that reads the heartbeat of a component from the database, which costs a tenth of Airflow's own check."""
    return exec_check(*script(release, "check_job.py", kind, "90"))


def forking(release: Release, *command: str) -> list[str]:
    """A command of Airflow that forks a process for each task or DAG file: each finds its imports done."""
    return script(release, "import_first.py", *command)


def asked(settings: ReplicatedSettings) -> bool:
    """Whether Kubernetes asks a component if it is well."""
    return any_of(settings.startup_probe.enabled, settings.liveness_probe.enabled)


def empty_dir(name: str, size: str) -> core_v1.Volume:
    """Scratch space."""
    return core_v1.Volume(name=name, emptyDir=core_v1.EmptyDirVolumeSource(sizeLimit=size))


def mount(name: str, path: str, *, read_only: bool = False) -> core_v1.VolumeMount:
    """A mount of a volume."""
    return core_v1.VolumeMount(name=name, mountPath=path, readOnly=True if read_only else OMIT)


# --- pods that run Airflow -------------------------------------------------------------------------------------------


@fragment
def base_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The environment of every container that runs Airflow."""
    return [
        core_v1.EnvVar(name="AIRFLOW_CONFIG", value=f"{release.path(CONFIG)}/airflow.cfg"),
        core_v1.EnvVar(name="CONNECTION_CHECK_MAX_COUNT", value="0"),
        core_v1.EnvVar(name="DUMB_INIT_SETSID", value="0"),
        when(
            filled(values.airflow_local_settings),
            lambda: core_v1.EnvVar(name="PYTHONPATH", value=release.path(CONFIG)),
        ),
    ]


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
def log_mount(values: Values, release: Release) -> core_v1.VolumeMount:
    """The mount of the log folder."""
    return core_v1.VolumeMount(
        name="logs",
        mountPath=release.path(LOGS),
        subPath=given(values.logs.persistence.sub_path, _same),
    )


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
                subPath=given(values.dags.persistence.sub_path, _same),
            ),
        )
    ]


def claim_name(values: Values, release: Release, existing: str, suffix: str) -> str:
    """The claim of a volume: an existing one, or the chart's."""
    return when(filled(existing), f"{existing}", name_of(values, release, suffix))


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


def config_map_files(name: str) -> core_v1.VolumeProjection:
    """The files of a ConfigMap."""
    return core_v1.VolumeProjection(configMap=core_v1.ConfigMapProjection(name=name))


def secret_files(name: str) -> core_v1.VolumeProjection:
    """The files of a Secret."""
    return core_v1.VolumeProjection(secret=core_v1.SecretProjection(name=name))


def config_volume(values: Values, release: Release, program: Program) -> core_v1.Volume:
    """The volume of the configuration: what all share, and what only this component reads."""
    return core_v1.Volume(
        name="config",
        projected=core_v1.ProjectedVolumeSource(
            sources=[config_map_files(name_of(values, release, "config")), *program.config_sources]
        ),
    )


@fragment
def wait_container(values: Values, release: Release, settings: ComponentSettings, component: str) -> core_v1.Container:
    """Waits until the database has the schema of this image, and the webserver until there is a user."""
    image, pull_policy = airflow_image(values, settings)
    return combine(
        core_v1.Container(
            name="wait-for-schema",
            image=image,
            imagePullPolicy=pull_policy,
            command=[
                *script(release, "wait_for_schema.py", f"{values.migrations.wait_seconds}"),
                when(conditions.fab(values), "fab"),
                when(all_of(component == "webserver", conditions.has_admin_user(values)), "user"),
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


@fragment
def log_cleaner(values: Values, release: Release, settings: ComponentSettings) -> core_v1.Container:
    """Deletes old log files, with `find` alone: no Python, no entrypoint."""
    image, pull_policy = airflow_image(values, settings)
    cleaner = values.logs.cleaner
    return core_v1.Container(
        name="log-cleaner",
        image=image,
        imagePullPolicy=pull_policy,
        command=[
            "sh",
            "-c",
            'trap "exit 0" TERM; while true; do find "$1" -type f -mmin "+$2" -delete 2>/dev/null; '
            'find "$1" -mindepth 1 -type d -empty -mmin "+$2" -delete 2>/dev/null; sleep "$3" & wait $!; done',
            "log-cleaner",
            release.path(LOGS),
            f"{cleaner.retention_minutes}",
            f"{cleaner.interval_seconds}",
        ],
        resources=core_v1.ResourceRequirements(
            requests={"cpu": "5m", "memory": "16Mi"}, limits={"cpu": "100m", "memory": "64Mi"}
        ),
        securityContext=first_of(settings.security_context, values.pods.security_context),
        volumeMounts=[log_mount(values, release)],
    )


def main_container(values: Values, release: Release, settings: WorkloadSettings, program: Program) -> core_v1.Container:
    """The container that runs the component."""
    image, pull_policy = airflow_image(values, settings)
    return combine(
        core_v1.Container(
            name=program.component,
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
    account = account_name(values, release, settings, program.component)
    return core_v1.PodTemplateSpec(
        metadata=pod_metadata(values, release, settings, program),
        spec=combine(
            core_v1.PodSpec(
                serviceAccountName=account,
                automountServiceAccountToken=uses_kubernetes_api(values, program.component),
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
                    config_volume(values, release, program),
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
    return when(_waits(values, program), lambda: wait_container(values, release, settings, program.component))


def _waits(values: Values, program: Program) -> bool:
    return all_of(not program.job, topology.needs(values, program.component, topology.DATABASE))


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
        labels=union(pod_selector(release, program.component, program.set_name), user_labels(values, settings)),
        annotations=union(program.checksums, _script_checksums(values, program), pod_annotations(values, settings)),
    )


def account_name(values: Values, release: Release, settings: ComponentSettings, component: str) -> str:
    """The ServiceAccount of a component: an existing one, or its own."""
    return when(
        filled(settings.service_account.name),
        f"{settings.service_account.name}",
        name_of(values, release, component),
    )


def uses_kubernetes_api(values: Values, component: str) -> bool:
    """Whether a component talks to the Kubernetes API, and so gets a token."""
    return topology.needs(values, component, topology.KUBERNETES_API)


def service_account(
    values: Values, release: Release, settings: ComponentSettings, component: str
) -> core_v1.ServiceAccount:
    """The ServiceAccount of a component, unless it uses an existing one."""
    return when(
        negate(filled(settings.service_account.name)),
        lambda: core_v1.ServiceAccount(
            metadata=metadata(
                values,
                release,
                name_of(values, release, component),
                component,
                annotations=settings.service_account.annotations,
            ),
            automountServiceAccountToken=False,
        ),
    )
