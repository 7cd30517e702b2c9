"""The webserver: UI, REST API and, on Airflow 3, the execution API (`airflow api-server`)."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.access import read_logs
from airflow_charts.parts.component import KUBERNETES_API, Component, Holds, Need, Port, other
from airflow_charts.parts.http import http_service, ingress
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.parts.option import Option, Variable
from airflow_charts.parts.pod import container_port, http_check, probed, secret_files
from airflow_charts.processes.airflow_pod import Program, replicated_airflow
from airflow_charts.processes.config import checksums
from airflow_charts.processes.environment import CONFIG
from airflow_charts.processes.keys import API_SECRET, FERNET, JWT
from airflow_charts.processes.services import DATABASE
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, digest, filled, fragment, negate, when
from airflow_charts.values import Values, conditions

API = Port(
    "http",
    8080,
    options=(("api", "port"), ("webserver", "web_server_port")),
    users="the UI and the REST API",
    peers=lambda values: values.webserver.ingress_peers,
)


@fragment
def webserver_url(values: Values, release: Release) -> str:
    """Scheme and host under which the release reaches the webserver."""
    service = f"{name_of(values, release, COMPONENT.name)}:{values.webserver.service.port}"
    return f"http://{release.address(COMPONENT.name, service)}"


@fragment
def base_url(values: Values, release: Release) -> str:
    """The URL that users see."""
    return when(
        filled(values.webserver.external_url),
        f"{values.webserver.external_url}{values.webserver.path}",
        f"{webserver_url(values, release)}{values.webserver.path}",
    )


def _workers(values: Values, release: Release) -> str:
    del release
    return f"{values.webserver.workers}"


def _config_file(values: Values, release: Release) -> str:
    del values
    return f"{release.path(CONFIG)}/webserver_config.py"


def _true(values: Values, release: Release) -> str:
    del values, release
    return "True"


@fragment
def login_data(values: Values) -> dict[str, str]:
    """How users log in."""
    return {
        "webserver_config.py": when(
            filled(values.webserver.config), values.webserver.config, "# Users are in Airflow's own database.\n"
        )
    }


def _has_config(values: Values) -> bool:
    """Whether the file that says how users log in is the chart's own."""
    return all_of(conditions.fab(values), negate(filled(values.webserver.config_secret)))


def program(values: Values, release: Release) -> Program:
    """What the webserver runs. Its start-up probe warms the execution API, whose first request takes seconds."""
    path, new = values.webserver.path, conditions.airflow_3(values)
    users = conditions.fab(values)
    existing = values.webserver.config_secret
    return Program(
        component=COMPONENT,
        args=when(
            new,
            lambda: ["airflow", "api-server", when(values.webserver.ingress.enabled, "--proxy-headers")],
            lambda: ["airflow", "webserver", "--pid", f"{release.path('/tmp')}/airflow-webserver.pid"],  # noqa: S108
        ),
        env=[
            when(
                all_of(new, values.webserver.ingress.enabled),
                # The Ingress controller's address is not known; it alone says which scheme and host the browser used.
                core_v1.EnvVar(name="FORWARDED_ALLOW_IPS", value="*"),
            )
        ],
        ports=[container_port(release, API)],
        startup=probed(
            values.webserver.startup_probe, http_check(when(new, f"{path}/execution/health", f"{path}/health"), "http")
        ),
        liveness=probed(
            values.webserver.liveness_probe,
            http_check(when(new, f"{path}/api/v2/version", f"{path}/api/v1/version"), "http"),
        ),
        readiness=probed(
            values.webserver.readiness_probe,
            http_check(when(new, f"{path}/api/v2/monitor/health", f"{path}/health"), "http"),
        ),
        waits_for_user=conditions.has_admin_user(values),
        config_sources=[
            when(_has_config(values), lambda: secret_files(name_of(values, release, "webserver-config"))),
            when(all_of(users, filled(existing)), lambda: secret_files(existing)),
        ],
        checksums={
            **checksums(values, release),
            "checksum/webserver-config": when(_has_config(values), lambda: digest(login_data(values), 16)),
        },
    )


