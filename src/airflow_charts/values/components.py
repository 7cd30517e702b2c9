"""The settings of Airflow's components."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from airflow_charts.tracing.structure import UserMap
from airflow_charts.tracing.types import Plain
from airflow_charts.values.base import (
    Annotations,
    Count,
    HostPattern,
    ObjectName,
    Partial,
    Port,
    Seconds,
    Section,
    SetName,
    Url,
    UrlPath,
    empty,
    map_of,
    no_items,
)
from airflow_charts.values.credentials import Credential
from airflow_charts.values.kubernetes import NetworkPolicyPeer, ResourceRequirements
from airflow_charts.values.pods import (
    ComponentSettings,
    Probe,
    ReplicatedSettings,
    ServingSettings,
    WorkloadSettings,
    sizes,
)


class Ingress(Section):
    """An Ingress for a component that serves HTTP."""

    enabled: bool = False
    """Whether there is an Ingress."""
    class_name: ObjectName = ""
    """The IngressClass. Empty: the cluster's default."""
    hosts: list[HostPattern] = no_items()
    """The host names. Empty: every host."""
    path_type: Literal["Prefix", "Exact", "ImplementationSpecific"] = "Prefix"
    """How the path is matched; the path itself is the component's `path`."""
    tls_secret: ObjectName = ""
    """The Secret with the certificate of the hosts. Empty: no TLS at the Ingress."""
    annotations: Annotations = empty()
    """Annotations of the Ingress, such as those of cert-manager."""


class Service(Section):
    """A Service."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """The type of the Service."""
    port: Port = 8080
    """The port of the Service."""
    annotations: Annotations = empty()
    """Annotations of the Service."""


class HttpSettings(ServingSettings):
    """Settings of a component that serves HTTP."""

    path: UrlPath = ""
    """The sub-path under which it is served, such as `/airflow`; honoured by links, probes and the Ingress."""
    service: Service = Service()
    """The Service in front of the pods."""
    ingress: Ingress = Ingress()
    """The Ingress in front of the Service."""
    ingress_peers: list[NetworkPolicyPeer] = no_items()
    """Who may reach it from outside of the release. Empty: everybody."""


class Webserver(HttpSettings):
    """The web UI, the REST API and, on Airflow 3, the API that tasks talk to."""

    external_url: Url = ""
    """Scheme and host under which users see it, such as `https://airflow.example.com`; used in links and redirects."""
    workers: Count = 1
    """Server processes in a pod; each needs about 300 MB."""
    config: str = ""
    """The text of `webserver_config.py`. Empty: users in Airflow's own database."""
    config_secret: ObjectName = ""
    """An existing Secret with the key `webserver_config.py`, for settings that hold credentials."""
    resources: ResourceRequirements = sizes(cpu="250m", memory="640Mi", cpu_limit="2", memory_limit="2Gi")
    """CPU and memory of the main container."""
    startup_probe: Probe = Probe(period_seconds=2, timeout_seconds=20, failure_threshold=150)
    """Asked until it answers once. On Airflow 3 it asks the execution API, whose first request takes seconds."""


class Scheduler(ServingSettings):
    """Decides which tasks run; with LocalExecutor it also runs them."""

    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL; with LocalExecutor, longer than the longest task."""
    resources: ResourceRequirements = sizes(cpu="250m", memory="512Mi", cpu_limit="2", memory_limit="2Gi")
    """CPU and memory of the main container."""


class DagProcessor(ReplicatedSettings):
    """Parses the DAG files."""

    enabled: bool = True
    """Whether it runs. Airflow 3 needs it; on Airflow 2 the scheduler parses when it does not."""
    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL."""
    resources: ResourceRequirements = sizes(cpu="100m", memory="384Mi", cpu_limit="2", memory_limit="1Gi")
    """CPU and memory of the main container."""


