"""Every option of the written airflow.cfg with its value, as its Airflow spells it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import deployments
import pytest
from configuration import Known, known, options
from containers import containers, plain, secrets
from documents import INGRESS, RELEASE, Case, across

Options = dict[str, dict[str, str]]

WEBSERVER = "http://etl-airflow-webserver:8080"

AIRFLOW_3: Options = {
    "core": {
        "dags_folder": "/opt/airflow/dags",
        "hostname_callable": "airflow.utils.net.get_host_ip_address",  # by which logs are fetched
        "auth_manager": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "execution_api_server_url": f"{WEBSERVER}/execution/",
        "load_examples": "false",
        "parallelism": "32",
    },
    "logging": {
        "base_log_folder": "/opt/airflow/logs",
        "dag_processor_child_process_log_directory": "/opt/airflow/logs/dag_processor",
        "colored_console_log": "false",
    },
    "api": {"base_url": WEBSERVER, "workers": "1"},
    "fab": {"config_file": "/etc/airflow/webserver_config.py", "enable_proxy_fix": "True"},
    "scheduler": {"enable_health_check": "True", "orphaned_tasks_check_interval": "60"},
    "triggerer": {"capacity": "1000"},
    "celery": {"sync_parallelism": "1", "task_track_started": "false"},
    "workers": {"min_heartbeat_interval": "1"},
}
AIRFLOW_2: Options = {
    "core": {
        "dags_folder": "/opt/airflow/dags",
        "hostname_callable": "airflow.utils.net.get_host_ip_address",
        "load_examples": "false",
        "parallelism": "32",
    },
    "logging": {"base_log_folder": "/opt/airflow/logs", "colored_console_log": "false"},
    "webserver": {
        "base_url": WEBSERVER,
        "workers": "1",
        "config_file": "/etc/airflow/webserver_config.py",
        "enable_proxy_fix": "True",
    },
    "scheduler": {
        "child_process_log_directory": "/opt/airflow/logs/scheduler",
        "standalone_dag_processor": "True",
        "orphaned_tasks_check_interval": "60",
    },
    "triggerer": {"default_capacity": "1000"},
    "celery": {"sync_parallelism": "1", "task_track_started": "false"},
    "workers": {"min_heartbeat_interval": "1"},
}
CELERY: Options = {"celery_broker_transport_options": {"visibility_timeout": "86400"}}
KUBERNETES: Options = {
    "kubernetes_executor": {
        "namespace": "data",
        "pod_template_file": "/etc/airflow/pod_template.yaml",
    }
}


def executor(names: str) -> Options:
    return {"core": {"executor": names}}


def together(*parts: Options) -> Options:
    """The options of all parts; a later one wins."""
    found: Options = {}
    for part in parts:
        for section, values in part.items():
            found[section] = found.get(section, {}) | values
    return found


TABLES = (
    (deployments.CELERY_3, together(AIRFLOW_3, CELERY, executor("CeleryExecutor"))),
    (deployments.CELERY_2, together(AIRFLOW_2, CELERY, executor("CeleryExecutor"))),
    (deployments.KUBERNETES_3, together(AIRFLOW_3, KUBERNETES, executor("KubernetesExecutor"))),
    (deployments.KUBERNETES_2, together(AIRFLOW_2, KUBERNETES, executor("KubernetesExecutor"))),
    (deployments.LOCAL_3, together(AIRFLOW_3, executor("LocalExecutor"))),
    (
        deployments.ALL_EXECUTORS,
        together(AIRFLOW_3, CELERY, KUBERNETES, executor("CeleryExecutor,KubernetesExecutor,LocalExecutor")),
    ),
    (deployments.EXTERNAL_SERVICES, together(AIRFLOW_3, CELERY, executor("CeleryExecutor"))),
)


@pytest.mark.parametrize(("case", "table"), TABLES, ids=[case.name for case, _ in TABLES])
def test_airflow_cfg_has_exactly_these_options(case: Case, table: Options) -> None:
    assert options(case) == table


def test_without_a_dag_processor_the_scheduler_of_airflow_2_parses_the_files() -> None:
    wanted = together(AIRFLOW_2, executor("LocalExecutor"))
    del wanted["scheduler"]["standalone_dag_processor"]
    assert options(deployments.LOCAL_2) == wanted


# --- options that follow a value -------------------------------------------------------------------------------------

PLACES = {
    "path": "/airflow",
    "externalUrl": "https://airflow.example.com",
    "service": {"port": 80},
}
CHANGES: list[tuple[str, dict[str, Any], Options]] = [
    ("3.3.2", {"triggerer": {"capacity": 7}}, {"triggerer": {"capacity": "7"}}),
    ("2.11.2", {"triggerer": {"capacity": 7}}, {"triggerer": {"default_capacity": "7"}}),
    ("3.3.2", {"broker": {"visibilityTimeout": 5}}, {"celery_broker_transport_options": {"visibility_timeout": "5"}}),
    ("3.3.2", {"flower": {"path": "/flower"}}, {"celery": {"flower_url_prefix": "/flower"}}),
    ("2.11.2", {"flower": {"path": "/flower"}}, {"celery": {"flower_url_prefix": "/flower"}}),
    ("3.3.2", {"dags": {"path": "/srv/dags"}}, {"core": {"dags_folder": "/srv/dags"}}),
    ("3.3.2", {"plugins": {"plugin.py": "X = 1\n"}}, {"core": {"plugins_folder": "/etc/airflow-plugins"}}),
    ("3.3.2", {"webserver": {"workers": 4}}, {"api": {"workers": "4"}}),
    ("2.11.2", {"webserver": {"workers": 4}}, {"webserver": {"workers": "4"}}),
    (
        "3.3.2",
        {"webserver": PLACES},
        {
            "api": {"base_url": "https://airflow.example.com/airflow"},
            "core": {"execution_api_server_url": "http://etl-airflow-webserver:80/airflow/execution/"},
        },
    ),
    ("2.11.2", {"webserver": PLACES}, {"webserver": {"base_url": "https://airflow.example.com/airflow"}}),
    ("3.3.2", {"config": {"core": {"parallelism": 8}}}, {"core": {"parallelism": "8"}}),
    ("3.3.2", {"config": {"email": {"from_email": "100% data"}}}, {"email": {"from_email": "100% data"}}),
]
BASES = {
    "3.3.2": together(AIRFLOW_3, CELERY, KUBERNETES, executor("CeleryExecutor,KubernetesExecutor")),
    "2.11.2": together(AIRFLOW_2, CELERY, KUBERNETES, executor("CeleryExecutor,KubernetesExecutor")),
}


def _name(part: Any) -> str:
    return part if isinstance(part, str) else "-".join(str(key) for key in part)


@pytest.mark.parametrize(("version", "change", "wanted"), CHANGES, ids=_name)
def test_an_option_follows_its_value(version: str, change: dict[str, Any], wanted: Options) -> None:
    case = deployments.deployment("changed", version, "CeleryExecutor", "KubernetesExecutor", **change)
    assert options(case) == together(BASES[version], wanted)


@pytest.mark.parametrize(
    ("manager", "wanted"),
    [
        (
            "simple",
            {
                "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
                "simple_auth_manager_passwords_file": "/tmp/passwords.json",  # its home is read-only
            },
        ),
        ("company.auth.OwnManager", {"auth_manager": "company.auth.OwnManager"}),
    ],
)
def test_airflow_3_is_told_who_knows_the_users(manager: str, wanted: dict[str, str]) -> None:
    case = Case("auth", {"authManager": manager, "executors": ["LocalExecutor"]})
    assert options(case) == together(AIRFLOW_3, executor("LocalExecutor"), {"core": wanted})


PORTS = {8080: 1, 8974: 2, 8793: 3, 8794: 4, 5555: 5}
OTHER_PORTS: dict[str, Options] = {
    "3.3.2": {
        "api": {"port": "1"},
        "scheduler": {"scheduler_health_check_server_port": "2"},
        "logging": {"worker_log_server_port": "3", "trigger_log_server_port": "4"},
        "celery": {"flower_port": "5"},
    },
    "2.11.2": {
        "webserver": {"web_server_port": "1"},
        "scheduler": {"scheduler_health_check_server_port": "2"},
        "logging": {"worker_log_server_port": "3", "trigger_log_server_port": "4"},
        "celery": {"flower_port": "5"},
    },
}


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_a_local_run_moves_every_port_that_it_must(version: str) -> None:
    """Each option stands in both spellings then, because a local run does not care which Airflow reads the file."""
    case = deployments.deployment("ports", version, "CeleryExecutor", "KubernetesExecutor")
    found = options(replace(case, release=replace(RELEASE, ports=PORTS)))
    both = together(*OTHER_PORTS.values())
    assert found == together(BASES[version], both)


# --- options exist ---------------------------------------------------------------------------------------------------

_MORE: list[Case] = [
    deployments.deployment(
        "more",
        version,
        "CeleryExecutor",
        "KubernetesExecutor",
        **(INGRESS | {"plugins": {"plugin.py": "X = 1\n"}}),
    )
    for version in deployments.VERSIONS
] + [Case("simple", {"authManager": "simple", "airflowVersion": "3.3.2"})]
WITHOUT_EFFECT = {("2.11.2", "workers", "min_heartbeat_interval")}
"""Defaults of `config`, which users see as one list: Airflow 2 has no supervisor whose pace it would be."""


@across([*deployments.EVERY, *_MORE])
def test_airflow_knows_every_option_of_the_file(case: Case) -> None:
    version = case.document["airflowVersion"]
    unknown = {
        (version, section, option)
        for section, values in options(case).items()
        for option in values
        if known(version).get((section, option), Known(sensitive=True, deprecated=True)).deprecated
    }
    assert unknown == {found for found in WITHOUT_EFFECT if found[0] == version}


@pytest.mark.parametrize("version", deployments.VERSIONS)
def test_airflow_knows_every_option_of_a_port(version: str) -> None:
    for section, values in OTHER_PORTS[version].items():
        for option in values:
            assert (section, option) in known(version)


@across([*deployments.EVERY, *_MORE])
def test_airflow_knows_every_option_of_the_environment(case: Case) -> None:
    """Only of a secret option does Airflow read the form with `_CMD`."""
    sensitive = {f"AIRFLOW__{section}__{option}".upper(): mark for (section, option), mark in _known(case).items()}
    for name, container in containers(case).items():
        for variable in [*plain(container), *secrets(container)]:
            if variable.startswith("AIRFLOW__"):
                option = variable.removesuffix("_CMD")
                assert option in sensitive, (name, variable)
                assert option == variable or sensitive[option].sensitive, (name, variable)


def _known(case: Case) -> dict[tuple[str, str], Known]:
    return known(case.document["airflowVersion"])


@across([*deployments.EVERY, *_MORE])
def test_no_option_that_airflow_calls_a_secret_is_in_the_file(case: Case) -> None:
    for section, values in options(case).items():
        for option in values:
            mark = _known(case).get((section, option))
            assert mark is None or not mark.sensitive, (section, option)
