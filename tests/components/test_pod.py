"""What every pod has in common: who it runs as, where, what it waits for, and what users add."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import Object, deployed, environment, main_of, mounts, objects, pod_of

AIRFLOW = ["webserver", "scheduler", "dag-processor", "triggerer", "worker"]
on_each = pytest.mark.parametrize("component", AIRFLOW)


def all_pods(**values: Any) -> list[Object]:
    """The pods of every workload."""
    return [pod_of(item) for item in deployed(values) if item["kind"] in ("Deployment", "StatefulSet", "Job")]


def test_every_pod_is_restricted_and_has_a_read_only_root() -> None:
    for pod in all_pods(flower={"enabled": True}):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            }


@on_each
def test_airflow_runs_as_the_user_that_owns_its_files(component: str) -> None:
    [deployment] = objects("Deployment", component)
    context = pod_of(deployment)["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (50000, 0, 0)


def test_no_pod_learns_of_the_other_services_of_the_namespace() -> None:
    assert all(pod["enableServiceLinks"] is False for pod in all_pods())


@on_each
def test_configuration_is_read_only_and_hides_nothing_of_the_image(component: str) -> None:
    [deployment] = objects("Deployment", component)
    found = {mount["name"]: mount for mount in main_of(deployment)["volumeMounts"]}
    assert found["config"] == {"name": "config", "mountPath": "/etc/airflow", "readOnly": True}
    assert found["scripts"] == {"name": "scripts", "mountPath": "/etc/airflow-scripts", "readOnly": True}
    assert not [mount for mount in found.values() if mount["mountPath"] == "/opt/airflow"]


@pytest.mark.parametrize("component", ["webserver", "scheduler", "dag-processor", "triggerer"])
def test_a_client_of_the_database_waits_for_its_schema(component: str) -> None:
    [deployment] = objects("Deployment", component, migrations={"waitSeconds": 42})
    [wait] = pod_of(deployment)["initContainers"]
    assert wait["name"] == "wait-for-schema"
    assert wait["command"][:4] == ["python", "/etc/airflow-scripts/wait_for_schema.py", "42", "fab"]
    assert wait["image"] == main_of(deployment)["image"]
    assert wait["resources"] == main_of(deployment)["resources"]
    assert set(environment(wait)) == {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "PGPASSWORD"}


def test_users_init_containers_stand_before_and_after_the_wait() -> None:
    settings = {
        "initContainersFirst": [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}],
        "initContainers": [{"name": "prepare", "image": "busybox:1"}],
    }
    [deployment] = objects("Deployment", "scheduler", airflowPods=settings)
    names = [container["name"] for container in pod_of(deployment)["initContainers"]]
    assert names == ["proxy", "wait-for-schema", "prepare"]


@pytest.mark.parametrize(
    ("component", "cleans"),
    [("webserver", False), ("scheduler", True), ("dag-processor", True), ("triggerer", True), ("worker", True)],
)
def test_who_writes_logs_deletes_old_ones(component: str, cleans: bool) -> None:
    settings = {"cleaner": {"retentionMinutes": 60, "intervalSeconds": 5}}
    [deployment] = objects("Deployment", component, logs=settings)
    cleaners = [item for item in pod_of(deployment)["containers"] if item["name"] == "log-cleaner"]
    assert len(cleaners) == int(cleans)
    for cleaner in cleaners:
        assert cleaner["command"][-3:] == ["/opt/airflow/logs", "60", "5"]
        assert mounts(cleaner) == {"scripts": "/etc/airflow-scripts", "logs": "/opt/airflow/logs"}


def test_logs_live_on_a_shared_volume_or_with_their_pod() -> None:
    [alone] = objects("Deployment", "worker", logs={"emptyDirSize": "3Gi"})
    [shared] = objects("Deployment", "worker", logs={"persistence": {"enabled": True}})
    [existing] = objects("Deployment", "worker", logs={"persistence": {"enabled": True, "existingClaim": "mine"}})
    volumes = [
        next(volume for volume in pod_of(item)["volumes"] if volume["name"] == "logs")
        for item in (alone, shared, existing)
    ]
    assert volumes == [
        {"name": "logs", "emptyDir": {"sizeLimit": "3Gi"}},
        {"name": "logs", "persistentVolumeClaim": {"claimName": "etl-airflow-logs"}},
        {"name": "logs", "persistentVolumeClaim": {"claimName": "mine"}},
    ]


def test_a_folder_of_the_volume_of_logs_can_be_chosen() -> None:
    [deployment] = objects("Deployment", "worker", logs={"persistence": {"enabled": True, "subPath": "etl"}})
    for container in pod_of(deployment)["containers"]:
        [logs] = [mount for mount in container["volumeMounts"] if mount["name"] == "logs"]
        assert logs == {"name": "logs", "mountPath": "/opt/airflow/logs", "subPath": "etl"}


def added(name: str) -> dict[str, Any]:
    """What users add to pods, each with a name."""
    return {
        "env": {name: "text"},
        "volumes": {name: {"emptyDir": {}}},
        "volumeMounts": {f"/{name}": {"name": name}},
    }


def test_what_users_add_to_airflows_pods_and_to_a_component_is_there_together() -> None:
    [deployment] = objects("Deployment", "scheduler", airflowPods=added("all"), scheduler={"pod": added("own")})
    pod = pod_of(deployment)
    assert [volume["name"] for volume in pod["volumes"]][-2:] == ["all", "own"]
    for container in (pod["containers"][0], pod["initContainers"][0]):
        assert environment(container).items() >= {"all": "text", "own": "text"}.items()
        assert list(mounts(container).items())[-2:] == [("all", "/all"), ("own", "/own")]


def test_lists_of_a_component_replace_those_of_airflows_pods() -> None:
    def lists(name: str) -> dict[str, Any]:
        return {"containers": [{"name": name, "image": "a:1"}], "envFrom": [{"secretRef": {"name": name}}]}

    [deployment] = objects("Deployment", "webserver", airflowPods=lists("all"), webserver={"pod": lists("own")})
    assert [container["name"] for container in pod_of(deployment)["containers"]] == ["webserver", "own"]
    assert main_of(deployment)["envFrom"] == [{"secretRef": {"name": "own"}}]


def test_a_data_store_has_nothing_of_airflows_pods_and_everything_of_its_own() -> None:
    settings = {**added("own"), "containers": [{"name": "exporter", "image": "exporter:1"}]}
    before, after = (
        objects("StatefulSet", "postgresql", airflowPods=added("all") if changed else {}, postgresql={"pod": settings})
        for changed in (False, True)
    )
    assert before == after
    pod = pod_of(after[0])
    assert [container["name"] for container in pod["containers"]] == ["postgresql", "exporter"]
    assert pod["volumes"][-1] == {"name": "own", "emptyDir": {}}
    assert environment(pod["containers"][0])["own"] == "text"
    assert mounts(pod["containers"][0])["own"] == "/own"


def test_a_components_variable_wins_over_the_one_of_airflows_pods() -> None:
    [deployment] = objects(
        "Deployment",
        "scheduler",
        airflowPods={"env": {"A": "pods", "B": "pods"}},
        scheduler={"pod": {"env": {"A": "own"}}},
    )
    names = [variable["name"] for variable in main_of(deployment)["env"]]
    assert names.count("A") == 1
    assert environment(main_of(deployment))["A"] == "own"
    assert environment(main_of(deployment))["B"] == "pods"


SETTINGS: list[tuple[str, Any, Any, Any]] = [
    ("nodeSelector", {"a": "all", "b": "all"}, {"a": "own"}, {"a": "own", "b": "all"}),
    ("affinity", {"nodeAffinity": {}}, {"podAffinity": {}}, {"nodeAffinity": {}, "podAffinity": {}}),
    ("tolerations", [{"key": "all"}], [{"key": "own"}], [{"key": "own"}]),
    ("priorityClassName", "all", "own", "own"),
    ("runtimeClassName", "all", "own", "own"),
    ("schedulerName", "all", "own", "own"),
    ("dnsPolicy", "Default", "None", "None"),
    ("dnsConfig", {"searches": ["all"]}, {"searches": ["own"]}, {"searches": ["own"]}),
    (
        "hostAliases",
        [{"ip": "10.0.0.1", "hostnames": ["all"]}],
        [{"ip": "10.0.0.2", "hostnames": ["own"]}],
        [{"ip": "10.0.0.2", "hostnames": ["own"]}],
    ),
]
"""A setting of all pods and of one component, and what the pods of that component have."""


@pytest.mark.parametrize(("setting", "everywhere", "own", "wanted"), SETTINGS, ids=[row[0] for row in SETTINGS])
def test_a_setting_of_all_pods_holds_where_a_component_says_nothing_else(
    setting: str, everywhere: Any, own: Any, wanted: Any
) -> None:
    settings = {"pods": {setting: everywhere}, "triggerer": {"pod": {setting: own}}}
    [triggerer], [worker] = objects("Deployment", "triggerer", **settings), objects("Deployment", "worker", **settings)
    assert pod_of(triggerer)[setting] == wanted
    assert pod_of(worker)[setting] == everywhere


def test_a_security_context_of_a_component_is_laid_over_the_one_of_all_pods() -> None:
    settings = {"podSecurityContext": {"runAsUser": 2}, "securityContext": {"readOnlyRootFilesystem": False}}
    [usual], [own] = objects("Deployment", "triggerer"), objects("Deployment", "triggerer", triggerer={"pod": settings})
    assert pod_of(own)["securityContext"] == {**pod_of(usual)["securityContext"], "runAsUser": 2}
    assert main_of(own)["securityContext"] == {
        **main_of(usual)["securityContext"],
        "readOnlyRootFilesystem": False,
    }


def test_users_may_replace_the_command_but_not_what_stands_around_it() -> None:
    settings = {"command": ["sh", "-c"], "args": ["exec airflow scheduler"]}
    [own], [usual] = objects("Deployment", "scheduler", scheduler=settings), objects("Deployment", "scheduler")
    assert (main_of(own)["command"], main_of(own)["args"]) == (["sh", "-c"], ["exec airflow scheduler"])
    assert main_of(own)["env"] == main_of(usual)["env"]


def test_every_pod_pulls_its_images_with_the_same_secrets() -> None:
    for pod in all_pods(**{"global": {"imagePullSecrets": ["pull"]}}):
        assert pod["imagePullSecrets"] == [{"name": "pull"}]


def test_labels_stand_on_workload_and_pod_and_annotations_where_they_are_asked_for() -> None:
    settings = {"labels": {"team": "data"}, "workloadAnnotations": {"on": "workload"}, "annotations": {"on": "pod"}}
    [deployment] = objects("Deployment", "worker", pods=settings)
    metadata, pod = deployment["metadata"], deployment["spec"]["template"]["metadata"]
    assert metadata["labels"]["team"] == pod["labels"]["team"] == "data"
    assert (metadata["annotations"]["on"], pod["annotations"]["on"]) == ("workload", "pod")
    assert "team" not in deployment["spec"]["selector"]["matchLabels"]


@on_each
def test_it_restarts_when_airflow_cfg_changes(component: str) -> None:
    [before], [after] = (
        objects("Deployment", component, config={"core": {"parallelism": number}}) for number in (1, 2)
    )
    found = [item["spec"]["template"]["metadata"]["annotations"] for item in (before, after)]
    assert {key for key in found[0] if found[0][key] != found[1][key]} == {"checksum/config"}


@pytest.mark.parametrize(
    ("setting", "before", "after", "digest"),
    [
        ("plugins", {"plugin.py": "X = 1\n"}, {"plugin.py": "X = 2\n"}, "checksum/plugins"),
        ("airflowLocalSettings", "X = 1\n", "X = 2\n", "checksum/config"),
    ],
)
def test_it_restarts_when_the_files_of_users_change(setting: str, before: Any, after: Any, digest: str) -> None:
    [old], [new] = (objects("Deployment", "worker", **{setting: files}) for files in (before, after))
    found = [item["spec"]["template"]["metadata"]["annotations"] for item in (old, new)]
    assert {key for key in found[0] if found[0][key] != found[1][key]} == {digest}


@on_each
def test_no_version_in_its_labels_restarts_it(component: str) -> None:
    [deployment] = objects("Deployment", component)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert "app.kubernetes.io/version" not in labels
    assert labels.items() >= deployment["spec"]["selector"]["matchLabels"].items()
