"""From manifests to processes: every pod is planned or told, inside its own folder, with its own credentials alone."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from airflow_charts.call import manifests
from airflow_charts.deployment import COMPONENTS
from airflow_charts.errors import InvalidValuesError, LocalRunError
from airflow_charts.local import deploy, plan
from airflow_charts.local.addresses import COMPONENT_PORTS, pod_addresses
from airflow_charts.local.container_plan import _as_entrypoint, _expanded
from airflow_charts.local.place import Place, PodPlace
from airflow_charts.local.plan import Plan
from airflow_charts.local.pod_plan import Mounts, PodPlan
from airflow_charts.local.pods import Container, Run
from airflow_charts.local.sources import Sources
from airflow_charts.local.state import State
from airflow_charts.parts.component import Component, providers
from airflow_charts.parts.names import name_of
from airflow_charts.processes.credentials import is_missing, records
from airflow_charts.processes.keys import API_SECRET, FERNET, JWT
from airflow_charts.processes.services import BROKER, DATABASE, RESULTS
from airflow_charts.release import Release
from airflow_charts.values import conditions

ROOT = Path(__file__).parents[2]
DAGS = Path("/tmp/the-dags")
PORTS = {8080: 18080, 5432: 15432, 6379: 16379, 5555: 15555, 8974: 18974, 8793: 18793, 8794: 18794}
PRELOAD = ("/airflow/bin/python", "-m", "airflow_charts_preload", "/airflow/preload.txt")
BINS = {"postgresql": "/store/postgresql", "redis": "/store/redis"}


def example(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text(encoding="utf-8")) or {}
    return loaded


def everything() -> dict[str, Any]:
    """The example with what it names, and the executors that run here."""
    document = example("everything") | {"executors": ["CeleryExecutor", "LocalExecutor"]}
    document["extraManifests"] += [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "some"}, "stringData": {"key": "text"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared"}, "data": {"SHARED": "text"}},
    ]
    return document


DOCUMENTS: dict[str, dict[str, Any]] = {
    "default": {},
    "everything": everything(),
    "airflow-2": example("airflow-2") | {"executors": ["CeleryExecutor"]},
    "airflow-2-local": example("airflow-2") | {"executors": ["LocalExecutor"], "flower": {"enabled": False}},
    "local-executor": example("local-executor"),
    "laptop": example("laptop"),
    "existing-secrets": example("existing-secrets"),
    "minimal": example("minimal"),
}
EXISTING = {
    "airflow-keys": {"fernet": "THE-fernet", "api": "THE-api", "jwt": "THE-jwt"},
    "airflow-admin": {"password": "THE-admin"},
    "airflow-database": {"uri": "postgresql://THE-database@db/airflow"},
    "airflow-results": {"uri": "db+postgresql://THE-results@db/celery"},
    "airflow-broker": {"uri": "redis://:THE-broker@cache/0"},
}
every_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """A state folder that is not made: plans are pure."""
    folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", str(folder))
    yield State.of("one")
    shutil.rmtree(folder)


def put(state: State, secrets: Mapping[str, Mapping[str, str]]) -> None:
    """What a user puts into the state folder."""
    for name, texts in secrets.items():
        (state.folder / "secrets" / name).mkdir(parents=True)
        for key, text in texts.items():
            (state.folder / "secrets" / name / key).write_text(text, encoding="utf-8")


def planned(
    state: State,
    document: Mapping[str, Any],
    *,
    ports: Mapping[int, int] | None = None,
    own: bool = True,
    preload: tuple[str, ...] = PRELOAD,
) -> Plan:
    """The plan of a document, with generated credentials that can be found in texts."""
    ports = ports or {}
    values = deploy.values_of(document, DAGS, ports)
    addresses = pod_addresses(state.name, plan.pod_names(values), own=own)
    place = Place(state, addresses, ports, "/airflow/bin", BINS, store_user="", own_addresses=own, preload=preload)
    keys = [record.key for record in records() if is_missing(values, record)]
    generated = name_of(values, Release(state.name, "local"), "generated")
    return plan.plan(values, place, {generated: {key: f"THE-{key}" for key in keys}})


def containers(pod: PodPlan) -> list[Container]:
    return [*pod.pod.init_containers, *pod.pod.containers]


def texts(pod: PodPlan) -> str:
    """Everything that a pod's processes can see."""
    found = [text for item in containers(pod) for text in (*item.command, *item.environment.values())]
    return "\n".join([*found, *pod.files.values()])


