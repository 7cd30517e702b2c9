"""The keys that processes of Airflow share."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Key
from airflow_charts.parts.credential import CredentialRecord, credential_variable
from airflow_charts.parts.option import Option, Variable
from airflow_charts.release import Release
from airflow_charts.tracing import fragment, when
from airflow_charts.values import Values, conditions

_FERNET = CredentialRecord(
    path="secrets.fernetKey", key="fernet-key", kind="fernet", of=lambda values: values.secrets.fernet_key
)
_API = CredentialRecord(
    path="secrets.apiSecretKey", key="api-secret-key", kind="password", of=lambda values: values.secrets.api_secret_key
)
_JWT = CredentialRecord(
    path="secrets.jwtSecret",
    key="jwt-secret",
    kind="password",
    of=lambda values: values.secrets.jwt_secret,
    when=conditions.airflow_3,
)


@fragment
def fernet_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The key that encrypts connections and variables."""
    return [credential_variable(values, release, "AIRFLOW__CORE__FERNET_KEY", _FERNET)]


@fragment
def api_secret_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The key that signs web sessions and requests for logs."""
    variable = when(conditions.airflow_3(values), "AIRFLOW__API__SECRET_KEY", "AIRFLOW__WEBSERVER__SECRET_KEY")
    return [credential_variable(values, release, variable, _API)]


@fragment
def jwt_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The key that signs the tokens of the API and of tasks."""
    return [credential_variable(values, release, "AIRFLOW__API_AUTH__JWT_SECRET", _JWT)]


FERNET = Key(_FERNET, fernet_env)
"""Reads encrypted connections and variables."""
API_SECRET = Key(_API, api_secret_env)
"""Signs web sessions and requests for logs."""
JWT = Key(_JWT, jwt_env)
"""Signs the tokens of the API and of tasks."""

OPTIONS = (
    Option("core", "fernet_key", FERNET.credential.path),
    Option("api", "secret_key", API_SECRET.credential.path),
    Option("api_auth", "jwt_secret", JWT.credential.path),
    Option("webserver", "secret_key", API_SECRET.credential.path),
)
"""Their options are variables, from Secrets."""
VARIABLES = (
    Variable("AIRFLOW__CORE__FERNET_KEY", "`secrets.fernetKey`"),
    Variable("AIRFLOW__API__SECRET_KEY", "`secrets.apiSecretKey`"),
    Variable("AIRFLOW__WEBSERVER__SECRET_KEY", "`secrets.apiSecretKey`"),
    Variable("AIRFLOW__API_AUTH__JWT_SECRET", "`secrets.jwtSecret`"),
)