class Triggerer(ReplicatedSettings):
    """Runs deferred tasks, many in one process."""

    enabled: bool = True
    """Whether it runs. Without it deferrable operators wait for ever."""
    capacity: Count = 1000
    """How many deferred tasks one triggerer runs."""
    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL."""
    resources: ResourceRequirements = sizes(cpu="100m", memory="384Mi", cpu_limit="2", memory_limit="1Gi")
    """CPU and memory of the main container."""
    kubernetes_access: bool = False
    """Whether triggers may manage pods (KubernetesPodOperator in deferrable mode)."""


Queue = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=128), Plain()]
"""The name of a Celery queue."""


class WorkerSettings(ReplicatedSettings):
    """Celery workers."""

    queues: list[Queue] = no_items()
    """The queues that they serve. Empty: Airflow's default queue."""
    concurrency: Annotated[int, Field(ge=1, le=10000)] = 8
    """How many tasks one pod runs at once."""
    termination_grace_period_seconds: Seconds = 600
    """Seconds that a stopping worker has to finish its tasks."""
    resources: ResourceRequirements = sizes(cpu="250m", memory="1Gi", cpu_limit="2", memory_limit="4Gi")
    """CPU and memory of the main container; each running task is a process of about 100 MB and what it loads."""
    startup_probe: Probe = Probe(period_seconds=5, timeout_seconds=20, failure_threshold=60)
    """Asked until it answers once."""
    liveness_probe: Probe = Probe(period_seconds=120, timeout_seconds=30, failure_threshold=5)
    """A worker that does not answer a ping through the broker is restarted. A ping starts Python: keep it rare."""


class Workers(WorkerSettings):
    """Celery workers: these settings are the base of every set."""

    kubernetes_access: bool = False
    """Whether tasks may manage pods (KubernetesPodOperator); for all sets, which share one ServiceAccount."""

    sets: dict[SetName, Annotated[WorkerSettings, Partial()]] = map_of(default=UserMap())
    """The sets of workers by name; each gives only what differs, such as `{gpu: {queues: [gpu]}}`.

    Set `default` to null to have only your own sets.
    """


class KubernetesExecutor(ComponentSettings):
    """The pods that KubernetesExecutor starts, one for each task."""

    resources: ResourceRequirements = sizes(cpu="100m", memory="256Mi", cpu_limit="2", memory_limit="2Gi")
    """CPU and memory of a task's container, unless the task says otherwise."""
    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL."""
    kubernetes_access: bool = False
    """Whether tasks may manage pods (KubernetesPodOperator)."""
    delete_pods: bool = True
    """Whether the pods of finished tasks are deleted."""


class Flower(HttpSettings):
    """The web UI of Celery."""

    enabled: bool = False
    """Whether it runs. Only with CeleryExecutor."""
    service: Service = Service(port=5555)
    """The Service in front of the pods."""
    basic_auth: Credential = Credential(key="flower-basic-auth")
    """Who may log in: `user:password`, several separated by commas."""
    resources: ResourceRequirements = sizes(cpu="50m", memory="256Mi", cpu_limit="1", memory_limit="512Mi")
    """CPU and memory of the main container."""


class Migrations(WorkloadSettings):
    """The Job that creates and upgrades the schema of the database."""

    enabled: bool = True
    """Whether the chart migrates. If not, somebody else must, and pods wait for it."""
    wait_seconds: Seconds = 600
    """How long a pod waits for the schema before its init container fails and is tried again."""
    resources: ResourceRequirements = sizes(cpu="100m", memory="384Mi", cpu_limit="2", memory_limit="1Gi")
    """CPU and memory of the main container."""


class AdminUser(Section):
    """The first user, created after the migration if there is none of this name. Only with the FAB auth manager."""

    enabled: bool = True
    """Whether the user is created."""
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9._@+-]+$", max_length=64), Plain()] = "admin"
    """The name to log in with."""
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=256)] = "admin@example.com"
    """The e-mail address."""
    first_name: Annotated[str, Field(min_length=1, max_length=64)] = "Airflow"
    """The first name."""
    last_name: Annotated[str, Field(min_length=1, max_length=64)] = "Admin"
    """The last name."""
    role: Annotated[str, Field(pattern=r"^[A-Za-z0-9_ .-]+$", max_length=64)] = "Admin"
    """The role."""
    password: Credential = Credential(key="admin-password")
    """The password."""


class SecretGeneration(WorkloadSettings):
    """The Job that generates missing credentials."""

    resources: ResourceRequirements = sizes(cpu="50m", memory="128Mi", cpu_limit="1", memory_limit="256Mi")
    """CPU and memory of the main container."""


class NetworkPolicies(Section):
    """NetworkPolicies: what the parts of the release need of each other, and nothing else."""

    enabled: bool = True
    """Whether there are NetworkPolicies."""
    task_egress: list[NetworkPolicyPeer] = no_items()
    """Where pods that run users' code may connect to. Empty: everywhere."""
    webserver_egress: list[NetworkPolicyPeer] = no_items()
    """Where the webserver may connect to beside its database and log servers, such as an identity provider."""
    kubernetes_api_port: Port = 6443
    """The port of the API server behind the Service `kubernetes` (policies see that one), beside 443."""
