"""What an object refers to exists, or the values name it as the user's own; what the chart makes is used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pytest
from documents import CASES, EVERYTHING, NAMED, USER_PARTS, Case, Document, across, among
from rendered import (
    Object,
    Pod,
    chart_containers,
    chart_objects,
    every_object,
    named,
    of_kind,
    pods,
    texts,
    twice,
    users_containers,
    values_of,
)

from airflow_charts.errors import InvalidValuesError
from airflow_charts.reading.coalesce import merge_files


class Reference(NamedTuple):
    """A key of a Secret or ConfigMap, or with no key the whole of it or of another kind of object."""

    kind: str
    name: str
    key: str = ""


def references(pod: Pod) -> Iterator[Reference]:
    """Everything that a pod needs to start."""
    yield Reference("ServiceAccount", pod.spec["serviceAccountName"])
    for secret in pod.spec.get("imagePullSecrets", []):
        yield Reference("Secret", secret["name"])
    for container in pod.containers:
        yield from _of_container(container)
    for volume in pod.spec.get("volumes", []):
        yield from _of_volume(volume)
        for source in volume.get("projected", {}).get("sources", []):
            yield from _of_volume(source)


def _of_container(container: Object) -> Iterator[Reference]:
    for variable in container.get("env", []):
        source = variable.get("valueFrom", {})
        for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if field in source:
                yield Reference(kind, source[field]["name"], source[field]["key"])
    for source in container.get("envFrom", []):
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if field in source:
                yield Reference(kind, source[field]["name"])


def _of_volume(source: Object) -> Iterator[Reference]:
    for field, kind, name in (("secret", "Secret", "secretName"), ("configMap", "ConfigMap", "name")):
        if field in source:
            found = source[field].get(name) or source[field]["name"]
            yield from (Reference(kind, found, item["key"]) for item in source[field].get("items", []))
            yield Reference(kind, found)
    if "persistentVolumeClaim" in source:
        yield Reference("PersistentVolumeClaim", source["persistentVolumeClaim"]["claimName"])


@cache
def declared(case: Case) -> frozenset[str]:
    """The texts of the user's document: the names of the user's own objects are among them."""
    return frozenset(texts(case.document))


def generated(case: Case) -> dict[str, set[str]]:
    """The Secrets that Jobs make at run time, with their keys."""
    jobs = [pod for pod in pods(case) if pod.component == "secret-generation"]
    found = {}
    for pod in jobs:
        _, name, *pairs = pod.main["args"]
        found[name] = {pair.partition("=")[0] for pair in pairs}
    return found


def exists(case: Case, reference: Reference) -> bool:
    item = named(case, reference.kind).get(reference.name)
    if item is not None:
        keys = {**item.get("data", {}), **item.get("stringData", {})}
        return not reference.key or reference.key in keys
    if reference.kind == "Secret" and reference.name in generated(case):
        return reference.key in generated(case)[reference.name]
    return reference.name in declared(case) and (
        not reference.key or reference.key in {*declared(case), *_DEFAULT_KEYS}
    )


_DEFAULT_KEYS = {"uri"}


@across()
def test_what_pods_refer_to_exists(case: Case) -> None:
    assert not {reference for pod in pods(case) for reference in references(pod) if not exists(case, reference)}


@across()
def test_every_generated_key_is_used(case: Case) -> None:
    """The Job makes what pods read, and nothing else."""
    used = {(name, key) for pod in pods(case) for kind, name, key in references(pod) if kind == "Secret"}
    for name, keys in generated(case).items():
        assert {key for secret, key in used if secret == name} == keys


@across()
def test_every_configmap_secret_claim_and_account_is_used(case: Case) -> None:
    used = {(reference.kind, reference.name) for pod in pods(case) for reference in references(pod)}
    made = {
        (item["kind"], item["metadata"]["name"])
        for item in of_kind(case, "Secret", "ConfigMap", "PersistentVolumeClaim", "ServiceAccount")
    }
    templates = {("ConfigMap", pod.name) for pod in pods(case) if pod.owner == "ConfigMap"}
    assert not made - used - templates


@across()
def test_every_key_of_the_credentials_secret_is_used(case: Case) -> None:
    used = {(name, key) for pod in pods(case) for kind, name, key in references(pod) if kind == "Secret"}
    for item in of_kind(case, "Secret"):
        if item["metadata"]["name"].endswith("-credentials"):
            assert {key for name, key in used if name == item["metadata"]["name"]} == set(item["data"])


@across()
def test_services_and_ingresses_lead_to_open_ports(case: Case) -> None:
    services = named(case, "Service")
    for service in services.values():
        targets = [pod for pod in pods(case) if service["spec"]["selector"].items() <= pod.labels.items()]
        assert targets
        for port in service["spec"]["ports"]:
            assert all(port["targetPort"] in pod.ports().values() for pod in targets), service["metadata"]["name"]
    for ingress in of_kind(case, "Ingress"):
        assert all(secret["secretName"] in declared(case) for secret in ingress["spec"].get("tls", []))
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                backend = path["backend"]["service"]
                ports = services[backend["name"]]["spec"]["ports"]
                assert backend["port"]["name"] in [port["name"] for port in ports]


@across()
def test_stateful_sets_roles_and_bindings_lead_to_their_objects(case: Case) -> None:
    for item in of_kind(case, "StatefulSet"):
        assert item["spec"]["serviceName"] in named(case, "Service")
    bound = set()
    for item in of_kind(case, "RoleBinding"):
        bound.add(item["roleRef"]["name"])
        assert item["roleRef"]["name"] in named(case, "Role")
        for subject in item["subjects"]:
            assert subject["namespace"] == case.release.namespace
            assert exists(case, Reference("ServiceAccount", subject["name"]))
    assert bound == set(named(case, "Role"))


@across()
def test_probes_and_hooks_name_ports_of_their_container(case: Case) -> None:
    for pod in pods(case):
        for container in chart_containers(case, pod):
            known = {port["name"] for port in container.get("ports", [])}
            asked = {
                action["port"]
                for probe in ("startupProbe", "livenessProbe", "readinessProbe")
                for kind in ("httpGet", "tcpSocket")
                if (action := container.get(probe, {}).get(kind))
            }
            assert asked <= known, container["name"]


_ADDRESS = re.compile(r"(?:@|//|\s)([a-z0-9][a-z0-9.-]*[a-z0-9]):(\d+)")


@across()
def test_addresses_in_settings_are_services_or_the_users_hosts(case: Case) -> None:
    ports = {name: {port["port"] for port in item["spec"]["ports"]} for name, item in named(case, "Service").items()}
    settings = [*_literals(case), *(text for item in of_kind(case, "ConfigMap") for text in _configuration(item))]
    for text in settings:
        for host, port in _ADDRESS.findall(text):
            outside = any(host in known for known in declared(case))
            assert outside or int(port) in ports.get(host, set()), f"{host}:{port}"


def _configuration(item: Object) -> Iterator[str]:
    for name, text in item["data"].items():
        if name == "airflow.cfg":
            yield text


def _literals(case: Case) -> Iterator[str]:
    for pod in pods(case):
        for container in chart_containers(case, pod):
            yield from (
                (variable["value"] for variable in container["env"] if "value" in variable)
                if ("env" in container)
                else ()
            )


# --- names inside a pod ----------------------------------------------------------------------------------------------


@across()
def test_every_mount_has_its_volume_and_every_volume_its_mount(case: Case) -> None:
    for pod in pods(case):
        volumes = {volume["name"] for volume in pod.spec.get("volumes", [])}
        mounted = {mount["name"] for container in pod.containers for mount in container.get("volumeMounts", [])}
        assert mounted == volumes, pod.name


def repeated(pod: Pod) -> dict[str, list[Any]]:
    """The names that Kubernetes merges lists by and that stand twice, by what they name."""
    found = {
        "containers": twice(container["name"] for container in pod.containers),
        "volumes": twice(volume["name"] for volume in pod.spec.get("volumes", [])),
        "ports": twice(port.get("name") for container in pod.containers for port in container.get("ports", [])),
        "port numbers": twice(
            (port["containerPort"], port.get("protocol", "TCP"))
            for container in pod.containers
            for port in container.get("ports", [])
        ),
        "pull secrets": twice(secret["name"] for secret in pod.spec.get("imagePullSecrets", [])),
    }
    for container in pod.containers:
        name = container["name"]
        found[f"env of {name}"] = twice(variable["name"] for variable in container.get("env", []))
        found[f"mounts of {name}"] = twice(mount["mountPath"] for mount in container.get("volumeMounts", []))
    return {what: names for what, names in found.items() if names}


@across()
def test_no_name_stands_twice_in_a_pod(case: Case) -> None:
    for pod in pods(case):
        assert not repeated(pod), pod.name


_COVERING = [
    Case("everything", EVERYTHING),
    NAMED["user-parts"],
    NAMED["literals-airflow-2"],
    NAMED["airflow-2-localkubernetes"],
    NAMED["external-by-uris"],
    NAMED["existing-claims"],
]


def _chart_names(kind: str, case: Case) -> set[str]:
    """The names of one kind that the chart itself gives to parts of pods."""
    users = declared(case)
    lists = {
        "env": lambda container: [variable["name"] for variable in container.get("env", [])],
        "mountPath": lambda container: [mount["mountPath"] for mount in container.get("volumeMounts", [])],
        "container": lambda container: [container["name"]],
    }
    names: Iterable[str] = (
        (volume["name"] for pod in pods(case) for volume in pod.spec.get("volumes", []))
        if kind == "volume"
        else (
            name for pod in pods(case) for container in chart_containers(case, pod) for name in lists[kind](container)
        )
    )
    return {name for name in names if name not in users}


def _taking(kind: str, name: str) -> Document:
    """Settings of pods that take a name."""
    taking: dict[str, Document] = {
        "env": {"env": {name: "x"}},
        "volume": {"volumes": {name: {"emptyDir": {}}}},
        "mountPath": {
            "volumes": {"users-own": {"emptyDir": {}}},
            "volumeMounts": {name: {"name": "users-own"}},
        },
        "container": {"containers": [{"name": name, "image": "x:1"}]},
    }
    return taking[kind]


def _of_stores(kind: str, name: str) -> list[Document]:
    """The same for data stores, which have nothing of Airflow's pods."""
    return [{store: {"pod": _taking(kind, name)}} for store in ("postgresql", "redis")]