def pods_of(whole: Plan) -> dict[str, PodPlan]:
    return {pod.pod.name: pod for pod in whole.pods}


def component_of(pod: PodPlan) -> Component:
    name = pod.pod.name
    return next(one for one in COMPONENTS if name == one.name or name.startswith(f"{one.name}-"))


def environment(pod: PodPlan) -> dict[str, str]:
    return pod.pod.containers[0].environment


def mapping(**pods: Any) -> dict[str, Any]:
    """A document whose every pod of Airflow has something more."""
    return {"executors": ["LocalExecutor"], "triggerer": {"enabled": False}, "airflowPods": pods}


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


# --- every document --------------------------------------------------------------------------------------------------


@every_document
def test_every_pod_is_planned_or_left_out_with_a_reason(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    whole = planned(state, document)
    values = deploy.values_of(document, DAGS, {})
    told = "\n".join(what for what, _ in whole.skipped)
    names = [pod.pod.name for pod in whole.pods]
    assert len(set(names)) == len(names)
    assert names == plan.pod_names(values)
    for manifest in manifests(values, whole.release):
        if manifest["kind"] not in ("Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob", "Pod"):
            continue
        labels = manifest["spec"]["template"]["metadata"]["labels"]
        name = "-".join(filter(None, (labels["app.kubernetes.io/component"], labels.get("airflow/set"))))
        if name not in names:
            assert manifest["metadata"]["name"] in told
            continue
        pod = next(pod for pod in whole.pods if pod.pod.name == name)
        for kind, there in (("containers", pod.pod.containers), ("initContainers", pod.pod.init_containers)):
            run = {item.name for item in there}
            for container in manifest["spec"]["template"]["spec"].get(kind, []):
                assert container["name"] in run or f"container {container['name']} of {name}" in told
        if manifest["spec"].get("replicas", 1) != 1:
            assert f"replicas of {name}" in told
    assert all(why for _, why in whole.skipped)


@every_document
def test_every_kind_of_object_is_used_or_left_out_with_a_reason(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    told = "\n".join(what for what, _ in planned(state, document).skipped)
    kinds = {manifest["kind"] for manifest in manifests(deploy.values_of(document, DAGS, {}), Release("one", "local"))}
    for kind in kinds - {"Deployment", "StatefulSet", "Job", "ConfigMap", "Secret", "Service", "PersistentVolumeClaim"}:
        assert kind in told


@every_document
def test_nothing_points_outside_of_the_state_folder(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    for pod in planned(state, document).pods:
        root = Path(pod.pod.folder)
        assert root == state.folder / "pods" / pod.pod.name
        for path in (*pod.files, *pod.folders, *pod.links):
            assert root in Path(path).parents
            assert ".." not in Path(path).parts
        for target in pod.links.values():
            assert state.folder / "claims" in Path(target).parents
        for item in containers(pod):
            assert Path(item.log).parent == state.folder / "logs" / pod.pod.name
            variables = item.environment
            for name in ("HOME", "TMPDIR", "AIRFLOW_HOME", "AIRFLOW_CONFIG", "PYTHONPATH", "PGDATA", "REDIS_DATA"):
                if name in variables:
                    assert Path(variables[name]).is_relative_to(root), name


@every_document
def test_no_path_of_a_pod_is_left_without_its_root(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    for pod in planned(state, document).pods:
        settings = {path: text for path, text in pod.files.items() if not path.endswith((".py", ".sh"))}
        seen = [*settings.values(), *(word for item in containers(pod) for word in item.command)]
        seen += [text for item in containers(pod) for text in item.environment.values()]
        for text in seen:
            assert not re.search(r"(?<![\w./-])/(etc/airflow|opt/airflow|data\b|var/run|home\b)", text), text


@every_document
def test_the_configuration_lies_where_airflow_looks_for_it(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    for pod in planned(state, document).pods:
        config = environment(pod).get("AIRFLOW_CONFIG")
        if component_of(pod).name in BINS:
            assert config is None
            continue
        text = pod.files[str(config)]
        assert re.search(rf"^dags_folder = {DAGS}$", text, re.MULTILINE)
        [logs] = re.findall(r"^base_log_folder = (.*)$", text, re.MULTILINE)
        assert logs in [*pod.folders, *pod.links]


@every_document
def test_all_pods_with_task_logs_have_one_folder_for_them_that_stays(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    logs = {
        component_of(pod).name: target
        for pod in planned(state, document).pods
        for path, target in pod.links.items()
        if path.endswith("/opt/airflow/logs")
    }
    assert len(set(logs.values())) == 1
    assert {"webserver", "scheduler"} <= logs.keys()
    assert not {"flower", "migrations"} & logs.keys()


@every_document
@pytest.mark.parametrize("ports", [{}, PORTS], ids=["usual", "moved"])
def test_probes_ask_ports_that_the_pod_opens(state: State, document: dict[str, Any], ports: dict[int, int]) -> None:
    put(state, EXISTING)
    values = deploy.values_of(document, DAGS, ports)
    whole = planned(state, document, ports=ports)
    opened = plan.listeners(values, {pod.pod.name: pod.pod.name for pod in whole.pods})
    for pod in whole.pods:
        mine = {ports.get(port, port) for port, pods in opened.items() if pod.pod.name in pods}
        for item in containers(pod):
            for probe in (item.startup, item.liveness, item.readiness):
                if probe is not None:
                    assert bool(probe.command) if probe.kind == "exec" else probe.port in mine


@every_document
def test_moved_ports_are_moved_everywhere(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    whole = planned(state, document, ports=PORTS)
    pods = pods_of(whole)
    values = deploy.values_of(document, DAGS, PORTS)
    for pod in whole.pods:
        seen = "\n".join(
            [*(text for item in containers(pod) for text in (*item.environment.values(), *item.command))]
            + [text for path, text in pod.files.items() if path.endswith(".cfg")]
        )
        for usual in COMPONENT_PORTS.values():
            assert not re.search(rf"127\.\d+\.\d+\.\d+:{usual}\b|localhost:{usual}\b", seen)
    for name, variable in (("postgresql", "PGPORT"), ("redis", "REDIS_PORT")):
        if name in pods:
            assert environment(pods[name])[variable] == str(PORTS[COMPONENT_PORTS[name]])
            assert environment(pods[name])["LISTEN_ADDRESSES"] == pods[name].pod.address
            address = f"{pods[name].pod.address}:{PORTS[COMPONENT_PORTS[name]]}"
            assert any(address in texts(pod) for pod in whole.pods)
    webserver = pods["webserver"]
    text = webserver.files[environment(webserver)["AIRFLOW_CONFIG"]]
    assert f"base_url = http://127.0.0.1:18080{values.webserver.path}" in text
    assert re.search(r"^(web_server_)?port = 18080$", text, re.MULTILINE)


@every_document
def test_clients_are_given_the_addresses_of_the_stores(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    whole = planned(state, document)
    values = deploy.values_of(document, DAGS, {})
    pods = pods_of(whole)
    for service in (DATABASE, RESULTS, BROKER):
        [(store, provided)] = providers(service)
        if store.name not in pods or not provided.when(values):
            continue
        address = f"{pods[store.name].pod.address}:{COMPONENT_PORTS[store.name]}/"
        for pod in whole.pods:
            if component_of(pod).uses(values, service):
                assert address in texts(pod), (pod.pod.name, service.name)


@every_document
def test_each_process_has_only_the_credentials_that_its_edges_allow(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    values = deploy.values_of(document, DAGS, {})
    services = {
        DATABASE: ("THE-database-password", "THE-database@"),
        RESULTS: ("THE-result-backend-password", "THE-results@"),
        BROKER: ("THE-broker",),
    }
    shared = {
        FERNET: ("THE-fernet",),
        API_SECRET: ("THE-api",),
        JWT: ("THE-jwt",),
    }
    used = [
        service for service in services if any(one.runs(values) and one.uses(values, service) for one in COMPONENTS)
    ]
    for pod in planned(state, document).pods:
        component, seen = component_of(pod), texts(pod)
        serves = [provided.service for provided in component.provides if provided.service in used]
        for service, marks in services.items():
            allowed = service in serves or component.uses(values, service)
            assert any(mark in seen for mark in marks) == allowed, (pod.pod.name, service.name)
        for key, marks in shared.items():
            holds = any(held.when(values) for held in component.keys if held.key == key)
            assert any(mark in seen for mark in marks) == holds, (pod.pod.name, key.credential.key)
        may_admin = component.name == "migrations" or (component.name == "webserver" and not conditions.fab(values))
        assert "THE-admin" not in seen or may_admin, pod.pod.name
        assert "THE-flower" not in seen or component.name == "flower", pod.pod.name


def test_credentials_of_the_default_deployment(state: State) -> None:
    """The same said plainly, without the records."""
    pods = {name: texts(pod) for name, pod in pods_of(planned(state, {"flower": {"enabled": True}})).items()}
    worker = pods["worker-default"]
    assert "THE-fernet-key" not in worker
    assert "THE-database-password" not in worker
    assert "THE-jwt-secret" not in worker
    assert "THE-broker-password" in worker
    assert "THE-database-password" not in pods["flower"]
    assert "THE-fernet-key" not in pods["flower"]
    assert "THE-broker-password" not in pods["webserver"]
    assert "THE-broker-password" not in pods["postgresql"]
    assert "THE-database-password" not in pods["redis"]
    assert sum("THE-flower-basic-auth" in seen for seen in pods.values()) == 1


def test_tasks_of_airflow_2_use_the_database(state: State) -> None:
    worker = texts(pods_of(planned(state, DOCUMENTS["airflow-2"]))["worker-default"])
    assert "THE-database-password" in worker
    assert "THE-fernet-key" in worker


@every_document
def test_no_file_holds_a_generated_secret(state: State, document: dict[str, Any]) -> None:
    """Secrets go through environments; but a user may mount one."""
    put(state, EXISTING)
    for pod in planned(state, document).pods:
        assert not [path for path, text in pod.files.items() if "THE-" in text]


@every_document
def test_no_secret_is_in_any_text_of_a_plan(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    whole = planned(state, document)
    run = Run(str(state.folder), tuple(pod.pod for pod in whole.pods))
    for thing in (whole, *whole.pods, *(pod.pod for pod in whole.pods), run, containers(whole.pods[0])[0]):
        assert "THE-" not in repr(thing)
        assert "THE-" not in str(thing)
        assert "THE-" not in f"{[thing]}"
    assert "not-so-secret" not in repr(whole)
    assert "THE-" not in repr(whole.skipped)


@every_document
def test_two_calls_give_the_same_plan(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    assert planned(state, document) == planned(state, document)


@every_document
def test_a_plan_changes_nothing(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    before = sorted(state.folder.parent.rglob("*"))
    planned(state, document)
    assert sorted(state.folder.parent.rglob("*")) == before


@every_document
def test_pods_reach_the_supervisor_unchanged(state: State, document: dict[str, Any]) -> None:
    put(state, EXISTING)
    run = Run("/folder", tuple(pod.pod for pod in planned(state, document).pods))
    text = msgspec.json.encode(run)
    assert b"\n" not in text
    assert msgspec.json.decode(text, type=Run) == run


@every_document
def test_environments_are_complete_and_come_from_nobody_else(
    state: State, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(state, EXISTING)
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "of the caller")
    monkeypatch.setenv("SOME_VARIABLE", "of the caller")
    for pod in planned(state, document).pods:
        for item in containers(pod):
            assert {"PATH", "HOME", "TMPDIR", "HOSTNAME", "LANG"} <= set(item.environment)
            assert "of the caller" not in item.environment.values()
            programs = BINS.get(item.name, "/airflow/bin")
            assert item.environment["PATH"].startswith(f"{programs}:")
            assert all(isinstance(text, str) and "\0" not in text for text in item.environment.values())


# --- the plan of one machine -----------------------------------------------------------------------------------------


def test_stores_are_ended_last_and_jobs_end_by_themselves(state: State) -> None:
    pods = pods_of(planned(state, {}))
    assert {name for name, pod in pods.items() if pod.pod.store} == {"postgresql", "redis"}
    assert {name for name, pod in pods.items() if pod.pod.job} == {"migrations"}
    assert pods["worker-default"].pod.grace == 600


def test_several_sets_of_workers_are_several_pods(state: State) -> None:
    sets = {"default": {}, "gpu": {"queues": ["gpu"]}, "cpu": {"queues": ["cpu"]}}
    pods = pods_of(planned(state, {"workers": {"sets": sets}}))
    workers = [pods[f"worker-{name}"] for name in sets]
    assert len({pod.pod.address for pod in workers}) == 3
    assert len({pod.pod.folder for pod in workers}) == 3
    assert "gpu" in pods["worker-gpu"].pod.containers[0].command


def test_several_replicas_become_one_and_are_told(state: State) -> None:
    whole = planned(state, {"scheduler": {"replicas": 3}})
    assert ("replicas of scheduler", "one runs here in place of 3") in whole.skipped
    assert [pod.pod.name for pod in whole.pods].count("scheduler") == 1


def test_nothing_is_told_of_single_replicas(state: State) -> None:
    assert not [what for what, _ in planned(state, {}).skipped if "replicas" in what]


def test_with_one_address_workers_log_servers_do_not_meet(state: State) -> None:
    sets: dict[str, Any] = {"default": {}, "gpu": {}}
    pods = pods_of(planned(state, {"workers": {"sets": sets}}, own=False))
    for name in sets:
        assert environment(pods[f"worker-{name}"])["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] == "0"
    assert {pod.pod.address for pod in pods.values()} == {"127.0.0.1"}
    assert "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT" not in environment(pods["scheduler"])


# --- forks -----------------------------------------------------------------------------------------------------------


@every_document
def test_what_airflows_processes_are_forked_from_has_what_all_of_them_have(
    state: State, document: dict[str, Any]
) -> None:
    """And nothing else: a secret that one pod lacks is not in it."""
    put(state, EXISTING)
    whole = planned(state, document)
    forked = [item for pod in whole.pods for item in containers(pod) if item.preloaded]
    assert whole.preload is not None
    assert whole.preload.command == PRELOAD
    assert {"PATH", "LANG", "PYTHONUNBUFFERED"} <= set(whole.preload.environment)
    own = {name: whole.preload.environment.pop(name) for name in ("HOME", "TMPDIR")}
    assert set(own.values()) == {whole.preload.folder} == {str(state.pod_folder("preload"))}
    for name, text in whole.preload.environment.items():
        assert all(item.environment[name] == text for item in forked), name
    for name in set.intersection(*(set(item.environment) for item in forked)) - {*whole.preload.environment, *own}:
        assert len({item.environment[name] for item in forked}) > 1, name
    assert not {name for name in whole.preload.environment if "ADMIN" in name or "JWT" in name}


@every_document
def test_every_python_script_of_airflow_may_be_a_fork(state: State, document: dict[str, Any]) -> None:
    """The servers, the data stores and shells are started; what runs for long imports ahead."""
    put(state, EXISTING)
    for pod in planned(state, document).pods:
        for item in containers(pod):
            assert item.preloaded == (item.command[0] in ("airflow", "python")), item
        if (
            pod.pod.name in ("webserver", "scheduler", "dag-processor", "triggerer", "flower")
            or "worker-" in pod.pod.name
        ):
            assert [bool(item.ahead) for item in pod.pod.containers] == [
                item.command[0] == "airflow" or item.command[1].endswith("/import_first.py")
                for item in pod.pod.containers
            ]
        assert not any(item.ahead for item in pod.pod.init_containers)


@pytest.mark.parametrize("name", ["HOME", "TMPDIR"])
def test_a_home_of_the_user_s_own_needs_a_process_of_its_own(state: State, name: str) -> None:
    """What is forked has been imported with an empty home."""
    pods = {
        pod.pod.name: pod.pod for pod in planned(state, {"scheduler": {"pod": {"env": {name: "/some/folder"}}}}).pods
    }
    assert not pods["scheduler"].containers[0].preloaded
    assert not pods["scheduler"].containers[0].ahead
    assert pods["triggerer"].containers[0].preloaded


def test_a_home_for_all_pods_leaves_nothing_to_fork(state: State) -> None:
    whole = planned(state, {"airflowPods": {"env": {"HOME": "/some/folder"}}})
    assert whole.preload is None
    assert not any(item.preloaded or item.ahead for pod in whole.pods for item in containers(pod))


def test_each_process_can_start_by_itself(state: State) -> None:
    whole = planned(state, {}, preload=())
    assert whole.preload is None
    assert not any(item.preloaded or item.ahead for pod in whole.pods for item in containers(pod))


def test_what_a_first_run_does_without_starts_last(state: State) -> None:
    names = [pod.pod.name for pod in planned(state, {"flower": {"enabled": True}}).pods]
    assert set(names[-2:]) == {"triggerer", "flower"}


def test_only_postgresql_runs_as_another_user(state: State) -> None:
    values = deploy.values_of({}, DAGS, {})
    addresses = pod_addresses("one", plan.pod_names(values), own=True)
    place = Place(state, addresses, {}, "/airflow/bin", BINS, store_user="nobody")
    keys = {record.key: "text" for record in records()}
    whole = plan.plan(values, place, {name_of(values, Release("one", "local"), "generated"): keys})
    assert {pod.pod.name: {item.user for item in containers(pod)} for pod in whole.pods if pod.pod.name in BINS} == {
        "postgresql": {"nobody"},
        "redis": {""},
    }
    assert all(item.user == "" for pod in whole.pods if pod.pod.name != "postgresql" for item in containers(pod))


def test_a_foreign_workload_is_told(state: State) -> None:
    labels = {"app": "metrics"}
    foreign = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "metrics"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "m", "image": "m"}]}},
        },
    }
    whole = planned(state, {"extraManifests": [foreign]})
    assert ("Deployment metrics", "its image has no program here") in whole.skipped


def test_a_foreign_workload_with_the_usual_labels_is_no_pod_of_airflow(state: State) -> None:
    labels = {"app.kubernetes.io/name": "their-cache", "app.kubernetes.io/component": "redis"}
    foreign = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "their-cache"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "cache", "image": "c:1"}]}},
        },
    }
    whole = planned(state, {"extraManifests": [foreign]})
    assert [pod.pod.name for pod in whole.pods].count("redis") == 1


# --- texts of Secrets and ConfigMaps ---------------------------------------------------------------------------------


def test_environment_from_maps_secrets_and_fields(state: State) -> None:
    put(state, {"mine": {"password": "of a file"}})
    document = mapping(
        envFrom=[
            {"configMapRef": {"name": "shared"}, "prefix": "P_"},
            {"secretRef": {"name": "mine"}},
            {"secretRef": {"name": "not-there", "optional": True}},
            {"configMapRef": {"name": "not-there", "optional": True}},
        ],
        env={
            "FROM_MAP": {"configMapKeyRef": {"name": "shared", "key": "KEY"}},
            "FROM_SECRET": {"secretKeyRef": {"name": "mine", "key": "password"}},
            "NO_SECRET": {"secretKeyRef": {"name": "not-there", "key": "password", "optional": True}},
            "NO_KEY": {"secretKeyRef": {"name": "mine", "key": "other", "optional": True}},
            "NO_MAP_KEY": {"configMapKeyRef": {"name": "shared", "key": "other", "optional": True}},
        },
    )
    document["extraManifests"] = [config_map("shared", KEY="of a map")]
    found = environment(pods_of(planned(state, document))["scheduler"])
    assert found["P_KEY"] == found["FROM_MAP"] == "of a map"
    assert found["password"] == found["FROM_SECRET"] == "of a file"
    assert not {"NO_SECRET", "NO_KEY", "NO_MAP_KEY"} & set(found)


def test_single_variables_win_over_whole_sources(state: State) -> None:
    document = mapping(envFrom=[{"configMapRef": {"name": "shared"}}], env={"KEY": "single"})
    document["extraManifests"] = [config_map("shared", KEY="whole")]
    assert environment(pods_of(planned(state, document))["scheduler"])["KEY"] == "single"


def test_a_secret_of_the_manifests_is_decoded(state: State) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"k": "dGV4dA=="}}
    document = mapping(env={"K": {"secretKeyRef": {"name": "s", "key": "k"}}}) | {"extraManifests": [secret]}
    assert environment(pods_of(planned(state, document))["scheduler"])["K"] == "text"


