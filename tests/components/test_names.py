"""Names and labels of objects."""

from __future__ import annotations

import pytest
from deployed import among, deployed, objects

from airflow_charts import Release


@pytest.mark.parametrize(
    ("release", "name"),
    [
        (Release("etl", "data"), "etl-airflow-webserver"),
        (Release("airflow", "data"), "airflow-webserver"),
        (Release("my-airflow", "data"), "my-airflow-webserver"),
        (Release("etl", "data", "reporting"), "etl-reporting-webserver"),
    ],
)
def test_a_name_begins_with_the_release(release: Release, name: str) -> None:
    [deployment] = among(deployed({}, release), "Deployment", "webserver")
    assert deployment["metadata"]["name"] == name
    assert deployment["metadata"]["namespace"] == "data"


def test_long_names_that_begin_alike_stay_apart() -> None:
    releases = [Release("r" * 40 + end) for end in "ab"]
    names = [among(deployed({}, release), "Deployment", "webserver")[0]["metadata"]["name"] for release in releases]
    assert names[0] != names[1]
    assert {len(name) for name in names} == {len("-webserver") + 30}


def test_a_name_can_be_chosen() -> None:
    [deployment] = objects("Deployment", "webserver", fullnameOverride="flow")
    assert deployment["metadata"]["name"] == "flow-webserver"


def test_labels_say_what_an_object_is_and_which_version_it_runs() -> None:
    [deployment] = objects("Deployment", "webserver", airflowVersion="3.1.0")
    assert deployment["metadata"]["labels"] == {
        "app.kubernetes.io/name": "airflow",
        "app.kubernetes.io/instance": "etl",
        "app.kubernetes.io/component": "webserver",
        "app.kubernetes.io/version": "3.1.0",
        "app.kubernetes.io/managed-by": "Helm",
    }
