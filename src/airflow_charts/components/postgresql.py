"""PostgreSQL with the metadata database and, for Celery, the result backend."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Component, Port, Provides
from airflow_charts.parts.credential import credential_variable
from airflow_charts.parts.data_store import DATA, RESERVED, Store, store_objects
from airflow_charts.parts.images import image_rules
from airflow_charts.parts.option import Variable
from airflow_charts.parts.pod import exec_check
from airflow_charts.parts.reserved import Reserved
from airflow_charts.processes.services import DATABASE, DATABASE_PASSWORD, RESULTS, RESULTS_PASSWORD
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, any_of, filled, negate, when
from airflow_charts.values import Values, conditions

PORT = Port("postgresql", 5432)


def objects(values: Values, release: Release) -> list[object]:
    """PostgreSQL with the metadata database and, for Celery, the result backend: a role and database each."""
    database, results = values.database, values.result_backend
    check = exec_check("pg_isready", "-q", "-h", release.path("/var/run/postgresql"))
    return store_objects(
        values,
        release,
        values.postgresql,
        Store(
            component=COMPONENT,
            image=values.images.postgresql,
            script="postgresql.sh",
            port=PORT,
            env=[
                core_v1.EnvVar(name="PGDATA", value=f"{release.path(DATA)}/pgdata"),
                core_v1.EnvVar(name="POSTGRESQL_MAX_CONNECTIONS", value=f"{values.postgresql.max_connections}"),
                core_v1.EnvVar(name="METADATA_USER", value=database.user),
                core_v1.EnvVar(name="METADATA_DATABASE", value=database.name),
                credential_variable(values, release, "METADATA_PASSWORD", DATABASE_PASSWORD),
                *when(
                    conditions.own_results(values),
                    lambda: [
                        core_v1.EnvVar(name="RESULT_BACKEND_USER", value=results.user),
                        core_v1.EnvVar(name="RESULT_BACKEND_DATABASE", value=results.name),
                        credential_variable(
                            values,
                            release,
                            "RESULT_BACKEND_PASSWORD",
                            RESULTS_PASSWORD,
                        ),
                    ],
                ),
            ],
            scratch={"run": "/var/run/postgresql", "tmp": "/tmp"},  # noqa: S108 - a path in the container
            check=check,
        ),
    )


def rules(values: Values) -> list[str]:
    """What is wrong with its values."""
    database, results = values.database, values.result_backend
    either = (conditions.own_database(values), conditions.own_results(values))
    both = all_of(*either)
    return [
        when(
            all_of(conditions.own_database(values), negate(values.postgresql.enabled)),
            "database.host: is empty and postgresql.enabled is false; set database.host or "
            "database.uri.existingSecret, or postgresql.enabled: true",
        ),
        when(
            all_of(conditions.own_results(values), negate(conditions.own_database(values))),
            "resultBackend.host: is empty while the database is external; set resultBackend.host (it may be the same "
            "server) or resultBackend.uri.existingSecret",
        ),
        when(
            all_of(both, negate(values.postgresql.enabled)),
            "resultBackend.host: is empty and postgresql.enabled is false; set resultBackend.host",
        ),
        when(
            all_of(values.postgresql.enabled, negate(any_of(*either))),
            "postgresql.enabled: nothing uses the chart's PostgreSQL; set it to false",
        ),
        when(
            all_of(both, any_of(database.user == results.user, database.name == results.name)),
            "resultBackend.user: each has a role and a database of its own; user and name must differ from those of "
            "database",
        ),
        when(
            all_of(conditions.own_database(values), filled(database.parameters)),
            "database.parameters: the chart's own PostgreSQL takes none; set it only with database.host",
        ),
        *image_rules("images.postgresql", values.images.postgresql, values.postgresql.enabled),
        *image_rules("postgresql.image", values.postgresql.image, filled(values.postgresql.image.repository)),
    ]


def notes(values: Values, release: Release) -> list[str]:
    """What it is good for."""
    del release
    return [
        when(
            conditions.own_database(values),
            "The database is the chart's own PostgreSQL, for trials and small installations: set database.host for "
            "production.",
        )
    ]


COMPONENT = Component(
    name="postgresql",
    settings=lambda values: values.postgresql,
    objects=objects,
    runs=conditions.own_postgresql,
    serves=(PORT,),
    provides=(
        Provides(DATABASE, PORT, conditions.own_database, alone=True),
        Provides(RESULTS, PORT, conditions.own_results),
    ),
    variables=(
        Variable("PGDATA", "nothing: the data lives on `postgresql.persistence`"),
        Variable("POSTGRESQL_MAX_CONNECTIONS", "`postgresql.maxConnections`"),
        Variable("METADATA_USER", "`database.user`"),
        Variable("METADATA_DATABASE", "`database.name`"),
        Variable("METADATA_PASSWORD", "`database.password`"),
        Variable("RESULT_BACKEND_USER", "`resultBackend.user`"),
        Variable("RESULT_BACKEND_DATABASE", "`resultBackend.name`"),
    ),
    rules=rules,
    notes=notes,
    airflow_image=False,
    reserved=Reserved(volumes=(*RESERVED.volumes, "run"), paths=(*RESERVED.paths, "/var/run/postgresql")),
)
