"""The references of images."""

from __future__ import annotations

from typing import Any

import pytest
from deployed import main_of, objects

DIGEST = "sha256:" + "a" * 64
CASES: list[tuple[dict[str, Any], str]] = [
    ({}, "apache/airflow:3.3.2"),
    ({"airflowVersion": "3.1.0"}, "apache/airflow:3.1.0"),
    ({"images": {"airflow": {"tag": "own"}}}, "apache/airflow:own"),
    ({"images": {"airflow": {"tag": "own", "digest": DIGEST}}}, f"apache/airflow@{DIGEST}"),
    ({"scheduler": {"image": {"tag": "one"}}, "images": {"airflow": {"digest": DIGEST}}}, "apache/airflow:one"),
    ({"scheduler": {"image": {"repository": "my/airflow"}}}, "my/airflow:3.3.2"),
    ({"global": {"imageRegistry": "mirror.example.com/x"}}, "mirror.example.com/x/apache/airflow:3.3.2"),
]


@pytest.mark.parametrize(("settings", "reference"), CASES)
def test_an_image_is_what_the_values_say(settings: dict[str, Any], reference: str) -> None:
    [deployment] = objects("Deployment", "scheduler", **settings)
    assert main_of(deployment)["image"] == reference


@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        ({}, "IfNotPresent"),
        ({"images": {"airflow": {"pullPolicy": "Always"}}}, "Always"),
        ({"images": {"airflow": {"pullPolicy": "Always"}}, "scheduler": {"image": {"pullPolicy": "Never"}}}, "Never"),
    ],
)
def test_an_image_is_pulled_as_the_values_say(settings: dict[str, Any], policy: str) -> None:
    [deployment] = objects("Deployment", "scheduler", **settings)
    assert main_of(deployment)["imagePullPolicy"] == policy


def test_another_image_of_one_component_is_not_that_of_the_others() -> None:
    [webserver] = objects("Deployment", "webserver", scheduler={"image": {"tag": "one"}})
    assert main_of(webserver)["image"] == "apache/airflow:3.3.2"
