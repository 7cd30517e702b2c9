"""The law where every decision of the chart goes both ways."""

from __future__ import annotations

import fcntl
import json
import os
from typing import Any, NamedTuple

import pytest
from covering import covering, decisions
from harness import called, called_notes, rendered, rendered_notes

pytestmark = pytest.mark.timeout(300)  # one process looks for the set, others wait for it

UNREACHABLE = {
    "components/workers.py": "a rule refuses Celery without a set of workers, so that list is never empty",
}
"""Files with one decision that a rule has settled before."""
PARTS = 4
"""How many tests share the documents."""


class Covering(NamedTuple):
    """What `covering` returns."""

    documents: list[dict[str, Any]]
    missing: list[str]


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Covering:
    """The covering set, looked for once in a run of the tests: its processes share a folder."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    file = folder / "covering.json"
    with (folder / "covering.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            file.write_text(json.dumps(covering()))
    return Covering(*json.loads(file.read_text()))


def test_every_decision_goes_both_ways(found: Covering) -> None:
    ways = len(decisions())
    print(f"{ways - len(found.missing)} of {ways} ways of decisions taken by {len(found.documents)} documents")
    assert [text for text in found.missing if text.partition(":")[0] not in UNREACHABLE] == []
    assert len(found.missing) <= len(UNREACHABLE)


@pytest.mark.parametrize("part", range(PARTS))
def test_helm_equals_call_on_the_covering_set(found: Covering, part: int) -> None:
    for document in found.documents[part::PARTS]:
        call = called(document)
        assert rendered(document) == call, document
        if isinstance(call, list):
            assert rendered_notes(document) == called_notes(document), document
