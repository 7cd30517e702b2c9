"""The deployments that the tables of facts are about: each kind of executor on both lines of Airflow."""

from __future__ import annotations

from typing import Any

from documents import EXTERNAL_PARTS, Case, Document

VERSIONS = ("3.3.2", "2.11.2")

PROXY: Document = {"app": "proxy"}
"""The labels of the pods through which users come."""
LOGIN_SERVER: Document = {"app": "keycloak"}
TASKS_REACH = "203.0.113.0/24"
"""Where tasks may connect to. Written out, so that the tables can tell it from what every pod may reach."""


def deployment(name: str, version: str, *executors: str, **changes: Any) -> Case:
    """A deployment whose users, login server and destinations of tasks are named."""
    document: Document = {
        "airflowVersion": version,
        "executors": list(executors),
        "networkPolicies": {
            "taskEgress": [{"ipBlock": {"cidr": TASKS_REACH}}],
            "webserverEgress": [{"podSelector": {"matchLabels": LOGIN_SERVER}}],
        },
        "webserver": {"ingressPeers": [{"podSelector": {"matchLabels": PROXY}}]},
        "flower": {
            "enabled": any(name.startswith("Celery") for name in executors),
            "ingressPeers": [{"podSelector": {"matchLabels": PROXY}}],
        },
    }
    for section, settings in changes.items():
        document[section] = {**document.get(section, {}), **settings}
    return Case(f"{name}-{version}", document)


CELERY_3 = deployment("celery", "3.3.2", "CeleryExecutor")
CELERY_2 = deployment("celery", "2.11.2", "CeleryExecutor")
KUBERNETES_3 = deployment("kubernetes", "3.3.2", "KubernetesExecutor")
KUBERNETES_2 = deployment("kubernetes", "2.11.2", "KubernetesExecutor")
LOCAL_3 = deployment("local", "3.3.2", "LocalExecutor")
LOCAL_2 = deployment("local", "2.11.2", "LocalExecutor", dagProcessor={"enabled": False})
CELERY_KUBERNETES_2 = deployment("celery-kubernetes", "2.11.2", "CeleryKubernetesExecutor")
LOCAL_KUBERNETES_2 = deployment("local-kubernetes", "2.11.2", "LocalKubernetesExecutor")
"""Two executors in one, of which Airflow 3 knows nothing any more."""

TASKS_MANAGE_PODS: Document = {
    "workers": {"kubernetesAccess": True},
    "triggerer": {"kubernetesAccess": True},
    "kubernetesExecutor": {"kubernetesAccess": True},
}
ALL_EXECUTORS = deployment(
    "all-executors", "3.3.2", "CeleryExecutor", "KubernetesExecutor", "LocalExecutor", **TASKS_MANAGE_PODS
)
EXTERNAL_SERVICES = deployment("external-services", "3.3.2", "CeleryExecutor", **EXTERNAL_PARTS)
EVERY = [
    *(CELERY_3, CELERY_2, KUBERNETES_3, KUBERNETES_2, LOCAL_3, LOCAL_2),
    *(CELERY_KUBERNETES_2, LOCAL_KUBERNETES_2, ALL_EXECUTORS, EXTERNAL_SERVICES),
]
