"""The golden manifests are those that the chart makes."""

from __future__ import annotations

from difflib import unified_diff

import pytest

from golden import FOLDER, NAMES, place, text

SHOWN = 60
"""Lines of a difference that a failed test shows."""


@pytest.mark.parametrize("name", NAMES)
def test_the_manifests_are_those_that_somebody_has_read(name: str) -> None:
    before, after = place(name).read_text(encoding="utf-8").splitlines(), text(name).splitlines()
    difference = list(unified_diff(before, after, f"tests/golden/{name}.yaml", "what the chart makes", "", "", 2, ""))
    more = [f"... and {len(difference) - SHOWN} lines more"] if len(difference) > SHOWN else []
    shown = "\n".join([*difference[:SHOWN], *more])
    assert not difference, f"if this is meant, run `make golden` and commit it:\n{shown}"


def test_every_golden_file_belongs_to_a_deployment() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(NAMES)
