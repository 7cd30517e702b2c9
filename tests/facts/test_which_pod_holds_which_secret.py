"""Which container holds which secret, and under which name of an environment variable.

Who runs users' code on Airflow 3 (workers, task pods) has neither the database's password nor the Fernet key nor the
JWT secret: with one of them, a DAG could be anybody. On Airflow 2 tasks use the database themselves.
"""

from __future__ import annotations

import deployments
import pytest
from containers import containers, secrets
from documents import EXISTING_SECRETS, EXTERNAL_URIS, Case, across
from rendered import named, pods

GENERATED = "etl-airflow-generated"

DATABASE = {"PGPASSWORD": f"{GENERATED}/database-password"}
RESULTS = {"RESULT_BACKEND_PASSWORD": f"{GENERATED}/result-backend-password"}
BROKER = {"BROKER_PASSWORD": f"{GENERATED}/broker-password"}
FERNET = {"AIRFLOW__CORE__FERNET_KEY": f"{GENERATED}/fernet-key"}
SIGNS_LOGS = {"AIRFLOW__API__SECRET_KEY": f"{GENERATED}/api-secret-key"}
SIGNS_LOGS_2 = {"AIRFLOW__WEBSERVER__SECRET_KEY": f"{GENERATED}/api-secret-key"}
SIGNS_TOKENS = {"AIRFLOW__API_AUTH__JWT_SECRET": f"{GENERATED}/jwt-secret"}
FIRST_USER = {"ADMIN_PASSWORD": f"{GENERATED}/admin-password"}
FLOWER_LOGIN = {"AIRFLOW__CELERY__FLOWER_BASIC_AUTH": f"{GENERATED}/flower-basic-auth"}
OWN_POSTGRESQL = {"METADATA_PASSWORD": f"{GENERATED}/database-password"}
OWN_REDIS = {"REDIS_PASSWORD": f"{GENERATED}/broker-password"}

CELERY_3 = {
    "webserver": DATABASE | FERNET | SIGNS_LOGS | SIGNS_TOKENS,
    "scheduler": DATABASE | RESULTS | BROKER | FERNET | SIGNS_LOGS | SIGNS_TOKENS,
    "dag-processor": DATABASE | FERNET,
    "triggerer": DATABASE | FERNET | SIGNS_LOGS,
    "worker": RESULTS | BROKER | SIGNS_LOGS,
    "flower": BROKER | FLOWER_LOGIN,
    "migrations": DATABASE | FERNET | FIRST_USER,
    "secret-generation": DATABASE,
    "postgresql": OWN_POSTGRESQL | RESULTS,
    "redis": OWN_REDIS,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "dag-processor/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
}
"""The scheduler signs the tokens of tasks, the webserver checks them; nobody else knows their key."""

CELERY_2 = {
    "webserver": DATABASE | FERNET | SIGNS_LOGS_2,
    "scheduler": DATABASE | RESULTS | BROKER | FERNET | SIGNS_LOGS_2,
    "dag-processor": DATABASE | FERNET,
    "triggerer": DATABASE | FERNET | SIGNS_LOGS_2,
    "worker": DATABASE | RESULTS | BROKER | FERNET | SIGNS_LOGS_2,
    "flower": BROKER | FLOWER_LOGIN,
    "migrations": DATABASE | FERNET | FIRST_USER,
    "secret-generation": DATABASE,
    "postgresql": OWN_POSTGRESQL | RESULTS,
    "redis": OWN_REDIS,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "dag-processor/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
    "worker/wait-for-schema": DATABASE,
}

KUBERNETES_3 = {
    "webserver": DATABASE | FERNET | SIGNS_LOGS | SIGNS_TOKENS,
    "scheduler": DATABASE | FERNET | SIGNS_LOGS | SIGNS_TOKENS,
    "dag-processor": DATABASE | FERNET,
    "triggerer": DATABASE | FERNET | SIGNS_LOGS,
    "task": {},
    "migrations": DATABASE | FERNET | FIRST_USER,
    "secret-generation": DATABASE,
    "postgresql": OWN_POSTGRESQL,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "dag-processor/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
}
"""A task's pod knows no secret: its token comes with the task."""

