"""The settings of one component's pods: the layers of the values, laid over each other once."""

from __future__ import annotations

from airflow_charts.tracing import fragment, from_json, overlaid
from airflow_charts.values import Values
from airflow_charts.values.pod import ComponentSettings, Pod


@fragment
def bare_pod() -> str:
    """What `airflowPods` holds by default, for pods that run something else."""
    return (
        '{"containers":[],"env":{},"envFrom":[],"initContainers":[],"initContainersFirst":[],"lifecycle":{},'
        '"volumeMounts":{},"volumes":{}}'
    )


def pod_of(values: Values, settings: ComponentSettings) -> Pod:
    """The settings of pods that run Airflow: `pods`, `airflowPods`, and the component's `pod`."""
    return overlaid(_airflow_pods(values), settings.pod, Pod)


def job_pod_of(values: Values, settings: ComponentSettings) -> Pod:
    """The same for a Job, which would never end beside the side containers of all others."""
    return overlaid(overlaid(_airflow_pods(values), from_json('{"containers":[]}'), Pod), settings.pod, Pod)


def other_pod_of(values: Values, settings: ComponentSettings) -> Pod:
    """The settings of pods that run something else: `pods`, and the component's `pod`."""
    return overlaid(overlaid(from_json(bare_pod()), values.pods, Pod), settings.pod, Pod)


def _airflow_pods(values: Values) -> Pod:
    return overlaid(values.pods, values.airflow_pods, Pod)
