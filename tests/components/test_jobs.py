"""The Jobs: migrations with the first user, and the generation of credentials."""

from __future__ import annotations

import pytest
from deployed import AIRFLOW_2, environment, main_of, objects, pod_of

JOBS = ["migrations", "secret-generation"]
on_both = pytest.mark.parametrize("component", JOBS)


@on_both
def test_a_job_is_tried_until_its_database_comes_up(component: str) -> None:
    """Kubernetes gives up after six failures by default, which is ten minutes."""
    [job] = objects("Job", component)
    assert job["spec"]["backoffLimit"] == 100000
    assert pod_of(job)["restartPolicy"] == "OnFailure"
    assert "activeDeadlineSeconds" not in job["spec"]


@on_both
def test_a_job_stays_when_it_is_done(component: str) -> None:
    """With a TTL the next sync would make it again."""
    [job] = objects("Job", component)
    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert "helm.sh/hook" not in job["metadata"].get("annotations", {})


@on_both
def test_another_spec_is_another_job(component: str) -> None:
    section = {"migrations": "migrations", "secret-generation": "secretGeneration"}[component]
    [before] = objects("Job", component)
    [same] = objects("Job", component, webserver={"replicas": 2})
    [after] = objects("Job", component, **{section: {"pod": {"env": {"A": "1"}}}})
    assert before == same
    assert before["metadata"]["name"] != after["metadata"]["name"]
    assert before["metadata"]["name"].startswith(f"etl-airflow-{component}-")


@on_both
def test_a_job_has_no_probes_no_wait_and_no_side_containers_that_never_end(component: str) -> None:
    [job] = objects("Job", component, airflowPods={"containers": [{"name": "proxy", "image": "proxy:1"}]})
    [container] = pod_of(job)["containers"]
    assert not {"startupProbe", "livenessProbe", "readinessProbe"} & container.keys()
    assert "initContainers" not in pod_of(job)


def test_migrations_makes_the_first_user() -> None:
    [job] = objects("Job", "migrations", adminUser={"username": "ada", "role": "Op"})
    found = environment(main_of(job))
    assert main_of(job)["args"] == ["python", "/etc/airflow-scripts/migrate.py"]
    assert (found["ADMIN_USERNAME"], found["ADMIN_ROLE"]) == ("ada", "Op")
    assert found["ADMIN_PASSWORD"] == {"secretKeyRef": {"name": "etl-airflow-generated", "key": "admin-password"}}


def test_where_users_come_from_elsewhere_no_user_is_made() -> None:
    for settings in ({"adminUser": {"enabled": False}}, {"authManager": "simple"}):
        [job] = objects("Job", "migrations", **settings)
        assert not [name for name in environment(main_of(job)) if name.startswith("ADMIN_")]


def test_only_missing_credentials_are_generated() -> None:
    [job] = objects("Job", "secret-generation", secrets={"fernetKey": {"existingSecret": "keys"}})
    arguments = main_of(job)["args"]
    assert arguments[:2] == ["/etc/airflow-scripts/generate_secrets.py", "etl-airflow-generated"]
    assert "fernet-key=fernet" not in arguments
    assert "jwt-secret=password" in arguments
    [old] = objects("Job", "secret-generation", airflowVersion=AIRFLOW_2)
    assert "jwt-secret=password" not in main_of(old)["args"]


def test_who_migrates_by_other_means_has_no_job() -> None:
    assert objects("Job", "migrations", migrations={"enabled": False}) == []
