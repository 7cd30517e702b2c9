"""The environment of each container beside its secrets: names as Airflow, its image and PostgreSQL read them.

Passwords are in none of these texts. PostgreSQL's drivers read `PGPASSWORD`; for Celery, Airflow runs the command of
the `_CMD` variable, which reads the password from the environment and encodes it.
"""

from __future__ import annotations

import deployments
import pytest
from containers import containers, plain
from documents import EXTERNAL_PARTS, USER_PARTS, Case, across

AIRFLOW = {
    "AIRFLOW_CONFIG": "/etc/airflow/airflow.cfg",
    "CONNECTION_CHECK_MAX_COUNT": "0",  # the image's entrypoint would start Python to wait for database and broker
    "DUMB_INIT_SETSID": "0",  # SIGTERM goes to Airflow alone, which then ends its tasks in good order
}
DATABASE = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://airflow@etl-airflow-postgresql:5432/airflow"}
_URI = "python /etc/airflow-scripts/connection_uri.py"
RESULTS = {
    "AIRFLOW__CELERY__RESULT_BACKEND_CMD": f"{_URI} db+postgresql celery RESULT_BACKEND_PASSWORD "
    "etl-airflow-postgresql:5432/celery"
}
BROKER = {"AIRFLOW__CELERY__BROKER_URL_CMD": f"{_URI} redis '' BROKER_PASSWORD etl-airflow-redis:6379/0"}
FIRST_USER = {
    "ADMIN_USERNAME": "admin",
    "ADMIN_EMAIL": "admin@example.com",
    "ADMIN_FIRST_NAME": "Airflow",
    "ADMIN_LAST_NAME": "Admin",
    "ADMIN_ROLE": "Admin",
}
NAMESPACE = {"POD_NAMESPACE": "data"}
POSTGRESQL = {
    "PGDATA": "/data/pgdata",
    "POSTGRESQL_MAX_CONNECTIONS": "200",
    "METADATA_USER": "airflow",
    "METADATA_DATABASE": "airflow",
}
CELERYS_DATABASE = {"RESULT_BACKEND_USER": "celery", "RESULT_BACKEND_DATABASE": "celery"}
REDIS = {"REDIS_DATA": "/data", "REDIS_APPEND_ONLY": "yes"}
NO_SQLITE = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://none@localhost/none"}
"""Airflow 2 has no Celery commands while its database is SQLite; Flower opens none."""

PODS_ARE_DELETED = {"AIRFLOW__KUBERNETES_EXECUTOR__DELETE_WORKER_PODS": "True"}
"""KubernetesExecutor runs in the scheduler, and nothing else reads it."""

CELERY_3 = {
    "webserver": AIRFLOW | DATABASE,
    "scheduler": AIRFLOW | DATABASE | RESULTS | BROKER,
    "dag-processor": AIRFLOW | DATABASE,
    "triggerer": AIRFLOW | DATABASE,
    "worker": AIRFLOW | RESULTS | BROKER,
    "flower": AIRFLOW | BROKER,
    "migrations": AIRFLOW | DATABASE | FIRST_USER,
    "secret-generation": AIRFLOW | DATABASE | NAMESPACE,
    "postgresql": POSTGRESQL | CELERYS_DATABASE,
    "redis": REDIS,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "dag-processor/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
    "scheduler/log-cleaner": {},
    "dag-processor/log-cleaner": {},
    "triggerer/log-cleaner": {},
    "worker/log-cleaner": {},
}
CELERY_2 = CELERY_3 | {
    "worker": AIRFLOW | DATABASE | RESULTS | BROKER,
    "worker/wait-for-schema": DATABASE,
    "flower": AIRFLOW | BROKER | NO_SQLITE,
}
KUBERNETES_3 = {
    "webserver": AIRFLOW | DATABASE,
    "scheduler": AIRFLOW | DATABASE | PODS_ARE_DELETED,
    "dag-processor": AIRFLOW | DATABASE,
    "triggerer": AIRFLOW | DATABASE,
    "task": AIRFLOW,
    "migrations": AIRFLOW | DATABASE | FIRST_USER,
    "secret-generation": AIRFLOW | DATABASE | NAMESPACE,
    "postgresql": POSTGRESQL,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "dag-processor/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
    "scheduler/log-cleaner": {},
    "dag-processor/log-cleaner": {},
    "triggerer/log-cleaner": {},
}
KUBERNETES_2 = KUBERNETES_3 | {"task": AIRFLOW | DATABASE}

TABLES = (
    (deployments.CELERY_3, CELERY_3),
    (deployments.CELERY_2, CELERY_2),
    (deployments.KUBERNETES_3, KUBERNETES_3),
    (deployments.KUBERNETES_2, KUBERNETES_2),
    (deployments.ALL_EXECUTORS, CELERY_3 | {"task": AIRFLOW, "scheduler": CELERY_3["scheduler"] | PODS_ARE_DELETED}),
)


@pytest.mark.parametrize(("case", "table"), TABLES, ids=[case.name for case, _ in TABLES])
def test_a_container_is_told_exactly_this(case: Case, table: dict[str, dict[str, str]]) -> None:
    assert {name: plain(container) for name, container in containers(case).items()} == table


def test_external_services_are_reached_with_their_scheme_user_port_and_parameters() -> None:
    scheduler = plain(containers(deployments.EXTERNAL_SERVICES)["scheduler"])
    assert EXTERNAL_PARTS["broker"]["scheme"] == "rediss"
    assert scheduler == AIRFLOW | {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://airflow@db.example.com:6432/airflow?sslmode=require",
        "AIRFLOW__CELERY__RESULT_BACKEND_CMD": f"{_URI} db+postgresql celery RESULT_BACKEND_PASSWORD "
        "results.example.com:5433/celery",
        "AIRFLOW__CELERY__BROKER_URL_CMD": f"{_URI} rediss 'u' BROKER_PASSWORD broker.example.com:6380/0",
    }


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_behind_an_ingress_airflow_3_believes_its_headers(version: str) -> None:
    """Uvicorn believes `X-Forwarded-Proto` only from these addresses; Airflow 2's gunicorn is told by an option."""
    case = deployments.deployment("ingress", version, "LocalExecutor", webserver={"ingress": {"enabled": True}})
    wanted = {"FORWARDED_ALLOW_IPS": "*"} if version.startswith("3") else {}
    assert plain(containers(case)["webserver"]) == AIRFLOW | DATABASE | wanted


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_the_scheduler_is_told_to_keep_the_pods_of_finished_tasks(version: str) -> None:
    case = deployments.deployment("keep", version, "KubernetesExecutor", kubernetesExecutor={"deletePods": False})
    scheduler = plain(containers(case)["scheduler"])
    assert scheduler["AIRFLOW__KUBERNETES_EXECUTOR__DELETE_WORKER_PODS"] == "False"


def test_settings_of_the_users_are_on_the_path_of_python() -> None:
    for name, container in containers(Case("user-parts", USER_PARTS)).items():
        airflow = "AIRFLOW_CONFIG" in plain(container)
        assert (plain(container).get("PYTHONPATH") == "/etc/airflow") == airflow, name


@across(deployments.EVERY)
def test_no_text_holds_a_password(case: Case) -> None:
    """A URI with `user:password@` would show it to everybody who may read pods."""
    for name, container in containers(case).items():
        for variable, text in plain(container).items():
            login = text.partition("://")[2].partition("@")[0] if "@" in text else ""
            assert ":" not in login, (name, variable)
