"""The Service and the Ingress of a component that serves HTTP."""

from __future__ import annotations

from airflow_charts.k8s import core_v1, networking_v1
from airflow_charts.parts.names import metadata, name_of, selector_labels
from airflow_charts.release import Release
from airflow_charts.tracing import each, filled, given, when
from airflow_charts.values import Values
from airflow_charts.values.http import HttpSettings


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
