"""What an addition is: a feature that is woven into many pods, in one file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Component
from airflow_charts.parts.option import Option, Variable
from airflow_charts.parts.reserved import NOTHING, Reserved
from airflow_charts.release import Release
from airflow_charts.values import Values
from airflow_charts.values.pod import ComponentSettings, Pod


@dataclass(frozen=True)
class Woven:
    """What an addition gives to one pod. Whether a value asks for it stands inside, in `when`."""

    env: list[core_v1.EnvVar] = field(default_factory=list)
    """Of the main container."""
    mounts: list[core_v1.VolumeMount] = field(default_factory=list)
    """Of the main container."""
    volumes: list[core_v1.Volume] = field(default_factory=list)
    init_containers: list[core_v1.Container] = field(default_factory=list)
    """They run before the pod waits for the schema."""
    containers: list[core_v1.Container] = field(default_factory=list)
    """Side containers."""
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Addition:
    """A feature of many pods."""

    name: str
    """The name of its template file in the chart."""
    to: Callable[[Component], bool]
    """The components that may have it."""
    weave: Callable[[Values, Release, Component, ComponentSettings, Pod], Woven]
    """What it gives to a pod of such a component."""
    objects: Callable[[Values, Release], list[object]]
    """The objects that its pods share."""
    options: tuple[Option, ...] = ()
    variables: tuple[Variable, ...] = ()
    """The environment variables that it sets."""
    rules: Callable[[Values], list[str]] | None = None
    """What is wrong with its values."""
    notes: Callable[[Values, Release], list[str]] | None = None
    """What Helm prints about it after an installation."""
    reserved: Reserved = NOTHING
