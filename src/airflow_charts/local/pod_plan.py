"""The plan of one pod: its containers, and what its file system holds before they start. Pure: nothing is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from airflow_charts.errors import LocalRunError
from airflow_charts.local.container_plan import STORES, container_of, has_program
from airflow_charts.local.place import PodPlace
from airflow_charts.local.pods import Container, Pod
from airflow_charts.local.sources import Manifest


@dataclass(frozen=True)
class PodPlan:
    """A pod, and what its file system holds before it starts."""

    pod: Pod
    files: dict[str, str] = field(repr=False)
    """path -> text; some hold secrets"""
    folders: list[str]
    links: dict[str, str]
    """path -> folder of a volume that stays"""
    projected: list[str] = field(default_factory=list)
    """Folders that hold configuration and nothing else."""


def pod_plan(manifest: Manifest, pod: PodPlace) -> PodPlan:
    """The plan of a pod of a workload.

    Raises:
        LocalRunError: a Secret, ConfigMap or volume that it needs is not there.
    """
    spec = manifest["spec"]["template"]["spec"]
    containers = _containers(spec.get("containers", []), pod)
    init_containers = _containers(spec.get("initContainers", []), pod)
    mounts = _mounts(spec, pod)
    work = [container.folder for container in (*containers, *init_containers)]
    folders = [*mounts.folders, str(pod.root / "home"), *work]
    planned = Pod(
        name=pod.name,
        folder=str(pod.root),
        address=pod.address,
        grace=spec.get("terminationGracePeriodSeconds", 30),
        containers=containers,
        init_containers=init_containers,
        job=manifest["kind"] == "Job",
        store=pod.component in STORES,
    )
    return PodPlan(planned, mounts.files, list(dict.fromkeys(folders)), mounts.links, mounts.projected)


def _containers(manifests: Iterable[Manifest], pod: PodPlace) -> tuple[Container, ...]:
    found = []
    for manifest in manifests:
        if has_program(manifest, pod.component):
            found.append(container_of(manifest, pod))
        else:
            pod.skip(f"container {manifest['name']} of {pod.name}", "its image has no program here")
    return tuple(found)


def _mounts(spec: Manifest, pod: PodPlace) -> Mounts:
    """What the containers that run here mount; all of a pod see the same files."""
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    mounts = Mounts(pod)
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        if not has_program(container, pod.component):
            continue
        for mounted in container.get("volumeMounts", []):
            name = mounted["name"]
            if name not in volumes:
                raise LocalRunError(
                    f"{pod.name}: the container {container['name']} mounts a volume {name}, which the pod has not"
                )
            mounts.add(mounted, volumes[name])
    return mounts


class Mounts:
    """Collects the files, folders and links that the volumes of a pod put into its folder."""

    def __init__(self, pod: PodPlace) -> None:
        self.pod = pod
        self.files: dict[str, str] = {}
        self.folders: list[str] = []
        self.links: dict[str, str] = {}
        self.projected: list[str] = []

    def add(self, mounted: Manifest, volume: Manifest) -> None:
        """What a volume puts at a path."""
        path, which = mounted["mountPath"], f"volume {volume['name']} of {self.pod.name}"
        where = f"the {which}"
        if Path(path) != self.pod.root and self.pod.root not in Path(path).parents:
            self.pod.skip(which, f"processes have no {path} of their own")
            return
        if "configMap" in volume:
            self._project(path, [{"configMap": volume["configMap"]}], where)
        elif "secret" in volume:
            source = volume["secret"]
            self._project(path, [{"secret": {**source, "name": source["secretName"]}}], where)
        elif "projected" in volume:
            self._project(path, volume["projected"]["sources"], where)
        elif "emptyDir" in volume:
            self.folders.append(path)
        elif "persistentVolumeClaim" in volume:
            claim = self.pod.place.state.folder / "claims" / volume["persistentVolumeClaim"]["claimName"]
            self.links[path] = str(claim / mounted.get("subPath", ""))
        else:
            kind = next((key for key in volume if key != "name"), "empty")
            self.pod.skip(which, f"a volume of the kind {kind} has no meaning on this machine")

    def _project(self, path: str, sources: Iterable[Manifest], where: str) -> None:
        self.folders.append(path)
        self.projected.append(path)
        for source in sources:
            for kind, read in (("configMap", self.pod.sources.config_map), ("secret", self.pod.sources.secret)):
                if kind in source:
                    optional = bool(source[kind].get("optional"))
                    texts = read(source[kind]["name"], optional=optional, where=where)
                    items = source[kind].get("items")
                    names = {item["key"]: item["path"] for item in items} if items else {key: key for key in texts}
                    if not optional and (missing := [key for key in names if key not in texts]):
                        raise LocalRunError(f"{where} needs the key {missing[0]} of {source[kind]['name']}")
                    self.files.update({f"{path}/{names[key]}": texts[key] for key in names if key in texts})