def test_fields_of_the_pod(state: State) -> None:
    names = {"NAME": "metadata.name", "SPACE": "metadata.namespace", "NODE": "spec.nodeName", "IP": "status.podIP"}
    document = mapping(env={name: {"fieldRef": {"fieldPath": path}} for name, path in names.items()})
    pod = pods_of(planned(state, document))["scheduler"]
    found = environment(pod)
    assert (found["NAME"], found["SPACE"], found["NODE"]) == ("one-scheduler-0", "local", "localhost")
    assert found["IP"] == pod.pod.address
    assert found["NAME"] == found["HOSTNAME"]


@pytest.mark.parametrize(
    "source", [{"fieldRef": {"fieldPath": "metadata.uid"}}, {"resourceFieldRef": {"resource": "limits.cpu"}}]
)
def test_a_field_without_meaning_is_told(state: State, source: dict[str, Any]) -> None:
    whole = planned(state, mapping(env={"ODD": source}))
    assert "ODD" not in environment(pods_of(whole)["scheduler"])
    assert ("variable ODD of scheduler", "the field that it reads has no meaning on this machine") in whole.skipped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "a"),
        ("$(A)$(B)", "ab"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$a"),
        ("$$$$(A)", "$$(A)"),
        ("$(NOT_THERE)", "$(NOT_THERE)"),
        ("$A ${A} $( A)", "$A ${A} $( A)"),
        ("$(A", "$(A"),
        ("100$", "100$"),
        ("$$", "$"),
        ("$(C.d-1)", "c"),
        ("$(R)", "$(A)"),
        ("", ""),
    ],
)
def test_references_are_expanded_as_kubernetes_does_it(text: str, expected: str) -> None:
    assert _expanded(text, {"A": "a", "B": "b", "C.d-1": "c", "R": "$(A)"}) == expected


