"""From manifests to processes: which pods run here, with which files, environment and probes. Pure: nothing is done.

Every pod gets its own call of the deployment, with its own folder as the root of its paths; so nothing in a manifest
has to be replaced. What has no meaning on one machine is listed with its reason.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from airflow_charts.call import manifests
from airflow_charts.deployment import COMPONENTS
from airflow_charts.derived.rules import OWNED_CONTAINERS, main_containers
from airflow_charts.errors import LocalRunError
from airflow_charts.local.addresses import COMPONENT_PORTS
from airflow_charts.local.pods import MARK, Container, Pod, Probe
from airflow_charts.local.preload import AHEAD, HOMES
from airflow_charts.local.state import State, texts_of
from airflow_charts.release import Release
from airflow_charts.values import Values

Manifest = dict[str, Any]

_WORKLOADS = ("Deployment", "StatefulSet", "Job")
_COMPONENTS = {component.name for component in COMPONENTS}
_STORES = {"postgresql", "redis"}
"""The components that have a program of their own here; all others run Airflow."""
_KNOWN = {*main_containers(), *OWNED_CONTAINERS}
_AIRFLOW_CONTAINERS = _KNOWN - _STORES
_SCRIPTS = ("airflow", "python")
"""The programs that run Python scripts of Airflow's environment."""
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


class Skipped(NamedTuple):
    """A part of the manifests that has no local meaning, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Place:
    """What the plan is made for: the deployment's folders, addresses and programs."""

    state: State
    addresses: Mapping[str, str]
    """pod -> loopback address"""
    ports: Mapping[int, int]
    """usual port -> the one used in its place"""
    airflow_bin: str
    store_bins: Mapping[str, str]
    store_user: str = ""
    """Whom PostgreSQL runs as, where `up` runs as root."""
    own_addresses: bool = True
    """Whether every pod has an address of its own; else workers need ports of their own for their logs."""
    preload: tuple[str, ...] = ()
    """The command from whose process Airflow's are forked; none where each starts by itself."""


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
                for port in container.get("ports", []) if container["name"] in _KNOWN else []:
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
        pods.append(_pod(name, own[index], place, sources, skipped))
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
    labels = manifest.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
    component = labels.get("app.kubernetes.io/component")
    return own and manifest["kind"] in _WORKLOADS and component in _COMPONENTS and component not in _BY_HAND


def _pod_name(manifest: Manifest) -> str:
    labels = manifest["spec"]["template"]["metadata"]["labels"]
    component, of_set = labels["app.kubernetes.io/component"], labels.get("airflow/set")
    return f"{component}-{of_set}" if of_set else str(component)


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


# --- texts from ConfigMaps and Secrets -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sources:
    """The ConfigMaps and Secrets that pods may read."""

    config_maps: Mapping[str, Mapping[str, str]]
    secrets: Mapping[str, Mapping[str, str]]
    state: State

    @classmethod
    def of(cls, whole: Iterable[Manifest], secrets: Mapping[str, Mapping[str, str]], state: State) -> Sources:
        """Those of the manifests, and the given ones."""
        maps: dict[str, Mapping[str, str]] = {}
        found: dict[str, Mapping[str, str]] = dict(secrets)
        for manifest in whole:
            name = manifest["metadata"]["name"]
            if manifest["kind"] == "ConfigMap":
                maps[name] = manifest.get("data") or {}
            elif manifest["kind"] == "Secret":
                found[name] = texts_of(manifest)
        return cls(maps, found, state)

    def secret(self, name: str, *, optional: bool, where: str) -> Mapping[str, str]:
        """The texts of a Secret."""
        if name in self.secrets:
            return self.secrets[name]
        texts = self.state.user_secret(name)
        if not texts and not optional:
            raise LocalRunError(
                f"{where} needs the Secret {name}, which is not part of the deployment; put each of its keys into a "
                f"file of {self.state.folder / 'secrets' / name}, or add it to `extraManifests`"
            )
        return texts

    def config_map(self, name: str, *, optional: bool, where: str) -> Mapping[str, str]:
        """The texts of a ConfigMap."""
        if name not in self.config_maps and not optional:
            raise LocalRunError(
                f"{where} needs the ConfigMap {name}, which is not part of the deployment; add it to `extraManifests`"
            )
        return self.config_maps.get(name, {})

    def key(self, kind: str, reference: Mapping[str, Any], where: str) -> str | None:
        """The text under a key of a Secret or ConfigMap; None where it may be missing and is."""
        optional = bool(reference.get("optional"))
        read: Callable[..., Mapping[str, str]] = self.secret if kind == "Secret" else self.config_map
        texts = read(reference["name"], optional=optional, where=where)
        if reference["key"] not in texts and not optional:
            folder = self.state.folder / "secrets" / reference["name"]
            instead = f"put it into the file {folder / reference['key']}" if kind == "Secret" else "add it"
            raise LocalRunError(
                f"{where} needs the key {reference['key']} of the {kind} {reference['name']}, which is not there; "
                f"{instead}"
            )
        return texts.get(reference["key"])


