"""Texts of credentials stand in Secrets alone, nothing is random, and nothing is a hook."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from documents import CASES, NAMED, Case, Document, across, literals, marker
from rendered import Object, chart_containers, every_object, of_kind, pods, texts, values_of

from airflow_charts.call import manifests
from airflow_charts.derived.notes import notes
from airflow_charts.processes.credentials import records
from airflow_charts.values.credentials import Credential

SETTINGS_MARKER = "MARKER-webserver-config-7f3a"
LITERAL = [
    Case("airflow-3", {**literals(), "webserver": {"config": f"SECRET = '{SETTINGS_MARKER}'\n"}}),
    Case("airflow-2", {**literals(airflow_2=True), "webserver": {"config": f"SECRET = '{SETTINGS_MARKER}'\n"}}),
    Case(
        "all-executors",
        {**literals(), "executors": ["CeleryExecutor", "KubernetesExecutor", "LocalExecutor"]},
    ),
]


def markers(document: Document) -> list[str]:
    return [text for text in texts(document) if text.startswith("MARKER-")]


def spellings(text: str) -> set[str]:
    """How a text may be written: as it is, encoded for a URI, in base64, in JSON."""
    return {
        text,
        quote(text, safe=""),
        quote_plus(text),
        base64.b64encode(text.encode()).decode(),
        json.dumps(text)[1:-1],
        text.replace("%", "%%"),
    }


def test_the_markers_are_in_every_credential() -> None:
    needed = {record.path for case in LITERAL for record in records() if record.when(values_of(case))}
    assert needed == {record.path for record in records()}
    credentials = [record.of(values_of(LITERAL[0])) for record in records()]
    assert all(isinstance(item, Credential) and item.value.startswith("MARKER-") for item in credentials)
    assert len({item.value for item in credentials}) == len(credentials)


@pytest.mark.parametrize("case", LITERAL, ids=lambda case: case.name)
def test_credentials_stand_in_secrets_alone_and_encoded(case: Case) -> None:
    for text in markers(case.document):
        for item in every_object(case):
            encoded = {value for key, value in item.get("data", {}).items()} if item["kind"] == "Secret" else set()
            for found in texts(item):
                if any(spelling in found for spelling in spellings(text)):
                    assert item["kind"] == "Secret", (item["kind"], item["metadata"]["name"], text)
                    assert found in encoded
                    assert base64.b64decode(found).decode() == text


@pytest.mark.parametrize("case", LITERAL[:2], ids=lambda case: case.name)
def test_the_webservers_settings_stand_in_their_secret_alone(case: Case) -> None:
    holders = [item for item in every_object(case) if any(SETTINGS_MARKER in text for text in texts(item))]
    [holder] = holders
    assert holder["kind"] == "Secret"
    assert holder["metadata"]["name"].endswith("-webserver-config")
    assert list(holder["stringData"]) == ["webserver_config.py"]


@across()
def test_only_the_webservers_settings_are_not_encoded(case: Case) -> None:
    for item in of_kind(case, "Secret"):
        assert item["type"] == "Opaque"
        assert ("stringData" in item) == item["metadata"]["name"].endswith("-webserver-config")


@pytest.mark.parametrize("case", LITERAL, ids=lambda case: case.name)
def test_notes_tell_no_credentials(case: Case) -> None:
    told = notes(values_of(case), case.release)
    assert not [text for text in markers(case.document) if any(spelling in told for spelling in spellings(text))]


@across()
def test_no_program_is_called_with_a_credential(case: Case) -> None:
    """Kubernetes replaces `$(NAME)` in arguments and variables by the text of the variable: not for credentials."""
    for pod in pods(case):
        for container in chart_containers(case, pod):
            literal = [
                *container.get("command", []),
                *container.get("args", []),
                *(variable.get("value", "") for variable in container.get("env", [])),
            ]
            assert not [text for text in literal if "$(" in text]


@across()
def test_nothing_is_a_hook(case: Case) -> None:
    for item in every_object(case):
        keys = [key for text in _annotations(item) for key in text]
        assert not [key for key in keys if key.startswith("helm.sh/hook") or "argocd.argoproj.io/hook" in key]


def _annotations(item: Object) -> list[Object]:
    template = item.get("spec", {}).get("template", {}) if isinstance(item.get("spec"), dict) else {}
    return [found.get("metadata", {}).get("annotations", {}) for found in (item, template)]


@across()
def test_a_second_render_is_identical(case: Case) -> None:
    first, second = (json.dumps(manifests(case.document, case.release)) for _ in range(2))
    assert first == second


def digest_of_all() -> str:
    """The digest of every render, in the order of keys in which it is written."""
    rendered = json.dumps([manifests(case.document, case.release) for case in CASES])
    return hashlib.sha256(rendered.encode()).hexdigest()


def test_two_processes_render_the_same() -> None:
    """Sets and hashes have another order in each process."""
    program = "from test_secrets_stay_secret import digest_of_all; print(digest_of_all())"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(Path(__file__).parent)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, zone in (("1", "UTC"), ("7", "Asia/Tokyo"))
    ]
    first, second = (process.communicate()[0] for process in running)
    assert len(first.strip()) == 64
    assert first == second


def test_a_marker_would_be_found() -> None:
    """Guards the guards: a credential in an environment variable is seen."""
    text = marker("x")
    assert any(spelling in f"postgresql://u:{quote(text, safe='')}@h" for spelling in spellings(text))
    assert markers(NAMED["literals"].document)
