"""What users may not set by themselves: options and variables that follow from other values, or would show a secret.

Every option that an Airflow has is set at once, and every form of every variable. What is refused is exactly this: an
option that the chart writes and does not refuse would stand twice, or undo a value without a word.
"""

from __future__ import annotations

import deployments
import pytest
from configuration import known, options, variables
from containers import containers, plain, secrets
from documents import RELEASE, Document

from airflow_charts import manifests
from airflow_charts.errors import InvalidValuesError

REFUSED = """
api                              base_url port secret_key workers
api_auth                         jwt_secret
celery                           broker_url flower_basic_auth flower_port flower_url_prefix
celery                           result_backend worker_concurrency
celery_broker_transport_options  visibility_timeout
core                             auth_manager dags_folder execution_api_server_url executor fernet_key
core                             hostname_callable plugins_folder simple_auth_manager_passwords_file
database                         sql_alchemy_conn sql_alchemy_conn_async
fab                              config_file enable_proxy_fix
kubernetes_executor              delete_worker_pods namespace pod_template_file
logging                          base_log_folder dag_processor_child_process_log_directory
scheduler                        child_process_log_directory enable_health_check
scheduler                        scheduler_health_check_server_port standalone_dag_processor
secrets                          backend_kwargs
sentry                           sentry_dsn
smtp                             smtp_password smtp_user
triggerer                        capacity default_capacity
webserver                        base_url config_file enable_proxy_fix secret_key web_server_port workers
workers                          secrets_backend_kwargs
"""

REFUSED_VARIABLES = """
AIRFLOW_CONFIG AIRFLOW_HOME CONNECTION_CHECK_MAX_COUNT DUMB_INIT_SETSID FORWARDED_ALLOW_IPS POD_NAMESPACE
AIRFLOW__API_AUTH__JWT_SECRET AIRFLOW__API__BASE_URL AIRFLOW__API__SECRET_KEY
AIRFLOW__CELERY__BROKER_URL AIRFLOW__CELERY__BROKER_URL_CMD AIRFLOW__CELERY__FLOWER_BASIC_AUTH
AIRFLOW__CELERY__RESULT_BACKEND AIRFLOW__CELERY__RESULT_BACKEND_CMD
AIRFLOW__CORE__AUTH_MANAGER AIRFLOW__CORE__DAGS_FOLDER AIRFLOW__CORE__EXECUTION_API_SERVER_URL
AIRFLOW__CORE__EXECUTOR AIRFLOW__CORE__FERNET_KEY
AIRFLOW__KUBERNETES_EXECUTOR__DELETE_WORKER_PODS
AIRFLOW__CORE__SQL_ALCHEMY_CONN AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
AIRFLOW__WEBSERVER__BASE_URL AIRFLOW__WEBSERVER__SECRET_KEY
BROKER_PASSWORD PGPASSWORD RESULT_BACKEND_PASSWORD
ADMIN_EMAIL ADMIN_FIRST_NAME ADMIN_LAST_NAME ADMIN_PASSWORD ADMIN_ROLE ADMIN_USERNAME
METADATA_DATABASE METADATA_PASSWORD METADATA_USER PGDATA POSTGRESQL_MAX_CONNECTIONS
RESULT_BACKEND_DATABASE RESULT_BACKEND_USER
REDIS_APPEND_ONLY REDIS_DATA REDIS_PASSWORD
"""
"""The variables that the chart sets; and two that would undo them, the home and an old name of the database's URI."""
OF_OTHER_PROVIDERS = """
atlas          password
elasticsearch  host
opensearch     password username
"""
"""Options of providers that the chart writes nothing for, which hold passwords (`host` may be a URL with one)."""

Option = tuple[str, str]


def written(table: str = REFUSED) -> set[Option]:
    """The options of a table."""
    lines = [line.split() for line in table.strip().splitlines()]
    return {(section, option) for section, *names in lines for option in names}