def test_an_unknown_reference_is_left_whole() -> None:
    assert _expanded("$(echo $$)", {}) == "$(echo $$)"


def test_variables_see_those_before_them(state: State) -> None:
    document = mapping(
        envFrom=[{"configMapRef": {"name": "shared"}}],
        env={"A": "$(KEY)-a", "B": "$(A)-b", "C": "$$(A)", "E": "$(F)", "F": "f"},
    )
    document["extraManifests"] = [config_map("shared", KEY="key")]
    found = environment(pods_of(planned(state, document))["scheduler"])
    assert {name: found[name] for name in "ABCEF"} == {
        "A": "key-a",
        "B": "key-a-b",
        "C": "$(A)",
        "E": "$(F)",
        "F": "f",
    }


def test_variables_do_not_see_those_of_the_image(state: State) -> None:
    found = environment(pods_of(planned(state, mapping(env={"X": "$(HOME)/x"})))["scheduler"])
    assert found["X"] == "$(HOME)/x"


# --- what is missing -------------------------------------------------------------------------------------------------


def test_a_missing_secret_names_the_folder_for_its_keys(state: State) -> None:
    with pytest.raises(LocalRunError) as refusal:
        planned(state, DOCUMENTS["existing-secrets"])
    [line] = str(refusal.value).splitlines()
    assert "needs the Secret airflow-" in line
    assert str(state.folder / "secrets") in line


