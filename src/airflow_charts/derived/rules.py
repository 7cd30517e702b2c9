"""Rules across values: what the schema cannot say. Each names the path and what to write instead.

Helm prints all broken rules at once (`templates/rules`), the call raises `InvalidValuesError` with the same lines.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from airflow_charts.parts.component import components
from airflow_charts.parts.option import Variable
from airflow_charts.processes import config, environment, keys, services
from airflow_charts.processes.credentials import is_missing, records
from airflow_charts.tracing import (
    add,
    all_of,
    any_of,
    at,
    at_least,
    contains,
    distinct_lines,
    each,
    each_pair,
    filled,
    fragment,
    has_control_characters,
    has_key,
    lines,
    negate,
    one_of,
    overlaid,
    size,
    text_at,
    to_json,
    when,
)
from airflow_charts.values import Values, conditions
from airflow_charts.values.kubernetes import Container, Volume, VolumeMount
from airflow_charts.values.pod import PodSettings


def owned_variables() -> list[Variable]:
    """The environment variables that the chart sets itself."""
    own = [variable for component in components() for variable in component.variables]
    return [*environment.VARIABLES, *services.VARIABLES, *keys.VARIABLES, *config.VARIABLES, *own]


def owned_options() -> dict[str, dict[str, str]]:
    """Options of airflow.cfg that follow from other values, or hold credentials: section -> option -> value to set."""
    found: dict[str, dict[str, str]] = {}
    for option in config.chart_options():
        found.setdefault(option.section, {})[option.key] = option.instead
    return found


SENSITIVE_OPTIONS = (
    ("smtp", "smtp_password"),
    ("smtp", "smtp_user"),
    ("sentry", "sentry_dsn"),
    ("atlas", "password"),
    ("secrets", "backend_kwargs"),
    ("workers", "secrets_backend_kwargs"),
    ("opensearch", "password"),
    ("opensearch", "username"),
    ("elasticsearch", "host"),
    ("dag_processor", "dag_bundle_config_list"),
)
"""Options that may hold credentials, which must not be in a ConfigMap: they go into `pods.env` from a Secret."""
_ONLY_ENV = tuple((section, key) for section, key in SENSITIVE_OPTIONS if section != "dag_processor")

OWNED_VOLUMES = ("config", "scripts", "tmp", "logs", "dags", "plugins", "data", "run")
OWNED_PATHS = (
    "/etc/airflow",
    "/etc/airflow-scripts",
    "/etc/airflow-plugins",
    "/opt/airflow/logs",
    "/tmp",  # noqa: S108 - a path in containers
    "/data",
    "/var/run/postgresql",
)
OWNED_CONTAINERS = ("wait-for-schema", "log-cleaner")


@fragment
def refused_env(path: str, settings: PodSettings) -> str:
    """Environment variables that the chart sets itself."""
    return lines(
        [
            when(has_key(settings.env, owned.name), f"{path}.env.{owned.name}: the chart sets it; use {owned.instead}")
            for owned in owned_variables()
        ]
    )


@fragment
def refused_names(values: Values, path: str, settings: PodSettings) -> str:
    """Volumes, mounts and containers under names that the chart uses itself."""

    def volume(item: Volume) -> str:
        name = text_at(item, "name")
        return when(one_of(name, *OWNED_VOLUMES), f"{path}.volumes: the chart has a volume {name}; use another name")

    def volume_mount(item: VolumeMount) -> str:
        place = text_at(item, "mountPath")
        dags = all_of(values.dags.persistence.enabled, place == values.dags.path)
        return when(
            any_of(one_of(place, *OWNED_PATHS), dags),
            f"{path}.volumeMounts: the chart mounts {place} itself; use another path",
        )

    def container(key: str, item: Container) -> str:
        name = text_at(item, "name")
        return when(
            one_of(name, *OWNED_CONTAINERS, *main_containers()),
            f"{path}.{key}: the chart has a container {name}; use another name",
        )

    return lines(
        [
            *each(settings.volumes, volume),
            *each(settings.volume_mounts, volume_mount),
            *each(settings.init_containers_first, partial(container, "initContainersFirst")),
            *each(settings.init_containers, partial(container, "initContainers")),
            *each(settings.containers, partial(container, "containers")),
        ]
    )


def _lists_of(section: PodSettings) -> dict[str, list[Any]]:
    """A section's lists of things that have names, which a pod must not hold twice."""
    return {
        "volumes": [section.volumes],
        "volumeMounts": [section.volume_mounts],
        "containers": [section.init_containers_first, section.init_containers, section.containers],
    }


def _lists(values: Values, settings: PodSettings, kind: str, *, alone: bool) -> list[Any]:
    """The lists that a pod's volumes, mounts or containers come from: its component's, and those of all pods."""
    sections = [settings] if alone else [values.pods, settings]
    return [items for section in sections for items in _lists_of(section)[kind]]


@fragment
def names_of(values: Values, settings: PodSettings, *, kind: str, alone: bool) -> str:
    """The names of a pod's volumes or containers, or the paths of its mounts, one in a line."""
    key = "mountPath" if kind == "volumeMounts" else "name"
    found: list[Any] = []
    for items in _lists(values, settings, kind, alone=alone):
        found += [*each(items, lambda item: text_at(item, key))]
    return lines(found)


