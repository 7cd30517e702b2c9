"""Kubernetes refuses more than its schema says; what users can get wrong so, the values refuse first."""

from __future__ import annotations

import pytest
from documents import Case, Document, among
from rendered import every_object

from airflow_charts.errors import InvalidValuesError

_WRONG: dict[str, Document] = {
    "a label's key": {"pods": {"labels": {"bad key!": "x"}}},
    "a label's value": {"pods": {"labels": {"a": "bad value!"}}},
    "an annotation's key": {"pods": {"annotations": {"bad key!": "x"}}},
    "a node label's key": {"pods": {"nodeSelector": {"bad key!": "x"}}},
    "a plugin's name": {"plugins": {"a b.py": "x"}},
    "a folder above the volume": {"dags": {"persistence": {"enabled": True, "subPath": "a/../b"}}},
    "a repository with a tag": {"images": {"airflow": {"repository": "x/y:tag"}}},
    "a registry with a slash at its end": {"global": {"imageRegistry": "x/"}},
    "a registry with a space": {"global": {"imageRegistry": "X Y"}},
    "an upper-case host": {"webserver": {"ingress": {"enabled": True, "hosts": ["A.example.com"]}}},
    "an executor twice": {"executors": ["CeleryExecutor", "CeleryExecutor"]},
    "a name of the chart's own object": {
        "extraManifests": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "etl-airflow-config"}}]
    },
}
_NOT_REFUSED = {
    "a name of the chart's own object": "derived/rules.py: an object of extraManifests may take a name of the chart's",
}


@pytest.mark.parametrize("name", among(_WRONG, known=_NOT_REFUSED))
def test_what_kubernetes_or_airflow_would_refuse_is_refused_before(name: str) -> None:
    with pytest.raises(InvalidValuesError):
        every_object(Case(name, _WRONG[name]))