def test_a_missing_key_names_the_file_to_create(state: State) -> None:
    put(state, {**EXISTING, "airflow-keys": {"api": "THE-api", "jwt": "THE-jwt"}})
    with pytest.raises(LocalRunError) as refusal:
        planned(state, DOCUMENTS["existing-secrets"])
    [line] = str(refusal.value).splitlines()
    assert "needs the key fernet of the Secret airflow-keys" in line
    assert str(state.folder / "secrets" / "airflow-keys" / "fernet") in line
    assert "THE-" not in line


def test_an_empty_folder_of_a_secret_counts_as_missing(state: State) -> None:
    put(state, {"mine": {}})
    with pytest.raises(LocalRunError, match="needs the Secret mine"):
        planned(state, mapping(envFrom=[{"secretRef": {"name": "mine"}}]))


def test_a_missing_config_map_is_refused(state: State) -> None:
    with pytest.raises(LocalRunError, match=r"needs the ConfigMap shared.*extraManifests"):
        planned(state, mapping(envFrom=[{"configMapRef": {"name": "shared"}}]))


def test_a_missing_key_of_a_config_map_is_refused(state: State) -> None:
    document = mapping(env={"K": {"configMapKeyRef": {"name": "shared", "key": "k"}}})
    with pytest.raises(LocalRunError, match="needs the key k of the ConfigMap shared"):
        planned(state, document | {"extraManifests": [config_map("shared", other="text")]})


