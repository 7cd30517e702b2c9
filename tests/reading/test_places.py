"""A refusal names the file and line where its value stands, whatever it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_charts.checks import load
from airflow_charts.errors import InvalidValuesError
from airflow_charts.reading.files import read_files

FIRST = """\
scheduler:
  replicas: 2
  livenessProbe: {periodSeconds: 1}
pods:
  tolerations:
  - {key: a}
  - {key: b}
workers:
  sets:
    one: {replicas: 1}
"""


def refused(tmp_path: Path, *texts: str, sets: tuple[str, ...] = ()) -> list[str]:
    """The lines of a refusal of several files, which are named by their number."""
    files = [tmp_path / str(number) for number in range(1, len(texts) + 1)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    document, places = read_files([str(file) for file in files], [(text, False) for text in sets])
    with pytest.raises(InvalidValuesError) as caught:
        load(document)
    return str(places.named(caught.value)).replace(f"{tmp_path}/", "").splitlines()


CASES: dict[str, tuple[list[str], list[str]]] = {
    "a wrong type": (
        ["scheduler:\n  replicas: x\n"],
        ["1:2: scheduler.replicas: must be an integer"],
    ),
    "an unknown key": (
        ["scheduler:\n  replicas: 1\n  replica: 2\n"],
        ["1:3: scheduler: there is no value `replica`; did you mean `replicas`?"],
    ),
    "a setting of pods beside `pod`": (
        ["scheduler:\n  nodeSelector: {a: b}\n"],
        ["1:2: scheduler: there is no value `nodeSelector`; write it under `scheduler.pod`"],
    ),
    "a setting of pods beside `pod` in a set": (
        ["workers:\n  sets:\n    gpu:\n      env: {A: b}\n"],
        ["1:4: workers.sets.gpu: there is no value `env`; write it under `workers.sets.gpu.pod`"],
    ),
    "a setting of Airflow's pods for all": (
        ["pods:\n  env: {A: b}\n"],
        ["1:2: pods: there is no value `env`; write it under `airflowPods`"],
    ),
    "a setting of all pods for Airflow's": (
        ["airflowPods:\n  nodeSelector: {a: b}\n"],
        ["1:2: airflowPods: there is no value `nodeSelector`; write it under `pods`"],
    ),
    "a setting of pods at the root": (
        ["tolerations: [{key: a}]\n"],
        ["1:1: there is no value `tolerations`; write it under `pods`"],
    ),
    "what other charts call a setting of pods": (
        ["workers:\n  extraVolumeMounts: []\n"],
        ["1:2: workers: there is no value `extraVolumeMounts`; write `volumeMounts` under `workers.pod`"],
    ),
    "a misspelt key under pod": (
        ["scheduler:\n  pod:\n    tolerationz: []\n"],
        ["1:3: scheduler.pod: there is no value `tolerationz`; did you mean `tolerations`?"],
    ),
    "a list as Kubernetes has it": (
        ["airflowPods:\n  env: [{name: A, value: b}]\n"],
        ["1:2: airflowPods.env: must be a mapping from name to value"],
    ),
    "a number in the environment": (
        ["airflowPods:\n  env:\n    A: 5\n"],
        [
            "1:3: airflowPods.env.A: must be a text (numbers and booleans in quotes), or a source such as "
            "{secretKeyRef: {name: s, key: k}}"
        ],
    ),
    "two unknown keys": (
        ["scheduler:\n  replicaz: 1\n  replica: 2\n"],
        [
            "1:2, 1:3: scheduler: there is no value `replicaz`; did you mean `replicas`?; there is no value `replica`; "
            "did you mean `replicas`?"
        ],
    ),
    "an unknown section": (["# one\nschedulr: {}\n"], ["1:2: there is no value `schedulr`; did you mean `scheduler`?"]),
    "a null": (
        [FIRST, "scheduler:\n  livenessProbe:\n    periodSeconds: null\n"],
        [
            "2:3: scheduler.livenessProbe: `periodSeconds` is missing; to keep its default leave it out of your "
            "values, do not set it to null"
        ],
    ),
    "a key of a wrong form": (
        ["airflowPods:\n  env:\n    A: b\n    a b: c\n"],
        ["1:4: airflowPods.env: has a key that is not allowed here"],
    ),
    "an item of a list": (
        [FIRST.replace("key: b", "key: 3")],
        ["1:7: pods.tolerations.1.key: must be a string"],
    ),
    "an item of a list of a later file": (
        [FIRST, "pods:\n  tolerations: [{key: 3}]\n"],
        ["2:2: pods.tolerations.0.key: must be a string"],
    ),
    "a part of what a later file replaced": (
        [FIRST.replace("{replicas: 1}", "{replicas: x}"), "workers: {sets: {one: 1}}\n"],
        ["2:1: workers.sets.one: must be a mapping"],
    ),
    "a part that a later file left": (
        [FIRST.replace("replicas: 2", "replicas: x"), "\n\nscheduler: {args: [a]}\n"],
        ["1:2: scheduler.replicas: must be an integer"],
    ),
    "a part behind a merge": (
        ["scheduler:\n  readinessProbe: &a\n    periodSeconds: x\n  livenessProbe:\n    <<: *a\n"],
        [
            "1:3: scheduler.livenessProbe.periodSeconds: must be an integer",
            "1:3: scheduler.readinessProbe.periodSeconds: must be an integer",
        ],
    ),
    "a second document": (
        ["triggerer: {}\n---\nscheduler:\n  replicas: x\n"],
        ["1:4: scheduler.replicas: must be an integer"],
    ),
    "a key with a slash": (
        ["pods:\n  nodeSelector:\n    a/b: 1\n"],
        ["1:3: pods.nodeSelector.a~1b: must be a string"],
    ),
    "a broken rule": (
        ["config:\n  core:\n    fernet_key: x\n"],
        ["1:3: config.core.fernet_key: the chart sets it; use the value secrets.fernetKey"],
    ),
    "a broken rule of several values": (
        ["executors: [LocalExecutor]\nredis:\n  enabled: false\nflower:\n  enabled: true\n"],
        ["1:5: flower.enabled: Flower shows Celery; set it to false, or add CeleryExecutor to executors"],
    ),
}


@pytest.mark.parametrize(("texts", "lines"), CASES.values(), ids=CASES)
def test_a_refusal_names_its_place(tmp_path: Path, texts: list[str], lines: list[str]) -> None:
    assert refused(tmp_path, *texts) == lines


def test_what_an_option_has_changed_has_no_place(tmp_path: Path) -> None:
    assert refused(tmp_path, FIRST, sets=("scheduler.replicas=x", "pods.tolerations[1].key=3")) == [
        "pods.tolerations.1.key: must be a string",
        "scheduler.replicas: must be an integer",
    ]


def test_a_refusal_without_places_is_as_it_was() -> None:
    with pytest.raises(InvalidValuesError) as caught:
        load({"scheduler": {"replicas": "x"}})
    assert str(caught.value) == "scheduler.replicas: must be an integer"
