"""The list of mutants stays alive: each fault can still be made. `make mutants` runs them."""

from __future__ import annotations

import ast

import pytest
from run import ROOT, place

from mutants import MUTANTS, Mutant

SOURCE = ROOT / "src/airflow_charts"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_can_be_made_at_one_place_and_is_still_python(mutant: Mutant) -> None:
    path = place(SOURCE, mutant.before)
    assert mutant.before != mutant.after
    ast.parse(path.read_text("utf-8").replace(mutant.before, mutant.after))


def test_a_text_that_is_gone_or_stands_twice_is_no_place() -> None:
    for text in ("no such text in any file", "from __future__ import annotations"):
        with pytest.raises(LookupError, match="not once"):
            place(SOURCE, text)


def test_no_two_mutants_are_the_same() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.before, mutant.after) for mutant in MUTANTS}) == len(MUTANTS)
