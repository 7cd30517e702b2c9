"""The node: containerd, the kubelet, kube-proxy, and what else a pod needs."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from cluster import images, programs
from cluster.certificates import kubeconfig
from cluster.control_plane import kubectl, kubectl_succeeds
from cluster.processes import end, run, running, start, succeeds, wait_until
from cluster.settings import (
    CONTAINERD,
    DNS_ADDRESS,
    LOGS,
    NODE,
    NODE_ADDRESS,
    PKI,
    POD_NETWORK,
    RUN,
    SOURCE,
    STATE,
)

KUBELET = STATE / "kubelet"
CNI_PLUGINS = Path("/usr/lib/cni")
POD_BRIDGE = "airflow-pods0"
CONTROLLERS = ("network_policies", "volumes")


def _write(path: Path, text: str) -> Path:
    """Writes a file if its text is another one: kube-proxy ends when its configuration is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path


def ctr(*arguments: str | Path) -> str:
    """What containerd's client prints, for the images and containers of pods."""
    return run(programs.node("ctr"), f"--address={CONTAINERD}", "--namespace=k8s.io", *arguments)


def up() -> None:
    """Starts what of it does not run, and returns when the node takes pods."""
    _prepare_kernel()
    _start_containerd()
    images.load(ctr, images.of_cluster())
    _start_kubelet()
    _start_proxy()
    for controller in CONTROLLERS:
        start(controller, [sys.executable, "-m", f"cluster.{controller}"], {"PYTHONPATH": str(SOURCE.parent)})
    wait_until(_is_ready, "the node is Ready", "kubelet")
    kubectl("apply", "--server-side", "--force-conflicts", "-f", SOURCE / "manifests")
    images.load(ctr, images.of_chart())
    for deployment in ("coredns", "metrics-server"):
        kubectl("-n", "kube-system", "rollout", "status", f"deployment/{deployment}", "--timeout=120s")


def _is_ready() -> bool:
    return kubectl_succeeds("wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=1s")


def _prepare_kernel() -> None:
    run(
        "sysctl",
        "-qw",
        "net.ipv4.ip_forward=1",
        "net.bridge.bridge-nf-call-iptables=1",  # NetworkPolicies see what goes from pod to pod
        "fs.inotify.max_user_instances=8192",
        "fs.inotify.max_user_watches=524288",
    )
    KUBELET.mkdir(parents=True, exist_ok=True)
    if not succeeds("mountpoint", "-q", KUBELET):  # volumes mounted later must be seen in containers
        run("mount", "--bind", KUBELET, KUBELET)
        run("mount", "--make-rshared", KUBELET)


