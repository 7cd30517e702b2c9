"""Deployments and what belongs to one: ServiceAccount, PodDisruptionBudget, Service, Ingress."""

from __future__ import annotations

from airflow_charts.components.names import metadata, name_of, pod_selector, selector_labels
from airflow_charts.components.pod import (
    Program,
    airflow_pod,
    service_account,
    spread,
    user_labels,
    workload_annotations,
)
from airflow_charts.k8s import apps_v1, core_v1, meta_v1, networking_v1, policy_v1
from airflow_charts.tracing import all_of, combine, each, filled, given, when
from airflow_charts.values import Values
from airflow_charts.values.components import HttpSettings
from airflow_charts.values.pods import ReplicatedSettings, WorkloadSettings
from airflow_charts.values.release import Release

ROLLING = apps_v1.DeploymentStrategy(
    type="RollingUpdate", rollingUpdate=apps_v1.RollingUpdateDeployment(maxSurge=1, maxUnavailable=0)
)


def workload_metadata(
    values: Values, release: Release, name: str, component: str, settings: WorkloadSettings
) -> meta_v1.ObjectMeta:
    """The metadata of a Deployment, StatefulSet or Job."""
    return metadata(
        values,
        release,
        name,
        component,
        labels=user_labels(values, settings),
        annotations=workload_annotations(values, settings),
    )


def deployment(
    values: Values,
    release: Release,
    settings: ReplicatedSettings,
    program: Program,
    *,
    name: str = "",
) -> apps_v1.Deployment:
    """The Deployment of a component."""
    pod = airflow_pod(values, release, settings, program)
    return apps_v1.Deployment(
        metadata=workload_metadata(
            values, release, name or name_of(values, release, program.component), program.component, settings
        ),
        spec=apps_v1.DeploymentSpec(
            replicas=settings.replicas,
            revisionHistoryLimit=values.pods.revision_history_limit,
            strategy=when(filled(settings.strategy), settings.strategy, ROLLING),
            selector=meta_v1.LabelSelector(matchLabels=pod_selector(release, program.component, program.set_name)),
            template=core_v1.PodTemplateSpec(
                metadata=pod.metadata,
                spec=combine(
                    pod.spec, spread(values, release, settings, program.component, program.set_name, settings.replicas)
                ),
            ),
        ),
    )


def disruption_budget(
    values: Values, release: Release, settings: ReplicatedSettings, program: Program, *, name: str = ""
) -> policy_v1.PodDisruptionBudget:
    """The PodDisruptionBudget of a component with several replicas."""
    return when(
        all_of(settings.pod_disruption_budget.enabled, settings.replicas > 1),
        lambda: policy_v1.PodDisruptionBudget(
            metadata=metadata(values, release, name or name_of(values, release, program.component), program.component),
            spec=policy_v1.PodDisruptionBudgetSpec(
                maxUnavailable=settings.pod_disruption_budget.max_unavailable,
                selector=meta_v1.LabelSelector(matchLabels=pod_selector(release, program.component, program.set_name)),
            ),
        ),
    )


def replicated(values: Values, release: Release, settings: ReplicatedSettings, program: Program) -> list[object]:
    """A component as a Deployment with its ServiceAccount and PodDisruptionBudget."""
    return [
        service_account(values, release, settings, program.component),
        deployment(values, release, settings, program),
        disruption_budget(values, release, settings, program),
    ]


def http_service(
    values: Values, release: Release, settings: HttpSettings, component: str, port: int
) -> core_v1.Service:
    """The Service of a component that serves HTTP."""
    return core_v1.Service(
        metadata=metadata(
            values, release, name_of(values, release, component), component, annotations=settings.service.annotations
        ),
        spec=core_v1.ServiceSpec(
            type=settings.service.type,
            selector=selector_labels(release, component),
            ports=[
                core_v1.ServicePort(
                    name="http", port=settings.service.port, targetPort=port, protocol="TCP", appProtocol="http"
                )
            ],
        ),
    )


def ingress(values: Values, release: Release, settings: HttpSettings, component: str) -> networking_v1.Ingress:
    """The Ingress of a component that serves HTTP."""
    backend = networking_v1.IngressBackend(
        service=networking_v1.IngressServiceBackend(
            name=name_of(values, release, component), port=networking_v1.ServiceBackendPort(name="http")
        )
    )
    rule = networking_v1.HTTPIngressRuleValue(
        paths=[
            networking_v1.HTTPIngressPath(
                path=when(filled(settings.path), f"{settings.path}", "/"),
                pathType=settings.ingress.path_type,
                backend=backend,
            )
        ]
    )
    return when(
        settings.ingress.enabled,
        lambda: networking_v1.Ingress(
            metadata=metadata(
                values,
                release,
                name_of(values, release, component),
                component,
                annotations=settings.ingress.annotations,
            ),
            spec=networking_v1.IngressSpec(
                ingressClassName=given(settings.ingress.class_name, lambda name: f"{name}"),
                tls=given(
                    settings.ingress.tls_secret,
                    lambda secret: [networking_v1.IngressTLS(hosts=settings.ingress.hosts, secretName=secret)],
                ),
                rules=when(
                    filled(settings.ingress.hosts),
                    each(settings.ingress.hosts, lambda host: networking_v1.IngressRule(host=host, http=rule)),
                    [networking_v1.IngressRule(http=rule)],
                ),
            ),
        ),
    )
