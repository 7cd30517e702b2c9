"""Tasks in the scheduler: neither broker nor workers."""

from __future__ import annotations

import pytest
from deployment import NO_SECRET, SMALL, Deployment

pytestmark = pytest.mark.usefixtures("namespaces")
local = Deployment("local-executor", SMALL, {"executors": ["LocalExecutor"], "redis": {"enabled": False}})


def test_there_are_no_workers() -> None:
    local.start()
    assert set(local.workload_pods()) == {"webserver", "scheduler", "dag-processor", "postgresql"}


def test_a_task_runs_in_the_scheduler_and_the_ui_shows_its_log() -> None:
    run = local.run_dag("first")
    assert local.airflow.result("first", run, "end") == 42
    assert "forty-two is the answer" in local.airflow.log("first", run, "answer")
    [scheduler] = local.pod_names("scheduler")
    assert f"hello from {scheduler}" in local.airflow.log("first", run, "hello")


def test_no_container_was_restarted() -> None:
    assert local.restarts() == {}


def test_the_only_warning_is_that_the_secret_is_not_there_yet() -> None:
    assert [event for event in local.warnings() if not NO_SECRET.search(event)] == []