@pytest.mark.parametrize("name", ["..", "a/../../x", ".hidden"])
def test_a_secret_cannot_be_read_from_elsewhere(state: State, name: str) -> None:
    (state.folder.parent / "x").mkdir()
    (state.folder.parent / "x" / "key").write_text("text", encoding="utf-8")
    with pytest.raises(Exception, match=r"(?s)needs the Secret|secretKeyRef|DNS|name"):
        planned(state, mapping(env={"K": {"secretKeyRef": {"name": name, "key": "key"}}}))


# --- volumes and containers of users ---------------------------------------------------------------------------------


def test_containers_of_users_are_left_out_with_a_reason(state: State) -> None:
    side = {"name": "side", "image": "side:1", "ports": [{"containerPort": 9999}]}
    whole = planned(state, mapping(containers=[side], initContainers=[{"name": "prepare", "image": "i:1"}]))
    for pod in whole.pods:
        assert not {"side", "prepare"} & {item.name for item in containers(pod)}
    assert ("container side of scheduler", "its image has no program here") in whole.skipped
    assert ("container prepare of scheduler", "its image has no program here") in whole.skipped


def test_ports_of_containers_that_are_left_out_do_not_count() -> None:
    side = {"name": "side", "image": "side:1", "ports": [{"containerPort": 9999}]}
    values = deploy.values_of(mapping(containers=[side]), DAGS, {})
    assert 9999 not in plan.listeners(values, pod_addresses("one", plan.pod_names(values), own=True))


