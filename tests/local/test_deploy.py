"""What `up` does before anything runs: all checks first, credentials kept, nothing half done."""

import base64
import json
import os
import shutil
import socket
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from airflow_charts.checks import load
from airflow_charts.errors import InvalidValuesError, LocalRunError
from airflow_charts.local import deploy
from airflow_charts.local.addresses import pod_addresses
from airflow_charts.local.deploy import Ready, Request, dags_folder, extras_of, plan_of, prepare, values_of
from airflow_charts.local.plan import pod_names
from airflow_charts.local.programs import Programs
from airflow_charts.local.state import State
from airflow_charts.local.uv import Progress

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL: dict[str, Any] = {"executors": ["LocalExecutor"], "triggerer": {"enabled": False}}
ONE = f"d{os.getpid()}"
"""The name decides about addresses: tests run side by side."""


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", str(folder))
    monkeypatch.setenv("AIRFLOW_CHARTS_CACHE", str(folder / "cache"))
    yield State.of(ONE)
    shutil.rmtree(folder)


class Installed:
    """What the fake environments were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.fails = False

    def airflow(
        self, cache: Path, version: str, extras: Sequence[str], requirements: Sequence[str], progress: Progress
    ) -> Programs:
        self.asked.append((version, list(extras), list(requirements)))
        if self.fails:
            raise LocalRunError("PyPI cannot be reached")
        progress("installing")
        return Programs(Path("/airflow/bin"), f"apache-airflow {version}")

    def store(self, cache: Path, source: str, progress: Progress) -> Programs:
        self.asked.append((source,))
        return Programs(Path("/store/bin"), f"store of {source}")


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Installed:
    fake = Installed()
    monkeypatch.setattr(deploy, "airflow_programs", fake.airflow)
    monkeypatch.setattr(deploy, "postgresql_programs", fake.store)
    monkeypatch.setattr(deploy, "redis_programs", fake.store)
    return fake


def prepared(state: State, document: dict[str, Any], **more: Any) -> Ready:
    dags = more.pop("dags", state.folder.parent / "dags")
    return prepare(state, Request(document, dags, **more), lambda what: None)


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything of a folder: modes, times, bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        text = path.read_bytes() if stat.S_ISREG(info.st_mode) else b""
        found[str(path.relative_to(folder))] = (info.st_mode, info.st_mtime_ns, text)
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        {"executors": ["KubernetesExecutor"]},
        {"executors": ["CeleryExecutor", "KubernetesExecutor"]},
        yaml.safe_load((EXAMPLES / "airflow-2.yaml").read_text(encoding="utf-8")),
        yaml.safe_load((EXAMPLES / "kubernetes-executor.yaml").read_text(encoding="utf-8")),
    ],
)
def test_the_kubernetes_executor_is_refused_and_leaves_no_trace(state: State, document: dict[str, Any]) -> None:
    with pytest.raises(LocalRunError, match=r"executors: the KubernetesExecutor.*--set executors=\{CeleryExecutor\}"):
        prepared(state, document)
    assert not state.folder.exists()


def test_wrong_values_are_refused_with_the_users_own_paths(state: State) -> None:
    with pytest.raises(InvalidValuesError, match=r"scheduler.replicas"):
        prepared(state, {"scheduler": {"replicas": "many"}})
    assert not state.folder.exists()


def test_the_dag_folder_and_the_url_are_those_of_this_machine() -> None:
    asked = {
        "webserver": {"externalUrl": "https://data.example.com", "path": "/air"},
        "dags": {"path": "/elsewhere", "persistence": {"enabled": True, "subPath": "x"}},
    }
    values = values_of(asked, Path("/my/dags"), {8080: 8099})
    assert values.dags.path == "/my/dags"
    assert not values.dags.persistence.enabled
    assert values.webserver.external_url == "http://127.0.0.1:8099"
    assert values.webserver.path == "/air"


def test_logs_stay_unless_the_user_wants_otherwise() -> None:
    assert values_of({}, Path("/dags"), {}).logs.persistence.enabled
    kept = values_of({"logs": {"persistence": {"size": "1Gi"}}}, Path("/dags"), {})
    assert (kept.logs.persistence.enabled, kept.logs.persistence.size) == (True, "1Gi")
    assert not values_of({"logs": {"persistence": {"enabled": False}}}, Path("/dags"), {}).logs.persistence.enabled


def test_the_users_document_is_not_changed() -> None:
    document = {"webserver": {"path": "/air"}, "logs": {"cleaner": {"retentionMinutes": 60}}}
    before = msgspec.json.encode(document)
    values_of(document, Path("/dags"), {})
    assert msgspec.json.encode(document) == before


@pytest.mark.parametrize(
    ("document", "extras"),
    [
        (SMALL, ["fab", "postgres"]),
        ({}, ["celery", "fab", "postgres"]),
        ({"airflowVersion": "2.11.2"}, ["celery", "postgres"]),
        ({**SMALL, "config": {"metrics": {"statsd_on": True}}}, ["fab", "postgres", "statsd"]),
        ({**SMALL, "config": {"metrics": {"statsd_on": "True"}}}, ["fab", "postgres", "statsd"]),
        ({**SMALL, "config": {"metrics": {"statsd_on": False}}}, ["fab", "postgres"]),
        ({**SMALL, "config": {"logging": {"remote_base_log_folder": "s3://a/b"}}}, ["amazon", "fab", "postgres"]),
        ({**SMALL, "config": {"logging": {"remote_base_log_folder": "gs://a"}}}, ["fab", "google", "postgres"]),
        ({**SMALL, "config": {"logging": {"remote_base_log_folder": "wasb-a"}}}, ["fab", "postgres"]),
        ({**SMALL, "config": {"logging": {"remote_base_log_folder": ""}}}, ["fab", "postgres"]),
    ],
)
def test_the_extras_that_values_need(document: dict[str, Any], extras: list[str]) -> None:
    assert extras_of(load(document)) == extras


# --- the DAG folder --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["my dags", "100%", "it's", 'a"b', "a\\b", "a\tb", "a,b", "a:b", "ä"])
def test_a_dag_folder_that_cannot_stand_in_the_configuration_is_refused(state: State, name: str) -> None:
    with pytest.raises(LocalRunError, match=r"--dags: the path .* may have letters, digits and"):
        dags_folder(state.folder.parent / name)
    assert not (state.folder.parent / name).exists()


def test_the_dag_folder_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert dags_folder(Path("dags")) == tmp_path / "dags"
    assert dags_folder(Path("~/dags")) == tmp_path / "home/dags"


@pytest.mark.parametrize("name", ["dags/", "a/./dags", "./dags", "dags/."])
def test_every_way_to_write_a_dag_folder_fits_the_values(
    state: State, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(state.folder.parent)
    assert values_of(SMALL, dags_folder(Path(name)), {}).dags.path.startswith(str(state.folder.parent))


def test_the_dag_folder_is_made_after_all_checks(state: State, installed: Installed) -> None:
    installed.fails = True
    with pytest.raises(LocalRunError):
        prepared(state, SMALL)
    assert not (state.folder.parent / "dags").exists()
    installed.fails = False
    prepared(state, SMALL)
    assert (state.folder.parent / "dags").is_dir()


def test_a_file_in_place_of_the_dag_folder_is_refused(state: State) -> None:
    (state.folder.parent / "dags").touch()
    with pytest.raises(LocalRunError, match="--dags"):
        prepared(state, SMALL)


# --- a new deployment ------------------------------------------------------------------------------------------------


def test_a_new_deployment_is_written_and_can_be_planned_again(state: State, installed: Installed) -> None:
    ready = prepared(state, {"flower": {"enabled": True}}, requirements=["pandas"], servers="system")
    assert installed.asked == [("3.3.2", ["celery", "fab", "postgres"], ["pandas"]), ("system",), ("system",)]
    assert state.deployment() == ready.deployment
    assert plan_of(state, ready.deployment) == ready.plan
    assert ready.deployment.requirements == ["pandas"]
    assert ready.deployment.origins == {
        "airflow": "apache-airflow 3.3.2",
        "postgresql": "store of system",
        "redis": "store of system",
    }
    for pod in ready.plan.pods:
        assert Path(pod.pod.folder).is_dir()


def test_processes_are_forks_unless_the_user_says_otherwise(state: State) -> None:
    """The folders of the one that forks are made; the plan of a deployment remembers the choice."""
    ready = prepared(state, SMALL)
    if sys.platform == "linux":
        assert ready.plan.preload is not None
        assert Path(ready.plan.preload.folder).is_dir()
        assert Path(ready.plan.preload.log).parent.stat().st_mode & 0o077 == 0
    alone = prepared(state, SMALL, preload=False)
    assert alone.plan.preload is None
    assert plan_of(state, alone.deployment) == alone.plan
    assert not any(item.preloaded for pod in alone.plan.pods for item in pod.pod.containers)


def test_a_deployment_of_before_has_no_choice(state: State) -> None:
    """What an older version has written is read."""
    prepared(state, SMALL)
    written = json.loads(state.deployment_file.read_text())
    del written["preload"]
    state.write(state.deployment_file, json.dumps(written))
    known = state.deployment()
    assert known is not None
    assert known.preload


def test_only_programs_that_run_are_installed(state: State, installed: Installed) -> None:
    prepared(state, SMALL)
    assert [item[0] for item in installed.asked] == ["3.3.2", "wheel"]
    assert set(prepared(state, SMALL).deployment.store_bins) == {"postgresql"}


def test_everything_that_holds_a_secret_is_private(state: State) -> None:
    prepared(state, {"flower": {"enabled": True}})
    secret = list(state.secrets().values())
    assert len(set(secret)) == len(secret) == 8
    for path in state.folder.rglob("*"):
        if path.is_file() and any(text.encode() in path.read_bytes() for text in secret):
            assert mode(path) == 0o600, path
            assert path in (state.secrets_file, state.password_file, state.flower_file)


def test_generated_credentials_are_of_the_kinds_of_a_cluster(state: State) -> None:
    prepared(state, {"flower": {"enabled": True}})
    texts = state.secrets()
    assert len(base64.urlsafe_b64decode(texts["fernet-key"])) == 32
    assert texts["flower-basic-auth"].startswith("admin:")
    assert all(len(text) >= 44 for text in texts.values())


def test_the_files_for_people(state: State) -> None:
    prepared(state, {"flower": {"enabled": True}})
    assert state.password_file.read_text(encoding="utf-8") == state.secrets()["admin-password"] + "\n"
    assert state.flower_file.read_text(encoding="utf-8") == state.secrets()["flower-basic-auth"] + "\n"


def test_there_is_no_file_for_a_password_of_the_user(state: State) -> None:
    ready = prepared(state, {**SMALL, "adminUser": {"password": {"value": "not-so-secret"}}})
    assert not state.password_file.exists()
    assert not state.flower_file.exists()
    assert "admin-password" not in state.secrets()
    assert "not-so-secret" not in repr(ready.plan)


def test_a_port_of_another_program_moves_everywhere(state: State) -> None:
    address = pod_addresses(ONE, pod_names(values_of(SMALL, Path("/dags"), {})), own=sys.platform == "linux")
    with socket.socket() as other:
        other.bind((address["postgresql"], 5432))
        other.listen(1)
        ready = prepared(state, SMALL)
    [moved] = [item for item in ready.moved if item.usual == 5432]
    assert ready.deployment.ports[5432] == moved.port
    [postgresql] = [pod.pod for pod in ready.plan.pods if pod.pod.name == "postgresql"]
    assert postgresql.containers[0].environment["PGPORT"] == str(moved.port)
    assert state.deployment() == ready.deployment


def test_what_a_browser_opens(state: State) -> None:
    document = {"webserver": {"path": "/air"}, "flower": {"enabled": True, "path": "/flower"}}
    deployment = msgspec.structs.replace(prepared(state, document).deployment, ports={8080: 8090, 5555: 5565})
    assert deploy.webserver_url(deploy.values_for(deployment)) == "http://127.0.0.1:8090/air"
    assert deploy.flower_url(deploy.values_for(deployment), deployment.ports) == "http://127.0.0.1:5565/flower"
    without = msgspec.structs.replace(deployment, document={})
    assert deploy.flower_url(deploy.values_for(without), without.ports) == ""


# --- a deployment that is there --------------------------------------------------------------------------------------


def test_credentials_stay_and_new_ones_are_added(state: State) -> None:
    prepared(state, SMALL)
    before = state.secrets()
    prepared(state, {**SMALL, "executors": ["CeleryExecutor"], "flower": {"enabled": True}})
    after = state.secrets()
    assert after.items() > before.items()
    assert {"broker-password", "flower-basic-auth"} <= set(after) - set(before)
    prepared(state, SMALL)
    assert state.secrets() == after


def test_an_older_version_is_refused_with_nothing_changed(state: State, installed: Installed) -> None:
    prepared(state, SMALL)
    before = tree(state.folder)
    asked = len(installed.asked)
    with pytest.raises(LocalRunError, match=r"used by Airflow 3.3.2, which 3.2.1 cannot read.*Nothing was changed"):
        prepared(state, {**SMALL, "airflowVersion": "3.2.1"})
    assert tree(state.folder) == before
    assert len(installed.asked) == asked


def test_a_newer_version_is_not(state: State) -> None:
    prepared(state, {**SMALL, "airflowVersion": "3.2.1"})
    assert prepared(state, {**SMALL, "airflowVersion": "3.3.2"}).deployment.airflow_version == "3.3.2"


@pytest.mark.parametrize("problem", ["environment", "values", "executor", "damaged"])
def test_a_refusal_leaves_an_existing_deployment_untouched(state: State, installed: Installed, problem: str) -> None:
    prepared(state, SMALL)
    if problem == "damaged":
        state.deployment_file.write_text("{", encoding="utf-8")
    before = tree(state.folder)
    installed.fails = problem == "environment"
    documents: dict[str, dict[str, Any]] = {
        "values": {"scheduler": {"replicas": 0.5}},
        "executor": {"executors": ["KubernetesExecutor"]},
    }
    document = documents.get(problem, {"flower": {"enabled": True}})
    with pytest.raises((LocalRunError, InvalidValuesError)):
        prepared(state, document)
    assert tree(state.folder) == before


def test_a_failing_environment_leaves_no_trace_of_a_new_deployment(state: State, installed: Installed) -> None:
    installed.fails = True
    with pytest.raises(LocalRunError, match="PyPI"):
        prepared(state, SMALL)
    assert not state.folder.exists()


NEEDS: dict[str, Any] = {
    **SMALL,
    "airflowPods": {"env": {name: {"secretKeyRef": {"name": name.lower(), "key": "k"}} for name in ("ONE", "TWO")}},
}


def put(state: State, *names: str) -> None:
    for name in names:
        folder = state.folder / "secrets" / name
        folder.mkdir(parents=True)
        (folder / "k").write_text("text", encoding="utf-8")


def test_secrets_of_the_user_are_read_from_files(state: State) -> None:
    put(state, "one", "two")
    ready = prepared(state, NEEDS)
    given = {pod.pod.name: pod.pod.containers[0].environment.get("ONE") for pod in ready.plan.pods}
    assert {name for name, text in given.items() if text != "text"} == {"postgresql"}
    assert "two" not in state.deployment_file.read_text(encoding="utf-8").replace('"name": "two"', "")


def test_secrets_of_the_user_may_be_added_one_by_one(state: State) -> None:
    """The very way of docs/laptop.md: `up` says which one is missing."""
    put(state, "one")
    with pytest.raises(LocalRunError, match="needs the Secret two"):
        prepared(state, NEEDS)
    put(state, "two")
    prepared(state, NEEDS)


def test_a_missing_secret_leaves_an_existing_deployment_untouched(state: State) -> None:
    prepared(state, SMALL)
    before = tree(state.folder)
    with pytest.raises(LocalRunError, match="needs the Secret"):
        prepared(state, NEEDS)
    assert tree(state.folder) == before


def test_what_was_given_the_last_time_can_be_taken_back(state: State) -> None:
    prepared(state, {"flower": {"enabled": True}})
    ready = prepared(state, SMALL)
    assert {pod.pod.name for pod in ready.plan.pods} == {
        "migrations",
        "postgresql",
        "webserver",
        "scheduler",
        "dag-processor",
    }


def test_a_password_file_that_is_wrong_now_vanishes(state: State) -> None:
    prepared(state, SMALL)
    prepared(state, {**SMALL, "adminUser": {"password": {"value": "not-so-secret"}}})
    assert not state.password_file.exists()
