"""A small client of a running Airflow's REST API, for the test and the benchmark of the local run."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, ClassVar

PATIENCE = 120
"""Seconds that a run may take on a busy machine."""


class AirflowClient:
    """Talks to Airflow 3 as a user would."""

    api = "/api/v2"
    new_run: ClassVar[dict[str, Any]] = {"logical_date": None, "conf": {}}

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self.authorization = self._log_in(user, password)

    def _log_in(self, user: str, password: str) -> str:
        answer = self._call("POST", "/auth/token", {"username": user, "password": password}, "")
        return f"Bearer {answer['access_token']}"

    def _call(self, method: str, path: str, body: object, authorization: str) -> Any:
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json", "Authorization": authorization},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call of the API, parsed."""
        return self._call(method, f"{self.api}{path}", body, self.authorization)

    def wait_for_dag(self, dag: str) -> None:
        """Returns when the DAG processor has parsed a DAG."""
        self.until(lambda: self.call("GET", f"/dags/{dag}"), f"the DAG {dag}")

    def start(self, dag: str, **conf: Any) -> str:
        """Unpauses a DAG and starts a run of it with a configuration."""
        self.wait_for_dag(dag)
        self.call("PATCH", f"/dags/{dag}", {"is_paused": False})
        run = self.call("POST", f"/dags/{dag}/dagRuns", {**self.new_run, "conf": conf})
        return str(run["dag_run_id"])

    def state(self, dag: str, run: str) -> str:
        """The state of a run."""
        return str(self.call("GET", f"/dags/{dag}/dagRuns/{_quoted(run)}")["state"])

    def wait_for_end(self, dag: str, run: str, patience: float = PATIENCE) -> str:
        """The state in which a run ends."""

        def ended() -> str:
            state = self.state(dag, run)
            if state not in ("success", "failed"):
                raise LookupError(state)
            return state

        return str(self.until(ended, f"the end of {dag}", patience))

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        found: list[dict[str, Any]] = []
        while True:
            path = f"/dags/{dag}/dagRuns/{_quoted(run)}/taskInstances?limit=100&offset={len(found)}"
            answer = self.call("GET", path)
            found += answer["task_instances"]
            if len(found) >= answer["total_entries"]:
                return found

    def log(self, dag: str, run: str, task: str, attempt: int = 1, index: int = -1) -> str:
        """The log of a task, as the UI shows it."""
        path = f"/dags/{dag}/dagRuns/{_quoted(run)}/taskInstances/{task}/logs/{attempt}?map_index={index}"
        return json.dumps(self.call("GET", path)["content"])

    def result(self, dag: str, run: str, task: str) -> Any:
        """What a task has returned."""
        path = f"/dags/{dag}/dagRuns/{_quoted(run)}/taskInstances/{task}/xcomEntries/return_value?deserialize=true"
        return self.call("GET", path)["value"]

    def until(self, ask: Any, what: str, patience: float = PATIENCE) -> Any:
        """What a question gives, as soon as it has an answer."""
        deadline = time.monotonic() + patience
        while True:
            try:
                return ask()
            except (OSError, LookupError, urllib.error.HTTPError) as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"waited {patience} s for {what}: {error}") from error
            time.sleep(0.5)


class Airflow2Client(AirflowClient):
    """The same for Airflow 2.11, which takes the password with each call where `[api] auth_backends` allows it."""

    api = "/api/v1"
    new_run: ClassVar[dict[str, Any]] = {"conf": {}}

    def _log_in(self, user: str, password: str) -> str:
        return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")