def _repeated(values: Values, path: str, settings: PodSettings, *, alone: bool) -> list[str]:
    """What stands twice among the user's own volumes, mounts and containers."""
    where = "" if alone else ", here and under pods taken together"
    return [
        when(
            distinct_lines(names_of(values, settings, kind=kind, alone=alone))
            < add(*(size(items) for items in _lists(values, settings, kind, alone=alone))),
            f"{path}.{kind}: a name stands twice{where}; use different names",
        )
        for kind in ("volumes", "volumeMounts", "containers")
    ]


@fragment
def pod_problems(values: Values, path: str, settings: PodSettings, *, alone: bool) -> str:
    """The rules of the settings of pods; `alone` for those of all pods, which are part of every other."""
    lists = any_of(*(filled(items) for some in _lists_of(settings).values() for items in some))
    return lines(
        [
            when(filled(settings.env), partial(refused_env, path, settings)),
            when(
                all_of(filled(values.airflow_local_settings), has_key(settings.env, "PYTHONPATH")),
                f"{path}.env.PYTHONPATH: the chart sets it for airflowLocalSettings; bake the file into an image "
                "instead",
            ),
            when(lists, partial(refused_names, values, path, settings)),
            *when(lists, partial(_repeated, values, path, settings, alone=alone)),
        ]
    )


def _about_pods(values: Values, path: str, settings: PodSettings) -> str:
    """The rules of a section of pods, for one that sets any of what they are about."""
    touched = any_of(filled(settings.env), *(filled(items) for some in _lists_of(settings).values() for items in some))
    return when(touched, lambda: pod_problems(values, path, settings, alone=path == "pods"))


def _about_sets(values: Values) -> list[Any]:
    touched = ("env", "volumes", "volumeMounts", "initContainersFirst", "initContainers", "containers")
    sets: dict[str, Any] = values.workers.sets
    return each_pair(
        sets,
        lambda name, changes: [
            when(
                has_key(changes, "serviceAccount"),
                f"workers.sets.{name}.serviceAccount: all sets share one; set workers.serviceAccount",
            ),
            when(
                any_of(*(has_key(changes, key) for key in touched)),
                lambda: pod_problems(values, f"workers.sets.{name}", overlaid(values.workers, changes), alone=False),
            ),
        ],
    )


def main_containers() -> list[str]:
    """The names of the components' own containers."""
    return [component.main_container for component in components()]


def _sections(values: Values) -> dict[str, PodSettings]:
    return {"pods": values.pods, **{component.path: component.settings(values) for component in components()}}


def _about_airflow(values: Values) -> list[str]:
    new = conditions.airflow_3(values)
    return [
        when(
            negate(at_least(values.airflow_version, "2.11.0")),
            "airflowVersion: the chart runs Airflow 2.11 and 3.x; use 2.11.0 or newer",
        ),
        when(
            all_of(negate(new), at_least(values.airflow_version, "2.12.0")),
            "airflowVersion: there is no such Airflow; use 2.11.x or 3.x",
        ),
        when(at_least(values.airflow_version, "4.0.0"), "airflowVersion: the chart runs Airflow 2.11 and 3.x"),
        when(
            all_of(new, contains(values.executors, "CeleryKubernetesExecutor")),
            "executors: Airflow 3 has no CeleryKubernetesExecutor; write [CeleryExecutor, KubernetesExecutor]",
        ),
        when(
            all_of(new, contains(values.executors, "LocalKubernetesExecutor")),
            "executors: Airflow 3 has no LocalKubernetesExecutor; write [LocalExecutor, KubernetesExecutor]",
        ),
        when(
            one_of(values.dags.path, *OWNED_PATHS),
            "dags.path: the chart mounts this folder itself; use another one",
        ),
        when(
            has_control_characters(to_json(values)),
            "a value holds a control character, which Kubernetes' YAML cannot carry; remove it",
        ),
    ]


def _about_credentials(values: Values) -> list[str]:
    found: list[str] = []
    for record in records():
        credential, path = record.of(values), record.path
        found += [
            when(
                all_of(is_missing(values, record), negate(values.secrets.generate)),
                f"{path}.existingSecret: is empty and secrets.generate is false; name the Secret that holds it",
            ),
            when(
                all_of(filled(credential.value), filled(credential.existing_secret)),
                f"{path}.value: {path}.existingSecret is set too; set only one of them",
            ),
        ]
    return found


def _about_config(values: Values) -> list[str]:
    found: list[str] = []
    for section, options in owned_options().items():
        found += [*when(has_key(values.config, section), partial(_owned_options, values, section, options))]
    for section, option in _ONLY_ENV:
        found += [*when(has_key(values.config, section), partial(_sensitive_option, values, section, option))]
    return found


def _owned_options(values: Values, section: str, options: dict[str, str]) -> list[str]:
    given = at(values.config, section)
    return [
        when(has_key(given, option), f"config.{section}.{option}: the chart sets it; use the value {instead}")
        for option, instead in options.items()
    ]


def _sensitive_option(values: Values, section: str, option: str) -> list[str]:
    variable = f"AIRFLOW__{section.upper()}__{option.upper()}"
    return [
        when(
            has_key(at(values.config, section), option),
            f"config.{section}.{option}: may hold a credential, and airflow.cfg is in a ConfigMap; "
            f"set pods.env.{variable} from a Secret (secretKeyRef)",
        )
    ]


@fragment
def problems(values: Values) -> str:
    """Every broken rule, one in a line; empty when the values are valid."""
    found = [
        *_about_airflow(values),
        *(line for component in components() if component.rules for line in component.rules(values)),
        *services.rules(values),
        *_about_credentials(values),
        *_about_config(values),
    ]
    found += [_about_pods(values, path, settings) for path, settings in _sections(values).items()]
    return lines([*found, *_about_sets(values)])
