"""Conditions over the values that several components and rules share, each under one name."""

from __future__ import annotations

from collections.abc import Callable

from airflow_charts.tracing import all_of, any_of, contains, filled, negate, starts_with
from airflow_charts.values import Values

Condition = Callable[[Values], bool]


def always(values: Values) -> bool:
    """What holds in every deployment."""
    del values
    return True


def never(values: Values) -> bool:
    """What holds in no deployment."""
    del values
    return False


def airflow_3(values: Values) -> bool:
    """Whether it is Airflow 3; the rules allow 2.11 and 3.x."""
    return negate(airflow_2(values))


def airflow_2(values: Values) -> bool:
    """Whether it is Airflow 2."""
    return starts_with(values.airflow_version, "2.")


def celery(values: Values) -> bool:
    """Whether an executor uses Celery."""
    return any_of(contains(values.executors, "CeleryExecutor"), contains(values.executors, "CeleryKubernetesExecutor"))


def local(values: Values) -> bool:
    """Whether tasks run in the scheduler."""
    return any_of(contains(values.executors, "LocalExecutor"), contains(values.executors, "LocalKubernetesExecutor"))


def kubernetes(values: Values) -> bool:
    """Whether tasks run in pods of their own."""
    return any_of(
        contains(values.executors, "KubernetesExecutor"),
        contains(values.executors, "CeleryKubernetesExecutor"),
        contains(values.executors, "LocalKubernetesExecutor"),
    )


def fab(values: Values) -> bool:
    """Whether users are known by Flask AppBuilder: the FAB auth manager, or Airflow 2."""
    return any_of(values.auth_manager == "fab", airflow_2(values))


def own_postgresql(values: Values) -> bool:
    """Whether the chart runs PostgreSQL."""
    return values.postgresql.enabled


def own_database(values: Values) -> bool:
    """Whether the metadata database is the chart's own PostgreSQL."""
    return negate(any_of(filled(values.database.host), filled(values.database.uri.existing_secret)))


def own_results(values: Values) -> bool:
    """Whether the result backend is the chart's own PostgreSQL."""
    return all_of(
        celery(values),
        negate(any_of(filled(values.result_backend.host), filled(values.result_backend.uri.existing_secret))),
    )


def own_broker(values: Values) -> bool:
    """Whether the broker is the chart's own Redis."""
    return negate(any_of(filled(values.broker.host), filled(values.broker.uri.existing_secret)))


def generates(values: Values) -> bool:
    """Whether missing credentials are generated."""
    return values.secrets.generate


def has_dag_processor(values: Values) -> bool:
    """Whether there are DAG processors."""
    return values.dag_processor.enabled


def scheduler_runs_code(values: Values) -> bool:
    """Whether the scheduler runs users' code: tasks, or DAG files where no DAG processor parses them."""
    return any_of(local(values), all_of(airflow_2(values), negate(has_dag_processor(values))))


def has_triggerer(values: Values) -> bool:
    """Whether there are triggerers."""
    return values.triggerer.enabled


def has_flower(values: Values) -> bool:
    """Whether Flower runs."""
    return all_of(celery(values), values.flower.enabled)


def has_migrations(values: Values) -> bool:
    """Whether the chart migrates the database."""
    return values.migrations.enabled


def has_redis(values: Values) -> bool:
    """Whether the chart runs Redis."""
    return all_of(values.redis.enabled, celery(values))


def has_admin_user(values: Values) -> bool:
    """Whether the migrations Job creates the first user."""
    return all_of(has_migrations(values), values.admin_user.enabled, fab(values))


def schema_wait_seconds(values: Values) -> int:
    """How long a pod waits for the schema of the database."""
    return values.migrations.wait_seconds
