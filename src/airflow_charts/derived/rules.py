"""Rules across values: what the schema cannot say. Each names the path and what to write instead.

Helm prints all broken rules at once (`templates/rules`), the call raises `InvalidValuesError` with the same lines.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from airflow_charts.additions import ADDITIONS
from airflow_charts.parts.component import Component, Sets, components
from airflow_charts.parts.option import Variable
from airflow_charts.parts.pod_settings import bare_pod, pod_of
from airflow_charts.parts.reserved import Reserved
from airflow_charts.processes import airflow_pod, config, environment, keys, services
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
    from_json,
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
from airflow_charts.values.kubernetes import Container
from airflow_charts.values.pod import AirflowPods, ComponentSettings, Pod


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
"""Options that may hold credentials, which must not be in a ConfigMap: they go into `airflowPods.env` from a Secret."""
_ONLY_ENV = tuple((section, key) for section, key in SENSITIVE_OPTIONS if section != "dag_processor")


def reserved() -> Reserved:
    """The names of volumes and containers that the chart uses itself, and the paths where it mounts something."""
    of_components = [component.reserved for component in components()]
    found = [airflow_pod.RESERVED, *(addition.reserved for addition in ADDITIONS), *of_components]
    return Reserved(
        volumes=tuple(dict.fromkeys(name for each in found for name in each.volumes)),
        paths=tuple(dict.fromkeys(path for each in found for path in each.paths)),
        containers=tuple(name for each in found for name in each.containers),
    )


@fragment
def refused_env(path: str, pod: AirflowPods) -> str:
    """Environment variables that the chart sets itself."""
    return lines(
        [
            when(has_key(pod.env, owned.name), f"{path}.env.{owned.name}: the chart sets it; use {owned.instead}")
            for owned in owned_variables()
        ]
    )


def _refused_names(values: Values, path: str, pod: AirflowPods) -> list[Any]:
    """Volumes, mounts and containers under names that the chart uses itself."""
    names = reserved()

    def mounted(place: str) -> bool:
        return any_of(one_of(place, *names.paths), all_of(values.dags.persistence.enabled, place == values.dags.path))

    def container(key: str, item: Container) -> str:
        name = text_at(item, "name")
        return when(
            one_of(name, *names.containers, *main_containers()),
            f"{path}.{key}: the chart has a container {name}; use another name",
        )

    return [
        *each_pair(
            pod.volumes,
            lambda name, _: when(
                one_of(name, *names.volumes), f"{path}.volumes.{name}: the chart has this volume; use another name"
            ),
        ),
        *each_pair(
            pod.volume_mounts,
            lambda place, _: when(
                mounted(place), f"{path}.volumeMounts.{place}: the chart mounts it itself; use another path"
            ),
        ),
        *each(pod.init_containers_first, partial(container, "initContainersFirst")),
        *each(pod.init_containers, partial(container, "initContainers")),
        *each(pod.containers, partial(container, "containers")),
    ]


@fragment
def pod_problems(values: Values, path: str, pod: AirflowPods) -> str:
    """What is wrong with the settings that one section of the values gives to pods."""
    return lines(
        [
            when(filled(pod.env), partial(refused_env, path, pod)),
            when(
                all_of(filled(values.airflow_local_settings), has_key(pod.env, "PYTHONPATH")),
                f"{path}.env.PYTHONPATH: the chart sets it for airflowLocalSettings; bake the file into an image "
                "instead",
            ),
            *_refused_names(values, path, pod),
        ]
    )


@fragment
def container_names(pod: Pod) -> str:
    """The names of the containers that users give to a pod, one in a line."""
    named = [*each(pod.init_containers_first, _name), *each(pod.init_containers, _name), *each(pod.containers, _name)]
    return lines(named)


def _name(item: Container) -> str:
    return text_at(item, "name")


@fragment
def repeated_containers(path: str, pod: Pod) -> str:
    """Whether a container stands twice in a pod, in its own section and in `airflowPods` taken together."""
    every = (pod.init_containers_first, pod.init_containers, pod.containers)
    return lines(
        [
            when(
                distinct_lines(container_names(pod)) < add(*map(size, every)),
                f"{path}: two containers have one name, here and in airflowPods taken together; use different names",
            )
        ]
    )


@fragment
def component_problems(values: Values, path: str, settings: ComponentSettings) -> str:
    """What is wrong with a component's own settings of its pods."""
    own = overlaid(from_json(bare_pod()), settings.pod, Pod)
    return lines(
        [
            pod_problems(values, path, own),
            repeated_containers(path, pod_of(values, settings)),
        ]
    )


def _about_pods(values: Values) -> list[Any]:
    found: list[Any] = [
        when(_touched(values.airflow_pods), lambda: pod_problems(values, "airflowPods", values.airflow_pods))
    ]
    for component in components():
        settings = component.settings(values)
        found.append(when(filled(settings.pod), partial(component_problems, values, f"{component.path}.pod", settings)))
        found += [*_about_sets(values, component, component.sets)] if component.sets else []
    return found


def _touched(pod: AirflowPods) -> bool:
    lists = (pod.init_containers_first, pod.init_containers, pod.containers)
    return any_of(*(filled(items) for items in (pod.env, pod.volumes, pod.volume_mounts, *lists)))


def _about_sets(values: Values, component: Component, sets: Sets) -> list[str]:
    return each_pair(
        sets.of(values),
        lambda name, changes: when(
            has_key(changes, "pod"),
            lambda: component_problems(
                values,
                f"{component.path}.sets.{name}.pod",
                overlaid(component.settings(values), changes, sets.model),
            ),
        ),
    )


def main_containers() -> list[str]:
    """The names of the components' own containers."""
    return [component.main_container for component in components()]


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
            one_of(values.dags.path, *reserved().paths),
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
            f"set airflowPods.env.{variable} from a Secret (secretKeyRef)",
        )
    ]


@fragment
def problems(values: Values) -> str:
    """Every broken rule, one in a line; empty when the values are valid."""
    found = [
        *_about_airflow(values),
        *(line for component in components() if component.rules for line in component.rules(values)),
        *(line for addition in ADDITIONS if addition.rules for line in addition.rules(values)),
        *services.rules(values),
        *_about_credentials(values),
        *_about_config(values),
    ]
    return lines([*found, *_about_pods(values)])
