"""The scheduler: with LocalExecutor it runs the tasks, with KubernetesExecutor it makes their pods."""

from __future__ import annotations

from deployed import AIRFLOW_2, main_of, objects, pod_of


def test_it_answers_from_its_own_health_server() -> None:
    [deployment] = objects("Deployment", "scheduler")
    container = main_of(deployment)
    assert container["args"] == ["airflow", "scheduler"]
    assert container["ports"] == [{"name": "health", "containerPort": 8974, "protocol": "TCP"}]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"] == {"path": "/health", "port": "health"}


def test_on_airflow_2_its_heartbeat_is_read_from_the_database() -> None:
    [deployment] = objects("Deployment", "scheduler", airflowVersion=AIRFLOW_2)
    container = main_of(deployment)
    assert "ports" not in container
    assert container["livenessProbe"]["exec"]["command"] == [
        *("python", "/etc/airflow-scripts/check_job.py", "SchedulerJob", "90")
    ]


def test_where_it_runs_tasks_it_imports_first_and_serves_their_logs() -> None:
    [deployment] = objects("Deployment", "scheduler", executors=["LocalExecutor"])
    container = main_of(deployment)
    assert container["args"] == ["python", "/etc/airflow-scripts/import_first.py", "scheduler"]
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == {"health": 8974, "logs": 8793}


def test_where_it_parses_dag_files_it_imports_first_too() -> None:
    [deployment] = objects("Deployment", "scheduler", airflowVersion=AIRFLOW_2, dagProcessor={"enabled": False})
    assert main_of(deployment)["args"] == ["python", "/etc/airflow-scripts/import_first.py", "scheduler"]


def test_with_kubernetes_executor_it_reads_the_template_and_restarts_when_that_changes() -> None:
    small, large = (
        objects(
            "Deployment",
            "scheduler",
            executors=["KubernetesExecutor"],
            kubernetesExecutor={"pod": {"env": {"A": size}}},
        )[0]
        for size in ("small", "large")
    )
    [config] = [volume for volume in pod_of(small)["volumes"] if volume["name"] == "config"]
    assert {"configMap": {"name": "etl-airflow-pod-template"}} in config["projected"]["sources"]
    found = [item["spec"]["template"]["metadata"]["annotations"] for item in (small, large)]
    assert {key for key in found[0] if found[0][key] != found[1][key]} == {"checksum/pod-template"}


def test_it_may_take_a_minute_to_stop() -> None:
    [deployment] = objects("Deployment", "scheduler")
    assert pod_of(deployment)["terminationGracePeriodSeconds"] == 60
