"""What every pod has, whatever it runs: the settings that components share, probes, volumes."""

from __future__ import annotations

from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.parts.component import Port
from airflow_charts.parts.images import pull_secrets
from airflow_charts.parts.names import pod_selector
from airflow_charts.release import Release
from airflow_charts.tracing import (
    OMIT,
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
    when,
)
from airflow_charts.values import Values
from airflow_charts.values.base import Labels
from airflow_charts.values.kubernetes import EnvVarSource
from airflow_charts.values.pod import ComponentSettings, PodSettings, Probe, ReplicatedSettings, WorkloadSettings


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
        priorityClassName=given(first_of(settings.priority_class_name, values.pods.priority_class_name), same),
        runtimeClassName=given(first_of(settings.runtime_class_name, values.pods.runtime_class_name), same),
        schedulerName=given(first_of(settings.scheduler_name, values.pods.scheduler_name), same),
        hostAliases=[*values.pods.host_aliases, *settings.host_aliases],
        dnsPolicy=given(first_of(settings.dns_policy, values.pods.dns_policy), same),
        dnsConfig=first_of(settings.dns_config, values.pods.dns_config),
    )


def same(text: str) -> str:
    """A text as it is, for `given`."""
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


def asked(settings: ReplicatedSettings) -> bool:
    """Whether Kubernetes asks a component if it is well."""
    return any_of(settings.startup_probe.enabled, settings.liveness_probe.enabled)


def container_port(release: Release, port: Port) -> core_v1.ContainerPort:
    """A port of a container."""
    return core_v1.ContainerPort(name=port.name, containerPort=release.port(port.number), protocol="TCP")


def empty_dir(name: str, size: str) -> core_v1.Volume:
    """Scratch space."""
    return core_v1.Volume(name=name, emptyDir=core_v1.EmptyDirVolumeSource(sizeLimit=size))


def mount(name: str, path: str, *, read_only: bool = False) -> core_v1.VolumeMount:
    """A mount of a volume."""
    return core_v1.VolumeMount(name=name, mountPath=path, readOnly=True if read_only else OMIT)


def config_map_files(name: str) -> core_v1.VolumeProjection:
    """The files of a ConfigMap."""
    return core_v1.VolumeProjection(configMap=core_v1.ConfigMapProjection(name=name))


def secret_files(name: str) -> core_v1.VolumeProjection:
    """The files of a Secret."""
    return core_v1.VolumeProjection(secret=core_v1.SecretProjection(name=name))