# --- pods ------------------------------------------------------------------------------------------------------------


def _pod(name: str, manifest: Manifest, place: Place, sources: Sources, skipped: list[Skipped]) -> PodPlan:
    spec = manifest["spec"]["template"]["spec"]
    component = manifest["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]
    root = place.state.pod_folder(name)
    builder = _Builder(name, component, root, place, sources, skipped)
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    containers, init_containers = (
        tuple(builder.container(item) for item in spec.get(key, []) if builder.has_program(item))
        for key in ("containers", "initContainers")
    )
    for item in [*spec.get("initContainers", []), *spec["containers"]]:
        if builder.has_program(item):
            for mounted in item.get("volumeMounts", []):
                if mounted["name"] not in volumes:
                    raise LocalRunError(
                        f"{name}: the container {item['name']} mounts a volume {mounted['name']}, which the pod has not"
                    )
                builder.mount(mounted, volumes[mounted["name"]])
    pod = Pod(
        name=name,
        folder=str(root),
        address=place.addresses[name],
        grace=spec.get("terminationGracePeriodSeconds", 30),
        containers=containers,
        init_containers=init_containers,
        job=manifest["kind"] == "Job",
        store=component in _STORES,
    )
    work = [container.folder for container in (*containers, *init_containers)]
    folders = [*builder.folders, str(root / "home"), *work]
    return PodPlan(pod, builder.files, list(dict.fromkeys(folders)), builder.links, builder.projected)


class _Builder:
    """Collects what one pod needs."""

    def __init__(
        self, pod: str, component: str, root: Path, place: Place, sources: Sources, skipped: list[Skipped]
    ) -> None:
        self.pod, self.component, self.root = pod, component, root
        self.place, self.sources, self.skipped = place, sources, skipped
        self.files: dict[str, str] = {}
        self.folders: list[str] = []
        self.links: dict[str, str] = {}
        self.projected: list[str] = []

    def has_program(self, container: Manifest) -> bool:
        """Whether the image of a container has a program here."""
        known = container["name"] in (_STORES if self.component in _STORES else _AIRFLOW_CONTAINERS)
        if not known:
            self._skip(f"container {container['name']} of {self.pod}", "its image has no program here")
        return known

    def _skip(self, what: str, why: str) -> None:
        self.skipped.append(Skipped(what, why))

    # --- files -------------------------------------------------------------------------------------------------------

    def mount(self, mounted: Manifest, volume: Manifest) -> None:
        """What a volume puts at a path."""
        path, name, where = mounted["mountPath"], volume["name"], f"the volume {volume['name']} of {self.pod}"
        if Path(path) != self.root and self.root not in Path(path).parents:
            self._skip(f"volume {name} of {self.pod}", f"processes have no {path} of their own")
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
            claim = self.place.state.folder / "claims" / volume["persistentVolumeClaim"]["claimName"]
            self.links[path] = str(claim / mounted.get("subPath", ""))
        else:
            kind = next((key for key in volume if key != "name"), "empty")
            self._skip(f"volume {name} of {self.pod}", f"a volume of the kind {kind} has no meaning on this machine")

    def _project(self, path: str, sources: Iterable[Manifest], where: str) -> None:
        self.folders.append(path)
        self.projected.append(path)
        for source in sources:
            for kind, read in (("configMap", self.sources.config_map), ("secret", self.sources.secret)):
                if kind in source:
                    optional = bool(source[kind].get("optional"))
                    texts = read(source[kind]["name"], optional=optional, where=where)
                    items = source[kind].get("items")
                    names = {item["key"]: item["path"] for item in items} if items else {key: key for key in texts}
                    if not optional and (missing := [key for key in names if key not in texts]):
                        raise LocalRunError(f"{where} needs the key {missing[0]} of {source[kind]['name']}")
                    self.files.update({f"{path}/{names[key]}": texts[key] for key in names if key in texts})

    # --- processes ---------------------------------------------------------------------------------------------------

    def container(self, container: Manifest) -> Container:
        """The process of a container."""
        given = self._environment(container)
        if "lifecycle" in container:
            self._skip(f"lifecycle of {container['name']} of {self.pod}", "hooks are for containers")
        store = container["name"] in _STORES
        command = [*container.get("command", []), *container.get("args", [])]
        if not container.get("command") and not store:
            command = _as_entrypoint(command)
        ports = {port["name"]: port["containerPort"] for port in container.get("ports", []) if "name" in port}
        preloaded = bool(self.place.preload) and not store and command[0] in _SCRIPTS and not HOMES & set(given)
        return Container(
            name=container["name"],
            command=tuple(_expanded(word, given) for word in command),
            environment=self._image_environment(container["name"]) | given,
            log=str(self.place.state.log_file(self.pod, container["name"])),
            folder=self._folder(container["name"]),
            user=self.place.store_user if self.component == "postgresql" else "",
            preloaded=preloaded,
            ahead=next((AHEAD[word] for word in command if word in AHEAD), ()) if preloaded else (),
            startup=_probe(container.get("startupProbe"), ports),
            liveness=_probe(container.get("livenessProbe"), ports),
            readiness=_probe(container.get("readinessProbe"), ports),
        )

    def _environment(self, container: Manifest) -> dict[str, str]:
        """What the manifest sets; only that may stand in `$(NAME)`."""
        environment: dict[str, str] = {}
        where = f"{container['name']} of {self.pod}"
        for source in container.get("envFrom", []):
            environment.update(self._whole_source(source, where))
        for variable in container.get("env", []):
            name = variable["name"]
            if "valueFrom" in variable:
                text = self._from(name, variable["valueFrom"], where)
                if text is not None:
                    environment[name] = text
            else:
                environment[name] = _expanded(variable.get("value", ""), environment)
        return environment

    def _image_environment(self, container: str) -> dict[str, str]:
        store = container in _STORES
        programs = self.place.store_bins[container] if store else self.place.airflow_bin
        environment = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "HOSTNAME": self.hostname,
            "LANG": "C.UTF-8",
            MARK: self._folder(container),
        }
        if store:
            usual = COMPONENT_PORTS[container]
            port = str(self.place.ports.get(usual, usual))
            environment |= {
                "LISTEN_ADDRESSES": self.place.addresses[self.pod],
                "PGPORT" if container == "postgresql" else "REDIS_PORT": port,
                "SOCKETS": str(self.root / "var/run/postgresql"),
            }
        else:
            environment |= {
                "AIRFLOW_HOME": str(self.root / "opt/airflow"),
                "AIRFLOW_CHARTS_POD_ADDRESS": self.place.addresses[self.pod],
                "PYTHONUNBUFFERED": "1",
            }
            if self.component == "worker" and not self.place.own_addresses:
                # Nobody asks for it: all pods of one machine have one log folder. 0 is any free port.
                environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] = "0"
        return environment

    def _folder(self, container: str) -> str:
        """Where a container runs."""
        return str(self.root / "work" / container)

    @property
    def hostname(self) -> str:
        """The name of the pod, as Kubernetes would make it."""
        return f"{self.place.state.name}-{self.pod}-0"

    def _whole_source(self, source: Manifest, where: str) -> dict[str, str]:
        prefix = source.get("prefix", "")
        for kind, read in (("secretRef", self.sources.secret), ("configMapRef", self.sources.config_map)):
            if kind in source:
                texts = read(source[kind]["name"], optional=bool(source[kind].get("optional")), where=where)
                return {f"{prefix}{key}": text for key, text in texts.items()}
        return {}

    def _from(self, name: str, source: Manifest, where: str) -> str | None:
        if "secretKeyRef" in source:
            return self.sources.key("Secret", source["secretKeyRef"], where)
        if "configMapKeyRef" in source:
            return self.sources.key("ConfigMap", source["configMapKeyRef"], where)
        known = {
            "metadata.name": self.hostname,
            "metadata.namespace": "local",
            "spec.nodeName": "localhost",
            "status.podIP": self.place.addresses[self.pod],
            "status.hostIP": self.place.addresses[self.pod],
        }
        path = source.get("fieldRef", {}).get("fieldPath")
        if path not in known:
            self._skip(f"variable {name} of {self.pod}", "the field that it reads has no meaning on this machine")
        return known.get(path)


