"""What a user may set: one model for a section, one file for a component, or for what several share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from airflow_charts.tracing.types import Plain
from airflow_charts.values.base import Manifest, ObjectName, Section, Unique, Version, empty, map_of, no_items, section
from airflow_charts.values.connections import Broker, MetadataDatabase, ResultBackend
from airflow_charts.values.credentials import Secrets
from airflow_charts.values.dag_processor import DagProcessor
from airflow_charts.values.dags import Dags
from airflow_charts.values.flower import Flower
from airflow_charts.values.images import Images
from airflow_charts.values.kubernetes_executor import KubernetesExecutor
from airflow_charts.values.logs import Logs
from airflow_charts.values.migrations import AdminUser, Migrations
from airflow_charts.values.network_policies import NetworkPolicies
from airflow_charts.values.pod import AirflowPods, AllPods
from airflow_charts.values.postgresql import Postgresql
from airflow_charts.values.redis import Redis
from airflow_charts.values.scheduler import Scheduler
from airflow_charts.values.secret_generation import SecretGeneration
from airflow_charts.values.triggerer import Triggerer
from airflow_charts.values.webserver import Webserver
from airflow_charts.values.workers import Workers

AIRFLOW_VERSION = "3.3.2"
"""The newest Airflow, which the chart runs by default."""

Executor = Annotated[
    str,
    Field(
        pattern=r"^(LocalExecutor|CeleryExecutor|KubernetesExecutor|CeleryKubernetesExecutor|LocalKubernetesExecutor"
        r"|[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)+(:[A-Za-z_]+)?)$"
    ),
]
"""One of Airflow's executors, or the path of a class."""
ConfigSection = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
ConfigKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]
ConfigValue = str | int | bool
Registry = Annotated[str, Field(pattern=r"^([A-Za-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*)?$"), Plain()]
"""A registry, with a path where it mirrors others."""
ManifestValue = Annotated[dict[str, Any], Manifest()]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*[.][a-z]+$")]


class Global(Section):
    """Values that an umbrella chart shares with all its charts."""

    model_config = ConfigDict(extra="allow")

    image_registry: Registry = ""
    """A registry in front of every image, such as `registry.example.com/mirror`."""
    image_pull_secrets: Annotated[list[ObjectName], Unique()] = no_items()
    """The Secrets with which images are pulled."""
    storage_class: ObjectName = ""
    """The StorageClass of every claim that has none of its own."""


class Values(Section):
    """Everything that can be set."""

    airflow_version: Version = AIRFLOW_VERSION
    """The version of Airflow in the image: 3.x or 2.11. It is never guessed from a tag."""
    executors: Annotated[list[Executor], Field(min_length=1), Unique()] = Field(
        default_factory=lambda: ["CeleryExecutor"]
    )
    """The executors; the first is the default, tasks may name another one."""
    fullname_override: ObjectName = ""
    """The beginning of all object names. Empty: the release name, followed by `-airflow` if it has no `airflow`."""
    images: Images = section(Images)
    """The container images."""
    auth_manager: Annotated[str, Field(pattern=r"^(fab|simple|[A-Za-z_][A-Za-z0-9_.]*[.][A-Za-z0-9_]+)$")] = "fab"
    """Who knows the users on Airflow 3: `fab` (database, LDAP, OAuth), `simple`, or the path of a class."""
    config: dict[ConfigSection, dict[ConfigKey, ConfigValue]] = map_of(
        core={"load_examples": False, "parallelism": 32},
        scheduler={"orphaned_tasks_check_interval": 60},
        celery={"sync_parallelism": 1, "task_track_started": False},
        workers={"min_heartbeat_interval": 1},
        logging={"colored_console_log": False},
    )
    """Options of Airflow: section, option, value, as in `airflow.cfg`. Credentials have values of their own."""
    pods: AllPods = section(AllPods)
    """Settings of every pod of the release; a component's own `pod` is laid over them."""
    airflow_pods: AirflowPods = section(AirflowPods)
    """Settings of the pods that run Airflow; a component's own `pod` is laid over them. Data stores have their own."""
    webserver: Webserver = section(Webserver)
    """The web UI, the REST API and, on Airflow 3, the API that tasks talk to."""
    scheduler: Scheduler = section(Scheduler)
    """Decides which tasks run."""
    dag_processor: DagProcessor = section(DagProcessor)
    """Parses the DAG files."""
    triggerer: Triggerer = section(Triggerer)
    """Runs deferred tasks."""
    workers: Workers = section(Workers)
    """Celery workers; they only run with CeleryExecutor."""
    kubernetes_executor: KubernetesExecutor = section(KubernetesExecutor)
    """The pods that KubernetesExecutor starts."""
    flower: Flower = section(Flower)
    """The web UI of Celery."""
    migrations: Migrations = section(Migrations)
    """The Job that creates and upgrades the schema of the database."""
    admin_user: AdminUser = section(AdminUser)
    """The first user."""
    secrets: Secrets = section(Secrets)
    """The keys that the parts of Airflow share."""
    secret_generation: SecretGeneration = section(SecretGeneration)
    """The Job that generates missing credentials."""
    database: MetadataDatabase = section(MetadataDatabase)
    """Airflow's metadata database."""
    result_backend: ResultBackend = section(ResultBackend)
    """Where Celery keeps the state of tasks."""
    broker: Broker = section(Broker)
    """The broker of Celery."""
    postgresql: Postgresql = section(Postgresql)
    """The chart's own PostgreSQL."""
    redis: Redis = section(Redis)
    """The chart's own broker."""
    dags: Dags = section(Dags)
    """Where the DAG files are."""
    logs: Logs = section(Logs)
    """Where task logs are."""
    plugins: dict[FileName, str] = empty()
    """Plugin files by name. If there are any, they replace the plugin folder of the image."""
    airflow_local_settings: str = ""
    """The text of `airflow_local_settings.py`."""
    network_policies: NetworkPolicies = section(NetworkPolicies)
    """NetworkPolicies."""
    extra_manifests: list[ManifestValue] = no_items()
    """Further Kubernetes objects, as they are: nothing in them is a template. Use names that the chart does not."""
    global_: Global = Field(default_factory=Global.model_construct, alias="global")
    """Values that an umbrella chart shares with all its charts."""
