"""The environment of the processes of Airflow: what all have, and the credentials that each needs."""

from __future__ import annotations

from functools import partial

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Component
from airflow_charts.parts.option import Variable
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, any_of, filled, fragment, when
from airflow_charts.values import Values

CONFIG = "/etc/airflow"
"""Where configuration is mounted: never over AIRFLOW_HOME, where images keep DAGs and plugins."""
PLUGINS = "/etc/airflow-plugins"
VARIABLES = (
    Variable("AIRFLOW_CONFIG", "`config`"),
    Variable("AIRFLOW_HOME", "an image of your own"),
    Variable("CONNECTION_CHECK_MAX_COUNT", "nothing: pods wait for the schema by themselves"),
    Variable("DUMB_INIT_SETSID", "nothing: workers stop gracefully"),
)


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


def credentials_env(values: Values, release: Release, component: Component) -> list[core_v1.EnvVar]:
    """Exactly the credentials that a component's needs and keys ask for."""
    found: list[core_v1.EnvVar] = []
    optional = {"optional": True} if component.makes_credentials else {}
    for need in component.needs:
        if need.service.env:
            found += [*when(need.when(values), partial(need.service.env, values, release, **optional))]
    for held in component.keys:
        found += [*when(held.when(values), partial(held.key.env, values, release))]
    return found


def makes_uris(values: Values, component: Component) -> bool:
    """Whether the environment of a component has a URI that connection_uri.py makes."""
    return any_of(*(all_of(need.when(values), need.service.makes_uri(values)) for need in component.needs))
