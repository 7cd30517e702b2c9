"""What can be set for pods: of all components, of those that run Airflow, and of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from airflow_charts.tracing.structure import UserMap
from airflow_charts.values.base import (
    Annotations,
    Count,
    EnvName,
    Labels,
    MountPath,
    Name,
    NodeLabels,
    ObjectName,
    Partial,
    Seconds,
    Section,
    empty,
    no_items,
)
from airflow_charts.values.images import OtherImage
from airflow_charts.values.kubernetes import (
    Affinity,
    Container,
    DeploymentStrategy,
    EnvFromSource,
    EnvVarSource,
    HostAlias,
    Lifecycle,
    PodDNSConfig,
    PodSecurityContext,
    ResourceRequirements,
    SecurityContext,
    Toleration,
    TopologySpreadConstraint,
    Volume,
    VolumeMount,
)


def kubernetes(**fields: Any) -> Any:
    """The default of a value that is written as Kubernetes YAML."""
    return Field(default_factory=lambda: UserMap(fields))


def sizes(*, cpu: str, memory: str, cpu_limit: str, memory_limit: str) -> Any:
    """The default of `resources`."""
    return kubernetes(
        requests={"cpu": cpu, "memory": memory},
        limits={"cpu": cpu_limit, "memory": memory_limit},
    )


class AllPods(Section):
    """The settings of all pods of the release."""

    labels: Labels = empty()
    """Labels of workloads and pods, beside the chart's own."""
    annotations: Annotations = empty()
    """Annotations of the pods."""
    workload_annotations: Annotations = empty()
    """Annotations of the workload (Deployment, StatefulSet, Job)."""
    node_selector: NodeLabels = empty()
    """Labels that a node must have."""
    affinity: Affinity = empty()
    """Affinity to nodes and other pods."""
    tolerations: list[Toleration] = no_items()
    """Taints that the pods tolerate."""
    topology_spread_constraints: list[TopologySpreadConstraint] = no_items()
    """How the pods of a Deployment spread over nodes and zones. Empty: over nodes where possible, when there are
    several."""
    priority_class_name: ObjectName = ""
    """The PriorityClass of the pods."""
    runtime_class_name: ObjectName = ""
    """The RuntimeClass of the pods."""
    scheduler_name: ObjectName = ""
    """The Kubernetes scheduler that places the pods."""
    host_aliases: list[HostAlias] = no_items()
    """Further lines of /etc/hosts."""
    dns_policy: Literal["", "ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] = ""
    """The DNS policy of the pods."""
    dns_config: PodDNSConfig = empty()
    """The DNS settings of the pods."""
    pod_security_context: PodSecurityContext = kubernetes(
        runAsNonRoot=True,
        runAsUser=50000,
        runAsGroup=0,
        fsGroup=0,
        fsGroupChangePolicy="OnRootMismatch",
        seccompProfile={"type": "RuntimeDefault"},
    )
    """The security context of the pods. Airflow's image runs as user 50000 of group 0, which owns its files."""
    security_context: SecurityContext = kubernetes(
        allowPrivilegeEscalation=False,
        capabilities={"drop": ["ALL"]},
        readOnlyRootFilesystem=True,
    )
    """The security context of every container of the chart."""
    revision_history_limit: Count = 5
    """How many old revisions of a Deployment or StatefulSet stay for `kubectl rollout undo`."""


class AirflowPods(Section):
    """The settings of the pods that run Airflow: data stores have none of them, but may have their own."""

    env: dict[EnvName, str | EnvVarSource] = empty()
    """Environment variables: a text, or a Kubernetes `valueFrom` source such as `{secretKeyRef: {name: s, key: k}}`."""
    env_from: list[EnvFromSource] = no_items()
    """Secrets and ConfigMaps whose keys all become environment variables."""
    volumes: dict[Name, Volume] = empty()
    """Further volumes by name: `{certificates: {secret: {secretName: s}}}`."""
    volume_mounts: dict[MountPath, VolumeMount] = empty()
    """Further mounts of the main container (and of the init containers that run Airflow) by path:
    `{/etc/certificates: {name: certificates, readOnly: true}}`."""
    init_containers_first: list[Container] = no_items()
    """Init containers that run before anything else; with `restartPolicy: Always` they keep running beside the pod."""
    init_containers: list[Container] = no_items()
    """Init containers that run after the others, and where a pod waits for the schema of the database, after that."""
    containers: list[Container] = no_items()
    """Side containers. Jobs and task pods have their own alone, not those under `airflowPods`: they would never end."""
    lifecycle: Lifecycle = empty()
    """Lifecycle hooks of the main container."""


class Pod(AllPods, AirflowPods):
    """All settings of one component's pods."""


PodChanges = Annotated[Pod, Partial()]
"""What a component sets of the settings of its pods, over those of `pods` and `airflowPods`.

Maps are laid over each other key by key, at any depth; lists and texts are replaced. Nothing can be taken away.
"""


class Probe(Section):
    """When Kubernetes asks whether a container is well. What it asks is the chart's."""

    enabled: bool = True
    """Whether Kubernetes asks at all."""
    initial_delay_seconds: Seconds = 0
    """Seconds before the first question."""
    period_seconds: Seconds = 10
    """Seconds between questions."""
    timeout_seconds: Seconds = 5
    """Seconds to wait for an answer."""
    failure_threshold: Count = 3
    """How many failures in a row count."""


class DisruptionBudget(Section):
    """Protects from the eviction of too many pods at once."""

    enabled: bool = True
    """Whether there is a PodDisruptionBudget; only made when there is more than one replica."""
    max_unavailable: Count = 1
    """How many pods may be missing during a voluntary disruption."""


class ServiceAccount(Section):
    """The identity of the pods."""

    name: ObjectName = ""
    """An existing ServiceAccount. Empty: the chart makes one for this component alone."""
    annotations: Annotations = empty()
    """Annotations of the ServiceAccount, such as a cloud identity."""


class ComponentSettings(Section):
    """Settings of one component that has pods."""

    pod: PodChanges = empty()
    """Any key of `pods` and `airflowPods`, laid over them for its own pods.

    Maps are merged key by key, lists and texts are replaced.
    """
    image: OtherImage = OtherImage()
    """Another image for this component alone."""
    resources: ResourceRequirements = empty()
    """CPU and memory of the main container."""
    termination_grace_period_seconds: Seconds = 30
    """Seconds between SIGTERM and SIGKILL."""
    service_account: ServiceAccount = ServiceAccount()
    """The identity of the pods."""


class WorkloadSettings(ComponentSettings):
    """Settings of a component that the chart runs itself."""

    command: list[str] = no_items()
    """Replaces the entrypoint of the image."""
    args: list[str] = no_items()
    """Replaces the chart's command of this component."""


class ReplicatedSettings(WorkloadSettings):
    """Settings of a component that may have several pods."""

    replicas: Count = 1
    """The number of pods."""
    strategy: DeploymentStrategy = empty()
    """How pods are replaced. Empty: one new pod at a time, none missing."""
    pod_disruption_budget: DisruptionBudget = DisruptionBudget()
    """Protects from the eviction of too many pods at once."""
    startup_probe: Probe = Probe(period_seconds=2, failure_threshold=150)
    """Asked until it answers once; the other probes begin then."""
    liveness_probe: Probe = Probe(period_seconds=30, timeout_seconds=15, failure_threshold=5)
    """A container that fails it is restarted."""


class ServingSettings(ReplicatedSettings):
    """Settings of a component that says over HTTP whether it is ready."""

    readiness_probe: Probe = Probe(period_seconds=15, timeout_seconds=10, failure_threshold=3)
    """A pod that fails it gets no requests."""
