"""Values that are right each by itself and wrong together: what no installation could work with is refused before it.

The path is that of the value to change, with which the message begins.
"""

from __future__ import annotations

import pytest
from documents import RELEASE, Document

from airflow_charts import manifests
from airflow_charts.errors import InvalidValuesError

NO_POSTGRESQL: Document = {"enabled": False}
ELSEWHERE: Document = {"host": "db.example.com"}
SIDE: Document = {"name": "mine", "image": "mine:1"}
CACHE: Document = {"airflowPods": {"volumes": {"cache": {"emptyDir": {}}}}}
SECRET: Document = {"secretKeyRef": {"name": "a", "key": "a"}}
FIELD: Document = {"fieldRef": {"fieldPath": "metadata.name"}}

REFUSED: list[tuple[str, Document]] = [
    ("airflowVersion", {"airflowVersion": "2.10.5"}),
    ("airflowVersion", {"airflowVersion": "2.12.0"}),
    ("airflowVersion", {"airflowVersion": "4.0.0"}),
    ("executors", {"executors": ["CeleryKubernetesExecutor"]}),
    ("executors", {"executors": ["LocalKubernetesExecutor"]}),
    ("dagProcessor.enabled", {"dagProcessor": {"enabled": False}}),
    ("flower.enabled", {"flower": {"enabled": True}, "executors": ["LocalExecutor"]}),
    ("workers.sets", {"workers": {"sets": {"default": None}}}),
    ("webserver.configSecret", {"webserver": {"config": "A = 1", "configSecret": "mine"}}),
    ("images.postgresql.tag", {"images": {"postgresql": {"tag": ""}}}),
    ("images.redis.tag", {"images": {"redis": {"tag": ""}}}),
    ("dags.path", {"dags": {"path": "/opt/airflow/logs"}}),
    ("database.host", {"postgresql": NO_POSTGRESQL, "executors": ["LocalExecutor"]}),
    ("resultBackend.host", {"postgresql": NO_POSTGRESQL, "database": ELSEWHERE}),
    ("postgresql.enabled", {"database": ELSEWHERE, "resultBackend": ELSEWHERE}),
    ("broker.host", {"redis": {"enabled": False}}),
    ("redis.enabled", {"broker": {"host": "broker.example.com"}}),
    ("database.host", {"postgresql": NO_POSTGRESQL, "database": {**ELSEWHERE, "uri": {"existingSecret": "uri"}}}),
    ("resultBackend.user", {"resultBackend": {"user": "airflow"}}),
    ("resultBackend.user", {"resultBackend": {"name": "airflow"}}),
    ("database.parameters", {"database": {"parameters": "sslmode=require"}}),
    ("secrets.fernetKey.existingSecret", {"secrets": {"generate": False}}),
    ("secrets.fernetKey.value", {"secrets": {"fernetKey": {"value": "a", "existingSecret": "b"}}}),
    ("workers.sets.gpu.serviceAccount", {"workers": {"sets": {"gpu": {"serviceAccount": {"name": "mine"}}}}}),
    ("scheduler.pod", {"airflowPods": {"initContainers": [SIDE]}, "scheduler": {"pod": {"containers": [SIDE]}}}),
    ("airflowPods", {"airflowPods": {"initContainers": [SIDE], "containers": [SIDE]}}),
    ("airflowPods.volumeMounts./x", {"airflowPods": {"volumeMounts": {"/x": {"name": "missing"}}}}),
    ("redis.pod.volumeMounts./x", {**CACHE, "redis": {"pod": {"volumeMounts": {"/x": {"name": "cache"}}}}}),
    (
        "scheduler.pod.volumes.cache",
        {**CACHE, "scheduler": {"pod": {"volumes": {"cache": {"hostPath": {"path": "/"}}}}}},
    ),
    ("workers.pod.env.A", {"airflowPods": {"env": {"A": SECRET}}, "workers": {"pod": {"env": {"A": FIELD}}}}),
    (
        "workers.sets.gpu.pod.env.A",
        {"workers": {"pod": {"env": {"A": SECRET}}, "sets": {"gpu": {"pod": {"env": {"A": FIELD}}}}}},
    ),
    (
        "postgresql.pod.lifecycle.preStop",
        {"postgresql": {"pod": {"lifecycle": {"preStop": {"httpGet": {"port": 80}}}}}},
    ),
]

ACCEPTED_TODAY: list[tuple[str, Document, str]] = [
    ("broker.scheme", {"broker": {"scheme": "rediss"}}, "the chart's own Valkey has no TLS"),
    ("broker.user", {"broker": {"user": "airflow"}}, "the chart's own Valkey has a password and no users"),
    ("broker.databaseNumber", {"broker": {"databaseNumber": 16}}, "the chart's own Valkey has 16 databases"),
    ("broker.port", {"broker": {"port": 6380}}, "the Service of the chart's own Valkey has port 6379"),
    ("database.port", {"database": {"port": 6432}}, "the Service of the chart's own PostgreSQL has port 5432"),
    (
        "resultBackend.port",
        {"resultBackend": {"port": 6432}},
        "the Service of the chart's own PostgreSQL has port 5432",
    ),
    ("resultBackend.parameters", {"resultBackend": {"parameters": "sslmode=require"}}, "own PostgreSQL takes none"),
    ("config.logging.worker_log_server_port", {"config": {"logging": {"worker_log_server_port": 1}}}, "policies: 8793"),
    (
        "config.logging.trigger_log_server_port",
        {"config": {"logging": {"trigger_log_server_port": 1}}},
        "policies: 8794",
    ),
]
"""What is let through and cannot work, with the reason."""


def refused(document: Document) -> list[str]:
    """The paths of what is wrong with a document."""
    try:
        manifests(document, RELEASE)
    except InvalidValuesError as error:
        return [str(problem).partition(":")[0] for problem in error.problems]
    return []


@pytest.mark.parametrize(("path", "document"), REFUSED)
def test_what_cannot_work_is_refused_with_the_path_to_change(path: str, document: Document) -> None:
    assert path in refused(document)


@pytest.mark.parametrize(
    ("path", "document"),
    [
        pytest.param(path, document, id=path, marks=pytest.mark.xfail(strict=True, reason=f"{path} is accepted: {why}"))
        for path, document, why in ACCEPTED_TODAY
    ],
)
def test_what_cannot_work_with_the_charts_own_services_is_refused(path: str, document: Document) -> None:
    assert refused(document) == [path]


def test_a_document_without_values_is_not_refused() -> None:
    assert refused({}) == []
