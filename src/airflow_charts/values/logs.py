"""Where the logs of tasks are."""

from __future__ import annotations

from airflow_charts.values.base import Quantity, Section
from airflow_charts.values.volume import Persistence


class LogCleaner(Section):
    """A small container beside the components that write task logs; it deletes old files."""

    enabled: bool = True
    """Whether old logs are deleted."""
    retention_minutes: int = 21600
    """Minutes that a log file is kept after its last change: 15 days."""
    interval_seconds: int = 900
    """Seconds between two clean-ups."""


class Logs(Section):
    """Where task logs are. Without persistence they live and die with the pod that wrote them."""

    persistence: Persistence = Persistence(size="20Gi")
    """A volume that the components share which write or read task logs."""
    empty_dir_size: Quantity = "10Gi"
    """The size limit of the log folder without persistence."""
    cleaner: LogCleaner = LogCleaner()
    """Deletes old logs."""
