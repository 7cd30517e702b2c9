"""The covering set of values documents: every example, and documents that switch each feature on and off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from airflow_charts import Release
from airflow_charts.reading.goyaml import parse

ROOT = Path(__file__).parents[2]
RELEASE = Release("etl", "data")
LONG = Release("r" * 53, "n" * 63)
"""The longest names that Helm accepts."""
AIRFLOW_2 = "2.11.2"

Document = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Case:
    """A values document and the release that it is installed as."""

    name: str
    document: Document
    release: Release = RELEASE


def secret(name: str, key: str = "secret") -> Document:
    return {"existingSecret": name, "key": key}


def marker(key: str) -> str:
    """A text that appears nowhere by chance: the value of one credential."""
    return f"MARKER-{key.upper()}-%/'@ 7f3a"


def literals(*, airflow_2: bool = False) -> Document:
    """Every credential as a literal."""
    keys = {
        "secrets": ("fernetKey", "apiSecretKey", "jwtSecret"),
        "database": ("password",),
        "resultBackend": ("password",),
        "broker": ("password",),
        "flower": ("basicAuth",),
        "adminUser": ("password",),
    }
    document: Document = {
        section: {name: {"value": marker(f"{section}-{name}")} for name in names} for section, names in keys.items()
    }
    document["secrets"]["generate"] = False
    document["flower"]["enabled"] = True
    return document | ({"airflowVersion": AIRFLOW_2} if airflow_2 else {})


EXTERNAL_PARTS: Document = {
    "postgresql": {"enabled": False},
    "redis": {"enabled": False},
    "database": {"host": "db.example.com", "port": 6432, "parameters": "sslmode=require", "password": secret("db")},
    "resultBackend": {"host": "results.example.com", "port": 5433, "password": secret("results")},
    "broker": {
        "host": "broker.example.com",
        "port": 6380,
        "scheme": "rediss",
        "user": "u",
        "password": secret("broker"),
    },
}
EXTERNAL_URIS: Document = {
    "postgresql": {"enabled": False},
    "redis": {"enabled": False},
    "database": {"uri": secret("db", "uri"), "port": 3306},
    "resultBackend": {"uri": secret("results", "uri"), "port": 3307},
    "broker": {"uri": secret("broker", "amqp"), "port": 5671},
}
EXISTING_SECRETS: Document = {
    "secrets": {
        "generate": False,
        "fernetKey": secret("fernet"),
        "apiSecretKey": secret("api"),
        "jwtSecret": secret("jwt"),
    },
    "database": {"password": secret("db")},
    "resultBackend": {"password": secret("results")},
    "broker": {"password": secret("broker")},
    "flower": {"enabled": True, "basicAuth": secret("flower")},
    "adminUser": {"password": secret("admin")},
    "webserver": {"configSecret": "webserver-settings"},
}
PERSISTENCE: Document = {
    "dags": {"persistence": {"enabled": True, "subPath": "dags"}},
    "logs": {"persistence": {"enabled": True, "subPath": "logs"}, "cleaner": {"enabled": False}},
}
EXISTING_CLAIMS: Document = {
    "dags": {"persistence": {"enabled": True, "existingClaim": "my-dags"}, "path": "/srv/dags"},
    "logs": {"persistence": {"enabled": True, "existingClaim": "my-logs"}},
    "postgresql": {"persistence": {"existingClaim": "my-database"}},
    "redis": {"persistence": {"existingClaim": "my-broker"}},
}
NO_PERSISTENCE: Document = {
    "postgresql": {"persistence": {"enabled": False}},
    "redis": {"persistence": {"enabled": False}},
}
INGRESS: Document = {
    "webserver": {
        "path": "/airflow",
        "externalUrl": "https://airflow.example.com",
        "service": {"port": 80, "type": "NodePort"},
        "ingress": {"enabled": True, "className": "nginx", "hosts": ["airflow.example.com"], "tlsSecret": "web-tls"},
    },
    "flower": {
        "enabled": True,
        "path": "/flower",
        "service": {"port": 8888},
        "ingress": {"enabled": True, "pathType": "Exact", "tlsSecret": "flower-tls"},
    },
}
REPLICAS: Document = {
    name: {"replicas": 3} for name in ("webserver", "scheduler", "dagProcessor", "triggerer", "workers")
} | {"flower": {"enabled": True, "replicas": 2}}
WORKER_SETS: Document = {
    "workers": {
        "replicas": 2,
        "sets": {
            "default": None,
            "small": {"replicas": 1, "concurrency": 1},
            "small-eu": {"queues": ["eu"], "pod": {"nodeSelector": {"zone": "eu"}}},
            "burst": {"replicas": 0, "queues": ["a", "b.c_d-e"], "terminationGracePeriodSeconds": 7200},
        },
    }
}
PEERS: Document = {
    "flower": {"enabled": True, "ingressPeers": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.9.0.0/16"]}}]},
    "webserver": {"ingressPeers": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}]},
    "networkPolicies": {
        "taskEgress": [
            {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}},
            {"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "In", "values": ["data"]}]}},
        ],
        "webserverEgress": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "keycloak"}}}],
        "kubernetesApiPort": 16443,
    },
}
NARROW_PEERS: Document = {
    "flower": {"enabled": True, "ingressPeers": [{"podSelector": {"matchLabels": {"app": "proxy"}}}]},
    "webserver": {"ingressPeers": [{"podSelector": {"matchLabels": {"app": "proxy"}}}]},
    "networkPolicies": {"taskEgress": [{"ipBlock": {"cidr": "203.0.113.0/24"}}]},
}
USER_PARTS: Document = {
    "pods": {"labels": {"team": "data"}, "annotations": {"owner": "data"}},
    "airflowPods": {
        "env": {"SHARED": "text", "BOTH": "pods", "TOKEN": {"secretKeyRef": {"name": "vault", "key": "token"}}},
        "envFrom": [{"secretRef": {"name": "more"}}],
        "volumes": {"certificates": {"configMap": {"name": "certificates"}}},
        "volumeMounts": {"/etc/certificates": {"name": "certificates", "readOnly": True}},
        "initContainersFirst": [{"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"}],
        "initContainers": [{"name": "prepare", "image": "busybox:1"}],
    },
    "scheduler": {
        "pod": {
            "env": {"BOTH": "scheduler", "OWN": "1"},
            "volumes": {"cache": {"emptyDir": {}}},
            "volumeMounts": {"/cache": {"name": "cache"}},
            "containers": [
                {"name": "agent", "image": "agent:1", "ports": [{"name": "metrics", "containerPort": 9100}]}
            ],
            "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}},
        }
    },
    "workers": {
        "sets": {"gpu": {"pod": {"env": {"GPU": "1"}, "containers": [{"name": "gpu-agent", "image": "agent:1"}]}}}
    },
    "airflowLocalSettings": "def task_policy(task): ...\n",
    "plugins": {"plugin.py": "X = 1\n", "other.py": "Y = 2\n"},
}
KUBERNETES_ACCESS: Document = {
    "executors": ["CeleryExecutor", "KubernetesExecutor"],
    "workers": {"kubernetesAccess": True},
    "triggerer": {"kubernetesAccess": True},
    "kubernetesExecutor": {"kubernetesAccess": True},
}
ACCOUNTS: Document = {
    name: {"serviceAccount": {"name": f"my-{name.lower()}"}}
    for name in (
        *("webserver", "scheduler", "dagProcessor", "triggerer", "workers", "flower", "kubernetesExecutor"),
        *("migrations", "secretGeneration", "postgresql", "redis"),
    )
}
ACCOUNTS["flower"]["enabled"] = True
ACCOUNTS["executors"] = ["CeleryExecutor", "KubernetesExecutor"]
LITTLE: Document = {
    "executors": ["LocalExecutor"],
    "triggerer": {"enabled": False},
    "migrations": {"enabled": False},
    "adminUser": {"enabled": False},
    "logs": {"cleaner": {"enabled": False}},
    "secrets": {"fernetKey": {"value": "literal"}},
}
MIXED_SERVICES: Document = {
    "resultBackend": {"host": "results.example.com", "password": {"value": "p"}},
    "broker": {"host": "broker.example.com"},
    "redis": {"enabled": False},
    "images": {"airflow": {"digest": "sha256:" + "a" * 64}, "postgresql": {"digest": "sha256:" + "b" * 64}},
}
OWN_COMMANDS: Document = {
    "webserver": {"command": ["sh", "-c"], "args": ["exec airflow api-server"]},
    "postgresql": {"args": ["-c", "shared_buffers=64MB"]},
    "global": {"imageRegistry": "mirror.example.com:5000/x", "imagePullSecrets": ["pull"], "storageClass": "fast"},
}


def _examples() -> list[Case]:
    paths = sorted((ROOT / "examples").glob("*.yaml"))
    return [Case(f"example-{path.stem}", parse(path.read_text(encoding="utf-8")).data) for path in paths]


def _executors(*names: str, version: str = "", **more: Any) -> Case:
    short = "-".join(name.removesuffix("Executor").lower().replace(".", "-") for name in names)
    document = {"executors": list(names), **({"airflowVersion": version} if version else {}), **more}
    return Case(f"{'airflow-2-' if version else ''}{short}", document)


EVERYTHING: Document = parse((ROOT / "examples/everything.yaml").read_text(encoding="utf-8")).data
_WITHOUT_OVERRIDE = {key: value for key, value in EVERYTHING.items() if key != "fullnameOverride"}

CASES: list[Case] = [
    *_examples(),
    _executors("LocalExecutor", "CeleryExecutor"),
    _executors("KubernetesExecutor", "LocalExecutor"),
    _executors("CeleryExecutor", "KubernetesExecutor"),
    _executors("company.executors.OwnExecutor"),
    _executors("LocalExecutor", version=AIRFLOW_2, dagProcessor={"enabled": False}),
    _executors("LocalKubernetesExecutor", version=AIRFLOW_2),
    _executors("CeleryExecutor", version=AIRFLOW_2, flower={"enabled": True}),
    _executors("KubernetesExecutor", version=AIRFLOW_2, kubernetesExecutor={"kubernetesAccess": True}),
    Case("external-by-parts", {**EXTERNAL_PARTS, "flower": {"enabled": True}}),
    Case("external-by-uris", {**EXTERNAL_URIS, "flower": {"enabled": True}}),
    Case("external-by-uris-airflow-2", {**EXTERNAL_URIS, "airflowVersion": AIRFLOW_2}),
    Case("existing-secrets", EXISTING_SECRETS),
    Case("literals", literals()),
    Case("literals-airflow-2", literals(airflow_2=True)),
    Case("mixed-services", MIXED_SERVICES),
    Case("persistence", PERSISTENCE),
    Case("existing-claims", EXISTING_CLAIMS),
    Case("no-persistence", NO_PERSISTENCE),
    Case("ingress", INGRESS),
    Case("replicas", REPLICAS),
    Case("worker-sets", WORKER_SETS),
    Case("no-policies", {"networkPolicies": {"enabled": False}}),
    Case("peers", PEERS),
    Case("narrow-peers", NARROW_PEERS),
    Case("user-parts", USER_PARTS),
    Case("kubernetes-access", KUBERNETES_ACCESS),
    Case("accounts", ACCOUNTS),
    Case("little", LITTLE),
    Case("own-commands", OWN_COMMANDS),
    Case("simple-auth", {"authManager": "simple", "executors": ["LocalExecutor", "KubernetesExecutor"]}),
    Case("long-names", _WITHOUT_OVERRIDE, LONG),
    Case("alias", _WITHOUT_OVERRIDE, Release("etl", "data", "reporting")),
]
NAMED = {case.name: case for case in CASES}


def among(names: Iterable[str], *, known: Mapping[str, str] | None = None) -> list[ParameterSet]:
    """Parameters of a test; `known` names those that fail today, each with the reason."""
    known = known or {}
    names = list(names)
    assert known.keys() <= set(names)
    return [pytest.param(name, id=name, marks=_failing(known.get(name))) for name in names]


def across(cases: list[Case] = CASES, *, known: Mapping[str, str] | None = None) -> pytest.MarkDecorator:
    """Runs a test on each case; `known` names the cases that fail today, each with the reason."""
    known = known or {}
    assert known.keys() <= {case.name for case in cases}
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=case.name, marks=_failing(known.get(case.name))) for case in cases]
    )


def _failing(reason: str | None) -> list[pytest.MarkDecorator]:
    return [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
