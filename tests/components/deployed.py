"""The objects that a small values document deploys, as plain data."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from airflow_charts import Release, manifests

Object = dict[str, Any]
RELEASE = Release("etl", "data")
AIRFLOW_2 = "2.11.2"


def deployed(document: Object, release: Release = RELEASE) -> list[Object]:
    """Every object of a values document, as a client of Kubernetes would send it."""
    return _deployed(json.dumps(document), release)


@cache
def _deployed(document: str, release: Release) -> list[Object]:
    found: list[Object] = json.loads(json.dumps(manifests(json.loads(document), release)))
    return found


def among(found: list[Object], kind: str, component: str) -> list[Object]:
    """The objects of a kind and a component, in the order of the chart."""
    labels = {"app.kubernetes.io/component": component}
    return [item for item in found if item["kind"] == kind and labels.items() <= item["metadata"]["labels"].items()]


def objects(kind: str, component: str, /, **values: Any) -> list[Object]:
    """The objects of a kind and a component where these values are set beside the defaults."""
    return among(deployed(values), kind, component)


def pod_of(workload: Object) -> Object:
    """The spec of a workload's pods."""
    found: Object = workload["spec"]["template"]["spec"]
    return found


def main_of(workload: Object) -> Object:
    """The container of a workload that runs its component."""
    found: Object = pod_of(workload)["containers"][0]
    return found


def environment(container: Object) -> dict[str, Any]:
    """The environment of a container: the text of a variable, or where it comes from."""
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in container["env"]}


def mounts(container: Object) -> dict[str, str]:
    """Where the volumes of a container are mounted."""
    return {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
