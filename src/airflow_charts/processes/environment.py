"""The environment of the processes of Airflow: what all have, and the credentials that each needs."""

from __future__ import annotations

from functools import partial

from airflow_charts.k8s import core_v1
from airflow_charts.parts.credential import credential_variable, secret_source, uri_variable
from airflow_charts.parts.names import name_of
from airflow_charts.parts.scripts import SCRIPTS
from airflow_charts.processes import topology
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, any_of, filled, fragment, negate, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.connections import Broker, Database

CONFIG = "/etc/airflow"
"""Where configuration is mounted: never over AIRFLOW_HOME, where images keep DAGs and plugins."""


PLUGINS = "/etc/airflow-plugins"


@fragment
def base_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The environment of every container that runs Airflow."""
    return [
        core_v1.EnvVar(name="AIRFLOW_CONFIG", value=f"{release.path(CONFIG)}/airflow.cfg"),
        core_v1.EnvVar(name="CONNECTION_CHECK_MAX_COUNT", value="0"),
        core_v1.EnvVar(name="DUMB_INIT_SETSID", value="0"),
        when(
            filled(values.airflow_local_settings),
            lambda: core_v1.EnvVar(name="PYTHONPATH", value=release.path(CONFIG)),
        ),
    ]


@fragment
def database_address(values: Values, release: Release, host: str, port: int) -> str:
    """Host and port of a database: an external one, or the chart's own PostgreSQL."""
    own = release.address("postgresql", f"{name_of(values, release, 'postgresql')}:{port}")
    return when(filled(host), f"{host}:{port}", own)


def database_place(values: Values, release: Release, database: Database) -> str:
    """What follows the `@` in the URI of a database."""
    place = f"{database_address(values, release, database.host, database.port)}/{database.name}"
    return when(filled(database.parameters), f"{place}?{database.parameters}", place)


@fragment
def database_env(values: Values, release: Release, *, optional: bool = False) -> list[core_v1.EnvVar]:
    """The way to the metadata database: a URI without password, and the password as PostgreSQL's own variable."""
    database = values.database
    variable = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    from_secret = filled(database.uri.existing_secret)
    return [
        when(
            from_secret,
            lambda: uri_variable(variable, database.uri.existing_secret, database.uri.key),
            lambda: core_v1.EnvVar(
                name=variable,
                value=f"postgresql://{database.user}@{database_place(values, release, database)}",
            ),
        ),
        when(
            negate(from_secret),
            lambda: credential_variable(
                values, release, "PGPASSWORD", database.password, "database-password", optional=optional
            ),
        ),
    ]


@fragment
def results_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The way to Celery's result backend; the password is encoded into the URI when Airflow asks for it."""
    results = values.result_backend
    from_secret = filled(results.uri.existing_secret)
    script = f"python {release.path(SCRIPTS)}/connection_uri.py"
    return [
        when(
            from_secret,
            lambda: uri_variable("AIRFLOW__CELERY__RESULT_BACKEND", results.uri.existing_secret, results.uri.key),
            lambda: core_v1.EnvVar(
                name="AIRFLOW__CELERY__RESULT_BACKEND_CMD",
                value=f"{script} db+postgresql {results.user} RESULT_BACKEND_PASSWORD "
                f"{database_place(values, release, results)}",
            ),
        ),
        when(
            negate(from_secret),
            lambda: credential_variable(
                values, release, "RESULT_BACKEND_PASSWORD", results.password, "result-backend-password"
            ),
        ),
    ]


@fragment
def broker_address(values: Values, release: Release) -> str:
    """Host and port of the broker: an external one, or the chart's own Redis."""
    host, port = values.broker.host, values.broker.port
    own = release.address("redis", f"{name_of(values, release, 'redis')}:{port}")
    return when(filled(host), f"{host}:{port}", own)


@fragment
def broker_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The way to the broker; the password is encoded into the URL when Airflow asks for it."""
    broker: Broker = values.broker
    from_secret = filled(broker.uri.existing_secret)
    script = f"python {release.path(SCRIPTS)}/connection_uri.py"
    place = f"{broker_address(values, release)}/{broker.database_number}"
    return [
        when(
            from_secret,
            lambda: uri_variable("AIRFLOW__CELERY__BROKER_URL", broker.uri.existing_secret, broker.uri.key),
            lambda: core_v1.EnvVar(
                name="AIRFLOW__CELERY__BROKER_URL_CMD",
                value=f"{script} {broker.scheme} '{broker.user}' BROKER_PASSWORD {place}",
            ),
        ),
        when(
            negate(from_secret),
            lambda: credential_variable(values, release, "BROKER_PASSWORD", broker.password, "broker-password"),
        ),
    ]


@fragment
def fernet_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The key that encrypts connections and variables."""
    return [
        credential_variable(values, release, "AIRFLOW__CORE__FERNET_KEY", values.secrets.fernet_key, "fernet-key"),
    ]


@fragment
def api_secret_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The key that signs web sessions and requests for logs."""
    return [
        core_v1.EnvVar(
            name=when(conditions.airflow_3(values), "AIRFLOW__API__SECRET_KEY", "AIRFLOW__WEBSERVER__SECRET_KEY"),
            valueFrom=secret_source(values, release, values.secrets.api_secret_key, "api-secret-key"),
        )
    ]


@fragment
def jwt_env(values: Values, release: Release) -> list[core_v1.EnvVar]:
    """The key that signs the tokens of the API and of tasks."""
    return [
        credential_variable(values, release, "AIRFLOW__API_AUTH__JWT_SECRET", values.secrets.jwt_secret, "jwt-secret"),
    ]


_SERVICE_ENV = {
    topology.DATABASE: database_env,
    topology.RESULTS: results_env,
    topology.BROKER: broker_env,
}


_KEY_ENV = {"fernet": fernet_env, "api-secret": api_secret_env, "jwt": jwt_env}


def credentials_env(values: Values, release: Release, component: str) -> list[core_v1.EnvVar]:
    """Exactly the credentials that the edges and shared keys of a component ask for."""
    optional = {"optional": True} if component == "secret-generation" else {}
    found: list[core_v1.EnvVar] = []
    for service, variables in _SERVICE_ENV.items():
        known = optional if service == topology.DATABASE else {}
        found += [*when(topology.needs(values, component, service), partial(variables, values, release, **known))]
    for key, variables in _KEY_ENV.items():
        found += [*when(topology.shares(values, component, key), partial(variables, values, release))]
    return found


def makes_uris(values: Values, component: str) -> bool:
    """Whether the environment of a component has a URI that connection_uri.py makes."""
    return any_of(
        *(
            all_of(topology.needs(values, component, service), negate(filled(uri.existing_secret)))
            for service, uri in ((topology.RESULTS, values.result_backend.uri), (topology.BROKER, values.broker.uri))
        )
    )
