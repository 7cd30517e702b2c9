"""The triggerer: runs deferred tasks, many in one process."""

from __future__ import annotations

from deployed import main_of, objects, pod_of


def test_it_serves_the_logs_of_deferred_tasks() -> None:
    [deployment] = objects("Deployment", "triggerer")
    assert main_of(deployment)["args"] == ["airflow", "triggerer"]
    assert main_of(deployment)["ports"] == [{"name": "logs", "containerPort": 8794, "protocol": "TCP"}]


def test_its_heartbeat_is_read_from_the_database() -> None:
    [deployment] = objects("Deployment", "triggerer")
    check = ["python", "/etc/airflow-scripts/check_job.py", "TriggererJob", "90"]
    assert main_of(deployment)["livenessProbe"]["exec"]["command"] == check


def test_only_with_access_does_it_get_a_token() -> None:
    [alone] = objects("Deployment", "triggerer")
    [watching] = objects("Deployment", "triggerer", triggerer={"kubernetesAccess": True})
    assert pod_of(alone)["automountServiceAccountToken"] is False
    assert pod_of(watching)["automountServiceAccountToken"] is True


def test_a_deployment_without_deferred_tasks_needs_none() -> None:
    for kind in ("Deployment", "ServiceAccount", "NetworkPolicy"):
        assert objects(kind, "triggerer", triggerer={"enabled": False}) == []