KUBERNETES_2 = {
    "webserver": DATABASE | FERNET | SIGNS_LOGS_2,
    "scheduler": DATABASE | FERNET | SIGNS_LOGS_2,
    "dag-processor": DATABASE | FERNET,
    "triggerer": DATABASE | FERNET | SIGNS_LOGS_2,
    "task": DATABASE | FERNET | SIGNS_LOGS_2,
    "migrations": DATABASE | FERNET | FIRST_USER,
    "secret-generation": DATABASE,
    "postgresql": OWN_POSTGRESQL,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "dag-processor/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
}

LOCAL_3 = {
    "webserver": DATABASE | FERNET | SIGNS_LOGS | SIGNS_TOKENS,
    "scheduler": DATABASE | FERNET | SIGNS_LOGS | SIGNS_TOKENS,
    "dag-processor": DATABASE | FERNET,
    "triggerer": DATABASE | FERNET | SIGNS_LOGS,
    "migrations": DATABASE | FERNET | FIRST_USER,
    "secret-generation": DATABASE,
    "postgresql": OWN_POSTGRESQL,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "dag-processor/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
}

LOCAL_2 = {
    "webserver": DATABASE | FERNET | SIGNS_LOGS_2,
    "scheduler": DATABASE | FERNET | SIGNS_LOGS_2,
    "triggerer": DATABASE | FERNET | SIGNS_LOGS_2,
    "migrations": DATABASE | FERNET | FIRST_USER,
    "secret-generation": DATABASE,
    "postgresql": OWN_POSTGRESQL,
    "webserver/wait-for-schema": DATABASE,
    "scheduler/wait-for-schema": DATABASE,
    "triggerer/wait-for-schema": DATABASE,
}

ALL_EXECUTORS = CELERY_3 | {"task": {}}
"""More executors, and no secret more for anybody."""

GIVEN = deployments.deployment("given", "3.3.2", "CeleryExecutor", **(EXISTING_SECRETS | EXTERNAL_URIS))
GIVEN_DATABASE = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "db/uri"}
GIVEN_RESULTS = {"AIRFLOW__CELERY__RESULT_BACKEND": "results/uri"}
GIVEN_BROKER = {"AIRFLOW__CELERY__BROKER_URL": "broker/amqp"}
GIVEN_FERNET = {"AIRFLOW__CORE__FERNET_KEY": "fernet/secret"}
GIVEN_SIGNS_LOGS = {"AIRFLOW__API__SECRET_KEY": "api/secret"}
GIVEN_SIGNS_TOKENS = {"AIRFLOW__API_AUTH__JWT_SECRET": "jwt/secret"}
GIVEN_SECRETS = {
    "webserver": GIVEN_DATABASE | GIVEN_FERNET | GIVEN_SIGNS_LOGS | GIVEN_SIGNS_TOKENS,
    "scheduler": {
        **(GIVEN_DATABASE | GIVEN_RESULTS | GIVEN_BROKER),
        **(GIVEN_FERNET | GIVEN_SIGNS_LOGS | GIVEN_SIGNS_TOKENS),
    },
    "dag-processor": GIVEN_DATABASE | GIVEN_FERNET,
    "triggerer": GIVEN_DATABASE | GIVEN_FERNET | GIVEN_SIGNS_LOGS,
    "worker": GIVEN_RESULTS | GIVEN_BROKER | GIVEN_SIGNS_LOGS,
    "flower": GIVEN_BROKER | {"AIRFLOW__CELERY__FLOWER_BASIC_AUTH": "flower/secret"},
    "migrations": GIVEN_DATABASE | GIVEN_FERNET | {"ADMIN_PASSWORD": "admin/secret"},
    "webserver/wait-for-schema": GIVEN_DATABASE,
    "scheduler/wait-for-schema": GIVEN_DATABASE,
    "dag-processor/wait-for-schema": GIVEN_DATABASE,
    "triggerer/wait-for-schema": GIVEN_DATABASE,
}
"""With Secrets of the user's own, nothing is generated and no password stands beside a URI."""

