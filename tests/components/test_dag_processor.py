"""The DAG processor: parses the DAG files in processes that it forks."""

from __future__ import annotations

from deployed import AIRFLOW_2, main_of, mounts, objects, pod_of


def test_it_imports_first_what_dag_files_need() -> None:
    [deployment] = objects("Deployment", "dag-processor")
    assert main_of(deployment)["args"] == ["python", "/etc/airflow-scripts/import_first.py", "dag-processor"]


def test_its_heartbeat_is_read_from_the_database_and_it_serves_nothing() -> None:
    [deployment] = objects("Deployment", "dag-processor")
    container = main_of(deployment)
    check = ["python", "/etc/airflow-scripts/check_job.py", "DagProcessorJob", "90"]
    assert container["startupProbe"]["exec"]["command"] == check
    assert container["livenessProbe"]["exec"]["command"] == check
    assert not {"readinessProbe", "ports"} & container.keys()
    assert objects("Service", "dag-processor") == []


def test_airflow_2_can_do_without_it() -> None:
    settings = {"airflowVersion": AIRFLOW_2, "dagProcessor": {"enabled": False}}
    assert objects("Deployment", "dag-processor", **settings) == []
    assert objects("ServiceAccount", "dag-processor", **settings) == []


def test_the_folder_of_dags_can_be_another_one() -> None:
    settings = {"path": "/srv/dags", "persistence": {"enabled": True}}
    [deployment] = objects("Deployment", "dag-processor", dags=settings)
    assert mounts(main_of(deployment))["dags"] == "/srv/dags"


def test_it_mounts_the_dags_read_only() -> None:
    [deployment] = objects("Deployment", "dag-processor", dags={"persistence": {"enabled": True, "subPath": "main"}})
    [dags] = [mount for mount in main_of(deployment)["volumeMounts"] if mount["name"] == "dags"]
    assert dags == {"name": "dags", "mountPath": "/opt/airflow/dags", "readOnly": True, "subPath": "main"}
    [volume] = [volume for volume in pod_of(deployment)["volumes"] if volume["name"] == "dags"]
    assert volume["persistentVolumeClaim"] == {"claimName": "etl-airflow-dags", "readOnly": True}
