"""The template of the pods that KubernetesExecutor starts, one for each task."""

from __future__ import annotations

import json
from typing import Any

from deployed import Object, environment, mounts, objects

KUBERNETES = ["KubernetesExecutor"]


def template(**settings: Any) -> Object:
    """The template of a task's pod."""
    [config] = objects("ConfigMap", "task", **{"executors": KUBERNETES, **settings})
    found: Object = json.loads(config["data"]["pod_template.yaml"])
    return found


def test_airflow_finds_its_container_and_ends_the_pod_with_the_task() -> None:
    pod = template()
    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    assert pod["spec"]["restartPolicy"] == "Never"
    [base] = pod["spec"]["containers"]
    assert base["name"] == "base"
    assert not {"args", "command"} & base.keys()


def test_a_task_reads_the_configuration_and_the_dags_and_writes_logs() -> None:
    [base] = template(dags={"persistence": {"enabled": True}}, logs={"persistence": {"enabled": True}})["spec"][
        "containers"
    ]
    assert mounts(base) == {
        "config": "/etc/airflow",
        "scripts": "/etc/airflow-scripts",
        "tmp": "/tmp",
        "logs": "/opt/airflow/logs",
        "dags": "/opt/airflow/dags",
    }
    assert environment(base)["AIRFLOW_CONFIG"] == "/etc/airflow/airflow.cfg"


def test_argo_cd_does_not_take_a_task_for_a_part_of_the_release() -> None:
    labels = template()["metadata"]["labels"]
    assert "app.kubernetes.io/instance" not in labels
    assert labels["airflow/release"] == "etl"


def test_a_task_gets_a_token_only_with_access() -> None:
    assert template()["spec"]["automountServiceAccountToken"] is False
    assert template(kubernetesExecutor={"kubernetesAccess": True})["spec"]["automountServiceAccountToken"] is True


def test_a_task_is_as_restricted_as_every_pod() -> None:
    spec = template()["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_its_settings_are_its_own() -> None:
    pod = template(
        kubernetesExecutor={"resources": {"limits": {"cpu": "4", "memory": "8Gi"}}, "pod": {"labels": {"a": "b"}}}
    )
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "4", "memory": "8Gi"}
    assert pod["metadata"]["labels"]["a"] == "b"


def test_it_has_no_side_container_that_never_ends() -> None:
    side = {"name": "side", "image": "side:1"}
    pod = template(
        airflowPods={"containers": [side]}, kubernetesExecutor={"pod": {"containers": [{**side, "name": "own"}]}}
    )
    assert [container["name"] for container in pod["spec"]["containers"]] == ["base", "own"]


def test_without_kubernetes_executor_there_is_no_template() -> None:
    assert objects("ConfigMap", "task") == []
    assert objects("ServiceAccount", "task") == []