@pytest.mark.parametrize("place", ["/extra", "/mnt/a/b", "/etc/ssl/certs"])
def test_a_volume_outside_of_the_pods_folder_is_left_out_with_a_reason(state: State, place: str) -> None:
    volumes = {"volumes": {"extra": {"emptyDir": {}}}, "volumeMounts": {place: {"name": "extra"}}}
    whole = planned(state, mapping(**volumes))
    assert ("volume extra of scheduler", f"processes have no {place} of their own") in whole.skipped
    assert not any(place in path.removeprefix(str(state.folder)) for pod in whole.pods for path in pod.folders)


def test_a_mount_without_its_volume_is_refused(state: State) -> None:
    with pytest.raises(InvalidValuesError, match="there is no volume typo"):
        planned(state, mapping(volumeMounts={"/extra": {"name": "typo"}}))


def mounts(state: State, config_maps: Mapping[str, Mapping[str, str]]) -> Mounts:
    sources = Sources(config_maps, {}, state)
    place = Place(state, {"scheduler": "127.0.0.2"}, {}, "/airflow/bin", BINS)
    return Mounts(PodPlace("scheduler", "scheduler", place, sources, []))


def test_the_items_of_a_volume_are_renamed(state: State) -> None:
    built, root = mounts(state, {"m": {"a": "A", "b": "B"}}), state.pod_folder("scheduler")
    items = [{"key": "a", "path": "deep/x"}]
    volume = {"name": "v", "projected": {"sources": [{"configMap": {"name": "m", "items": items}}]}}
    built.add({"name": "v", "mountPath": f"{root}/v"}, volume)
    assert built.files == {f"{root}/v/deep/x": "A"}


