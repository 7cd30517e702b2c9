"""Deployments and what belongs to one: ServiceAccount, PodDisruptionBudget."""

from __future__ import annotations

from airflow_charts.k8s import apps_v1, core_v1, meta_v1, policy_v1
from airflow_charts.parts.access import service_account
from airflow_charts.parts.names import metadata, name_of, pod_selector
from airflow_charts.parts.pod import spread
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, combine, filled, when
from airflow_charts.values import Values
from airflow_charts.values.pod import Pod, ReplicatedSettings

ROLLING = apps_v1.DeploymentStrategy(
    type="RollingUpdate", rollingUpdate=apps_v1.RollingUpdateDeployment(maxSurge=1, maxUnavailable=0)
)


def workload_metadata(values: Values, release: Release, name: str, component: str, pod: Pod) -> meta_v1.ObjectMeta:
    """The metadata of a Deployment, StatefulSet or Job."""
    return metadata(values, release, name, component, labels=pod.labels, annotations=pod.workload_annotations)


def deployment(
    values: Values,
    release: Release,
    settings: ReplicatedSettings,
    component: str,
    pod: Pod,
    template: core_v1.PodTemplateSpec,
    *,
    name: str = "",
    set_name: str = "",
) -> apps_v1.Deployment:
    """The Deployment of a component, or under a name of its own that of one of its sets."""
    return apps_v1.Deployment(
        metadata=workload_metadata(values, release, name or name_of(values, release, component), component, pod),
        spec=apps_v1.DeploymentSpec(
            replicas=settings.replicas,
            revisionHistoryLimit=pod.revision_history_limit,
            strategy=when(filled(settings.strategy), settings.strategy, ROLLING),
            selector=meta_v1.LabelSelector(matchLabels=pod_selector(release, component, set_name)),
            template=core_v1.PodTemplateSpec(
                metadata=template.metadata,
                spec=combine(template.spec, spread(release, pod, component, set_name, settings.replicas)),
            ),
        ),
    )


def disruption_budget(
    values: Values,
    release: Release,
    settings: ReplicatedSettings,
    component: str,
    *,
    name: str = "",
    set_name: str = "",
) -> policy_v1.PodDisruptionBudget:
    """The PodDisruptionBudget of a component with several replicas, or of one of its sets."""
    return when(
        all_of(settings.pod_disruption_budget.enabled, settings.replicas > 1),
        lambda: policy_v1.PodDisruptionBudget(
            metadata=metadata(values, release, name or name_of(values, release, component), component),
            spec=policy_v1.PodDisruptionBudgetSpec(
                maxUnavailable=settings.pod_disruption_budget.max_unavailable,
                selector=meta_v1.LabelSelector(matchLabels=pod_selector(release, component, set_name)),
            ),
        ),
    )


def replicated(
    values: Values,
    release: Release,
    settings: ReplicatedSettings,
    component: str,
    pod: Pod,
    template: core_v1.PodTemplateSpec,
) -> list[object]:
    """A component as a Deployment with its ServiceAccount and PodDisruptionBudget."""
    return [
        service_account(values, release, settings, component),
        deployment(values, release, settings, component, pod, template),
        disruption_budget(values, release, settings, component),
    ]