def _as_entrypoint(arguments: list[str]) -> list[str]:
    """What the entrypoint of Airflow's image makes of its arguments."""
    programs = ("airflow", "python", "bash", "sh")
    return arguments if arguments and arguments[0] in programs else ["airflow", *arguments]


_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """A text with `$(NAME)` replaced as Kubernetes does it: `$$` is a dollar, unknown names stay."""

    def replaced(match: re.Match[str]) -> str:
        return "$" if match[1] is None else environment.get(match[1], match[0])

    return _REFERENCE.sub(replaced, text)


def _probe(manifest: Manifest | None, ports: Mapping[str, int]) -> Probe | None:
    if manifest is None:
        return None
    timing = {
        "delay": manifest.get("initialDelaySeconds", 0),
        "period": manifest.get("periodSeconds", 10),
        "timeout": manifest.get("timeoutSeconds", 1),
        "failures": manifest.get("failureThreshold", 3),
    }
    if "exec" in manifest:
        return Probe("exec", command=tuple(manifest["exec"]["command"]), **timing)
    action = manifest.get("httpGet") or manifest["tcpSocket"]
    port = ports.get(action["port"], action["port"])
    return Probe("http" if "httpGet" in manifest else "tcp", port=int(port), path=action.get("path", ""), **timing)


def write(planned: PodPlan, *, owner: tuple[int, int] | None = None) -> None:
    """Makes the file system of a pod. Configuration is written anew, everything else stays.

    `owner` (uid, gid) gets the pod's files, where it runs as another user.
    """
    for folder in planned.folders:
        if Path(folder).is_symlink():
            Path(folder).unlink()
    for folder in [planned.pod.folder, *planned.folders, *planned.links.values()]:
        Path(folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in planned.projected:
        for old in Path(folder).iterdir():
            if str(old) not in planned.files and old.is_file():
                old.unlink()
    for path, text in planned.files.items():
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    for path, target in planned.links.items():
        _link(Path(path), Path(target))
    for container in (*planned.pod.init_containers, *planned.pod.containers):
        Path(container.log).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if owner is not None:
        for top in [planned.pod.folder, *planned.links.values()]:
            Path(top).chmod(0o700)
            for inside in [Path(top), *Path(top).rglob("*")]:
                os.chown(inside, *owner, follow_symlinks=False)


def _link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)  # scratch space of an earlier start
    if not path.is_symlink() or path.readlink() != target:
        path.unlink(missing_ok=True)
        path.symlink_to(target)
