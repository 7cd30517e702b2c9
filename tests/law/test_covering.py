"""The law where every decision of the chart goes both ways."""

from __future__ import annotations

from covering import covering, decisions
from harness import called, called_notes, rendered, rendered_notes

UNREACHABLE = {
    "components/workers.py": "a rule refuses Celery without a set of workers, so that list is never empty",
}
"""Files with one decision that a rule has settled before."""


def test_every_decision_goes_both_ways() -> None:
    documents, missing = covering()
    ways = len(decisions())
    print(f"{ways - len(missing)} of {ways} ways of decisions taken by {len(documents)} documents")
    assert [text for text in missing if text.partition(":")[0] not in UNREACHABLE] == []
    assert len(missing) <= len(UNREACHABLE)


def test_helm_equals_call_on_the_covering_set() -> None:
    documents, _ = covering()
    for document in documents:
        call = called(document)
        assert rendered(document) == call, document
        if isinstance(call, list):
            assert rendered_notes(document) == called_notes(document), document
