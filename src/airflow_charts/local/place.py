"""What a plan is made for: the machine's side of a deployment, and of each of its pods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from airflow_charts.local.sources import Sources
from airflow_charts.local.state import State


class Skipped(NamedTuple):
    """A part of the manifests that has no local meaning, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Place:
    """What the plan is made for: the deployment's folders, addresses and programs."""

    state: State
    addresses: Mapping[str, str]
    """pod -> loopback address"""
    ports: Mapping[int, int]
    """usual port -> the one used in its place"""
    airflow_bin: str
    store_bins: Mapping[str, str]
    store_user: str = ""
    """Whom PostgreSQL runs as, where `up` runs as root."""
    own_addresses: bool = True
    """Whether every pod has an address of its own; else workers need ports of their own for their logs."""
    preload: tuple[str, ...] = ()
    """The command from whose process Airflow's are forked; none where each starts by itself."""


@dataclass(frozen=True)
class PodPlace:
    """What the plan of one pod is made for."""

    name: str
    component: str
    place: Place
    sources: Sources
    skipped: list[Skipped]
    """What is found to have no local meaning, of all pods."""

    @property
    def root(self) -> Path:
        """The folder that its paths are in."""
        return self.place.state.pod_folder(self.name)

    @property
    def address(self) -> str:
        """Its loopback address."""
        return self.place.addresses[self.name]

    @property
    def hostname(self) -> str:
        """Its name, as Kubernetes would make it."""
        return f"{self.place.state.name}-{self.name}-0"

    def work_folder(self, container: str) -> str:
        """Where a container runs."""
        return str(self.root / "work" / container)

    def skip(self, what: str, why: str) -> None:
        """Leaves out a part of it."""
        self.skipped.append(Skipped(what, why))
