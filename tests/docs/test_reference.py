"""The generated reference is the one of today's values."""

from pathlib import Path

from airflow_charts.helm.readme import reference

ROOT = Path(__file__).parents[2]


def test_the_reference_of_the_values_is_up_to_date() -> None:
    assert (ROOT / "docs/values.md").read_text(encoding="utf-8") == reference() + "\n", "run make chart"
