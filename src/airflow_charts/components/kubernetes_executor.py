"""The pods that KubernetesExecutor starts: a template made by the same rules as every other pod."""

from __future__ import annotations

from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.parts.access import manage_pods, service_account
from airflow_charts.parts.component import ANYWHERE, KUBERNETES_API, Component, Holds, Need, other
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.parts.option import Option
from airflow_charts.parts.pod_settings import pod_of
from airflow_charts.processes.airflow_pod import Program, airflow_pod
from airflow_charts.processes.environment import CONFIG
from airflow_charts.processes.keys import API_SECRET, FERNET
from airflow_charts.processes.services import DATABASE
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, combine, fragment, json_text, let
from airflow_charts.values import Values, conditions


@fragment
def task_selector(release: Release) -> dict[str, str]:
    """The labels of task pods: not the release's, so that Argo CD does not take them for its own and prune them."""
    return {
        "app.kubernetes.io/name": f"{release.chart}-task",
        "app.kubernetes.io/component": "task",
        "airflow/release": release.name,
    }


@fragment
def task_template(values: Values, release: Release) -> core_v1.Pod:
    """The template of a task's pod."""
    settings = values.kubernetes_executor
    program = Program(component=COMPONENT)  # the executor writes the command of a task into its pod
    return let(
        pod_of(values, COMPONENT, settings), lambda pod: _task(airflow_pod(values, release, settings, pod, program))
    )


def _task(template: core_v1.PodTemplateSpec) -> core_v1.Pod:
    return core_v1.Pod(
        metadata=combine(meta_v1.ObjectMeta(name="task"), template.metadata),
        spec=combine(core_v1.PodSpec(containers=OMIT, restartPolicy="Never"), template.spec),
    )


@fragment
def pod_template_data(values: Values, release: Release) -> dict[str, str]:
    """The file with the template. JSON is YAML too."""
    return {"pod_template.yaml": json_text(task_template(values, release))}


def _template_file(values: Values, release: Release) -> str:
    del values
    return f"{release.path(CONFIG)}/pod_template.yaml"


def objects(values: Values, release: Release) -> list[object]:
    """The template and the ServiceAccount of task pods."""
    return [
        service_account(values, release, values.kubernetes_executor, COMPONENT.name),
        core_v1.ConfigMap(
            metadata=metadata(values, release, name_of(values, release, "pod-template"), COMPONENT.name),
            data=pod_template_data(values, release),
        ),
    ]


COMPONENT = Component(
    name="task",
    section="kubernetes_executor",
    container="base",
    settings=lambda values: values.kubernetes_executor,
    objects=objects,
    runs=conditions.kubernetes,
    ends=True,
    reads_dags=True,
    writes_logs=True,
    needs=(
        Need(DATABASE, "tasks of Airflow 2 use the database", conditions.airflow_2),
        Need(other("webserver"), "the execution API of Airflow 3", conditions.airflow_3),
        Need(KUBERNETES_API, "manages pods for tasks", lambda values: values.kubernetes_executor.kubernetes_access),
        Need(ANYWHERE, "runs users' code"),
    ),
    keys=(Holds(FERNET, conditions.airflow_2), Holds(API_SECRET, conditions.airflow_2)),
    options=(
        Option(
            "kubernetes_executor",
            "namespace",
            "kubernetesExecutor",
            lambda _, release: release.namespace,
            conditions.kubernetes,
        ),
        Option("kubernetes_executor", "pod_template_file", "kubernetesExecutor", _template_file, conditions.kubernetes),
        Option("kubernetes_executor", "delete_worker_pods", "kubernetesExecutor.deletePods"),
    ),
    verbs=manage_pods,
    selector=task_selector,
)
