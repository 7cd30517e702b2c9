"""Persistent volumes that several pods share."""

from __future__ import annotations

from typing import Literal

from airflow_charts.values.base import Annotations, ObjectName, Quantity, Section, SubPath, empty

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
