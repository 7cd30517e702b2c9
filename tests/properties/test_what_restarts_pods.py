"""A change replaces exactly the pods that docs/operations.md names, and makes exactly the Jobs anew that it names."""

from __future__ import annotations

import ast
import json

import pytest
from documents import AIRFLOW_2, CASES, Case, Document, across
from rendered import Object, Pod, named, pods, texts

from airflow_charts.components import webserver
from airflow_charts.parts import scripts
from airflow_charts.reading.coalesce import merge_files

ALL: Document = {"executors": ["CeleryExecutor", "KubernetesExecutor"], "flower": {"enabled": True}}
"""A document with pods of every component."""
JOBS = {"migrations", "secret-generation"}
STORES = {"postgresql", "redis"}
WITH_TASK_LOGS = {"webserver", "scheduler", "dag-processor", "triggerer", "worker"}
AIRFLOW = WITH_TASK_LOGS | {"flower"}

CHANGES: dict[str, tuple[Document, set[str]]] = {
    "nothing": ({}, set()),
    "the version of Airflow": ({"airflowVersion": "3.0.6"}, AIRFLOW | JOBS),
    "an option": ({"config": {"core": {"parallelism": 7}}}, AIRFLOW),
    "the URL": ({"webserver": {"externalUrl": "https://airflow.example.com"}}, AIRFLOW),
    "the webserver's settings file": ({"webserver": {"config": "AUTH_TYPE = 1\n"}}, {"webserver"}),
    "the first plugin": ({"plugins": {"plugin.py": "X = 1\n"}}, AIRFLOW | JOBS),
    "a volume for logs": ({"logs": {"persistence": {"enabled": True}}}, WITH_TASK_LOGS),
    "an existing volume for logs": (
        {"logs": {"persistence": {"enabled": True, "existingClaim": "mine", "subPath": "x"}}},
        WITH_TASK_LOGS,
    ),
    "the size of the log folder": ({"logs": {"emptyDirSize": "1Gi"}}, WITH_TASK_LOGS),
    "the log cleaner": ({"logs": {"cleaner": {"enabled": False}}}, WITH_TASK_LOGS - {"webserver"}),
    "a volume for DAGs": ({"dags": {"persistence": {"enabled": True}}}, WITH_TASK_LOGS - {"webserver"}),
    "task pods": ({"kubernetesExecutor": {"pod": {"env": {"A": "b"}}}}, {"scheduler"}),
    "one component": ({"triggerer": {"pod": {"env": {"A": "b"}}}}, {"triggerer"}),
    "a variable for Airflow": ({"airflowPods": {"env": {"A": "b"}}}, AIRFLOW | JOBS),
    "a volume for Airflow": ({"airflowPods": {"volumes": {"a": {"emptyDir": {}}}}}, AIRFLOW | JOBS),
    "a data store": ({"postgresql": {"pod": {"env": {"A": "b"}}}}, {"postgresql"}),
    "all pods": ({"pods": {"labels": {"a": "b"}}}, AIRFLOW | JOBS | STORES),
    "annotations of workloads": ({"pods": {"workloadAnnotations": {"a": "b"}}}, set()),
    "replicas": ({"webserver": {"replicas": 2}}, {"webserver"}),
    "policies": ({"networkPolicies": {"enabled": False}}, set()),
    "the first user": ({"adminUser": {"email": "a@example.com"}}, {"migrations"}),
}


def started(document: Document) -> dict[str, Pod]:
    """The pods that workloads start, by their component and set of workers."""
    found = [pod for pod in pods(Case("any", document)) if pod.owner != "ConfigMap"]
    return {f"{pod.component}/{pod.labels.get('airflow/set', '')}": pod for pod in found}


def replaced(before: dict[str, Pod], after: dict[str, Pod]) -> set[str]:
    """The pods whose templates differ."""
    assert before.keys() == after.keys()
    return {key for key, pod in before.items() if (pod.metadata, pod.spec) != (after[key].metadata, after[key].spec)}


def test_the_document_has_pods_of_every_component() -> None:
    assert {pod.component for pod in started(ALL).values()} == AIRFLOW | JOBS | STORES


@pytest.mark.parametrize(("change", "components"), CHANGES.values(), ids=CHANGES)
def test_a_change_of_values_replaces_exactly_the_pods_that_it_concerns(change: Document, components: set[str]) -> None:
    found = replaced(started(ALL), started(merge_files([ALL, change])))
    assert {key.partition("/")[0] for key in found} == components


