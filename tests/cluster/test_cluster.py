"""The cluster of `make cluster` itself: what the other tests take for granted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from cluster.images import TOOLS
from deployment import OWN, RESTRICTED, Deployment, KubectlError, until

if not OWN:
    pytest.skip("the cluster is not ours", allow_module_level=True)
pytestmark = pytest.mark.usefixtures("namespaces")
place = Deployment("cluster")


def workload(name: str, shell: str, **pod: object) -> dict[str, Any]:
    """A Deployment of one pod that runs a line of shell."""
    container = {
        "name": "main",
        "image": TOOLS,
        "command": ["sh", "-c", shell],
        "securityContext": RESTRICTED,
        "resources": {"requests": {"cpu": "20m"}},
        "volumeMounts": [{"name": "shared", "mountPath": "/shared"}] if "volumes" in pod else [],
    }
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, **pod},
            },
        },
    }


def apply(*documents: Mapping[str, object]) -> None:
    place.kubectl("apply", "-f", "-", text="\n---\n".join(json.dumps(document) for document in documents))


def ready(name: str) -> None:
    place.kubectl("rollout", "status", f"deployment/{name}", "--timeout=60s")


def test_two_pods_share_a_volume_and_names_are_found() -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "shared"},
        "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Mi"}}},
    }
    volumes = [{"name": "shared", "persistentVolumeClaim": {"claimName": "shared"}}]
    security = {"fsGroup": 4711}
    apply(
        claim,
        workload("writer", "echo one >/shared/text && sleep infinity", volumes=volumes, securityContext=security),
        workload("reader", "sleep infinity", volumes=volumes, securityContext=security),
    )
    ready("writer")
    ready("reader")
    assert place.kubectl("exec", "deploy/reader", "--", "cat", "/shared/text") == "one\n"
    assert place.kubectl("exec", "deploy/reader", "--", "stat", "--format=%g", "/shared/text") == "4711\n"
    assert "10.96.0.1" in place.kubectl(
        "exec", "deploy/reader", "--", "dig", "+short", "kubernetes.default.svc.cluster.local"
    )


def test_a_pod_that_is_not_restricted_is_refused() -> None:
    with pytest.raises(KubectlError, match="violates PodSecurity"):
        place.kubectl("run", "root", f"--image={TOOLS}")


def test_a_policy_closes_and_opens() -> None:
    apply(workload("server", "while true; do echo hello | nc -l -p 8000 -q 0; done"))
    ready("server")
    [pod] = place.get("pods", "app=server")
    ask = ["exec", "deploy/reader", "--", "nc", "-w", "2", pod["status"]["podIP"], "8000"]
    assert until(lambda: place.kubectl(*ask), "the server answers", 20) == "hello\n"
    policy: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "server"},
        "spec": {"podSelector": {"matchLabels": {"app": "server"}}, "ingress": []},
    }
    apply(policy)

    def closed() -> bool:
        try:
            return not place.kubectl(*ask)
        except KubectlError:
            return True

    until(closed, "the policy closes", 20)
    peer = {"podSelector": {"matchLabels": {"app": "reader"}}}
    apply({**policy, "spec": {**policy["spec"], "ingress": [{"from": [peer], "ports": [{"port": 8000}]}]}})
    assert until(lambda: place.kubectl(*ask), "the policy opens", 20) == "hello\n"


def test_a_busy_deployment_is_scaled() -> None:
    apply(workload("busy", "while true; do :; done"))
    place.kubectl("autoscale", "deployment", "busy", "--cpu=50%", "--min=1", "--max=2")
    until(lambda: len(place.get("pods", "app=busy")) == 2, "there are two pods", 180, pause=5)
    place.kubectl("delete", "hpa,deployment", "busy")