def _collisions(kind: str) -> set[str]:
    """The chart's names that a user can take without a refusal, so that they stand twice in a pod."""
    found = set()
    for case in _COVERING:
        for name in _chart_names(kind, case):
            document = merge_files([case.document, {"airflowPods": _taking(kind, name)}, *_of_stores(kind, name)])
            try:
                rendered = pods(Case("taken", document))
            except InvalidValuesError:
                continue
            if any(repeated(pod) for pod in rendered):
                found.add(name)
    return found


@pytest.mark.parametrize("kind", among(["env", "volume", "mountPath", "container"]))
def test_users_cannot_take_a_name_of_the_charts(kind: str) -> None:
    assert any(_chart_names(kind, case) for case in _COVERING)
    assert not _collisions(kind)


_REPEATS: dict[str, Document] = {
    "an init container of Airflow's pods and a container of a component": {
        "airflowPods": {"initContainers": [{"name": "a", "image": "a:1"}]},
        "scheduler": {"pod": {"containers": [{"name": "a", "image": "a:1"}]}},
    },
    "two containers of Airflow's pods": {
        "airflowPods": {
            "containers": [{"name": "a", "image": "a:1"}],
            "initContainers": [{"name": "a", "image": "a:1"}],
        },
    },
    "an init container and a container": {
        "scheduler": {
            "pod": {
                "containers": [{"name": "a", "image": "a:1"}],
                "initContainers": [{"name": "a", "image": "a:1"}],
            }
        },
    },
    "the DAG folder and the log folder": {
        "dags": {"path": "/opt/airflow/logs", "persistence": {"enabled": True}},
    },
    "the DAG folder and the folder of the configuration": {
        "dags": {"path": "/etc/airflow", "persistence": {"enabled": True}},
    },
    "a mount in a set of workers": {
        "workers": {
            "sets": {
                "gpu": {
                    "pod": {
                        "volumes": {"a": {"emptyDir": {}}},
                        "volumeMounts": {"/opt/airflow/logs": {"name": "a"}},
                    }
                }
            }
        }
    },
    "an environment variable in a set of workers": {
        "workers": {"sets": {"gpu": {"pod": {"env": {"PGPASSWORD": "x"}}}}}
    },
    "a container in a set of workers": {
        "workers": {"sets": {"gpu": {"pod": {"containers": [{"name": "worker", "image": "x:1"}]}}}}
    },
    "a volume in a set of workers": {"workers": {"sets": {"gpu": {"pod": {"volumes": {"tmp": {"emptyDir": {}}}}}}}},
    "containers of all workers and of a set": {
        "workers": {
            "pod": {"initContainers": [{"name": "a", "image": "a:1"}]},
            "sets": {"gpu": {"pod": {"containers": [{"name": "a", "image": "a:1"}]}}},
        }
    },
    "two kinds of init containers": {
        "airflowPods": {"initContainersFirst": [{"name": "a", "image": "a:1"}]},
        "scheduler": {"pod": {"initContainers": [{"name": "a", "image": "a:1"}]}},
    },
    "a pull secret": {"global": {"imagePullSecrets": ["a", "a"]}},
}


@pytest.mark.parametrize("name", among(_REPEATS))
def test_a_name_that_would_stand_twice_is_refused(name: str) -> None:
    with pytest.raises(InvalidValuesError):
        pods(Case(name, _REPEATS[name]))


def test_the_covering_set_has_users_containers_and_objects() -> None:
    """Guards the guards: these properties would hold for nothing."""
    assert users_containers(Case("user", USER_PARTS)) == {"proxy", "prepare", "agent", "gpu-agent"}
    assert len(every_object(NAMED["example-everything"])) > len(chart_objects(NAMED["example-everything"]))
    assert {pod.owner for case in CASES for pod in pods(case)} == {"Deployment", "StatefulSet", "Job", "ConfigMap"}
    assert all(values_of(case) for case in CASES)
