"""The chart with no values at all: installed, changed, rolled back, removed and installed again."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from deployment import COMPONENT, NO_SECRET, Deployment, container_statuses, until, without_what_differs

pytestmark = pytest.mark.usefixtures("namespaces")
default = Deployment("default")

AIRFLOW = {"webserver", "scheduler", "dag-processor", "triggerer", "worker-default"}
STORES = {"postgresql", "redis"}
PARALLELISM = {"config": {"core": {"parallelism": 16}}}

earlier: set[Any] = set()
"""The runs before it is removed and installed again."""


def test_everything_becomes_ready() -> None:
    default.start()
    assert set(default.workload_pods()) == AIRFLOW | STORES


def test_the_first_dag_succeeds() -> None:
    run = default.run_dag("first")
    assert default.airflow.result("first", run, "end") == 42


def test_the_ui_shows_the_logs_of_tasks() -> None:
    run = default.run_dag("first")
    assert "forty-two is the answer" in default.airflow.log("first", run, "answer")
    [worker] = default.pod_names("worker")
    assert f"hello from {worker}" in default.airflow.log("first", run, "hello")


def test_no_container_was_restarted() -> None:
    assert default.restarts() == {}


def test_the_only_warning_is_that_the_secret_is_not_there_yet() -> None:
    assert [event for event in default.warnings() if not NO_SECRET.search(event)] == []


@pytest.mark.xfail(reason="pods start before the Job has made the Secret that they name")
def test_there_is_no_warning_event() -> None:
    assert default.warnings() == []


def test_no_log_has_a_traceback() -> None:
    assert [name for name, text in default.logs().items() if "Traceback (most recent call last)" in text] == []


def test_no_log_repeats_a_warning() -> None:
    repeated: dict[str, list[str]] = {}
    for name, text in default.logs().items():
        warnings = Counter(without_what_differs(line) for line in text.splitlines() if _WARNING.search(line))
        repeated[name] = [f"{count} times {line}" for line, count in warnings.items() if count > 2]
    assert {name: lines for name, lines in repeated.items() if lines} == {}


_WARNING = re.compile(r"(?i)\bwarn(ing)?\b|deprecat")


def test_the_same_values_replace_no_pod() -> None:
    before = default.workload_pods()
    default.upgrade()
    default.until_ready()
    assert default.replaced_since(before) == set()


def test_policies_replace_no_pod() -> None:
    before = default.workload_pods()
    default.upgrade({"networkPolicies": {"taskEgress": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}})
    default.until_ready()
    assert default.replaced_since(before) == set()


def test_an_option_restarts_airflow_and_no_store() -> None:
    before = default.workload_pods()
    default.upgrade(PARALLELISM, wait=True)
    default.until_ready()
    assert default.replaced_since(before) == AIRFLOW
    value = default.exec("scheduler", "airflow", "config", "get-value", "core", "parallelism")
    assert value.strip() == "16"


def _image_states() -> set[str]:
    """Why containers wait."""
    statuses = [status for pod in default.pods() for status in container_statuses(pod)]
    return {status["state"].get("waiting", {}).get("reason", "") for status in statuses}


def test_a_bad_image_leaves_the_old_pods_running_until_it_is_rolled_back() -> None:
    before = default.workload_pods()
    default.upgrade(PARALLELISM, {"images": {"airflow": {"tag": "there-is-none"}}})
    until(lambda: _image_states() & {"ImagePullBackOff", "ErrImagePull"}, "the image is looked for in vain")
    default.run_dag("first")
    now = default.workload_pods()
    assert all(before[name] <= now[name] for name in before)
    default.rollback()
    default.until_ready()
    assert default.replaced_since(before) == set()


def runs() -> set[Any]:
    answer = default.airflow.call("GET", "/dags/first/dagRuns?limit=100")
    return {run["dag_run_id"] for run in answer["dag_runs"]}


def test_without_the_secret_no_new_fernet_key_is_made() -> None:
    default.airflow.call("POST", "/connections", {"connection_id": "shop", "conn_type": "http", "password": "s3cret"})
    earlier.update(runs())
    lost = default.generated()
    default.uninstall()
    default.kubectl("delete", "secret", "airflow-generated")
    default.forget_client()
    default.install()
    until(lambda: "another Fernet key has encrypted" in default.log_of("secret-generation"), "the Job refuses", 120)
    kept = {key: lost[key] for key in ("fernet-key", "admin-password")}  # what the database remembers
    patch = json.dumps({"stringData": kept})
    default.kubectl("patch", "secret", "airflow-generated", "--type=merge", f"--patch={patch}")
    default.kubectl("wait", "job", f"--selector={COMPONENT}=secret-generation", "--for=condition=Complete")


def test_uninstalled_and_installed_again_it_goes_on() -> None:
    default.uninstall()
    assert {claim["metadata"]["name"] for claim in default.get("persistentvolumeclaims")} == {
        "airflow-postgresql-data",
        "airflow-redis-data",
    }
    default.install(wait=True)
    default.until_ready(60)  # Helm waits for no Job
    assert runs() == earlier
    shop = default.exec("scheduler", "airflow", "connections", "get", "shop", "--output=json")
    assert "s3cret" in shop
    default.run_dag("first")


def test_a_variable_for_airflow_leaves_the_stores_running() -> None:
    before = {store: _revision(store) for store in STORES}
    default.upgrade(PARALLELISM, {"airflowPods": {"env": {"TEAM": "data"}}})
    assert {store: _revision(store) for store in STORES} == before


def _revision(store: str) -> int:
    [found] = [item for item in default.get("statefulsets") if item["metadata"]["name"] == f"airflow-{store}"]
    return int(found["metadata"]["generation"])
