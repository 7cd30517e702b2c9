"""etcd, the API server, the controller manager and the scheduler."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from cluster import programs
from cluster.certificates import kubeconfig
from cluster.processes import end, run, start, succeeds, wait_until
from cluster.settings import (
    API_SERVER,
    BRIDGE,
    ETCD,
    ETCD_PEERS,
    KUBECONFIG,
    LOGS,
    NODE_ADDRESS,
    PKI,
    SERVICE_NETWORK,
    STATE,
)

AUDIT = bool(os.environ.get("CLUSTER_AUDIT"))
"""Whether the API server writes who asked it for what, without bodies."""


def kubectl(*arguments: str | Path, text: str | None = None) -> str:
    """What kubectl prints, as the cluster's administrator."""
    return run(programs.kubernetes("kubectl"), f"--kubeconfig={KUBECONFIG}", *arguments, text=text)


def kubectl_succeeds(*arguments: str) -> bool:
    """Whether kubectl ends with 0."""
    return succeeds(programs.kubernetes("kubectl"), f"--kubeconfig={KUBECONFIG}", *arguments)


def ready(url: str) -> bool:
    """Whether a health page on this machine says yes."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _audit() -> list[str]:
    if not AUDIT:
        return []
    policy = STATE / "audit-policy.yaml"
    silent = [
        {"level": "None", "userGroups": ["system:nodes"]},
        {"level": "None", "users": ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver"]},
    ]
    document = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [*silent, {"level": "Metadata"}],
    }
    policy.write_text(json.dumps(document))
    return [
        f"--audit-policy-file={policy}",
        f"--audit-log-path={LOGS / 'audit.log'}",
        "--audit-log-maxsize=200",
        "--audit-log-maxbackup=2",
    ]


def make_bridge() -> None:
    """Gives the node an address that only this machine and its pods reach."""
    if not succeeds("ip", "link", "show", BRIDGE):
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "addr", "add", f"{NODE_ADDRESS}/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")


def up() -> None:
    """Starts what of it does not run, and returns when it answers."""
    make_bridge()
    _start_etcd()
    _start_api_server()
    _start_controller_manager()
    _start_scheduler()
    wait_until(
        lambda: kubectl_succeeds("get", "serviceaccount", "default"),
        "the ServiceAccount of the default namespace is made",
        "kube-controller-manager",
    )


def _start_etcd() -> None:
    start(
        "etcd",
        [
            programs.node("etcd"),
            f"--data-dir={STATE / 'etcd'}",
            f"--listen-client-urls={ETCD}",
            f"--advertise-client-urls={ETCD}",
            f"--listen-peer-urls={ETCD_PEERS}",
            f"--initial-advertise-peer-urls={ETCD_PEERS}",
            f"--initial-cluster=default={ETCD_PEERS}",
            "--unsafe-no-fsync",  # it may lose its data if the machine crashes; the tests make it anew
            "--log-level=warn",
        ],
    )
    wait_until(lambda: ready(f"{ETCD}/health"), "etcd is healthy", "etcd", patience=30)


def _start_api_server() -> None:
    start(
        "kube-apiserver",
        [
            programs.kubernetes("kube-apiserver"),
            f"--bind-address={NODE_ADDRESS}",
            f"--advertise-address={NODE_ADDRESS}",
            f"--etcd-servers={ETCD}",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
            "--allow-privileged=true",  # PodSecurity decides, as elsewhere
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--client-ca-file={PKI / 'kubernetes-ca.crt'}",
            f"--tls-cert-file={PKI / 'kube-apiserver.crt'}",
            f"--tls-private-key-file={PKI / 'kube-apiserver.key'}",
            f"--kubelet-client-certificate={PKI / 'kube-apiserver-kubelet-client.crt'}",
            f"--kubelet-client-key={PKI / 'kube-apiserver-kubelet-client.key'}",
            f"--kubelet-certificate-authority={PKI / 'kubernetes-ca.crt'}",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={PKI / 'service-accounts.pub'}",
            f"--service-account-signing-key-file={PKI / 'service-accounts.key'}",
            # the aggregation layer, by which metrics-server answers as a part of the API
            f"--requestheader-client-ca-file={PKI / 'front-proxy-ca.crt'}",
            "--requestheader-allowed-names=front-proxy-client",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={PKI / 'front-proxy-client.crt'}",
            f"--proxy-client-key-file={PKI / 'front-proxy-client.key'}",
            "--enable-aggregator-routing=true",
            "--event-ttl=2h",
            *_audit(),
        ],
    )
    wait_until(
        lambda: kubectl_succeeds("get", "--raw", "/readyz"),
        f"the API server answers at {API_SERVER}",
        "kube-apiserver",
    )


def _as_itself(program: str) -> list[str]:
    """The options of a controller that is the only one, asks with its own identity and is asked on loopback."""
    config = kubeconfig(program)
    return [
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    ]


def _start_controller_manager() -> None:
    start(
        "kube-controller-manager",
        [
            programs.kubernetes("kube-controller-manager"),
            *_as_itself("kube-controller-manager"),
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={PKI / 'service-accounts.key'}",
            f"--root-ca-file={PKI / 'kubernetes-ca.crt'}",
            f"--cluster-signing-cert-file={PKI / 'kubernetes-ca.crt'}",
            f"--cluster-signing-key-file={PKI / 'kubernetes-ca.key'}",
            f"--service-cluster-ip-range={SERVICE_NETWORK}",
        ],
    )


def _start_scheduler() -> None:
    start(
        "kube-scheduler",
        [
            programs.kubernetes("kube-scheduler"),
            *_as_itself("kube-scheduler"),
        ],
    )


def down() -> None:
    """Ends it, the database last."""
    end("kube-scheduler")
    end("kube-controller-manager")
    end("kube-apiserver", patience=5)  # it would wait a minute for its clients
    end("etcd")
    run("ip", "link", "delete", BRIDGE, check=False)