def test_an_optional_source_of_a_volume_may_be_missing(state: State) -> None:
    built, root = mounts(state, {}), state.pod_folder("scheduler")
    source = {"configMap": {"name": "m", "optional": True}}
    built.add({"name": "v", "mountPath": f"{root}/v"}, {"name": "v", "projected": {"sources": [source]}})
    assert built.files == {}
    assert built.folders == [f"{root}/v"]


def test_a_missing_item_of_a_volume_is_refused(state: State) -> None:
    built, root = mounts(state, {"m": {"a": "A"}}), state.pod_folder("scheduler")
    volume = {"name": "v", "configMap": {"name": "m", "items": [{"key": "b", "path": "b"}]}}
    with pytest.raises(LocalRunError):
        built.add({"name": "v", "mountPath": f"{root}/v"}, volume)


def test_the_sub_path_of_a_claim_is_a_folder_in_it(state: State) -> None:
    document = {"logs": {"persistence": {"enabled": True, "existingClaim": "shared", "subPath": "airflow/logs"}}}
    for pod in planned(state, document).pods:
        for path, target in pod.links.items():
            if path.endswith("/logs"):
                assert target == str(state.folder / "claims/shared/airflow/logs")


def test_a_volume_of_another_kind_is_left_out_with_a_reason(state: State) -> None:
    built, root = mounts(state, {}), state.pod_folder("scheduler")
    built.add({"name": "v", "mountPath": f"{root}/v"}, {"name": "v", "hostPath": {"path": "/"}})
    assert not built.links
    assert not built.folders
    assert built.pod.skipped == [
        ("volume v of scheduler", "a volume of the kind hostPath has no meaning on this machine"),
    ]


def test_arguments_alone_are_what_the_entrypoint_makes_of_them() -> None:
    assert _as_entrypoint(["scheduler"]) == ["airflow", "scheduler"]
    assert _as_entrypoint(["airflow", "scheduler"]) == ["airflow", "scheduler"]
    assert _as_entrypoint(["bash", "-c", "x"]) == ["bash", "-c", "x"]
    assert _as_entrypoint([]) == ["airflow"]


def test_a_moved_state_folder_gives_another_plan(state: State) -> None:
    elsewhere = replace(state, folder=state.folder.parent / "two")
    for pod in planned(elsewhere, {}).pods:
        assert str(state.folder) not in json.dumps(pod.files | pod.links)


def test_wrong_values_are_refused_as_for_a_cluster(state: State) -> None:
    with pytest.raises(InvalidValuesError, match=r"scheduler.replicas"):
        planned(state, {"scheduler": {"replicas": "many"}})
