"""The chart's own PostgreSQL and Valkey: one pod each, with a password and a volume that stays."""

from __future__ import annotations

import pytest
from deployed import environment, main_of, mounts, objects, pod_of

STORES = ["postgresql", "redis"]
on_both = pytest.mark.parametrize("store", STORES)


@on_both
def test_it_is_one_pod_behind_a_service_of_the_cluster(store: str) -> None:
    [workload], [service] = objects("StatefulSet", store), objects("Service", store)
    assert workload["spec"]["replicas"] == 1
    assert workload["spec"]["serviceName"] == service["metadata"]["name"] == f"etl-airflow-{store}"
    assert service["spec"]["type"] == "ClusterIP"
    assert service["spec"]["selector"] == workload["spec"]["selector"]["matchLabels"]
    [port] = main_of(workload)["ports"]
    assert [item["targetPort"] for item in service["spec"]["ports"]] == [port["containerPort"]]


@on_both
def test_its_claim_is_for_one_node_and_outlives_the_release(store: str) -> None:
    [claim] = objects("PersistentVolumeClaim", store, **{store: {"persistence": {"size": "3Gi"}}})
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert claim["spec"]["resources"] == {"requests": {"storage": "3Gi"}}
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    [workload] = objects("StatefulSet", store)
    [data] = [volume for volume in pod_of(workload)["volumes"] if volume["name"] == "data"]
    assert data["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    assert mounts(main_of(workload))["data"] == "/data"


@on_both
def test_an_existing_claim_replaces_its_own(store: str) -> None:
    settings = {store: {"persistence": {"existingClaim": "mine"}}}
    assert objects("PersistentVolumeClaim", store, **settings) == []
    [workload] = objects("StatefulSet", store, **settings)
    assert pod_of(workload)["volumes"][0] == {"name": "data", "persistentVolumeClaim": {"claimName": "mine"}}


@on_both
def test_without_persistence_its_data_goes_with_the_pod(store: str) -> None:
    settings = {store: {"persistence": {"enabled": False}}}
    assert objects("PersistentVolumeClaim", store, **settings) == []
    [workload] = objects("StatefulSet", store, **settings)
    assert "emptyDir" in pod_of(workload)["volumes"][0]


@on_both
def test_it_lets_its_clients_finish_first(store: str) -> None:
    [workload] = objects("StatefulSet", store)
    assert main_of(workload)["lifecycle"] == {"preStop": {"sleep": {"seconds": 10}}}
    assert pod_of(workload)["terminationGracePeriodSeconds"] >= 60


@on_both
def test_it_runs_as_the_user_of_its_image_and_knows_no_kubernetes(store: str) -> None:
    pod = pod_of(objects("StatefulSet", store)[0])
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 999
    assert pod["automountServiceAccountToken"] is False


def test_postgresql_has_a_role_and_a_database_for_celery_of_its_own() -> None:
    [workload] = objects("StatefulSet", "postgresql")
    found = environment(main_of(workload))
    assert (found["METADATA_USER"], found["METADATA_DATABASE"]) == ("airflow", "airflow")
    assert (found["RESULT_BACKEND_USER"], found["RESULT_BACKEND_DATABASE"]) == ("celery", "celery")
    assert found["METADATA_PASSWORD"] != found["RESULT_BACKEND_PASSWORD"]
    [alone] = objects("StatefulSet", "postgresql", executors=["LocalExecutor"])
    assert not [name for name in environment(main_of(alone)) if name.startswith("RESULT_BACKEND")]


def test_postgresql_may_write_where_it_must() -> None:
    [workload] = objects("StatefulSet", "postgresql")
    assert mounts(main_of(workload)) == {
        "data": "/data",
        "scripts": "/etc/airflow-scripts",
        "run": "/var/run/postgresql",
        "tmp": "/tmp",
    }


@pytest.mark.parametrize(("persistent", "appends"), [(True, "yes"), (False, "no")])
def test_the_queue_is_written_down_where_there_is_a_volume(persistent: bool, appends: str) -> None:
    [workload] = objects("StatefulSet", "redis", redis={"persistence": {"enabled": persistent}})
    assert environment(main_of(workload))["REDIS_APPEND_ONLY"] == appends


def test_only_celery_needs_a_broker() -> None:
    for kind in ("StatefulSet", "Service", "PersistentVolumeClaim", "NetworkPolicy"):
        assert objects(kind, "redis", executors=["LocalExecutor"]) == []
