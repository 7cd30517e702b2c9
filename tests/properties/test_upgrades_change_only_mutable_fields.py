"""Between any two documents, objects of the same kind and name differ only where Kubernetes lets them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy

import pytest
from documents import CASES, RELEASE, Case, Document
from rendered import Object, every_object

_STATEFUL = {
    *("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit"),
    *("persistentVolumeClaimRetentionPolicy", "minReadySeconds"),
}
_JOB = {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "suspend"}
_CLAIM = {"resources", "volumeAttributesClassName"}


def immutable(item: Object) -> Object:
    """What of an object Kubernetes refuses to change."""
    spec = item.get("spec", {})
    fixed: dict[str, Callable[[], Object]] = {
        "Deployment": lambda: {"selector": spec["selector"]},
        "StatefulSet": lambda: {key: value for key, value in spec.items() if key not in _STATEFUL},
        "Job": lambda: {key: value for key, value in spec.items() if key not in _JOB},
        "PersistentVolumeClaim": lambda: {key: value for key, value in spec.items() if key not in _CLAIM},
        "RoleBinding": lambda: {"roleRef": item["roleRef"]},
        "Secret": lambda: {"type": item.get("type"), "immutable": item.get("immutable")},
        "ConfigMap": lambda: {"immutable": item.get("immutable")},
        "Service": lambda: {"clusterIP": spec.get("clusterIP"), "ipFamilies": spec.get("ipFamilies")},
    }
    return fixed[item["kind"]]() if item["kind"] in fixed else {}


def _without_storage(document: Document) -> Document:
    """Class, size and access mode of claims are the user's own to change, or not to."""
    document = deepcopy(document)
    document.get("global", {}).pop("storageClass", None)
    for section in ("dags", "logs", "postgresql", "redis"):
        for key in ("storageClass", "size", "accessMode"):
            document.get(section, {}).get("persistence", {}).pop(key, None)
    return document


def _objects_by_name(overrides: Document) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Kind and name of every object -> what is immutable in it -> the cases in which it is so."""
    found: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for case in CASES:
        document = {**_without_storage(case.document), **overrides}
        for item in every_object(Case(case.name, document, RELEASE)):
            fixed = json.dumps(immutable(item), sort_keys=True)
            found[item["kind"], item["metadata"]["name"]][fixed].append(case.name)
    return found


def test_any_two_documents_differ_in_mutable_fields_alone() -> None:
    found = _objects_by_name({"fullnameOverride": ""})
    changed = {name: variants for name, variants in found.items() if len(variants) > 1}
    assert not changed, json.dumps({" ".join(name): variants for name, variants in changed.items()}, indent=1)


def test_the_documents_really_share_objects() -> None:
    found = _objects_by_name({"fullnameOverride": ""})
    shared = {kind for (kind, _), variants in found.items() if sum(map(len, variants.values())) > 10}
    assert {"Deployment", "StatefulSet", "Service", "PersistentVolumeClaim", "RoleBinding", "Secret"} <= shared


@pytest.mark.parametrize("kind", ["Job", "StatefulSet", "PersistentVolumeClaim"])
def test_a_change_of_an_immutable_field_would_be_seen(kind: str) -> None:
    item = next(item for item in every_object(CASES[0]) if item["kind"] == kind)
    changed = {**item, "spec": {**item["spec"], "anything": 1}}
    assert immutable(changed) != immutable(item)


def test_jobs_are_named_by_what_they_do() -> None:
    """Same name, same Job; another Job, another name."""
    jobs: dict[str, set[str]] = defaultdict(set)
    for case in CASES:
        for item in every_object(case):
            if item["kind"] == "Job":
                jobs[json.dumps(item["spec"], sort_keys=True)].add(item["metadata"]["name"])
    assert all(len(names) == 1 for names in jobs.values())
    every = [name for names in jobs.values() for name in names]
    assert len(every) == len(set(every))