TABLES = (
    (deployments.CELERY_3, CELERY_3),
    (deployments.CELERY_2, CELERY_2),
    (deployments.KUBERNETES_3, KUBERNETES_3),
    (deployments.KUBERNETES_2, KUBERNETES_2),
    (deployments.LOCAL_3, LOCAL_3),
    (deployments.LOCAL_2, LOCAL_2),
    (deployments.CELERY_KUBERNETES_2, CELERY_2 | {"task": KUBERNETES_2["task"]}),
    (deployments.LOCAL_KUBERNETES_2, KUBERNETES_2),
    (deployments.ALL_EXECUTORS, ALL_EXECUTORS),
    (GIVEN, GIVEN_SECRETS),
)
NEVER = ("log-cleaner",)
"""Containers that are in no table, because they hold nothing in any deployment."""


@pytest.mark.parametrize(("case", "table"), TABLES, ids=[case.name for case, _ in TABLES])
def test_a_container_reads_exactly_these_secrets(case: Case, table: dict[str, dict[str, str]]) -> None:
    found = {
        name: secrets(container)
        for name, container in containers(case).items()
        if secrets(container) or not name.endswith(NEVER)
    }
    assert found == table


SECRET_FILES = {"webserver": {"/etc/airflow": "etl-airflow-webserver-config"}}
"""How users log in is in a Secret, because LDAP and OAuth need a password there; only the webserver reads it."""


@across([*deployments.EVERY, GIVEN])
def test_only_the_webserver_has_a_secret_among_its_files(case: Case) -> None:
    found: dict[str, dict[str, str]] = {}
    for pod in pods(case):
        paths = {mount["name"]: mount["mountPath"] for mount in pod.main["volumeMounts"]}
        for volume in pod.spec["volumes"]:
            for source in [volume, *volume.get("projected", {}).get("sources", [])]:
                if "secret" in source:
                    found.setdefault(pod.component, {})[paths[volume["name"]]] = source["secret"]["name"]
    own = {"webserver": {"/etc/airflow": "webserver-settings"}} if case is GIVEN else SECRET_FILES
    assert found == own


@across(deployments.EVERY)
def test_nothing_but_a_secret_is_the_source_of_a_variable_or_of_many(case: Case) -> None:
    """A `configMapKeyRef` would be a password in a ConfigMap, an `envFrom` a Secret that no table shows."""
    for name, container in containers(case).items():
        assert "envFrom" not in container, name
        for variable in container.get("env", []):
            assert variable.keys() in ({"name", "value"}, {"name", "valueFrom"}), (name, variable["name"])
            assert variable.get("valueFrom", {"secretKeyRef": {}}).keys() == {"secretKeyRef"}, (name, variable["name"])


@across(deployments.EVERY)
def test_only_the_job_that_makes_the_secrets_starts_without_them(case: Case) -> None:
    for name, container in containers(case).items():
        for variable in container.get("env", []):
            optional = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("optional", False)
            assert optional == (name == "secret-generation" and "valueFrom" in variable), (name, variable["name"])


GENERATED_KEYS = {
    "celery-3.3.2": "fernet-key=fernet api-secret-key=password jwt-secret=password database-password=password "
    "result-backend-password=password broker-password=password flower-basic-auth=login admin-password=password",
    "celery-2.11.2": "fernet-key=fernet api-secret-key=password database-password=password "
    "result-backend-password=password broker-password=password flower-basic-auth=login admin-password=password",
    "kubernetes-3.3.2": "fernet-key=fernet api-secret-key=password jwt-secret=password database-password=password "
    "admin-password=password",
    "local-2.11.2": "fernet-key=fernet api-secret-key=password database-password=password admin-password=password",
}
"""What the Job makes: a key of Fernet's form, texts, and for Flower a user with a password."""


@pytest.mark.parametrize("name", GENERATED_KEYS)
def test_exactly_the_credentials_that_somebody_reads_are_generated(name: str) -> None:
    [case] = [case for case in deployments.EVERY if case.name == name]
    program, secret, *keys = containers(case)["secret-generation"]["args"]
    assert (program, secret) == ("/etc/airflow-scripts/generate_secrets.py", GENERATED)
    assert " ".join(keys) == GENERATED_KEYS[name]
    read = {source for container in containers(case).values() for source in secrets(container).values()}
    assert {f"{GENERATED}/{key.partition('=')[0]}" for key in keys} == read


def test_without_generation_there_is_no_job_that_makes_secrets() -> None:
    assert not [name for name in named(GIVEN, "Job") if "secret-generation" in name]
