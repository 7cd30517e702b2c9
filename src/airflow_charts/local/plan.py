"""From manifests to processes: which pods run here, with which files, environment and probes. Pure: nothing is done.

Every pod gets its own call of the deployment, with its own folder as the root of its paths; so nothing in a manifest
has to be replaced. What has no meaning on one machine is listed with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from airflow_charts.call import manifests
from airflow_charts.deployment import COMPONENTS
from airflow_charts.local.addresses import COMPONENT_PORTS
from airflow_charts.local.container_plan import has_program
from airflow_charts.local.place import Place, PodPlace, Skipped
from airflow_charts.local.pod_plan import PodPlan, pod_plan
from airflow_charts.local.pods import Container, Pod
from airflow_charts.local.sources import Manifest, Sources
from airflow_charts.release import Release
from airflow_charts.values import Values

_WORKLOADS = ("Deployment", "StatefulSet", "Job")
_COMPONENTS = {component.name for component in COMPONENTS}
_LAST = ("triggerer", "flower")
"""The pods that start after the others where CPUs are few: most runs of DAGs do without them."""
_BY_HAND = ("secret-generation",)
"""Jobs whose work `up` does itself."""

REASONS = {
    "NetworkPolicy": "there is no network to guard: everything listens on loopback addresses only",
    "PodDisruptionBudget": "there are no nodes to drain",
    "ServiceAccount": "there is no Kubernetes API",
    "Role": "there is no Kubernetes API",
    "RoleBinding": "there is no Kubernetes API",
    "Ingress": "the webserver is opened directly",
}
"""Why an object of a kind has no local meaning."""
_PLAYED = {*_WORKLOADS, "ConfigMap", "Secret", "Service", "PersistentVolumeClaim"}


@dataclass(frozen=True)
class Plan:
    """All pods, and what is left out."""

    pods: list[PodPlan]
    skipped: list[Skipped]
    release: Release
    preload: Container | None


def release_of(place: Place, pod: str) -> Release:
    """The release as a pod sees it: the pod's folder as root, and loopback addresses."""
    addresses = {
        component: f"{place.addresses[component]}:{place.ports.get(port, port)}"
        for component, port in COMPONENT_PORTS.items()
        if component in place.addresses
    }
    return Release(
        place.state.name, "local", root=str(place.state.pod_folder(pod)), addresses=addresses, ports=place.ports
    )


def pod_names(values: Values) -> list[str]:
    """The names of all pods that run here, in the order in which they start."""
    workloads = [manifest for manifest in manifests(values, Release("local", "local")) if _runs_here(manifest)]
    return sorted(map(_pod_name, workloads), key=_LAST.__contains__)


def listeners(values: Values, addresses: Mapping[str, str]) -> dict[int, list[str]]:
    """Every port that pods open, with their addresses."""
    found: dict[int, list[str]] = {}
    for manifest in manifests(values, Release("local", "local")):
        if _runs_here(manifest):
            for container in manifest["spec"]["template"]["spec"]["containers"]:
                for port in container.get("ports", []) if has_program(container, _component(manifest)) else []:
                    found.setdefault(port["containerPort"], []).append(addresses[_pod_name(manifest)])
    return found


def plan(values: Values, place: Place, secrets: Mapping[str, Mapping[str, str]]) -> Plan:
    """The plan of a deployment.

    `secrets` has the texts of the generated Secret and of those that users put into files, by name.

    Raises:
        LocalRunError: a Secret or ConfigMap that a pod needs is not there.
    """
    whole = manifests(values, release_of(place, "none"))
    pods: list[PodPlan] = []
    skipped = _skipped_objects(whole)
    for index, manifest in enumerate(whole):
        if not _runs_here(manifest):
            continue
        name = _pod_name(manifest)
        own = manifests(values, release_of(place, name))
        sources = Sources.of(own, secrets, place.state)
        pods.append(pod_plan(own[index], PodPlace(name, _component(manifest), place, sources, skipped)))
    pods.sort(key=lambda planned: planned.pod.name in _LAST)
    preload = _preload(place, [planned.pod for planned in pods])
    return Plan(pods, list(dict.fromkeys(skipped)), release_of(place, "none"), preload)


def _preload(place: Place, pods: Iterable[Pod]) -> Container | None:
    """The process from which Airflow's are forked, if any are: it has the variables that are the same in all of them.

    It is no pod, but has a folder as they have: what it imports shall not look into the user's own home.
    """
    folder = str(place.state.pod_folder("preload"))
    containers = [item for pod in pods for item in (*pod.init_containers, *pod.containers) if item.preloaded]
    if not containers:
        return None
    common = set.intersection(*(set(item.environment.items()) for item in containers))
    return Container(
        name="preload",
        command=place.preload,
        environment={**dict(sorted(common)), "HOME": folder, "TMPDIR": folder},
        log=str(place.state.log_file("preload", "preload")),
        folder=folder,
    )


def _runs_here(manifest: Manifest) -> bool:
    """Whether a manifest is a workload of the chart's own that runs as processes."""
    own = manifest["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "Helm"
    component = _labels(manifest).get("app.kubernetes.io/component")
    return own and manifest["kind"] in _WORKLOADS and component in _COMPONENTS and component not in _BY_HAND


def _labels(manifest: Manifest) -> Mapping[str, str]:
    """The labels of a workload's pods; none where it is no workload."""
    labels: Mapping[str, str] = manifest.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
    return labels


def _component(workload: Manifest) -> str:
    return _labels(workload)["app.kubernetes.io/component"]


def _pod_name(workload: Manifest) -> str:
    component, of_set = _component(workload), _labels(workload).get("airflow/set")
    return f"{component}-{of_set}" if of_set else component


def _skipped_objects(whole: Iterable[Manifest]) -> list[Skipped]:
    found: list[Skipped] = []
    for manifest in whole:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        if kind in REASONS:
            found.append(Skipped(kind, REASONS[kind]))
        elif kind in _WORKLOADS and not _runs_here(manifest):
            generates = "secret-generation" in name
            why = "`up` generates missing credentials itself" if generates else "its image has no program here"
            found.append(Skipped(f"{kind} {name}", why))
        elif kind not in _PLAYED:
            found.append(Skipped(f"{kind} {name}", "it has no meaning outside of Kubernetes"))
        elif kind in ("Deployment", "StatefulSet") and manifest["spec"].get("replicas", 1) != 1:
            count = manifest["spec"]["replicas"]
            found.append(Skipped(f"replicas of {_pod_name(manifest)}", f"one runs here in place of {count}"))
    found.append(
        Skipped("images, resources, security contexts", "processes run as this user, with all the machine has")
    )
    return found
