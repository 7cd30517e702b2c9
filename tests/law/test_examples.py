"""The law on every example: Helm's render of the chart equals the call, and so does the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import ROOT, called, called_notes, interpreted, rendered, rendered_notes

from airflow_charts.values.goyaml import parse
from airflow_charts.values.release import Release

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_renders_the_same_in_all_three_evaluators(path: Path) -> None:
    document = parse(path.read_text()).data
    call = called(document)
    assert isinstance(call, list), call
    assert interpreted(document) == call
    assert rendered(document) == call
    assert rendered_notes(document) == called_notes(document)


@pytest.mark.parametrize("name", ["airflow", "my-airflow-1", "a" * 53, "123", "true"])
def test_any_release_name_renders_the_same(name: str) -> None:
    release = Release(name, "default")
    call = called({}, release)
    assert interpreted({}, release=release) == call
    assert rendered({}, release) == call


@pytest.mark.parametrize(
    "document",
    [
        {"schedulr": {}},
        {"scheduler": {"replicas": "1", "replicaz": 1}},
        {"scheduler": None},
        {"scheduler": {"resources": None}},
        {"pods": {"env": {"A": 1}}},
        {"pods": {"labels": {"app.kubernetes.io/name": "x"}}},
        {"pods": {"volumes": [{"name": "a", "emptydir": {}}]}},
        {"pods": {"tolerations": {}}},
        {"airflowVersion": "latest", "global": {"imageRegistry": 1}},
        {"webserver": {"path": "airflow/", "service": {"port": 0}}},
        {"executors": []},
        {"extraManifests": [{"kind": "X"}]},
        {"workers": {"sets": {"Bad_Name": {}, "good": {"replicas": -1}}}},
        {"images": {"airflow": {"digest": "sha256:1"}}},
        {"config": {"core": {"a": [1]}}},
        {"flower": {"enabled": True}, "executors": ["LocalExecutor"]},
        {"database": {"host": "db"}},
        {"database": {"host": "db", "uri": {"existingSecret": "s"}}, "postgresql": {"enabled": False}},
        {"airflowVersion": "2.10.5"},
        {"airflowVersion": "2.12.0", "dagProcessor": {"enabled": False}},
        {"airflowVersion": "4.0.0"},
        {"dagProcessor": {"enabled": False}, "executors": ["CeleryKubernetesExecutor", "LocalKubernetesExecutor"]},
        {"secrets": {"generate": False}},
        {"secrets": {"fernetKey": {"value": "a", "existingSecret": "b"}}},
        {"config": {"core": {"fernet_key": "x", "executor": "y"}, "smtp": {"smtp_password": "x"}}},
        {"pods": {"env": {"PGPASSWORD": "x"}, "volumes": [{"name": "tmp"}]}},
        {"redis": {"env": {"BROKER_PASSWORD": "x"}, "volumeMounts": [{"name": "x", "mountPath": "/data"}]}},
        {"webserver": {"config": "x", "configSecret": "y", "containers": [{"name": "webserver"}]}},
        {"webserver": {"config": "a\u0007b"}},
        {"pods": {"podAnnotations": {"a": "\u0085"}}},
        {"workers": {"sets": {"default": None}}},
        {"broker": {"host": "redis"}},
        {"redis": {"enabled": False}},
        {"postgresql": {"enabled": False}},
    ],
    ids=str,
)
def test_refusals_agree(document: dict[str, object]) -> None:
    call = called(document)
    assert not isinstance(call, list)
    assert rendered(document) == call
