"""The pods that KubernetesExecutor starts: a template made by the same rules as every other pod."""

from __future__ import annotations

from airflow_charts.additions.dags import dag_mounts, dag_volumes
from airflow_charts.additions.logs import log_mount, log_volume
from airflow_charts.k8s import core_v1, meta_v1
from airflow_charts.parts.access import account_name, service_account
from airflow_charts.parts.images import airflow_image
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.parts.pod import container_fields, pod_annotations, pod_fields, user_env, user_labels
from airflow_charts.processes.airflow_pod import Program, base_mounts, base_volumes, config_volume, uses_kubernetes_api
from airflow_charts.processes.environment import base_env, credentials_env
from airflow_charts.release import Release
from airflow_charts.tracing import combine, fragment, json_text, union, when
from airflow_charts.values import Values, conditions

_TASK = Program(component="task", args=[])


@fragment
def task_selector(release: Release) -> dict[str, str]:
    """The labels of task pods: not the release's, so that Argo CD does not take them for its own and prune them."""
    return {
        "app.kubernetes.io/name": f"{release.chart}-task",
        "app.kubernetes.io/component": "task",
        "airflow/release": release.name,
    }


@fragment
def task_labels(values: Values, release: Release) -> dict[str, str]:
    """The labels of task pods, with the users' own."""
    return union(task_selector(release), user_labels(values, values.kubernetes_executor))


@fragment
def pod_template(values: Values, release: Release) -> core_v1.Pod:
    """The template of a task's pod."""
    settings = values.kubernetes_executor
    image, pull_policy = airflow_image(values, settings)
    return core_v1.Pod(
        metadata=meta_v1.ObjectMeta(
            name="task", labels=task_labels(values, release), annotations=pod_annotations(values, settings)
        ),
        spec=combine(
            core_v1.PodSpec(
                restartPolicy="Never",
                serviceAccountName=account_name(values, release, settings, "task"),
                automountServiceAccountToken=uses_kubernetes_api(values, "task"),
                initContainers=[
                    *values.pods.init_containers_first,
                    *settings.init_containers_first,
                    *values.pods.init_containers,
                    *settings.init_containers,
                ],
                containers=[
                    combine(
                        core_v1.Container(
                            name="base",
                            image=image,
                            imagePullPolicy=pull_policy,
                            env=[
                                *base_env(values, release),
                                *credentials_env(values, release, "task"),
                                *user_env(values, settings),
                            ],
                            volumeMounts=[
                                *base_mounts(values, release),
                                log_mount(values, release),
                                *dag_mounts(values),
                                *values.pods.volume_mounts,
                                *settings.volume_mounts,
                            ],
                        ),
                        container_fields(values, settings),
                    ),
                    *values.pods.containers,
                    *settings.containers,
                ],
                volumes=[
                    config_volume(values, release, _TASK),
                    *base_volumes(values, release),
                    log_volume(values, release),
                    *dag_volumes(values, release),
                    *values.pods.volumes,
                    *settings.volumes,
                ],
            ),
            pod_fields(values, settings),
        ),
    )


@fragment
def pod_template_data(values: Values, release: Release) -> dict[str, str]:
    """The file with the template. JSON is YAML too."""
    return {"pod_template.yaml": json_text(pod_template(values, release))}


def objects(values: Values, release: Release) -> list[object]:
    """The template and the ServiceAccount of task pods."""
    return when(
        conditions.kubernetes(values),
        lambda: [
            service_account(values, release, values.kubernetes_executor, "task"),
            core_v1.ConfigMap(
                metadata=metadata(values, release, name_of(values, release, "pod-template"), "task"),
                data=pod_template_data(values, release),
            ),
        ],
    )
