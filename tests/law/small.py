"""A small deployment that uses every operation: the law is proven on it before Airflow is."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from pydantic import Field

from airflow_charts.k8s import apps_v1, core_v1, meta_v1
from airflow_charts.release import Release
from airflow_charts.tracing import (
    OMIT,
    add,
    all_of,
    any_of,
    at,
    at_least,
    b64encode,
    choose,
    combine,
    contains,
    digest,
    distinct_lines,
    each,
    each_entry,
    each_pair,
    filled,
    first_of,
    fragment,
    from_json,
    given,
    has_control_characters,
    has_key,
    holds,
    join,
    json_text,
    length,
    let,
    lines,
    matches,
    multiply,
    negate,
    one_of,
    overlaid,
    overlay,
    replace,
    size,
    starts_with,
    text_at,
    text_digest,
    to_json,
    trim_end,
    truncate,
    union,
    urlquote,
    when,
)
from airflow_charts.values.base import Count, EnvName, Name, ObjectName, Partial, Section, Version, empty, no_items
from airflow_charts.values.kubernetes import Affinity, EnvVarSource, Toleration


class Settings(Section):
    """What every pod has."""

    labels: dict[str, str] = empty()
    """Labels."""
    affinity: Affinity = empty()
    """Affinity."""
    tolerations: list[Toleration] = no_items()
    """Tolerations."""
    env: dict[EnvName, str | EnvVarSource] = empty()
    """Environment."""


class Server(Settings):
    enabled: bool = True
    """Whether it runs."""
    replicas: Count = 1
    """How many pods."""
    scale: Count = 2
    """A number."""
    sets: dict[Name, Annotated[Settings, Partial()]] = empty()
    """Variants of the settings."""


class SmallValues(Section):
    version: Version = "3.3.2"
    """The version."""
    title: str = "hello"
    """Any text."""
    name_override: ObjectName = ""
    """Another name."""
    hosts: list[str] = no_items()
    """Hosts."""
    files: dict[Annotated[str, Field(pattern=r"^[a-z]+$")], str] = empty()
    """Files."""
    password: str = ""
    """A password."""
    pods: Settings = Settings()
    """For all."""
    server: Server = Server()
    """The server."""


@fragment
def small_name(values: SmallValues, release: Release) -> str:
    """The name of everything."""
    return when(
        filled(values.name_override),
        truncate(values.name_override, 20),
        when(release.name == release.chart, f"{release.name}", f"{release.name}-{release.chart}"),
    )


@fragment
def small_labels(values: SmallValues, release: Release, component: str, settings: Settings) -> dict[str, str]:
    """Labels of an object."""
    return union(
        {"app.kubernetes.io/name": small_name(values, release), "app.kubernetes.io/component": component},
        overlay(values.pods.labels, settings.labels),
    )


@fragment
def small_scheduling(values: SmallValues, settings: Settings) -> core_v1.PodSpec:
    """Where a pod may run."""
    return core_v1.PodSpec(
        containers=OMIT,
        affinity=first_of(settings.affinity, values.pods.affinity),
        tolerations=first_of(settings.tolerations, values.pods.tolerations),
    )


@fragment
def small_env(values: SmallValues, settings: Settings) -> list[core_v1.EnvVar]:
    """Environment of a container."""

    def variable(name: str, value: str | core_v1.EnvVarSource) -> core_v1.EnvVar:
        return choose(
            value,
            text=lambda text: core_v1.EnvVar(name=name, value=text),
            otherwise=lambda source: core_v1.EnvVar(name=name, valueFrom=source),
        )

    return [
        *each_pair(
            values.pods.env,
            lambda name, value: when(negate(has_key(settings.env, name)), lambda: variable(name, value)),
        ),
        *each_pair(settings.env, variable),
    ]


@fragment
def small_script(values: SmallValues) -> str:
    """A file of lines."""
    return lines(
        [
            "# header",
            "",
            f"title = {replace(values.title, '%', '%%')}",
            when(values.server.enabled, "enabled"),
            *each(values.hosts, lambda host: f"host {host}"),
            *each_pair(values.files, lambda name, text: f"{name}={text}"),
            "end",
        ]
    )


@fragment
def small_data(values: SmallValues) -> dict[str, str]:
    """The data of the ConfigMap."""
    return union(
        {"script": small_script(values)},
        each_entry(values.files, lambda name, text: {f"{name}.txt": text}),
    )


class Monitor(msgspec.Struct, kw_only=True, frozen=True):
    """A kind that a CRD brings, typed as CONTRIBUTING.md says."""

    apiVersion: str = "monitoring.example.com/v1"  # noqa: N815 - the field's own name
    kind: str = "Monitor"
    metadata: meta_v1.ObjectMeta | None = None
    spec: MonitorSpec | None = None


class MonitorSpec(msgspec.Struct, kw_only=True, frozen=True):
    interval: str | None = None
    endpoints: list[str] | None = None


def config(values: SmallValues, release: Release) -> list[object]:
    return [
        Monitor(
            metadata=meta_v1.ObjectMeta(name=f"{small_name(values, release)}-monitor"),
            spec=MonitorSpec(interval=when(values.server.enabled, "30s"), endpoints=[*values.hosts]),
        ),
        core_v1.ConfigMap(
            metadata=meta_v1.ObjectMeta(name=f"{small_name(values, release)}-config"),
            data=small_data(values),
        ),
        given(
            values.password,
            lambda password: core_v1.Secret(
                metadata=meta_v1.ObjectMeta(name=f"{small_name(values, release)}-password"),
                type="Opaque",
                data={"password": b64encode(password), "url": b64encode(f"redis://:{urlquote(password)}@host")},
            ),
        ),
    ]


def container(values: SmallValues, release: Release, settings: Settings) -> core_v1.Container:
    return core_v1.Container(
        name="main",
        image=f"registry/{trim_end(values.title, 'lo')}:{values.version}",
        args=["sh", "-c", "echo {{ .Values.nothing }}\nexec true\n", *values.hosts],
        env=[
            *small_env(values, settings),
            core_v1.EnvVar(name="COUNT", value=f"{values.server.replicas}"),
            core_v1.EnvVar(name="SUM", value=f"{add(values.server.replicas, multiply(values.server.scale, 3))}"),
            core_v1.EnvVar(name="HOSTS", value=join(values.hosts, ",")),
            core_v1.EnvVar(name="JSON", value=to_json(values.server.affinity)),
            core_v1.EnvVar(name="SIZE", value=f"{size(values.hosts)}"),
            core_v1.EnvVar(name="DIGEST", value=text_digest(values.title, 9)),
            core_v1.EnvVar(name="PRETTY", value=json_text(small_data(values))),
            core_v1.EnvVar(name="LENGTH", value=f"{length(values.title)}"),
            core_v1.EnvVar(name="LINES", value=f"{distinct_lines(small_script(values))}"),
            when(holds(values.title, "l"), lambda: core_v1.EnvVar(name="HOLDS", value="yes")),
            when(values.title != "hello", lambda: core_v1.EnvVar(name="OTHER", value="yes")),
            when(values.server.scale < 2, lambda: core_v1.EnvVar(name="LESS", value="yes")),
            when(values.server.scale <= 2, lambda: core_v1.EnvVar(name="AT_MOST", value="yes")),
            when(has_control_characters(to_json(values)), lambda: core_v1.EnvVar(name="CONTROL", value="yes")),
            when(has_key(values.files, "a"), lambda: core_v1.EnvVar(name="FILE", value=at(values.files, "a"))),
            *each(values.pods.tolerations, lambda item: core_v1.EnvVar(name=text_at(item, "key"), value="")),
            when(starts_with(values.title, "he"), lambda: core_v1.EnvVar(name="STARTS", value="yes")),
            when(matches(values.title, "^[a-z]+$"), core_v1.EnvVar(name="MATCHES", value="1e3")),
            core_v1.EnvVar(name="KIND", value=when(values.server.replicas > 1, f"many {values.title}", "one")),
        ],
        ports=[core_v1.ContainerPort(containerPort=add(values.server.scale, 8000))],
        tty=all_of(values.server.enabled, one_of(values.title, "a", "hello")),
    )


def deployment(
    values: SmallValues, release: Release, name: str, settings: Settings, component: str
) -> apps_v1.Deployment:
    return apps_v1.Deployment(
        metadata=meta_v1.ObjectMeta(name=name, labels=small_labels(values, release, component, settings)),
        spec=apps_v1.DeploymentSpec(
            replicas=when(contains(values.hosts, "auto"), OMIT, values.server.replicas),
            selector=meta_v1.LabelSelector(matchLabels={"app.kubernetes.io/component": component}),
            template=core_v1.PodTemplateSpec(
                metadata=meta_v1.ObjectMeta(
                    annotations={
                        "checksum/config": digest(small_data(values)),
                        "kind": text_at(from_json('{"kind":"<small>"}'), "kind"),
                    },
                    labels=overlay({"tier": "any"}, settings.labels),
                ),
                spec=combine(
                    core_v1.PodSpec(
                        containers=[container(values, release, settings)],
                        enableServiceLinks=any_of(values.server.replicas == 3, values.server.scale >= 5),
                        volumes=[
                            core_v1.Volume(name="tmp", emptyDir=core_v1.EmptyDirVolumeSource()),
                            when(
                                at_least(values.version, "3.0.0"),
                                core_v1.Volume(
                                    name="config",
                                    configMap=core_v1.ConfigMapVolumeSource(
                                        name=f"{small_name(values, release)}-config"
                                    ),
                                ),
                            ),
                        ],
                    ),
                    small_scheduling(values, settings),
                ),
            ),
        ),
    )


def server(values: SmallValues, release: Release) -> list[object]:
    name = small_name(values, release)
    return [
        when(values.server.enabled, lambda: deployment(values, release, name, values.server, "server")),
        each_pair(
            values.server.sets,
            lambda set_name, changes: let(
                overlaid(values.server, changes, Server),
                lambda settings: deployment(values, release, f"{name}-{set_name}", settings, f"server-{set_name}"),
            ),
        ),
    ]


PARTS: dict[str, Any] = {"config": config, "server": server}


def small(values: SmallValues, release: Release) -> list[Any]:
    return [part(values, release) for part in PARTS.values()]
