"""The Service of a component that serves inside the release."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Component
from airflow_charts.parts.names import metadata, name_of, selector_labels
from airflow_charts.release import Release
from airflow_charts.values import Values


def inner_service(values: Values, release: Release, component: Component) -> core_v1.Service:
    """A Service with every port of a component, under the usual numbers."""
    return core_v1.Service(
        metadata=metadata(values, release, name_of(values, release, component.name), component.name),
        spec=core_v1.ServiceSpec(
            type="ClusterIP",
            selector=selector_labels(release, component.name),
            ports=[
                core_v1.ServicePort(name=port.name, port=port.number, targetPort=port.number, protocol="TCP")
                for port in component.serves
            ],
        ),
    )
