"""A pod, whatever it runs: its containers, what components share, probes, volumes."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.parts.access import account_name
from airflow_charts.parts.component import KUBERNETES_API, Component, Port
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
    fragment,
    given,
    union,
    when,
)
from airflow_charts.values import Values
from airflow_charts.values.pod import ComponentSettings, Pod, Probe, ReplicatedSettings


@dataclass(frozen=True)
class Main:
    """The main container of a pod: its image, what it runs, and what the chart mounts into it."""

    image: tuple[str, str]
    """Its reference and its pull policy."""
    command: list[str] = OMIT
    args: list[str] = OMIT
    env: list[core_v1.EnvVar] = field(default_factory=list)
    ports: list[core_v1.ContainerPort] = field(default_factory=list)
    startup: core_v1.Probe = OMIT
    liveness: core_v1.Probe = OMIT
    readiness: core_v1.Probe = OMIT
    mounts: list[core_v1.VolumeMount] = field(default_factory=list)


@dataclass(frozen=True)
class Around:
    """What the chart puts around the main container."""

    selector: dict[str, str]
    """The labels that select the pods."""
    annotations: dict[str, str]
    init_containers: list[core_v1.Container] = field(default_factory=list)
    """They run after `initContainersFirst`, before the other init containers of users."""
    containers: list[core_v1.Container] = field(default_factory=list)
    volumes: list[core_v1.Volume] = field(default_factory=list)


def pod_template(
    values: Values,
    release: Release,
    component: Component,
    settings: ComponentSettings,
    pod: Pod,
    main: Main,
    around: Around,
) -> core_v1.PodTemplateSpec:
    """The pod of a component, whatever its image: what users and chart give, in the one order that all pods have.

    No version stands among its labels and annotations, so that only real changes restart it.
    """
    return core_v1.PodTemplateSpec(
        metadata=meta_v1.ObjectMeta(
            labels=union(around.selector, pod.labels), annotations=union(around.annotations, pod.annotations)
        ),
        spec=combine(
            core_v1.PodSpec(
                serviceAccountName=account_name(values, release, settings, component.name),
                automountServiceAccountToken=component.uses(values, KUBERNETES_API),
                terminationGracePeriodSeconds=settings.termination_grace_period_seconds,
                imagePullSecrets=pull_secrets(values),
                initContainers=[*pod.init_containers_first, *around.init_containers, *pod.init_containers],
                containers=[
                    combine(
                        container(component.main_container, settings, pod, main),
                        core_v1.Container(name=OMIT, lifecycle=pod.lifecycle),
                    ),
                    *around.containers,
                    *pod.containers,
                ],
                volumes=[*around.volumes, *user_volumes(pod)],
            ),
            pod_fields(pod),
        ),
    )


def container(name: str, settings: ComponentSettings, pod: Pod, main: Main) -> core_v1.Container:
    """A container that runs the component's image, with what users give to such: variables, mounts, sizes."""
    image, pull_policy = main.image
    return combine(
        core_v1.Container(
            name=name,
            image=image,
            imagePullPolicy=pull_policy,
            command=main.command,
            args=main.args,
            env=[*main.env, *user_env(pod)],
            ports=main.ports,
            startupProbe=main.startup,
            livenessProbe=main.liveness,
            readinessProbe=main.readiness,
            volumeMounts=[*main.mounts, *user_mounts(pod)],
            resources=settings.resources,
        ),
        container_fields(pod),
    )


@fragment
def pod_fields(pod: Pod) -> core_v1.PodSpec:
    """What is the same in every pod: where and as whom it runs."""
    return core_v1.PodSpec(
        containers=OMIT,
        enableServiceLinks=False,
        securityContext=pod.pod_security_context,
        nodeSelector=pod.node_selector,
        affinity=pod.affinity,
        tolerations=pod.tolerations,
        priorityClassName=given(pod.priority_class_name, same),
        runtimeClassName=given(pod.runtime_class_name, same),
        schedulerName=given(pod.scheduler_name, same),
        hostAliases=pod.host_aliases,
        dnsPolicy=given(pod.dns_policy, same),
        dnsConfig=pod.dns_config,
    )


def same(text: str) -> str:
    """A text as it is, for `given`."""
    return text


@fragment
def spread(release: Release, pod: Pod, component: str, set_name: str, replicas: int) -> core_v1.PodSpec:
    """How replicas spread: as the values say, or over nodes where possible."""
    return core_v1.PodSpec(
        containers=OMIT,
        topologySpreadConstraints=when(
            filled(pod.topology_spread_constraints),
            pod.topology_spread_constraints,
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
def container_fields(pod: Pod) -> core_v1.Container:
    """What is the same in every container that runs the component's image for it."""
    return core_v1.Container(name=OMIT, securityContext=pod.security_context, envFrom=pod.env_from)


@fragment
def user_env(pod: Pod) -> list[core_v1.EnvVar]:
    """The environment that users give."""
    return each_pair(
        pod.env,
        lambda name, value: choose(
            value,
            text=lambda text: core_v1.EnvVar(name=name, value=text),
            otherwise=lambda source: core_v1.EnvVar(name=name, valueFrom=source),
        ),
    )


@fragment
def user_volumes(pod: Pod) -> list[core_v1.Volume]:
    """The volumes that users give."""
    return each_pair(pod.volumes, lambda name, volume: combine(core_v1.Volume(name=name), volume))


@fragment
def user_mounts(pod: Pod) -> list[core_v1.VolumeMount]:
    """The mounts that users give."""
    return each_pair(
        pod.volume_mounts, lambda path, mounted: combine(core_v1.VolumeMount(name=OMIT, mountPath=path), mounted)
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


def config_map_volume(name: str, config_map: str) -> core_v1.Volume:
    """A volume with the files of a ConfigMap."""
    return core_v1.Volume(name=name, configMap=core_v1.ConfigMapVolumeSource(name=config_map))


def mount(name: str, path: str, *, read_only: bool = False) -> core_v1.VolumeMount:
    """A mount of a volume."""
    return core_v1.VolumeMount(name=name, mountPath=path, readOnly=True if read_only else OMIT)


def config_map_files(name: str) -> core_v1.VolumeProjection:
    """The files of a ConfigMap."""
    return core_v1.VolumeProjection(configMap=core_v1.ConfigMapProjection(name=name))


def secret_files(name: str) -> core_v1.VolumeProjection:
    """The files of a Secret."""
    return core_v1.VolumeProjection(secret=core_v1.SecretProjection(name=name))
