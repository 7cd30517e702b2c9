"""The pods of KubernetesExecutor."""

from __future__ import annotations

from airflow_charts.values.base import Seconds
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import ComponentSettings, sizes


class KubernetesExecutor(ComponentSettings):
    """The pods that KubernetesExecutor starts, one for each task."""

    resources: ResourceRequirements = sizes(cpu="100m", memory="256Mi", cpu_limit="2", memory_limit="2Gi")
    """CPU and memory of a task's container, unless the task says otherwise."""
    termination_grace_period_seconds: Seconds = 60
    """Seconds between SIGTERM and SIGKILL."""
    kubernetes_access: bool = False
    """Whether tasks may manage pods (KubernetesPodOperator)."""
    delete_pods: bool = True
    """Whether the pods of finished tasks are deleted."""
