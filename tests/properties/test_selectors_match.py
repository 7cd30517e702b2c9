"""Selectors select their own pods and nobody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from documents import CASES, EVERYTHING, RELEASE, Case, across
from rendered import Object, Pod, every_object, matches, of_kind, pods

from airflow_charts import Release
from airflow_charts.errors import InvalidValuesError

_NEIGHBOURS = {
    "a-second-release": Release("etl2", "data"),
    "a-release-whose-name-begins-the-same": Release("etl-airflow-2", "data"),
    "an-alias-in-the-same-release": Release("etl", "data", "reporting"),
    "an-alias-that-ends-like-a-task": Release("etl", "data", "airflow-task"),
}


def workload_selector(item: Object) -> Object:
    selector: Object = item["spec"]["selector"]
    return selector


def pod_of(case: Case, item: Object) -> Pod:
    [found] = [pod for pod in pods(case) if (pod.owner, pod.name) == (item["kind"], item["metadata"]["name"])]
    return found


def selected(case: Case, selector: Object) -> list[str]:
    return [pod.name for pod in pods(case) if matches(selector, pod.labels)]


@across()
def test_a_workload_selects_its_own_pods_alone(case: Case) -> None:
    for item in of_kind(case, "Deployment", "StatefulSet"):
        assert selected(case, workload_selector(item)) == [item["metadata"]["name"]]


@across()
def test_a_disruption_budget_belongs_to_one_workload(case: Case) -> None:
    for item in of_kind(case, "PodDisruptionBudget"):
        assert selected(case, item["spec"]["selector"]) == [item["metadata"]["name"]]


@across()
def test_a_service_and_a_policy_select_the_pods_of_their_component(case: Case) -> None:
    for item in of_kind(case, "Service", "NetworkPolicy"):
        spec = item["spec"]
        selector = {"matchLabels": spec["selector"]} if item["kind"] == "Service" else spec["podSelector"]
        component = item["metadata"]["labels"]["app.kubernetes.io/component"]
        expected = [pod.name for pod in pods(case) if pod.component == component]
        assert expected
        assert selected(case, selector) == expected


@across()
def test_the_charts_own_spreading_counts_the_workloads_pods_alone(case: Case) -> None:
    if case.document.get("pods", {}).get("topologySpreadConstraints"):
        pytest.skip("the user says how pods spread")
    for pod in pods(case):
        for constraint in pod.spec.get("topologySpreadConstraints", []):
            assert selected(case, constraint["labelSelector"]) == [pod.name]


@pytest.mark.parametrize("release", _NEIGHBOURS.values(), ids=_NEIGHBOURS.keys())
def test_two_installations_in_a_namespace_do_not_select_each_others_pods(release: Release) -> None:
    document = {key: value for key, value in EVERYTHING.items() if key != "fullnameOverride"}
    here = Case("here", document, RELEASE)
    there = replace(here, release=release)
    for case, other in ((here, there), (there, here)):
        for item in of_kind(case, "Deployment", "StatefulSet", "PodDisruptionBudget"):
            assert not selected(other, workload_selector(item)), item["metadata"]["name"]
        for item in of_kind(case, "Service"):
            assert not selected(other, {"matchLabels": item["spec"]["selector"]})
        for item in of_kind(case, "NetworkPolicy"):
            assert not selected(other, item["spec"]["podSelector"])


def shared_objects(one: Release, other: Release) -> set[tuple[str, str]]:
    document = {key: value for key, value in EVERYTHING.items() if key not in ("fullnameOverride", "extraManifests")}
    cases = [Case("here", document, release) for release in (one, other)]
    first, second = ({(item["kind"], item["metadata"]["name"]) for item in every_object(case)} for case in cases)
    return first & second


@pytest.mark.parametrize("release", _NEIGHBOURS.values(), ids=_NEIGHBOURS.keys())
def test_two_installations_in_a_namespace_share_no_object(release: Release) -> None:
    assert not shared_objects(RELEASE, release)


def test_two_aliases_share_no_object_when_the_release_is_named_after_both() -> None:
    assert not shared_objects(
        Release("airflow-reporting", "data", "airflow"), Release("airflow-reporting", "data", "reporting")
    )


def test_no_version_stands_in_selectors_or_pods() -> None:
    for case in CASES:
        for item in of_kind(case, "Deployment", "StatefulSet"):
            labels = {**pod_of(case, item).labels, **workload_selector(item)["matchLabels"]}
            assert not [key for key in labels if "version" in key or "chart" in key]


def test_users_cannot_set_a_label_that_selects() -> None:
    keys = {
        key
        for case in CASES
        for item in of_kind(case, "Deployment", "StatefulSet", "NetworkPolicy")
        for key in item["spec"].get("selector", item["spec"].get("podSelector"))["matchLabels"]
    }
    for key in keys:
        case = Case("label", {**EVERYTHING, "pods": {"labels": {key: "x"}}})
        try:
            found = pods(case)
        except InvalidValuesError:
            continue
        assert not [pod.name for pod in found if pod.labels.get(key) == "x"], key
