"""Every credential of a deployment, and when it is needed."""

from __future__ import annotations

from typing import NamedTuple

from airflow_charts.tracing import all_of, filled, negate
from airflow_charts.values import Values, conditions
from airflow_charts.values.credentials import Credential


class Needed(NamedTuple):
    """A credential that a deployment may need."""

    credential: Credential
    key: str
    """Its key in the chart's own Secrets."""
    kind: str
    """How it is generated: `password`, `fernet` or `login`."""
    needed: bool
    path: str
    """Its path in the values."""


def credentials_of(values: Values) -> list[Needed]:
    """Every credential with the condition under which it is needed."""
    secrets, database, results, broker = values.secrets, values.database, values.result_backend, values.broker
    by_parts = negate(filled(database.uri.existing_secret))
    results_by_parts = all_of(conditions.celery(values), negate(filled(results.uri.existing_secret)))
    broker_by_parts = all_of(conditions.celery(values), negate(filled(broker.uri.existing_secret)))
    return [
        Needed(secrets.fernet_key, "fernet-key", "fernet", True, "secrets.fernetKey"),
        Needed(secrets.api_secret_key, "api-secret-key", "password", True, "secrets.apiSecretKey"),
        Needed(secrets.jwt_secret, "jwt-secret", "password", conditions.airflow_3(values), "secrets.jwtSecret"),
        Needed(database.password, "database-password", "password", by_parts, "database.password"),
        Needed(results.password, "result-backend-password", "password", results_by_parts, "resultBackend.password"),
        Needed(broker.password, "broker-password", "password", broker_by_parts, "broker.password"),
        Needed(
            values.flower.basic_auth, "flower-basic-auth", "login", conditions.has_flower(values), "flower.basicAuth"
        ),
        Needed(
            values.admin_user.password,
            "admin-password",
            "password",
            conditions.has_admin_user(values),
            "adminUser.password",
        ),
    ]
