"""Every object is strictly valid for every Kubernetes that the chart supports."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import kubernetes_validate
import pytest
from documents import CASES, NAMED
from rendered import Object, every_object, pods

VERSIONS = [f"1.{minor}" for minor in range(30, 38)]
_CRDS = Path(__file__).parent / "crds"
"""The schemas of kinds that are not Kubernetes' own, as their operators publish them."""
_SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


@cache
def _registry(version: str) -> jsonschema_rs.Registry:
    definitions = _load(version, "_definitions")
    return jsonschema_rs.Registry([(definitions["$id"], definitions)], draft=jsonschema_rs.Draft202012)


def _load(version: str, name: str) -> dict[str, Any]:
    file = _SCHEMAS / f"v{version}.0-local-strict/{name}.json"
    schema: dict[str, Any] = json.loads((file if file.exists() else _CRDS / file.name).read_text(encoding="utf-8"))
    return schema


@cache
def _validator(version: str, kind: str, api_version: str) -> jsonschema_rs.Draft202012Validator:
    """What `kubernetes_validate` does anew for each object, compiled once."""
    group = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    return jsonschema_rs.Draft202012Validator(_load(version, f"{kind.lower()}-{group}"), registry=_registry(version))


def _problems(item: Object, version: str) -> list[str]:
    validator = _validator(version, item["kind"], item["apiVersion"])
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(item)]


@cache
def distinct_objects() -> dict[str, Object]:
    """Every object of every render once, task pods among them."""
    found = [item for case in CASES for item in every_object(case)]
    tasks = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": pod.metadata, "spec": pod.spec}
        for case in CASES
        for pod in pods(case)
        if pod.owner == "ConfigMap"
    ]
    return {json.dumps(item, sort_keys=True): item for item in [*found, *tasks]}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_strictly_valid(version: str) -> None:
    problems = {
        f"{item['kind']} {item['metadata'].get('name')}: {problem}"
        for item in distinct_objects().values()
        for problem in _problems(item, version)
    }
    assert not problems, "\n".join(sorted(problems))


def _damaged(item: Object) -> Object:
    return {**item, "spec": {**item["spec"], "replicaz": 1}}


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
@pytest.mark.parametrize("kind", ["Deployment", "NetworkPolicy", "Job"])
def test_the_fast_validator_agrees_with_kubernetes_validate(kind: str, version: str) -> None:
    item = next(item for item in every_object(NAMED["example-minimal"]) if item["kind"] == kind)
    kubernetes_validate.validate(item, version, strict=True)
    assert not _problems(item, version)
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(_damaged(item), version, strict=True)
    assert _problems(_damaged(item), version)