def _start_containerd() -> None:
    network = {
        "cniVersion": "1.0.0",
        "name": "airflow-charts",
        "plugins": [
            {
                "type": "bridge",
                "bridge": POD_BRIDGE,
                "isGateway": True,
                "ipMasq": True,
                "hairpinMode": True,
                "mtu": 1400,
                "ipam": {
                    "type": "host-local",
                    "dataDir": str(STATE / "pod-addresses"),
                    "ranges": [[{"subnet": POD_NETWORK}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }
    _write(STATE / "cni" / "10-pods.conflist", json.dumps(network, indent=1))
    config = _write(
        STATE / "containerd.toml",
        f"""\
version = 3
root = "{STATE}/containerd"
state = "{RUN}/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri"]

[grpc]
address = "{CONTAINERD}"

[ttrpc]
address = "{CONTAINERD}.ttrpc"

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = "{images.PAUSE}"

[plugins."io.containerd.cri.v1.runtime"]
disable_apparmor = true
restrict_oom_score_adj = true  # a machine may not let its root lower it
netns_mounts_under_state_dir = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = ["{CNI_PLUGINS}"]
conf_dir = "{STATE}/cni"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = "/usr/sbin/runc"
Root = "{RUN}/runc"
""",
    )
    containerd = programs.node("containerd")
    start(
        "containerd", [containerd, "--config", config], {"PATH": f"{containerd.parent}:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    wait_until(
        lambda: succeeds(programs.node("ctr"), f"--address={CONTAINERD}", "version"),
        "containerd answers",
        "containerd",
        patience=30,
    )


def _start_kubelet() -> None:
    settings = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(PKI / "kubernetes-ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(PKI / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(PKI / "kubelet-server.key"),
        "clusterDNS": [DNS_ADDRESS],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{CONTAINERD}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "healthzBindAddress": "127.0.0.1",
        "podLogsDir": str(LOGS / "pods"),
        "maxPods": 200,
        "serializeImagePulls": False,
        # a machine of developers is fuller than a node of production
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }
    config = _write(STATE / "kubelet.yaml", json.dumps(settings, indent=1))
    start(
        "kubelet",
        [
            programs.kubernetes("kubelet"),
            f"--config={config}",
            f"--kubeconfig={kubeconfig('kubelet')}",
            f"--root-dir={KUBELET}",
            f"--cert-dir={KUBELET / 'pki'}",
            f"--hostname-override={NODE}",
            f"--node-ip={NODE_ADDRESS}",
        ],
    )


def _start_proxy() -> None:
    settings = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": "127.0.0.1",
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(kubeconfig("kube-proxy"))},
        "mode": "iptables",
        "clusterCIDR": POD_NETWORK,
        "hostnameOverride": NODE,
        "nodePortAddresses": ["127.0.0.0/8", f"{NODE_ADDRESS}/32"],
        # a machine may not let its root set these
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpCloseWaitTimeout": "0s", "tcpEstablishedTimeout": "0s"},
    }
    config = _write(STATE / "kube-proxy.yaml", json.dumps(settings, indent=1))
    kubectl("apply", "--server-side", "-f", SOURCE / "manifests" / "kube-proxy.yaml")
    start("kube-proxy", [programs.kubernetes("kube-proxy"), f"--config={config}"])


def down() -> None:
    """Ends the processes, every container, and takes back what they did to the machine's network and mounts."""
    for controller in CONTROLLERS:
        end(controller)
    end("kube-proxy")
    end("kubelet")
    if running("containerd"):
        _end_containers()
    end("containerd")
    _unmount()
    _take_back_network()


def _end_containers() -> None:
    for task in ctr("tasks", "list", "--quiet").split():
        succeeds(programs.node("ctr"), f"--address={CONTAINERD}", "--namespace=k8s.io", "tasks", "rm", "--force", task)
    for container in ctr("containers", "list", "--quiet").split():
        ctr("containers", "rm", container)
    for process in psutil.process_iter(["exe", "cmdline"]):
        words = process.info["cmdline"] or []
        if str(CONTAINERD) in words and Path(words[0]).name == "containerd-shim-runc-v2":
            process.terminate()


def _unmount() -> None:
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed(mounts):
        if mount == str(KUBELET) or mount.startswith((f"{KUBELET}/", f"{RUN}/")):
            run("umount", "--lazy", mount, check=False)


def _take_back_network() -> None:
    for table in ("nat", "filter", "mangle"):
        for command in ("iptables", "ip6tables"):
            saved = run(f"{command}-save", "-t", table, check=False)
            kept = [line for line in saved.splitlines() if not _is_ours(line)]
            if len(kept) != len(saved.splitlines()):
                run(f"{command}-restore", "-T", table, text="\n".join([*kept, ""]))
    run("ip", "link", "delete", POD_BRIDGE, check=False)
    root = Path("/sys/fs/cgroup")
    for pods in (root / "kubepods", *root.glob("*/kubepods")):
        for folder in sorted((path for path in pods.rglob("*") if path.is_dir()), reverse=True):
            with suppress(OSError):  # a process that ends slowly is still in it
                folder.rmdir()
        with suppress(OSError):
            pods.rmdir()


def _is_ours(line: str) -> bool:
    """Whether a line of iptables-save is of kube-proxy, of the network plugins or of the policies."""
    return "KUBE-" in line or "CNI-" in line or "POLICY-" in line
