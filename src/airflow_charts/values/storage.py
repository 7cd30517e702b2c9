"""Persistent volumes for DAGs and logs."""

from __future__ import annotations

from typing import Literal

from airflow_charts.values.base import Annotations, FilePath, ObjectName, Quantity, Section, SubPath, empty

AccessMode = Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]


class Persistence(Section):
    """A PersistentVolumeClaim."""

    enabled: bool = False
    """Whether the files live on a persistent volume."""
    existing_claim: ObjectName = ""
    """An existing claim. Empty: the chart makes one, which stays after an uninstall."""
    sub_path: SubPath = ""
    """A folder inside the volume."""
    size: Quantity = "10Gi"
    """The size of the chart's claim."""
    storage_class: ObjectName = ""
    """The StorageClass of the chart's claim. Empty: `global.storageClass`, or the cluster's default."""
    access_mode: AccessMode = "ReadWriteMany"
    """How many nodes may mount the chart's claim; pods on several nodes need ReadWriteMany."""
    annotations: Annotations = empty()
    """Annotations of the chart's claim."""


class Dags(Section):
    """Where the DAG files are."""

    path: FilePath = "/opt/airflow/dags"
    """The folder of DAG files in the containers; files that the image has there are used as they are."""
    persistence: Persistence = Persistence(size="1Gi")
    """A volume for DAG files, mounted read-only."""


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
