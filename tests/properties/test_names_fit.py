"""Names and labels are valid and short enough, with the longest release, namespace and alias too."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from documents import EVERYTHING, LONG, NAMED, Case, Document, across
from rendered import Object, every_object, of_kind, pods, twice

from airflow_charts import Release
from airflow_charts.errors import InvalidValuesError

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_SUFFIXES = {"Job": len("-abcde"), "StatefulSet": len("-5d4f8c7b9d")}
"""What Kubernetes appends: in the names of a Job's pods, in a label of a StatefulSet's pods."""


def problems(case: Case) -> Iterator[str]:
    for item in every_object(case):
        kind, name = item["kind"], item["metadata"]["name"]
        if not _LABEL.fullmatch(name):
            yield f"{kind} {name} is no DNS label"
        if len(name) + _SUFFIXES.get(kind, 0) > 63:
            yield f"{kind} {name} is too long: {len(name)}"
    for labels in _labels(case):
        yield from (f"label {key}" for key in labels if not _LABEL_KEY.fullmatch(key))
        yield from (f"label {key}: {value}" for key, value in labels.items() if not _LABEL_VALUE.fullmatch(value))


def _labels(case: Case) -> Iterator[Object]:
    for item in every_object(case):
        yield item["metadata"].get("labels", {})
    for item in of_kind(case, "Deployment", "StatefulSet"):
        yield item["spec"]["selector"]["matchLabels"]
    for pod in pods(case):
        yield pod.labels


@across()
def test_names_and_labels_are_valid(case: Case) -> None:
    assert list(problems(case)) == []


@across()
def test_names_of_ports_volumes_and_containers_are_valid(case: Case) -> None:
    for pod in pods(case):
        names = [container["name"] for container in pod.containers]
        names += [volume["name"] for volume in pod.spec.get("volumes", [])]
        assert not [name for name in names if not _LABEL.fullmatch(name) or len(name) > 63]
        assert not [name for name in pod.ports() if not re.fullmatch(r"(?=.*[a-z])[a-z0-9-]{1,15}", name)]


@across()
def test_no_two_objects_share_kind_and_name(case: Case) -> None:
    assert not twice((item["kind"], item["metadata"]["name"]) for item in every_object(case))


@across()
def test_every_object_is_in_the_releases_namespace(case: Case) -> None:
    for part in (item for item in every_object(case) if item["metadata"].get("labels")):
        assert part["metadata"]["namespace"] == case.release.namespace


_LONGEST: dict[str, tuple[Document, Release]] = {
    "release": ({}, LONG),
    "release with the chart's name": ({}, Release("airflow-" + "x" * 45, "n")),
    "fullnameOverride": ({"fullnameOverride": "f" * 63}, LONG),
    "alias": ({}, Release("r" * 53, "n", "a" * 53)),
    "digits": ({}, Release("1" * 53, "1", "1")),
    "set of workers": ({"workers": {"sets": {"s" * 63: {}}}}, LONG),
    "set of workers with a hyphen where it is cut": ({"workers": {"sets": {"a-" * 31 + "b": {"replicas": 2}}}}, LONG),
    "everything": ({key: value for key, value in EVERYTHING.items() if key != "fullnameOverride"}, LONG),
    "hyphens where names are cut": ({}, Release("-".join("a" * 27), "n")),
    "another hyphen": ({}, Release("b" + "-".join("a" * 26), "n")),
}


@pytest.mark.parametrize("name", _LONGEST)
def test_the_longest_names_fit_or_are_refused(name: str) -> None:
    document, release = _LONGEST[name]
    try:
        found = list(problems(Case(name, document, release)))
    except InvalidValuesError:
        return
    assert found == []


def test_the_longest_names_of_worker_sets_fit() -> None:
    accepted = []
    for length in range(1, 64):
        case = Case("set", {"workers": {"sets": {"s" * length: {"replicas": 2}}}}, LONG)
        try:
            found = list(problems(case))
        except InvalidValuesError:
            continue
        accepted.append(length)
        assert found == []
    assert accepted == list(range(1, len(accepted) + 1))
    assert len(accepted) >= 16


def test_long_releases_that_begin_the_same_share_no_name() -> None:
    names = []
    for last in "ab":
        case = Case(last, {}, Release("r" * 52 + last, "data"))
        names.append({(item["kind"], item["metadata"]["name"]) for item in every_object(case)})
    assert not names[0] & names[1]


def test_worker_sets_never_take_the_name_of_another_object() -> None:
    names = [item["metadata"]["name"] for item in of_kind(NAMED["worker-sets"], "Deployment")]
    assert len(names) == len(set(names))
