"""The configuration that all components share: airflow.cfg, the chart's programs, plugins and settings files."""

from __future__ import annotations

from functools import partial

from airflow_charts.additions import ADDITIONS
from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import components
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.parts.option import Option, Variable
from airflow_charts.parts.scripts import scripts_data
from airflow_charts.processes import keys, services
from airflow_charts.processes.environment import PLUGINS
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
    replace,
    text_digest,
    to_json,
    when,
)
from airflow_charts.values import Values, conditions

_FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
_SIMPLE = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


@fragment
def auth_manager(values: Values) -> str:
    """The class path of the auth manager of Airflow 3."""
    return when(
        values.auth_manager == "fab", _FAB, when(values.auth_manager == "simple", _SIMPLE, f"{values.auth_manager}")
    )


def _has_plugins(values: Values) -> bool:
    return filled(values.plugins)


def _is_simple(values: Values) -> bool:
    return all_of(conditions.airflow_3(values), values.auth_manager == "simple")


def _passwords_file(values: Values, release: Release) -> str:
    del values
    return f"{release.path('/tmp')}/passwords.json"  # noqa: S108 - a path in the container


_OF_ALL = (
    Option("core", "executor", "executors", lambda values, _: join(values.executors, ",")),
    Option("core", "plugins_folder", "plugins", lambda _, release: release.path(PLUGINS), _has_plugins),
    Option("core", "hostname_callable", "env", lambda _, __: "airflow.utils.net.get_host_ip_address"),
    Option("core", "auth_manager", "authManager", lambda values, _: auth_manager(values), conditions.airflow_3),
    Option("core", "simple_auth_manager_passwords_file", "authManager", _passwords_file, _is_simple),
    *(option for addition in ADDITIONS for option in addition.options),
    *keys.OPTIONS,
)
VARIABLES = (
    Variable("AIRFLOW__CORE__EXECUTOR", "`executors`"),
    Variable("AIRFLOW__CORE__DAGS_FOLDER", "`dags.path`"),
    Variable("AIRFLOW__CORE__AUTH_MANAGER", "`authManager`"),
    *(variable for addition in ADDITIONS for variable in addition.variables),
)
"""Options that everybody knows by these names."""


def chart_options() -> list[Option]:
    """Every option that the chart sets itself, in the order of airflow.cfg."""
    return [*_OF_ALL, *(option for component in components() for option in component.options), *services.OPTIONS]


def _chart_lines(values: Values, release: Release) -> dict[str, list[str]]:
    """What the chart writes into airflow.cfg: the lines of each section."""
    ports = _other_ports(release)
    options = chart_options()
    found: dict[str, list[str]] = {option.section: [] for option in options}
    for option in options:
        if option.value:
            found[option.section] += [*when(option.when(values), partial(_line, values, release, option))]
    written = {option.section for option in options if option.value}
    return {section: [*lines, *ports.get(section, [])] for section, lines in found.items() if section in written}


def _line(values: Values, release: Release, option: Option) -> list[str]:
    assert option.value is not None  # noqa: S101 - asked for lines only
    return [f"{option.key} = {option.value(values, release)}"]


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
    chart = _chart_lines(values, release)
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


def checksums(values: Values, release: Release) -> dict[str, str]:
    """What restarts a pod when its configuration changes."""
    return {
        "checksum/config": text_digest(f"{airflow_cfg(values, release)}{values.airflow_local_settings}", 16),
        "checksum/plugins": when(filled(values.plugins), lambda: digest(plugins_data(values), 16)),
    }


def objects(values: Values, release: Release) -> list[core_v1.ConfigMap]:
    """The ConfigMaps of the configuration."""
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
    ]
