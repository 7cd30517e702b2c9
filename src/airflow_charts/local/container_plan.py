"""What a container of a manifest becomes: a process with a command, an environment and probes. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from airflow_charts.derived.pod_rules import reserved
from airflow_charts.local.addresses import COMPONENT_PORTS
from airflow_charts.local.place import PodPlace
from airflow_charts.local.pods import MARK, Container, Probe
from airflow_charts.local.preload import AHEAD, HOMES
from airflow_charts.local.sources import Manifest, Sources

STORES = {"postgresql", "redis"}
"""The components that have a program of their own here; all others run Airflow."""
_OF_AIRFLOW = frozenset(reserved(airflow=True).containers)
"""The containers of the chart's own that run Airflow's image."""
_SCRIPTS = ("airflow", "python")
"""The programs that run Python scripts of Airflow's environment."""


def has_program(container: Manifest, component: str) -> bool:
    """Whether the image of a container has a program here."""
    return container["name"] in (STORES if component in STORES else _OF_AIRFLOW)


def container_of(container: Manifest, pod: PodPlace) -> Container:
    """The process of a container."""
    given = _environment(container, pod)
    if "lifecycle" in container:
        pod.skip(f"lifecycle of {container['name']} of {pod.name}", "hooks are for containers")
    store = container["name"] in STORES
    command = [*container.get("command", []), *container.get("args", [])]
    if not container.get("command") and not store:
        command = _as_entrypoint(command)
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", []) if "name" in port}
    preloaded = bool(pod.place.preload) and not store and command[0] in _SCRIPTS and not HOMES & set(given)
    return Container(
        name=container["name"],
        command=tuple(_expanded(word, given) for word in command),
        environment=_image_environment(container["name"], pod) | given,
        log=str(pod.place.state.log_file(pod.name, container["name"])),
        folder=pod.work_folder(container["name"]),
        user=pod.place.store_user if pod.component == "postgresql" else "",
        preloaded=preloaded,
        ahead=next((AHEAD[word] for word in command if word in AHEAD), ()) if preloaded else (),
        startup=_probe(container.get("startupProbe"), ports),
        liveness=_probe(container.get("livenessProbe"), ports),
        readiness=_probe(container.get("readinessProbe"), ports),
    )


def _environment(container: Manifest, pod: PodPlace) -> dict[str, str]:
    """What the manifest sets; only that may stand in `$(NAME)`."""
    environment: dict[str, str] = {}
    where = f"{container['name']} of {pod.name}"
    for source in container.get("envFrom", []):
        environment.update(_whole_source(source, where, pod.sources))
    for variable in container.get("env", []):
        name = variable["name"]
        if "valueFrom" in variable:
            text = _from(name, variable["valueFrom"], where, pod)
            if text is not None:
                environment[name] = text
        else:
            environment[name] = _expanded(variable.get("value", ""), environment)
    return environment


def _image_environment(container: str, pod: PodPlace) -> dict[str, str]:
    store = container in STORES
    programs = pod.place.store_bins[container] if store else pod.place.airflow_bin
    environment = {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(pod.root / "home"),
        "TMPDIR": str(pod.root / "tmp"),
        "HOSTNAME": pod.hostname,
        "LANG": "C.UTF-8",
        MARK: pod.work_folder(container),
    }
    if store:
        usual = COMPONENT_PORTS[container]
        port = str(pod.place.ports.get(usual, usual))
        environment |= {
            "LISTEN_ADDRESSES": pod.address,
            "PGPORT" if container == "postgresql" else "REDIS_PORT": port,
            "SOCKETS": str(pod.root / "var/run/postgresql"),
        }
    else:
        environment |= {
            "AIRFLOW_HOME": str(pod.root / "opt/airflow"),
            "AIRFLOW_CHARTS_POD_ADDRESS": pod.address,
            "PYTHONUNBUFFERED": "1",
        }
        if pod.component == "worker" and not pod.place.own_addresses:
            # Nobody asks for it: all pods of one machine have one log folder. 0 is any free port.
            environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] = "0"
    return environment


def _whole_source(source: Manifest, where: str, sources: Sources) -> dict[str, str]:
    prefix = source.get("prefix", "")
    for kind, read in (("secretRef", sources.secret), ("configMapRef", sources.config_map)):
        if kind in source:
            texts = read(source[kind]["name"], optional=bool(source[kind].get("optional")), where=where)
            return {f"{prefix}{key}": text for key, text in texts.items()}
    return {}


def _from(name: str, source: Manifest, where: str, pod: PodPlace) -> str | None:
    if "secretKeyRef" in source:
        return pod.sources.key("Secret", source["secretKeyRef"], where)
    if "configMapKeyRef" in source:
        return pod.sources.key("ConfigMap", source["configMapKeyRef"], where)
    known = {
        "metadata.name": pod.hostname,
        "metadata.namespace": "local",
        "spec.nodeName": "localhost",
        "status.podIP": pod.address,
        "status.hostIP": pod.address,
    }
    path = source.get("fieldRef", {}).get("fieldPath")
    if path not in known:
        pod.skip(f"variable {name} of {pod.name}", "the field that it reads has no meaning on this machine")
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
