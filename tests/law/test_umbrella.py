"""The chart as a dependency of another chart: by its name, under an alias, twice, and with `global`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from harness import CHART, Refused, ordered, rendered_files

from airflow_charts.call import manifests
from airflow_charts.reading.goyaml import parse_all
from airflow_charts.reading.writing import dump
from airflow_charts.release import Release


@pytest.fixture(scope="module")
def umbrella(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A chart with two Airflows: one under its own name, one under an alias that a condition switches on."""
    folder = tmp_path_factory.mktemp("umbrella")
    dependencies = [
        {"name": "airflow", "version": "0.1.0", "condition": "airflow.enabled"},
        {"name": "airflow", "version": "0.1.0", "alias": "second", "condition": "second.enabled"},
    ]
    metadata = {"apiVersion": "v2", "name": "umbrella", "version": "1.0.0", "dependencies": dependencies}
    (folder / "Chart.yaml").write_text(dump(metadata))
    (folder / "values.yaml").write_text(dump({"second": {"enabled": False}, "global": {"other": {"chart": 1}}}))
    shutil.copytree(CHART, folder / "charts/airflow")
    return folder


def objects(folder: Path, document: dict[str, Any], release: Release) -> list[dict[str, Any]]:
    files = rendered_files(document, release, folder)
    assert not isinstance(files, Refused), files
    return ordered(item for name, text in files.items() if not name.endswith(".txt") for item in parse_all(text))


def test_it_renders_as_a_dependency(umbrella: Path) -> None:
    document = {"airflow": {"enabled": True, "scheduler": {"replicas": 2}, "x-anchor": {"any": "thing"}}}
    expected = manifests({"scheduler": {"replicas": 2}}, Release("etl", "data"))
    assert objects(umbrella, document, Release("etl", "data")) == ordered(expected)


def test_two_airflows_in_one_release_share_no_object(umbrella: Path) -> None:
    found = objects(umbrella, {"second": {"enabled": True}}, Release("etl", "data"))
    first = manifests({}, Release("etl", "data"))
    second = manifests({}, Release("etl", "data", "second"))
    assert found == ordered([*first, *second])
    names = [(item["kind"], item["metadata"]["name"]) for item in found]
    assert len(names) == len(set(names))


def test_it_takes_global_values(umbrella: Path) -> None:
    shared = {"imageRegistry": "mirror.example.com", "imagePullSecrets": ["pull"], "storageClass": "fast"}
    expected = manifests({"global": shared}, Release("etl", "data"))
    assert objects(umbrella, {"global": shared}, Release("etl", "data")) == ordered(expected)
