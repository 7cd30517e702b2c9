"""Damaged values: each gives a clear refusal or a valid render, never a traceback, and Helm says the same."""

from __future__ import annotations

import contextlib
import copy
import random
from typing import Any

from harness import RELEASE, ROOT, Refused, called, rendered
from strategies import bases

from airflow_charts.call import manifests
from airflow_charts.errors import ValuesError
from airflow_charts.reading.goyaml import parse, parse_all
from airflow_charts.reading.writing import dump, dump_all

WRONG: list[Any] = [
    None,
    True,
    0,
    -1,
    10**6,
    2**53,
    "",
    "text",
    "⟦aZ0Za⟧",
    [],
    [None],
    ["x"],
    {},
    {"a": 1},
    {"a": {"b": []}},
]
SIGNS = "{}[]:,#&*!|>'\"%@`\n\t -?x0"


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path] * bool(path) + [place for key, value in inner for place in places(value, (*path, key))]


def damaged(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    result = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        found = places(result)
        if not found:
            return {
                chance.choice(["schedulr", "enabled", "x-any", "pods", "global"]): copy.deepcopy(chance.choice(WRONG))
            }
        *path, last = chance.choice(found)
        node: Any = result
        for key in path:
            node = node[key]
        action = chance.randint(0, 3)
        if action == 0:
            node[last] = copy.deepcopy(chance.choice(WRONG))
        elif action == 1:
            del node[last]
        elif isinstance(node, dict):
            node[f"{last}{chance.choice('sx_')}"] = node.pop(last) if action == 2 else None
    return result


def test_three_thousand_damaged_documents_are_refused_or_rendered() -> None:
    chance = random.Random(3)
    outcomes = {"refused": 0, "rendered": 0}
    for number in range(3000):
        document = damaged(bases()[number % len(bases())], chance)
        outcome = called(document)
        if isinstance(outcome, Refused):
            outcomes["refused"] += 1
            assert outcome.paths or outcome.lines
        else:
            outcomes["rendered"] += 1
            if number % 10 == 0:
                assert parse_all(dump_all(outcome)) == outcome
    assert outcomes["refused"] > 1000
    assert outcomes["rendered"] > 100


def test_helm_says_the_same_of_damaged_documents() -> None:
    chance = random.Random(4)
    for number in range(250):
        document = damaged(bases()[number % len(bases())], chance)
        assert rendered(document) == called(document), document


def test_damaged_files_are_refused_or_read() -> None:
    chance = random.Random(5)
    texts = [path.read_text() for path in sorted((ROOT / "examples").glob("*.yaml"))] + [dump(bases()[0])]
    for number in range(600):
        text = texts[number % len(texts)]
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chance.choice(SIGNS) + text[place + chance.randint(0, 1) :]
        with contextlib.suppress(ValuesError):
            manifests(parse(text).data, RELEASE)
