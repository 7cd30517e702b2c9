"""The settings of one component's pods: the layers of the values, laid over each other once."""

from __future__ import annotations

from airflow_charts.parts.component import Component
from airflow_charts.tracing import fragment, from_json, overlaid
from airflow_charts.tracing.table import canonical_json
from airflow_charts.values import Values
from airflow_charts.values.pod import AirflowPods, ComponentSettings, Pod

_NO_SIDE_CONTAINERS = '{"containers":[]}'


@fragment
def no_airflow_pods() -> str:
    """The JSON of `airflowPods` without anything in it, for pods of other images."""
    return canonical_json(AirflowPods().model_dump(by_alias=True))


def own_settings(settings: ComponentSettings) -> Pod:
    """What a component's own section gives to its pods, and nothing else."""
    return overlaid(from_json(no_airflow_pods()), settings.pod, Pod)


def airflow_pods(values: Values) -> Pod:
    """What all pods of Airflow's image have: `pods` and `airflowPods`."""
    return overlaid(values.pods, values.airflow_pods, Pod)


def pod_of(values: Values, component: Component, settings: ComponentSettings) -> Pod:
    """The settings of a component's pods: `pods`, `airflowPods` for those of Airflow's image, and its own `pod`.

    What ends by itself has the side containers of its own section only: beside others it would never end.
    """
    if not component.airflow_image:
        base = overlaid(from_json(no_airflow_pods()), values.pods, Pod)
    elif component.ends:
        base = overlaid(airflow_pods(values), from_json(_NO_SIDE_CONTAINERS), Pod)
    else:
        base = airflow_pods(values)
    return overlaid(base, settings.pod, Pod)
