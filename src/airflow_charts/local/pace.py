"""How many of Airflow's processes start at the same time on a machine with few CPUs."""

from __future__ import annotations

import time

import psutil

_WINDOW = 0.3
"""Seconds over which CPUs are watched, at least."""
_PATIENCE = 3.0
"""Seconds after which the next process starts although no CPU is idle: something else may keep them busy."""


class Pace:
    """Lets as many processes start as CPUs are idle.

    A start is pure CPU. Where there are more starts than CPUs, those that others wait for are ready sooner if they
    have a CPU for themselves; the others are ready as soon as if all had started together.
    """

    def __init__(self) -> None:
        self.idle = _idle()
        self.looked = self.allowed = time.monotonic()
        self.free = 0

    def allows(self) -> bool:
        """Whether one more process may start now."""
        now = time.monotonic()
        if now - self.looked >= _WINDOW:
            idle = _idle()
            self.free = round((idle - self.idle) / (now - self.looked))
            self.idle, self.looked = idle, now
        if self.free < 1 and now - self.allowed < _PATIENCE:
            return False
        self.free -= 1
        self.allowed = now
        return True


def _idle() -> float:
    """The seconds that all CPUs together have been idle."""
    return float(psutil.cpu_times().idle)
