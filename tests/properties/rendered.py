"""What a render puts into a cluster: its objects, its pods and their containers, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from documents import Case

from airflow_charts.call import manifest_parts
from airflow_charts.checks import load, total
from airflow_charts.values import Values

Object = dict[str, Any]
COMPONENT = "app.kubernetes.io/component"
WORKLOADS = ("Deployment", "StatefulSet", "Job")
_CONTAINER_LISTS = ("initContainersFirst", "initContainers", "containers")


@dataclass(frozen=True, eq=False)
class Pod:
    """A pod that a workload, or KubernetesExecutor, starts."""

    owner: str
    name: str
    metadata: Object
    spec: Object
    replicas: int = 1

    @property
    def labels(self) -> dict[str, str]:
        return self.metadata.get("labels", {})  # type: ignore[no-any-return]

    @property
    def component(self) -> str:
        return self.labels[COMPONENT]

    @property
    def containers(self) -> list[Object]:
        """All containers, init containers first."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def main(self) -> Object:
        """The container that runs the component."""
        name = "base" if self.owner == "ConfigMap" else self.component
        [found] = [container for container in self.spec["containers"] if container["name"] == name]
        return found  # type: ignore[no-any-return]

    def ports(self) -> dict[str, int]:
        """The named ports of the pod."""
        return {
            port["name"]: port["containerPort"]
            for container in self.containers
            for port in container.get("ports", [])
            if "name" in port
        }


@cache
def values_of(case: Case) -> Values:
    return load(case.document)


@cache
def parts(case: Case) -> dict[str, list[Object]]:
    """The manifests by part, as a client of Kubernetes would send them."""
    plain: dict[str, list[Object]] = json.loads(json.dumps(manifest_parts(case.document, case.release)))
    return plain


@cache
def every_object(case: Case) -> list[Object]:
    return [item for part in parts(case).values() for item in part]


@cache
def chart_objects(case: Case) -> list[Object]:
    """The objects without the user's own."""
    return [item for name, part in parts(case).items() for item in part if name != "extra"]


def of_kind(case: Case, *kinds: str) -> list[Object]:
    return [item for item in chart_objects(case) if item["kind"] in kinds]


def named(case: Case, kind: str) -> dict[str, Object]:
    return {item["metadata"]["name"]: item for item in every_object(case) if item["kind"] == kind}


@cache
def pods(case: Case) -> list[Pod]:
    """Every pod that comes from the render, those of KubernetesExecutor among them."""
    found = []
    for item in chart_objects(case):
        name = item["metadata"]["name"]
        if item["kind"] in WORKLOADS:
            template = item["spec"]["template"]
            replicas = item["spec"].get("replicas", 1)
            found.append(Pod(item["kind"], name, template["metadata"], template["spec"], replicas))
        elif "pod_template.yaml" in item.get("data", {}):
            template = json.loads(item["data"]["pod_template.yaml"])
            found.append(Pod("ConfigMap", name, template["metadata"], template["spec"]))
    return found


def settings(case: Case) -> Iterator[Object]:
    """The pod settings of every section and set."""
    document = total(case.document)
    yield document["airflowPods"]
    sections = [section for section in document.values() if isinstance(section, dict)]
    yield from (section.get("pod", {}) for section in [*sections, *document["workers"]["sets"].values()])


@cache
def users_containers(case: Case) -> frozenset[str]:
    """The names of the containers that users add."""
    return frozenset(
        container["name"]
        for section in settings(case)
        for key in _CONTAINER_LISTS
        for container in section.get(key, [])
    )


def chart_containers(case: Case, pod: Pod) -> list[Object]:
    return [container for container in pod.containers if container["name"] not in users_containers(case)]


def matches(selector: Object | None, labels: dict[str, str]) -> bool:
    """Whether a label selector selects; an absent one selects nothing, an empty one everything."""
    if selector is None:
        return False
    wanted = selector.get("matchLabels", {}).items()
    return all(labels.get(key) == value for key, value in wanted) and all(
        _expression(item, labels) for item in selector.get("matchExpressions", [])
    )


def _expression(item: Object, labels: dict[str, str]) -> bool:
    key, operator, values = item["key"], item["operator"], item.get("values", [])
    return {
        "In": key in labels and labels[key] in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[operator]


def texts(value: Any) -> Iterator[str]:
    """Every text in plain data, keys among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def twice(items: Iterable[Any]) -> list[Any]:
    """What stands in a list more than once."""
    seen: list[Any] = []
    found: list[Any] = []
    for item in items:
        (found if item in seen else seen).append(item)
    return found
