"""Where credentials stand: generated, in the values, or in Secrets of the users' own."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from deployed import environment, main_of, objects

SOURCES: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {"name": "etl-airflow-generated", "key": "fernet-key"}),
    ({"value": "given"}, {"name": "etl-airflow-credentials", "key": "fernet-key"}),
    ({"existingSecret": "mine"}, {"name": "mine", "key": "fernet-key"}),
    ({"existingSecret": "mine", "key": "key"}, {"name": "mine", "key": "key"}),
]


@pytest.mark.parametrize(("credential", "source"), SOURCES)
def test_a_credential_is_generated_given_or_somewhere_else(credential: dict[str, Any], source: dict[str, str]) -> None:
    [deployment] = objects("Deployment", "scheduler", secrets={"fernetKey": credential})
    assert environment(main_of(deployment))["AIRFLOW__CORE__FERNET_KEY"] == {"secretKeyRef": source}


def test_only_literal_credentials_are_in_the_charts_own_secret() -> None:
    assert objects("Secret", "credentials") == []
    [secret] = objects("Secret", "credentials", database={"password": {"value": "p@ss"}})
    assert {key: b64decode(text).decode() for key, text in secret["data"].items()} == {"database-password": "p@ss"}


def test_tls_of_an_external_broker_is_in_its_url() -> None:
    broker = {"scheme": "rediss", "host": "broker.example.com", "port": 6380, "databaseNumber": 3, "user": "airflow"}
    [deployment] = objects("Deployment", "worker", broker=broker, redis={"enabled": False})
    assert environment(main_of(deployment))["AIRFLOW__CELERY__BROKER_URL_CMD"] == (
        "python /etc/airflow-scripts/connection_uri.py rediss 'airflow' BROKER_PASSWORD broker.example.com:6380/3"
    )


def test_a_whole_uri_needs_no_password_beside_it() -> None:
    settings: dict[str, Any] = {"database": {"uri": {"existingSecret": "db"}}, "postgresql": {"enabled": False}}
    [deployment] = objects("Deployment", "scheduler", executors=["LocalExecutor"], **settings)
    found = environment(main_of(deployment))
    assert found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == {"secretKeyRef": {"name": "db", "key": "uri"}}
    assert "PGPASSWORD" not in found


def test_parameters_of_the_database_stand_behind_its_name() -> None:
    database = {"host": "db.example.com", "name": "meta", "user": "me", "parameters": "sslmode=require"}
    settings: dict[str, Any] = {"database": database, "postgresql": {"enabled": False}}
    [deployment] = objects("Deployment", "scheduler", executors=["LocalExecutor"], **settings)
    assert environment(main_of(deployment))["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == (
        "postgresql://me@db.example.com:5432/meta?sslmode=require"
    )