def objects(values: Values, release: Release) -> list[object]:
    """The webserver's objects."""
    return [
        when(
            _has_config(values),
            lambda: core_v1.Secret(
                metadata=metadata(values, release, name_of(values, release, "webserver-config"), COMPONENT.name),
                type="Opaque",
                stringData=login_data(values),
            ),
        ),
        *replicated_airflow(values, release, values.webserver, program(values, release)),
        http_service(values, release, values.webserver, COMPONENT.name, API.number),
        ingress(values, release, values.webserver, COMPONENT.name),
    ]


def rules(values: Values) -> list[str]:
    """What is wrong with its values."""
    return [
        when(
            all_of(filled(values.webserver.config), filled(values.webserver.config_secret)),
            "webserver.configSecret: webserver.config is set too; set only one of them",
        ),
    ]


def notes(values: Values, release: Release) -> list[str]:
    """Where the UI is."""
    shown, service = values.webserver.external_url, name_of(values, release, COMPONENT.name)
    return [
        when(filled(shown), lambda: f"Open it:      {shown}{values.webserver.path}"),
        when(
            negate(filled(shown)),
            lambda: (
                f"Open it:      kubectl port-forward -n {release.namespace} service/{service} "
                f"{API.number}:{values.webserver.service.port}, then "
                f"http://localhost:{API.number}{values.webserver.path}"
            ),
        ),
    ]


COMPONENT = Component(
    name="webserver",
    settings=lambda values: values.webserver,
    objects=objects,
    reads_logs=True,
    serves=(API,),
    needs=(
        Need(DATABASE, "the state of everything"),
        Need(other("worker"), "the logs of running tasks"),
        Need(other("scheduler"), "the logs of running tasks", conditions.local),
        Need(other("triggerer"), "the logs of deferred tasks"),
        Need(KUBERNETES_API, "reads the logs of task pods", conditions.kubernetes),
    ),
    reaches=lambda values: values.network_policies.webserver_egress,
    keys=(Holds(FERNET), Holds(API_SECRET), Holds(JWT, conditions.airflow_3)),
    options=(
        Option(
            "core",
            "execution_api_server_url",
            "webserver.path",
            lambda values, release: f"{webserver_url(values, release)}{values.webserver.path}/execution/",
            conditions.airflow_3,
        ),
        Option("api", "base_url", "webserver.externalUrl", base_url, conditions.airflow_3),
        Option("api", "workers", "webserver.workers", _workers, conditions.airflow_3),
        Option("api", "port", "webserver.service.port"),
        Option("webserver", "base_url", "webserver.externalUrl", base_url, conditions.airflow_2),
        Option("webserver", "workers", "webserver.workers", _workers, conditions.airflow_2),
        Option("webserver", "config_file", "webserver.config", _config_file, conditions.airflow_2),
        Option("webserver", "enable_proxy_fix", "webserver.ingress", _true, conditions.airflow_2),
        Option("webserver", "web_server_port", "webserver.service.port"),
        Option("fab", "config_file", "webserver.config", _config_file, conditions.airflow_3),
        Option("fab", "enable_proxy_fix", "webserver.ingress", _true, conditions.airflow_3),
    ),
    verbs=read_logs,
    variables=(
        Variable("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "`webserver`"),
        Variable("AIRFLOW__API__BASE_URL", "`webserver.externalUrl` and `webserver.path`"),
        Variable("AIRFLOW__WEBSERVER__BASE_URL", "`webserver.externalUrl` and `webserver.path`"),
        Variable("FORWARDED_ALLOW_IPS", "`webserver.ingress.enabled`"),
    ),
    rules=rules,
    notes=notes,
)
