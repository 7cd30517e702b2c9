"""What checkov finds in the default and the everything render is explained in checkov.yaml, finding by finding.

checkov brings 80 packages and takes older versions of ours, so it lives outside of the project: this test runs it if
`CHECKOV` is its command, such as `uvx --from checkov==3.3.30 checkov`, or if it is on the path.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import EVERYTHING, NAMED, Case, Document
from rendered import COMPONENT, Object, every_object, pods

from airflow_charts import Release

EXPLAINED = Path(__file__).parent / "checkov.yaml"
COMMAND = shlex.split(os.environ.get("CHECKOV", "")) or [found for found in [shutil.which("checkov")] if found]
_USERS = ("containers", "initContainers", "initContainersFirst")


def _without_users_containers(document: Document) -> Document:
    """The user's own containers and objects are not the chart's to secure; they would hide what the chart's lack."""
    pod_settings = {key: value for key, value in document["airflowPods"].items() if key not in _USERS}
    others = {key: value for key, value in document.items() if key not in ("extraManifests", "postgresql")}
    return {**others, "airflowPods": pod_settings}


RENDERS = {
    "default": Case("default", {}, Release("etl", "data")),
    "everything": Case("everything", _without_users_containers(EVERYTHING), Release("etl", "data")),
}


@cache
def explained() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8"))
    return found


def _subjects(case: Case) -> dict[str, str]:
    """What checkov calls an object -> kind and component; names of Jobs change with their specs."""
    return {
        f"{item['kind']}.{item['metadata']['namespace']}.{item['metadata']['name']}": (
            f"{item['kind']} {item['metadata']['labels'][COMPONENT]}"
        )
        for item in _scanned(case)
    }


def _scanned(case: Case) -> list[Object]:
    """Every object, and the pods that KubernetesExecutor starts, which checkov does not see inside a ConfigMap."""
    namespace = {"namespace": case.release.namespace}
    tasks = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {**pod.metadata, **namespace}, "spec": pod.spec}
        for pod in pods(case)
        if pod.owner == "ConfigMap"
    ]
    return [*every_object(case), *tasks]


def _failed(case: Case, folder: Path) -> set[tuple[str, str]]:
    """Check and subject of every finding."""
    path = folder / "render.yaml"
    path.write_text(yaml.safe_dump_all(_scanned(case)), encoding="utf-8")
    arguments = [
        "--framework",
        "kubernetes",
        "--output",
        "json",
        "--compact",
        "--quiet",
        "--soft-fail",
        "--skip-download",
    ]
    done = subprocess.run(
        [*COMMAND, "--file", str(path), *arguments], check=True, capture_output=True, text=True, timeout=300
    )
    results = json.loads(done.stdout)
    assert results["summary"]["parsing_errors"] == 0
    assert results["summary"]["passed"] > 500
    subjects = _subjects(case)
    return {(finding["check_id"], subjects[finding["resource"]]) for finding in results["results"]["failed_checks"]}


@pytest.mark.timeout(900)
@pytest.mark.skipif(not COMMAND, reason="no checkov: set CHECKOV to its command")
def test_every_finding_of_checkov_is_explained_and_no_explanation_is_stale(tmp_path: Path) -> None:
    for name, case in RENDERS.items():
        listed = {(check, subject) for check, entry in explained().items() for subject in entry["of"].get(name, [])}
        failed = _failed(case, tmp_path)
        assert sorted(failed - listed) == [], f"{name}: not explained"
        assert sorted(listed - failed) == [], f"{name}: no longer found"


def test_every_explanation_has_a_reason_and_names_workloads_that_there_are() -> None:
    kinds = {
        name: {subject for key, subject in _subjects(case).items() if "Policy" not in key}
        for name, case in RENDERS.items()
    }
    assert list(explained()) == sorted(explained(), key=lambda check: int(check.rpartition("_")[2]))
    for check, entry in explained().items():
        assert set(entry) == {"name", "reason", "of"}, check
        assert len(entry["reason"].split()) > 8, check
        assert any(entry["of"].values()), check
        for name, listed in entry["of"].items():
            assert set(listed) <= kinds[name], check
            assert listed == sorted(set(listed)), check


def test_the_everything_render_has_every_kind_of_pod() -> None:
    whole = {pod.component for pod in pods(NAMED["example-everything"])}
    assert {pod.component for pod in pods(RENDERS["everything"])} == whole
