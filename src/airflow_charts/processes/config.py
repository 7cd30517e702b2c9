"""The configuration that all components share: airflow.cfg, the chart's programs, plugins and settings files."""

from __future__ import annotations

from functools import partial

from airflow_charts.additions.logs import LOGS
from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import components
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.parts.scripts import scripts_data
from airflow_charts.processes.environment import CONFIG, PLUGINS
from airflow_charts.release import Release
from airflow_charts.tracing import (
    all_of,
    at,
    choose,
    digest,
    each_pair,
    filled,
    fragment,
    given,
    has_key,
    join,
    lines,
    negate,
    replace,
    text_digest,
    to_json,
    when,
)
from airflow_charts.values import Values, conditions

_FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
_SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


@fragment
def webserver_url(values: Values, release: Release) -> str:
    """Scheme and host under which the release reaches the webserver."""
    service = f"{name_of(values, release, 'webserver')}:{values.webserver.service.port}"
    return f"http://{release.address('webserver', service)}"


@fragment
def base_url(values: Values, release: Release) -> str:
    """The URL that users see."""
    return when(
        filled(values.webserver.external_url),
        f"{values.webserver.external_url}{values.webserver.path}",
        f"{webserver_url(values, release)}{values.webserver.path}",
    )


@fragment
def auth_manager(values: Values) -> str:
    """The class path of the auth manager of Airflow 3."""
    return when(
        values.auth_manager == "fab", _FAB, when(values.auth_manager == "simple", _SIMPLE, f"{values.auth_manager}")
    )


def chart_options(values: Values, release: Release) -> dict[str, list[str]]:
    """The options of airflow.cfg that follow from other values, as lines; `config` may not set them."""
    new = conditions.airflow_3(values)
    old = negate(new)
    ports = _other_ports(release)
    celery, kubernetes = conditions.celery(values), conditions.kubernetes(values)
    web, path = values.webserver, values.webserver.path
    return {
        "core": [
            f"executor = {join(values.executors, ',')}",
            f"dags_folder = {values.dags.path}",
            given(values.plugins, lambda _: f"plugins_folder = {release.path(PLUGINS)}"),
            "hostname_callable = airflow.utils.net.get_host_ip_address",
            when(new, lambda: f"auth_manager = {auth_manager(values)}"),
            when(
                all_of(new, values.auth_manager == "simple"),
                f"simple_auth_manager_passwords_file = {release.path('/tmp')}/passwords.json",  # noqa: S108
            ),
            when(new, lambda: f"execution_api_server_url = {webserver_url(values, release)}{path}/execution/"),
        ],
        "logging": [
            f"base_log_folder = {release.path(LOGS)}",
            when(new, f"dag_processor_child_process_log_directory = {release.path(LOGS)}/dag_processor"),
            *ports.get("logging", []),
        ],
        "api": [
            when(new, lambda: f"base_url = {base_url(values, release)}"),
            when(new, lambda: f"workers = {web.workers}"),
            *ports.get("api", []),
        ],
        "webserver": [
            when(old, lambda: f"base_url = {base_url(values, release)}"),
            when(old, lambda: f"workers = {web.workers}"),
            when(old, f"config_file = {release.path(CONFIG)}/webserver_config.py"),
            when(old, "enable_proxy_fix = True"),
            *ports.get("webserver", []),
        ],
        "fab": [
            when(new, f"config_file = {release.path(CONFIG)}/webserver_config.py"),
            when(new, "enable_proxy_fix = True"),
        ],
        "scheduler": [
            when(new, "enable_health_check = True"),
            when(old, f"child_process_log_directory = {release.path(LOGS)}/scheduler"),
            when(all_of(old, values.dag_processor.enabled), "standalone_dag_processor = True"),
            *ports.get("scheduler", []),
        ],
        "triggerer": [
            when(new, lambda: f"capacity = {values.triggerer.capacity}"),
            when(old, lambda: f"default_capacity = {values.triggerer.capacity}"),
        ],
        "celery": [
            when(celery, lambda: given(values.flower.path, lambda prefix: f"flower_url_prefix = {prefix}")),
            *ports.get("celery", []),
        ],
        "celery_broker_transport_options": [
            when(celery, lambda: f"visibility_timeout = {values.broker.visibility_timeout}"),
        ],
        "kubernetes_executor": [
            when(kubernetes, lambda: f"namespace = {release.namespace}"),
            when(kubernetes, f"pod_template_file = {release.path(CONFIG)}/pod_template.yaml"),
        ],
    }