def refusals(document: Document, prefix: str) -> list[str]:
    """The paths of the values that are refused, below a path."""
    try:
        manifests(document, RELEASE)
    except InvalidValuesError as error:
        paths = [str(problem).partition(":")[0] for problem in error.problems]
        return [path.removeprefix(f"{prefix}.") for path in paths]
    return []


def refused_options(version: str) -> set[Option]:
    """Every option of an Airflow that users may not set in `config`."""
    config: Document = {}
    for section, option in known(version):
        if "-" not in option:
            config.setdefault(section, {})[option] = "text"
    found = refusals({"airflowVersion": version, "config": config}, "config")
    return {(section, option) for section, _, option in (path.partition(".") for path in found)}


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_exactly_these_options_are_refused(version: str) -> None:
    assert refused_options(version) == written() & known(version).keys()


def test_each_refused_option_is_one_of_some_airflow() -> None:
    assert not written() - known("3.3.2").keys() - known("2.11.2").keys()


def test_passwords_of_other_providers_are_refused() -> None:
    config: Document = {}
    for section, option in written(OF_OTHER_PROVIDERS):
        config.setdefault(section, {})[option] = "text"
    asked = {f"{section}.{option}" for section, option in written(OF_OTHER_PROVIDERS)}
    assert set(refusals({"config": config}, "config")) == asked


DEFAULTS = {
    ("core", "load_examples"),
    ("core", "parallelism"),
    ("scheduler", "orphaned_tasks_check_interval"),
    ("celery", "sync_parallelism"),
    ("celery", "task_track_started"),
    ("workers", "min_heartbeat_interval"),
    ("logging", "colored_console_log"),
}
"""Options that the chart writes and users may change: they are the defaults of `config` itself."""


def test_every_option_that_the_chart_writes_is_refused_or_a_default() -> None:
    for case in deployments.EVERY:
        found = {(section, option) for section, values in options(case).items() for option in values}
        assert found - written() <= DEFAULTS, case.name


def test_exactly_these_variables_are_refused() -> None:
    asked = {name for version in deployments.VERSIONS for name in variables(version)}
    asked |= {name for case in deployments.EVERY for item in containers(case).values() for name in plain(item)}
    asked |= {name for case in deployments.EVERY for item in containers(case).values() for name in secrets(item)}
    asked |= {*REFUSED_VARIABLES.split()}
    found = refusals({"airflowPods": {"env": dict.fromkeys(asked, "text")}}, "airflowPods.env")
    assert set(found) == {*REFUSED_VARIABLES.split()}


def test_every_variable_that_the_chart_sets_is_refused() -> None:
    for case in deployments.EVERY:
        for name, container in containers(case).items():
            assert not {*plain(container), *secrets(container)} - {*REFUSED_VARIABLES.split()}, name


SHOWN_TODAY = {
    ("celery_broker_transport_options", "sentinel_kwargs"),
    ("celery_result_backend_transport_options", "sentinel_kwargs"),
    ("core", "asset_manager_kwargs"),
    ("core", "dataset_manager_kwargs"),
    ("core", "internal_api_secret_key"),
    ("database", "sql_alchemy_engine_args"),
    ("logging", "remote_task_handler_kwargs"),
}
"""What Airflow hides in its own UI, and `config` lets into a ConfigMap."""


@pytest.mark.xfail(strict=True, reason="the options in SHOWN_TODAY are allowed in `config`")
@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_what_airflow_calls_a_secret_is_refused(version: str) -> None:
    sensitive = {option for option, mark in known(version).items() if mark.sensitive}
    assert not sensitive - refused_options(version)


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_no_other_secret_of_airflow_is_let_through(version: str) -> None:
    sensitive = {option for option, mark in known(version).items() if mark.sensitive}
    assert sensitive - refused_options(version) == SHOWN_TODAY & known(version).keys()


@pytest.mark.xfail(strict=True, reason="an option's name with a hyphen breaks the schema, and no variable can have it")
def test_an_option_with_a_hyphen_can_be_set() -> None:
    option = ("celery_result_backend_transport_options", "sqs-creation-attributes")
    assert option in known("3.3.2")
    assert not refusals({"config": {option[0]: {option[1]: "{}"}}}, "config")
