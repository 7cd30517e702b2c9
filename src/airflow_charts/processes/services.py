"""The services that Airflow needs: where each is, and the variables with which a pod finds it and logs in."""

from __future__ import annotations

from collections.abc import Callable

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Component, Port, Service, routed
from airflow_charts.parts.credential import CredentialRecord, credential_variable, uri_variable
from airflow_charts.parts.names import name_of
from airflow_charts.parts.option import Option, Variable
from airflow_charts.parts.scripts import SCRIPTS
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, filled, fragment, negate, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.connections import Database, UriSecret


def _database_by_parts(values: Values) -> bool:
    return negate(filled(values.database.uri.existing_secret))


def _results_by_parts(values: Values) -> bool:
    return negate(filled(values.result_backend.uri.existing_secret))


def _broker_by_parts(values: Values) -> bool:
    return negate(filled(values.broker.uri.existing_secret))


DATABASE_PASSWORD = CredentialRecord(
    path="database.password",
    key="database-password",
    kind="password",
    of=lambda values: values.database.password,
    when=_database_by_parts,
)
RESULTS_PASSWORD = CredentialRecord(
    path="resultBackend.password",
    key="result-backend-password",
    kind="password",
    of=lambda values: values.result_backend.password,
    when=lambda values: all_of(conditions.celery(values), _results_by_parts(values)),
)
BROKER_PASSWORD = CredentialRecord(
    path="broker.password",
    key="broker-password",
    kind="password",
    of=lambda values: values.broker.password,
    when=lambda values: all_of(conditions.celery(values), _broker_by_parts(values)),
)


@fragment
def address(values: Values, release: Release, host: str, port: int, *, of: str) -> str:
    """Host and port of a service: of the component that provides it, or of the host that the values name."""
    [service] = [one for one in (DATABASE, RESULTS, BROKER) if one.name == of]

    def inside(component: Component, own: Port) -> str:
        return release.address(component.name, f"{name_of(values, release, component.name)}:{own.number}")

    return routed(values, service, inside, f"{host}:{port}")


def _place(values: Values, release: Release, service: Service, database: Database) -> str:
    """What follows the `@` in the URI of a database."""
    place = f"{address(values, release, database.host, database.port, of=service.name)}/{database.name}"
    return when(filled(database.parameters), f"{place}?{database.parameters}", place)


def _by_uri_or_parts(
    uri: UriSecret, variable: str, parts: Callable[[], core_v1.EnvVar], password: Callable[[], core_v1.EnvVar]
) -> list[core_v1.EnvVar]:
    """A whole URI from a Secret, or the variable that is made of the parts and the password beside it."""
    from_secret = filled(uri.existing_secret)
    return [
        when(from_secret, lambda: uri_variable(variable, uri.existing_secret, uri.key), parts),
        when(negate(from_secret), password),
    ]


@fragment
def database_env(values: Values, release: Release, *, optional: bool = False) -> list[core_v1.EnvVar]:
    """The way to the metadata database: a URI without password, and the password as PostgreSQL's own variable."""
    database = values.database
    variable = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    return _by_uri_or_parts(
        database.uri,
        variable,
        lambda: core_v1.EnvVar(
            name=variable, value=f"postgresql://{database.user}@{_place(values, release, DATABASE, database)}"
        ),
        lambda: credential_variable(values, release, "PGPASSWORD", DATABASE_PASSWORD, optional=optional),
    )


@fragment
def results_env(values: Values, release: Release, *, optional: bool = False) -> list[core_v1.EnvVar]:
    """The way to Celery's result backend; the password is encoded into the URI when Airflow asks for it."""
    results = values.result_backend
    script = f"python {release.path(SCRIPTS)}/connection_uri.py"
    password = "RESULT_BACKEND_PASSWORD"  # noqa: S105 - the name of a variable
    return _by_uri_or_parts(
        results.uri,
        "AIRFLOW__CELERY__RESULT_BACKEND",
        lambda: core_v1.EnvVar(
            name="AIRFLOW__CELERY__RESULT_BACKEND_CMD",
            value=f"{script} db+postgresql {results.user} {password} {_place(values, release, RESULTS, results)}",
        ),
        lambda: credential_variable(values, release, password, RESULTS_PASSWORD, optional=optional),
    )


@fragment
def broker_env(values: Values, release: Release, *, optional: bool = False) -> list[core_v1.EnvVar]:
    """The way to the broker; the password is encoded into the URL when Airflow asks for it."""
    broker = values.broker
    script = f"python {release.path(SCRIPTS)}/connection_uri.py"
    place = f"{address(values, release, broker.host, broker.port, of=BROKER.name)}/{broker.database_number}"
    return _by_uri_or_parts(
        broker.uri,
        "AIRFLOW__CELERY__BROKER_URL",
        lambda: core_v1.EnvVar(
            name="AIRFLOW__CELERY__BROKER_URL_CMD",
            value=f"{script} {broker.scheme} '{broker.user}' BROKER_PASSWORD {place}",
        ),
        lambda: credential_variable(values, release, "BROKER_PASSWORD", BROKER_PASSWORD, optional=optional),
    )


DATABASE = Service(
    "database",
    5432,
    outside=lambda values: values.database.port,
    credential=DATABASE_PASSWORD,
    env=database_env,
)
"""The metadata database."""
RESULTS = Service(
    "result-backend",
    5432,
    outside=lambda values: values.result_backend.port,
    credential=RESULTS_PASSWORD,
    env=results_env,
    makes_uri=_results_by_parts,
)
"""Where Celery keeps the state of tasks."""
BROKER = Service(
    "broker",
    6379,
    outside=lambda values: values.broker.port,
    credential=BROKER_PASSWORD,
    env=broker_env,
    makes_uri=_broker_by_parts,
)
"""The broker of Celery."""


def rules(values: Values) -> list[str]:
    """What is wrong with the values about services."""
    of_path = (("database", values.database), ("resultBackend", values.result_backend), ("broker", values.broker))
    return [
        when(
            all_of(filled(service.uri.existing_secret), filled(service.host)),
            f"{path}.host: {path}.uri.existingSecret is set and wins; set only one of them",
        )
        for path, service in of_path
    ]


OPTIONS = (
    Option("core", "sql_alchemy_conn", "database"),
    Option("database", "sql_alchemy_conn", "database"),
    Option("database", "sql_alchemy_conn_async", "database"),
    Option("celery", "broker_url", "broker"),
    Option("celery", "result_backend", "resultBackend"),
)
"""Where the services are is told by variables, beside their passwords."""
VARIABLES = (
    Variable("PGPASSWORD", "`database.password`"),
    Variable("RESULT_BACKEND_PASSWORD", "`resultBackend.password`"),
    Variable("BROKER_PASSWORD", "`broker.password`"),
    Variable("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "`database`"),
    Variable("AIRFLOW__CORE__SQL_ALCHEMY_CONN", "`database`"),
    Variable("AIRFLOW__CELERY__BROKER_URL", "`broker`"),
    Variable("AIRFLOW__CELERY__BROKER_URL_CMD", "`broker`"),
    Variable("AIRFLOW__CELERY__RESULT_BACKEND", "`resultBackend`"),
    Variable("AIRFLOW__CELERY__RESULT_BACKEND_CMD", "`resultBackend`"),
)