def _other_ports(release: Release) -> dict[str, list[str]]:
    """The options for ports that are not the usual ones, by their section."""
    found: dict[str, list[str]] = {}
    ports = dict.fromkeys(port for component in components() for port in component.serves)
    for port in ports:
        if port.number in release.ports:
            for section, option in port.options:
                found.setdefault(section, []).append(f"{option} = {release.port(port.number)}")
    return found


def _options(options: dict[str, str | int | bool]) -> list[str]:
    """The user's options of a section: `%` doubled, as configparser wants it, and further lines indented."""
    return each_pair(
        options,
        lambda key, value: choose(
            value,
            text=lambda text: f"{key} = {replace(replace(text, '%', '%%'), _BREAK, _CONTINUED)}",
            otherwise=lambda other: f"{key} = {to_json(other)}",
        ),
    )


_BREAK = "\n"
_CONTINUED = "\n    "


@fragment
def airflow_cfg(values: Values, release: Release) -> str:
    """The text of airflow.cfg: what follows from other values, then the sections of `config`."""
    chart = chart_options(values, release)
    parts: list[str] = []
    for section, options in chart.items():
        parts += [
            f"[{section}]",
            *options,
            *when(has_key(values.config, section), partial(_user_section, values, section)),
            "",
        ]
    others = each_pair(
        values.config,
        lambda section, options: when(
            all_of(*(section != known for known in chart)),
            lambda: [f"[{section}]", *_options(options), ""],
        ),
    )
    return lines([*parts, *others])


def _user_section(values: Values, section: str) -> list[str]:
    return _options(at(values.config, section))


@fragment
def config_data(values: Values, release: Release) -> dict[str, str]:
    """The files that every component reads."""
    return {
        "airflow.cfg": airflow_cfg(values, release),
        "airflow_local_settings.py": given(values.airflow_local_settings, lambda text: text),
    }


@fragment
def plugins_data(values: Values) -> dict[str, str]:
    """The plugin files."""
    return values.plugins


@fragment
def webserver_config_data(values: Values) -> dict[str, str]:
    """The file of the webserver: how users log in."""
    return {
        "webserver_config.py": when(
            filled(values.webserver.config), values.webserver.config, "# Users are in Airflow's own database.\n"
        )
    }


def checksums(values: Values, release: Release) -> dict[str, str]:
    """What restarts a pod when its configuration changes."""
    return {
        "checksum/config": text_digest(f"{airflow_cfg(values, release)}{values.airflow_local_settings}", 16),
        "checksum/plugins": when(filled(values.plugins), lambda: digest(plugins_data(values), 16)),
    }


def objects(values: Values, release: Release) -> list[core_v1.ConfigMap | core_v1.Secret]:
    """The ConfigMaps and Secrets of the configuration."""
    return [
        core_v1.ConfigMap(
            metadata=metadata(values, release, name_of(values, release, "config"), "config"),
            data=config_data(values, release),
        ),
        core_v1.ConfigMap(
            metadata=metadata(values, release, name_of(values, release, "scripts"), "config"),
            data=scripts_data(),
        ),
        when(
            filled(values.plugins),
            lambda: core_v1.ConfigMap(
                metadata=metadata(values, release, name_of(values, release, "plugins"), "config"),
                data=plugins_data(values),
            ),
        ),
        when(
            all_of(conditions.fab(values), negate(filled(values.webserver.config_secret))),
            lambda: core_v1.Secret(
                metadata=metadata(values, release, name_of(values, release, "webserver-config"), "webserver"),
                type="Opaque",
                stringData=webserver_config_data(values),
            ),
        ),
    ]