@across()
def test_the_volume_of_the_logs_is_only_where_task_logs_are_written_or_read(case: Case) -> None:
    claim = case.document.get("logs", {}).get("persistence", {}).get("enabled", False)
    for pod in pods(case):
        [logs] = [volume for volume in pod.spec["volumes"] if volume["name"] == "logs"] or [{}]
        mounts = [mount for container in pod.containers for mount in container.get("volumeMounts", [])]
        assert bool(logs) == any(mount["mountPath"] == "/opt/airflow/logs" for mount in mounts)
        assert ("persistentVolumeClaim" in logs) == (claim and pod.component in WITH_TASK_LOGS | {"task"})
        assert bool(logs) == (pod.component not in STORES | {"secret-generation"})


NOT_ASKED: Document = {"startupProbe": {"enabled": False}, "livenessProbe": {"enabled": False}}
OWN_PROGRAMS: list[Case] = [
    Case(
        "own-programs-and-no-probes",
        {
            **{name: {"args": ["true"], **NOT_ASKED} for name in ("scheduler", "dagProcessor", "triggerer", "workers")},
            **{name: {"args": ["true"]} for name in ("migrations", "secretGeneration")},
            **{name: {"command": ["true"], **NOT_ASKED} for name in STORES},
        },
    ),
    Case("one-probe", {"dagProcessor": {"startupProbe": {"enabled": False}}}),
    Case("readiness-alone", {"airflowVersion": AIRFLOW_2, "scheduler": NOT_ASKED}),
    Case("one-set", {"workers": {"sets": {"default": {}, "plain": {"args": ["airflow", "celery", "worker"]}}}}),
]


def programs_of(pod: Pod) -> set[str]:
    """The chart's own programs that a pod runs: what its containers name, and what that imports."""
    words = " ".join(texts(pod.containers))
    found = {name for name in scripts.texts() if f"{scripts.SCRIPTS}/{name}" in words}
    modules = {
        alias.name
        for name in found
        if name.endswith(".py")
        for node in ast.walk(ast.parse(scripts.texts()[name]))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    return found | {name for name in scripts.texts() if name.removesuffix(".py") in modules}


@across([*CASES, *OWN_PROGRAMS])
def test_a_changed_program_of_the_chart_replaces_exactly_the_pods_that_run_it(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, known = started(case.document), scripts.texts()
    run = {key: programs_of(pod) for key, pod in before.items()}
    for program in known:
        changed = {**known, program: f"{known[program]}# changed\n"}
        monkeypatch.setattr(scripts, "texts", lambda changed=changed: changed)
        found = replaced(before, started(case.document))
        assert found == {key for key, programs in run.items() if program in programs}, program


def test_every_program_of_the_chart_is_run_by_a_pod() -> None:
    run = {program for case in CASES for pod in started(case.document).values() for program in programs_of(pod)}
    assert run == scripts.texts().keys()


def files_of(case: Case, pod: Pod) -> dict[str, str]:
    """The chart's own files that a pod mounts, but the programs."""
    texts_of = {name: {**item.get("data", {}), **item.get("stringData", {})} for name, item in stored(case).items()}
    volumes = pod.spec["volumes"]
    sources = [source for volume in volumes for source in [volume, *volume.get("projected", {}).get("sources", [])]]
    names = [source[kind] for source in sources for kind in ("configMap", "secret") if kind in source]
    found = {name["name"]: texts_of.get(name["name"], {}) for name in names if not name["name"].endswith("-scripts")}
    return {f"{name}/{file}": text for name, files in found.items() for file, text in files.items()}


def stored(case: Case) -> dict[str, Object]:
    return {**named(case, "ConfigMap"), **named(case, "Secret")}


def test_pods_that_stay_the_same_mount_the_same_files() -> None:
    """A Job has done its work, and a data store mounts nothing else than programs."""
    known: dict[str, tuple[str, dict[str, str]]] = {}
    for case in CASES:
        for pod in pods(case):
            if pod.owner == "Deployment":
                template = json.dumps([pod.metadata, pod.spec], sort_keys=True)
                other, files = known.setdefault(template, (case.name, files_of(case, pod)))
                assert files_of(case, pod) == files, (pod.name, other, case.name)
    assert len(known) < sum(pod.owner == "Deployment" for case in CASES for pod in pods(case))


def test_the_checksum_of_the_webservers_settings_is_of_the_whole_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart's own text for users who give none is a part of it."""
    before = started({})
    monkeypatch.setattr(webserver, "login_data", lambda _: {"webserver_config.py": "# another text\n"})
    assert replaced(before, started({})) == {"webserver/"}
