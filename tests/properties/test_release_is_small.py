"""Helm stores a release in a Secret, which Kubernetes limits to 1 MiB: ours stays under 700 KB."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from documents import CASES, EVERYTHING, LONG, ROOT, Case
from rendered import every_object

from airflow_charts.reading.goyaml import parse

CHART = ROOT / "charts/airflow"
LIMIT = 700_000


def _files(*, templates: bool) -> list[dict[str, str]]:
    return [
        {"name": str(path.relative_to(CHART)), "data": base64.b64encode(path.read_bytes()).decode()}
        for path in sorted(CHART.rglob("*"))
        if path.is_file() and ("templates" in path.relative_to(CHART).parts) == templates
    ]


def stored(case: Case) -> bytes:
    """A release as Helm stores it: JSON, gzip, base64; the Secret encodes it once more."""
    chart = {
        "metadata": parse((CHART / "Chart.yaml").read_text(encoding="utf-8")).data,
        "templates": _files(templates=True),
        "values": parse((CHART / "values.yaml").read_text(encoding="utf-8")).data,
        "schema": base64.b64encode((CHART / "values.schema.json").read_bytes()).decode(),
        "files": _files(templates=False),
    }
    manifest = "\n---\n".join(json.dumps(item, indent=2) for item in every_object(case))
    release: dict[str, Any] = {
        "name": case.release.name,
        "namespace": case.release.namespace,
        "info": {"status": "deployed", "notes": "n" * 5000},
        "chart": chart,
        "config": case.document,
        "manifest": manifest,
        "version": 1,
    }
    compressed = gzip.compress(json.dumps(release).encode(), compresslevel=9)
    return base64.b64encode(base64.b64encode(compressed))


@pytest.mark.parametrize("case", [CASES[0], Case("everything", EVERYTHING, LONG)], ids=["an example", "everything"])
def test_the_stored_release_stays_under_700_kilobytes(case: Case) -> None:
    assert len(stored(case)) < LIMIT


def test_the_chart_is_there() -> None:
    assert len(_files(templates=True)) > 20
    assert len(stored(Case("everything", EVERYTHING, LONG))) > 20_000
