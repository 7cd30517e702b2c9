"""Rules about the settings of pods: names of the chart's own, and what the layers become together."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from airflow_charts.additions import ADDITIONS
from airflow_charts.parts.component import Component, Sets, components
from airflow_charts.parts.option import Variable
from airflow_charts.parts.pod_settings import airflow_pods, own_settings, pod_of
from airflow_charts.parts.reserved import Reserved
from airflow_charts.processes import airflow_pod, config, environment, keys, services
from airflow_charts.tracing import (
    OMIT,
    add,
    all_of,
    any_of,
    at,
    choose,
    distinct_lines,
    each,
    each_pair,
    filled,
    fragment,
    has_key,
    lines,
    negate,
    one_of,
    overlaid,
    size,
    text_at,
    when,
)
from airflow_charts.values import Values
from airflow_charts.values.kubernetes import Container, EnvVarSource, VolumeMount
from airflow_charts.values.pod import AirflowPods, ComponentSettings, Pod


def owned_variables() -> list[Variable]:
    """The environment variables that the chart sets itself."""
    own = [variable for component in components() for variable in component.variables]
    return [*environment.VARIABLES, *services.VARIABLES, *keys.VARIABLES, *config.VARIABLES, *own]


def reserved(*, airflow: bool) -> Reserved:
    """The names that the chart uses itself in pods of Airflow's image, or in all others."""
    among = [component for component in components() if component.airflow_image == airflow]
    shared = [airflow_pod.RESERVED, *(addition.reserved for addition in ADDITIONS)] if airflow else []
    found = [*shared, *(component.reserved for component in among)]
    return Reserved(
        volumes=tuple(dict.fromkeys(name for each in found for name in each.volumes)),
        paths=tuple(dict.fromkeys(path for each in found for path in each.paths)),
        containers=(
            *(name for each in found for name in each.containers),
            *(component.main_container for component in among),
        ),
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


def _refused_names(values: Values, path: str, pod: AirflowPods, names: Reserved) -> list[Any]:
    """Volumes, mounts and containers under names that the chart uses itself."""

    def mounted(place: str) -> bool:
        return any_of(one_of(place, *names.paths), all_of(values.dags.persistence.enabled, place == values.dags.path))

    def container(key: str, item: Container) -> str:
        name = text_at(item, "name")
        return when(
            one_of(name, *names.containers),
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
def pod_problems(values: Values, path: str, pod: AirflowPods, *, airflow: bool) -> str:
    """What is wrong with the settings that one section of the values gives to pods."""
    return lines(
        [
            when(filled(pod.env), partial(refused_env, path, pod)),
            when(
                all_of(filled(values.airflow_local_settings), has_key(pod.env, "PYTHONPATH")),
                f"{path}.env.PYTHONPATH: the chart sets it for airflowLocalSettings; bake the file into an image "
                "instead",
            ),
            *_refused_names(values, path, pod, reserved(airflow=airflow)),
        ]
    )


@fragment
def container_names(pod: Pod) -> str:
    """The names of the containers that users give to a pod, one in a line."""
    return lines([name for items in _containers(pod) for name in [*each(items, lambda item: text_at(item, "name"))]])


def _containers(pod: AirflowPods) -> tuple[list[Container], ...]:
    return pod.init_containers_first, pod.init_containers, pod.containers


@fragment
def merged_problems(path: str, pod: Pod, *, airflow: bool) -> str:
    """What is wrong with the settings of a pod, all layers taken together."""
    volumes = reserved(airflow=airflow).volumes
    return lines(
        [
            when(
                distinct_lines(container_names(pod)) < add(*map(size, _containers(pod))),
                f"{path}: two containers have one name, here and in airflowPods taken together; use different names",
            ),
            *each_pair(pod.env, lambda name, value: _two_sources(f"{path}.env.{name}", value)),
            *each_pair(pod.volumes, lambda name, volume: _two(f"{path}.volumes.{name}", "sources", volume)),
            *(_two_actions(path, pod, hook) for hook in ("postStart", "preStop")),
            *each_pair(pod.volume_mounts, lambda place, mount: _without_volume(path, pod, place, mount, volumes)),
        ]
    )


def _two(path: str, what: str, entry: Any) -> str:
    """Layers are merged key by key, so one of a layer may stand beside another of the layer below."""
    return when(
        size(entry) > 1,
        f"{path}: has two {what}, here and below taken together; give it only one (null takes a default away)",
    )


def _two_sources(path: str, value: str | EnvVarSource) -> str:
    found: str = choose(value, text=lambda _: OMIT, otherwise=lambda source: _two(path, "sources", source))
    return found


def _two_actions(path: str, pod: Pod, hook: str) -> str:
    hooks = cast("dict[str, Any]", pod.lifecycle)
    return when(has_key(hooks, hook), lambda: _two(f"{path}.lifecycle.{hook}", "actions", at(hooks, hook)))


def _without_volume(path: str, pod: Pod, place: str, mount: VolumeMount, volumes: tuple[str, ...]) -> str:
    name = text_at(mount, "name")
    return when(
        negate(any_of(has_key(pod.volumes, name), one_of(name, *volumes))),
        f"{path}.volumeMounts.{place}: there is no volume {name}; add it to the volumes there",
    )


@fragment
def section_problems(values: Values, path: str, own: AirflowPods, merged: Pod, *, airflow: bool) -> str:
    """What is wrong with the settings that a section gives to pods, and with what they become over the others."""
    return lines([pod_problems(values, path, own, airflow=airflow), merged_problems(path, merged, airflow=airflow)])


def about_pods(values: Values) -> list[Any]:
    """The rules of the settings of pods, for the sections that set any."""
    found: list[Any] = [
        when(
            _touched(values.airflow_pods),
            lambda: section_problems(values, "airflowPods", values.airflow_pods, airflow_pods(values), airflow=True),
        ),
    ]
    for component in components():
        settings = component.settings(values)
        found.append(when(filled(settings.pod), partial(_about, values, component, f"{component.path}.pod", settings)))
        found += [*_about_sets(values, component, component.sets)] if component.sets else []
    return found


def _about(values: Values, component: Component, path: str, settings: ComponentSettings) -> str:
    own, merged = own_settings(settings), pod_of(values, component, settings)
    return section_problems(values, path, own, merged, airflow=component.airflow_image)


def _touched(pod: AirflowPods) -> bool:
    maps = (pod.env, pod.volumes, pod.volume_mounts, pod.lifecycle)
    return any_of(*map(filled, maps), *map(filled, _containers(pod)))


def _about_sets(values: Values, component: Component, sets: Sets) -> list[str]:
    return each_pair(
        sets.of(values),
        lambda name, changes: when(
            has_key(changes, "pod"),
            lambda: _about(
                values,
                component,
                f"{component.path}.sets.{name}.pod",
                overlaid(component.settings(values), changes, sets.model),
            ),
        ),
    )
