"""LocalExecutor, and two webservers of which one goes: users and tasks find the other."""

from __future__ import annotations

from collections import Counter

import pytest
from deployment import NO_SECRET, SMALL, START, Deployment, until

pytestmark = pytest.mark.usefixtures("namespaces")
webservers = Deployment(
    "webservers",
    SMALL,
    {"executors": ["LocalExecutor"], "redis": {"enabled": False}, "webserver": {"replicas": 2}},
)

TASKS = 8

ASK = """
import http.client, socket, time

address = socket.gethostbyname("airflow-webserver")
while True:
    began = time.monotonic()
    try:
        connection = http.client.HTTPConnection(address, 8080, timeout=20)
        connection.request("GET", "/api/v2/version")
        print(connection.getresponse().status, flush=True)
    except Exception as error:
        print(repr(error), flush=True)
    connection.close()
    time.sleep(max(0, began + 0.2 - time.monotonic()))
"""


def answers() -> list[str]:
    """What the requests of the pod beside have got until now."""
    return webservers.kubectl("logs", "stranger").splitlines()


def test_everything_becomes_ready() -> None:
    webservers.start()
    image = webservers.pods("webserver")[0]["spec"]["containers"][0]["image"]
    webservers.start_stranger(image, "python", "-c", ASK)
    until(lambda: answers()[:5] == ["200"] * 5, "the API answers", 20)


def test_there_are_no_workers() -> None:
    assert set(webservers.workload_pods()) == {"webserver", "scheduler", "dag-processor", "postgresql"}


def test_a_task_runs_in_the_scheduler_and_the_ui_shows_its_log() -> None:
    run = webservers.run_dag("first")
    assert webservers.airflow.result("first", run, "end") == 42
    assert "forty-two is the answer" in webservers.airflow.log("first", run, "answer")
    [scheduler] = webservers.pod_names("scheduler")
    assert f"hello from {scheduler}" in webservers.airflow.log("first", run, "hello")


def test_no_container_was_restarted() -> None:
    assert webservers.restarts() == {}


def test_the_only_warning_is_that_the_secret_is_not_there_yet() -> None:
    assert [event for event in webservers.warnings() if not NO_SECRET.search(event)] == []


@pytest.mark.timeout(900)
def test_a_setting_replaces_both() -> None:
    before = webservers.workload_pods()
    webservers.upgrade({"webserver": {"config": "WTF_CSRF_TIME_LIMIT = 3600"}})
    webservers.until_ready(2 * START)
    assert webservers.replaced_since(before) == {"webserver"}


@pytest.mark.xfail(strict=False, reason="a webserver that stops refuses connections before its Service forgets it")
def test_every_request_was_answered() -> None:
    assert Counter(answers()).keys() == {"200"}


def test_tasks_keep_their_first_try_while_one_is_replaced() -> None:
    run = webservers.start_dag("sleepers", tasks=TASKS, seconds=20)

    def all_run() -> bool:
        states = [task["state"] for task in webservers.airflow.tasks("sleepers", run) if task["task_id"] == "sleep"]
        return states == ["running"] * TASKS

    until(all_run, "the tasks run", 60)
    webservers.kubectl("delete", "pod", min(webservers.pod_names("webserver")), "--wait=false")
    tasks = webservers.succeeds("sleepers", run)
    assert {task["map_index"]: task["try_number"] for task in tasks if task["task_id"] == "sleep"} == dict.fromkeys(
        range(TASKS), 1
    )


def test_the_api_is_back_soon_after_one_was_killed() -> None:
    webservers.until_ready()
    earlier = len(answers())
    webservers.kubectl("delete", "pod", min(webservers.pod_names("webserver")), "--grace-period=0", "--force")
    until(lambda: answers()[earlier:][-10:] == ["200"] * 10, "ten requests in a row are answered", 30)
    webservers.run_dag("first")
