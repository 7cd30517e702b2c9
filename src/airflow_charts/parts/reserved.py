"""Names inside pods that the chart uses itself; users' own must differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reserved:
    """What a pod must not have twice."""

    volumes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Where something is mounted."""
    containers: tuple[str, ...] = ()


NOTHING = Reserved()
