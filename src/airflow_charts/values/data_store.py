"""What the chart's own data stores have in common."""

from __future__ import annotations

from airflow_charts.values.base import Annotations, ObjectName, Quantity, Section, empty
from airflow_charts.values.pod import PodChanges, Probe, WorkloadSettings, kubernetes


class StorePersistence(Section):
    """The volume of a data store, kept after an uninstall."""

    enabled: bool = True
    """Whether the data lives on a persistent volume; without it, it is lost with the pod."""
    existing_claim: ObjectName = ""
    """An existing claim. Empty: the chart makes one."""
    size: Quantity = "8Gi"
    """The size of the chart's claim."""
    storage_class: ObjectName = ""
    """The StorageClass of the chart's claim. Empty: `global.storageClass`, or the cluster's default."""
    annotations: Annotations = empty()
    """Annotations of the chart's claim."""


class StoreSettings(WorkloadSettings):
    """Settings of a data store."""

    pod: PodChanges = kubernetes(
        podSecurityContext={"runAsUser": 999, "runAsGroup": 999, "fsGroup": 999},
        lifecycle={"preStop": {"sleep": {"seconds": 10}}},
    )
    """Settings of its pod, over those of `pods`: any key of `pods` and `airflowPods`. By default the user of the
    official images, and a pause before it stops that lets clients which stop at the same time finish first."""
    enabled: bool = True
    """Whether the chart runs it."""
    persistence: StorePersistence = StorePersistence()
    """Where its data lives."""
    startup_probe: Probe = Probe(period_seconds=1, timeout_seconds=3, failure_threshold=300)
    """Asked until it answers once."""
    liveness_probe: Probe = Probe(period_seconds=30, timeout_seconds=10, failure_threshold=5)
    """A container that fails it is restarted."""
    readiness_probe: Probe = Probe(period_seconds=15, timeout_seconds=5, failure_threshold=3)
    """A pod that fails it gets no connections."""
