"""Writes the Kubernetes definitions that user values may contain: `src/airflow_charts/values/kubernetes.json`.

They come from the strict schemas of the newest Kubernetes in `kubernetes-validate`, reduced to what the roots below
reach: no descriptions, no nulls (a null in a values document deletes a default), short names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import importlib_resources

ROOTS = (
    "io.k8s.api.apps.v1.DeploymentStrategy",
    "io.k8s.api.core.v1.Affinity",
    "io.k8s.api.core.v1.Container",
    "io.k8s.api.core.v1.EnvFromSource",
    "io.k8s.api.core.v1.EnvVarSource",
    "io.k8s.api.core.v1.HostAlias",
    "io.k8s.api.core.v1.Lifecycle",
    "io.k8s.api.core.v1.PodDNSConfig",
    "io.k8s.api.core.v1.PodSecurityContext",
    "io.k8s.api.core.v1.ResourceRequirements",
    "io.k8s.api.core.v1.SecurityContext",
    "io.k8s.api.core.v1.Toleration",
    "io.k8s.api.core.v1.TopologySpreadConstraint",
    "io.k8s.api.core.v1.Volume",
    "io.k8s.api.core.v1.VolumeMount",
    "io.k8s.api.networking.v1.NetworkPolicyPeer",
)
KEPT = ("type", "properties", "required", "items", "additionalProperties", "$ref", "oneOf", "anyOf", "enum")
RETIRED_VOLUMES = (
    *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "flexVolume", "flocker"),
    *("gcePersistentDisk", "gitRepo", "glusterfs", "photonPersistentDisk", "portworxVolume", "quobyte"),
    *("rbd", "scaleIO", "storageos", "vsphereVolume"),
)
"""Kinds of volumes that Kubernetes has removed or deprecated in favour of CSI; a seventh of the schema's cost."""
TARGET = Path(__file__).parents[1] / "src/airflow_charts/values/kubernetes.json"


def short(name: str) -> str:
    """`io.k8s.api.core.v1.Affinity` as `k8s.Affinity`."""
    return f"k8s.{name.rpartition('.')[2]}"


def reduce(schema: Any) -> Any:
    """A schema without descriptions, nulls and Kubernetes' own extensions."""
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key not in KEPT:
            continue
        if key == "properties":
            result[key] = {name: reduce(inner) for name, inner in value.items()}
        elif key == "$ref":
            return {"$ref": f"#/definitions/{short(value)}"}
        elif key == "type" and isinstance(value, list):
            types = [kind for kind in value if kind != "null"]
            result[key] = types[0] if len(types) == 1 else types
        elif key in ("oneOf", "anyOf"):
            result[key] = [reduce(inner) for inner in value if inner != {"type": "null"}]
        elif key == "enum":
            result[key] = [item for item in value if item is not None]
        else:
            result[key] = reduce(value) if isinstance(value, dict) else value
    return result


def references(schema: Any) -> set[str]:
    """The names that a schema refers to."""
    if isinstance(schema, dict):
        own = {schema["$ref"].rpartition("/")[2]} if "$ref" in schema else set()
        return own.union(*(references(value) for value in schema.values()))
    return set().union(*(references(item) for item in schema)) if isinstance(schema, list) else set()


def definitions() -> dict[str, Any]:
    """Every definition reached from ROOTS, by short name."""
    folder = importlib_resources.files("kubernetes_validate") / "kubernetes-json-schema"
    newest = max((entry.name for entry in folder.iterdir() if entry.name.endswith("-local-strict")), key=_version)
    known = json.loads((folder / newest / "_definitions.json").read_text())["$defs"]
    found: dict[str, Any] = {}
    for retired in RETIRED_VOLUMES:
        del known["io.k8s.api.core.v1.Volume"]["properties"][retired]
    queue = list(ROOTS)
    while queue:
        name = queue.pop()
        if short(name) not in found:
            found[short(name)] = reduce(known[name])
            queue.extend(references(known[name]))
    return dict(sorted(found.items()))


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.removeprefix("v").partition("-")[0].split("."))


def text() -> str:
    """The content of the file."""
    return json.dumps(definitions(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text())
