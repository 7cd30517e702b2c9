"""Every YAML example of the configuration guide is valid values, unless a comment before it says what else it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_charts.checks import load
from airflow_charts.reading.goyaml import parse

GUIDE = Path(__file__).parents[2] / "docs/configuration.md"
_FENCE = re.compile(r"^(?P<mark><!-- not values -->\n+)?```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def fences() -> list[tuple[int, bool, str]]:
    """The line, whether it is values, and the text of every YAML example."""
    guide = GUIDE.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(guide))
    return [(guide.count("\n", 0, fence.start()) + 1, not fence["mark"], fence["text"]) for fence in found]


@pytest.mark.parametrize(
    ("line", "text"), [pytest.param(line, text, id=f"line-{line}") for line, values, text in fences() if values]
)
def test_an_example_is_valid_values(line: int, text: str) -> None:
    assert load(parse(text, source=f"docs/configuration.md:{line}").data)


def test_an_example_that_is_no_values_parses() -> None:
    for line, values, text in fences():
        assert values or parse(text, source=f"docs/configuration.md:{line}").data


def test_no_example_is_missed() -> None:
    """A fence that is indented or has another name of the language would not be tested."""
    guide = GUIDE.read_text(encoding="utf-8")
    assert len(fences()) == len(re.findall(r"^\s*(?:```|~~~) *ya?ml", guide, re.MULTILINE | re.IGNORECASE))
    assert len(fences()) > 20
