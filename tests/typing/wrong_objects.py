# mypy: ignore-errors
"""Wrong lines about Kubernetes objects. Each line with an error is marked with the code that mypy gives.

Nothing imports this file; `test_typing.py` reads it. The first line keeps `make lint` away.
"""

from __future__ import annotations

from airflow_charts.k8s import apps_v1, core_v1, meta_v1
from airflow_charts.tracing import when
from airflow_charts.values import Values


def right(values: Values) -> apps_v1.DeploymentSpec:
    return apps_v1.DeploymentSpec(
        replicas=values.scheduler.replicas,
        selector=meta_v1.LabelSelector(matchLabels={"a": "b"}),
        template=core_v1.PodTemplateSpec(spec=core_v1.PodSpec(containers=[core_v1.Container(name="a")])),
    )


def a_text_where_kubernetes_wants_an_integer(values: Values) -> list[object]:
    return [
        core_v1.ContainerPort(containerPort="8080"),  # error: arg-type
        core_v1.ContainerPort(containerPort=values.airflow_version),  # error: arg-type
        core_v1.EnvVar(name="WORKERS", value=values.webserver.workers),  # error: arg-type
        core_v1.PodSpec(containers=[], terminationGracePeriodSeconds=f"{values.webserver.workers}"),  # error: arg-type
        core_v1.PodSpec(containers=[], hostNetwork="true"),  # error: arg-type
    ]


def one_object_where_many_are_wanted(values: Values) -> list[object]:
    container = core_v1.Container(name="a", command="sh")  # error: arg-type
    return [
        container,
        core_v1.PodSpec(containers=container),  # error: arg-type
        core_v1.PodSpec(containers=[core_v1.Volume(name="a")]),  # error: list-item
        core_v1.ConfigMap(metadata=meta_v1.ObjectMeta(name="a"), data=values.executors),  # error: arg-type
    ]


def misspelt_and_missing_fields(values: Values) -> list[object]:
    return [
        core_v1.Container(name="a", volumeMount=[]),  # error: call-arg
        core_v1.Container(image="a"),  # error: call-arg
        core_v1.EnvVar(value=values.airflow_version),  # error: call-arg
        core_v1.Containr(name="a"),  # error: attr-defined
        meta_v1.LabelSelector(match_labels={}),  # error: call-arg
    ]


def the_wrong_object_of_a_decision(values: Values) -> list[object]:
    return [
        core_v1.PodSpec(containers=[], affinity=when(values.flower.enabled, core_v1.Toleration())),  # error: arg-type
        core_v1.PodSpec(containers=[], affinity=values.pods.tolerations),  # error: arg-type
        core_v1.PodSpec(containers=[], tolerations=values.pods.affinity),  # error: arg-type
    ]
