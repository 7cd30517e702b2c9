"""Who talks to whom, on which port and why: the one list of edges.

From it come the NetworkPolicies of both ends, the credentials and addresses in the environment of each pod, what a pod
waits for, and the picture of the topology.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from airflow_charts.tracing import all_of, any_of
from airflow_charts.values import Values
from airflow_charts.values.conditions import (
    airflow_2,
    airflow_3,
    always,
    celery,
    generates,
    has_dag_processor,
    has_flower,
    has_migrations,
    has_redis,
    has_triggerer,
    kubernetes,
    local,
    never,
    own_broker,
    own_database,
    own_postgresql,
    own_results,
    scheduler_runs_code,
)

Condition = Callable[[Values], bool]

API_PORT = 8080
SCHEDULER_HEALTH_PORT = 8974
WORKER_LOG_PORT = 8793
TRIGGERER_LOG_PORT = 8794
FLOWER_PORT = 5555
POSTGRESQL_PORT = 5432
REDIS_PORT = 6379

PORT_OPTIONS: dict[int, tuple[tuple[str, str], ...]] = {
    API_PORT: (("api", "port"), ("webserver", "web_server_port")),
    SCHEDULER_HEALTH_PORT: (("scheduler", "scheduler_health_check_server_port"),),
    WORKER_LOG_PORT: (("logging", "worker_log_server_port"),),
    TRIGGERER_LOG_PORT: (("logging", "trigger_log_server_port"),),
    FLOWER_PORT: (("celery", "flower_port"),),
}
"""The options of airflow.cfg for a port: section and option."""

PARTS = (
    "webserver",
    "scheduler",
    "dag-processor",
    "triggerer",
    "worker",
    "task",
    "flower",
    "migrations",
    "secret-generation",
    "postgresql",
    "redis",
)
"""The components that have pods."""


def _both(*conditions: Condition) -> Condition:
    return lambda values: all_of(*(condition(values) for condition in conditions))


RUNS: dict[str, Condition] = {
    "webserver": always,
    "scheduler": always,
    "dag-processor": has_dag_processor,
    "triggerer": has_triggerer,
    "worker": celery,
    "task": kubernetes,
    "flower": has_flower,
    "migrations": has_migrations,
    "secret-generation": generates,
    "postgresql": own_postgresql,
    "redis": has_redis,
}
"""When each component has pods."""


@dataclass(frozen=True)
class Edge:
    """One component needs a service: `source` opens connections to `port` of `target`."""

    source: str
    target: str
    port: int
    why: str
    condition: Condition = always


DATABASE = "database"
RESULTS = "result-backend"
BROKER = "broker"
KUBERNETES_API = "kubernetes-api"


class Store(NamedTuple):
    """What serves a service inside the release, and when it does."""

    component: str
    own: Condition


STORES: dict[str, Store] = {
    DATABASE: Store("postgresql", own_database),
    RESULTS: Store("postgresql", own_results),
    BROKER: Store("redis", own_broker),
}
"""The services that are the chart's own data stores, or external."""

EDGES: tuple[Edge, ...] = (
    Edge("users", "webserver", API_PORT, "the UI and the REST API"),
    Edge("users", "flower", FLOWER_PORT, "the UI of Celery"),
    Edge("webserver", DATABASE, POSTGRESQL_PORT, "the state of everything"),
    Edge("scheduler", DATABASE, POSTGRESQL_PORT, "the state of everything"),
    Edge("dag-processor", DATABASE, POSTGRESQL_PORT, "the parsed DAGs"),
    Edge("triggerer", DATABASE, POSTGRESQL_PORT, "the deferred tasks"),
    Edge("migrations", DATABASE, POSTGRESQL_PORT, "the schema"),
    Edge("secret-generation", DATABASE, POSTGRESQL_PORT, "whether another Fernet key has encrypted it"),
    Edge("worker", DATABASE, POSTGRESQL_PORT, "tasks of Airflow 2 use the database", airflow_2),
    Edge("task", DATABASE, POSTGRESQL_PORT, "tasks of Airflow 2 use the database", airflow_2),
    Edge("scheduler", RESULTS, POSTGRESQL_PORT, "the state of Celery's tasks", celery),
    Edge("worker", RESULTS, POSTGRESQL_PORT, "the state of Celery's tasks"),
    Edge("scheduler", BROKER, REDIS_PORT, "sends tasks", celery),
    Edge("worker", BROKER, REDIS_PORT, "receives tasks"),
    Edge("flower", BROKER, REDIS_PORT, "watches workers"),
    Edge("worker", "webserver", API_PORT, "the execution API of Airflow 3", airflow_3),
    Edge("task", "webserver", API_PORT, "the execution API of Airflow 3", airflow_3),
    Edge("scheduler", "webserver", API_PORT, "the execution API of Airflow 3", _both(airflow_3, local)),
    Edge("webserver", "worker", WORKER_LOG_PORT, "the logs of running tasks"),
    Edge("webserver", "scheduler", WORKER_LOG_PORT, "the logs of running tasks", local),
    Edge("webserver", "triggerer", TRIGGERER_LOG_PORT, "the logs of deferred tasks"),
    Edge("scheduler", KUBERNETES_API, 443, "starts and watches task pods", kubernetes),
    Edge("webserver", KUBERNETES_API, 443, "reads the logs of task pods", kubernetes),
    Edge("secret-generation", KUBERNETES_API, 443, "writes the generated Secret"),
    Edge("worker", KUBERNETES_API, 443, "manages pods for tasks", lambda values: values.workers.kubernetes_access),
    Edge("triggerer", KUBERNETES_API, 443, "watches pods for tasks", lambda values: values.triggerer.kubernetes_access),
    Edge(
        "task",
        KUBERNETES_API,
        443,
        "manages pods for tasks",
        lambda values: values.kubernetes_executor.kubernetes_access,
    ),
    Edge("worker", "anywhere", 0, "runs users' code"),
    Edge("task", "anywhere", 0, "runs users' code"),
    Edge("triggerer", "anywhere", 0, "runs users' code"),
    Edge("dag-processor", "anywhere", 0, "runs users' code"),
    Edge("scheduler", "anywhere", 0, "runs users' code", scheduler_runs_code),
)

SHARED_KEYS: dict[str, dict[str, Condition]] = {
    "fernet": {
        "webserver": always,
        "scheduler": always,
        "dag-processor": always,
        "triggerer": always,
        "migrations": always,
        "worker": airflow_2,
        "task": airflow_2,
    },
    "api-secret": {
        "webserver": always,
        "scheduler": always,
        "triggerer": always,
        "worker": always,
        "task": airflow_2,
    },
    "jwt": {"webserver": airflow_3, "scheduler": airflow_3},
}
"""Which component shares which key: Fernet reads encrypted connections, the API's key signs requests for logs, the JWT
secret signs the tokens of tasks."""


def needs(values: Values, source: str, target: str) -> bool:
    """Whether a component has an edge to a service."""
    return any_of(*(edge.condition(values) for edge in EDGES if edge.source == source and edge.target == target))


def shares(values: Values, component: str, key: str) -> bool:
    """Whether a component has one of the shared keys."""
    return SHARED_KEYS[key].get(component, never)(values)
