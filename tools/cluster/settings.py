"""Where the cluster keeps what it makes, its addresses, and its versions."""

from __future__ import annotations

import os
from pathlib import Path

from airflow_charts.local.state import cache_folder

VERSION = os.environ.get("KUBERNETES_VERSION", "1.37")
"""The minor version of Kubernetes that runs; `VERSIONS` are the possible ones."""
VERSIONS = ("1.34", "1.37")

SOURCE = Path(__file__).resolve().parent
CACHE = cache_folder() / "cluster"
"""Programs and images, kept for every checkout."""
STATE = Path(os.environ.get("CLUSTER_STATE") or SOURCE.parents[1] / ".cluster")
"""What this cluster is: certificates, the database of the API server, volumes, logs."""
RUN = Path("/run/airflow-charts-cluster")
"""Sockets and process numbers. One cluster at a time runs on a machine, because its addresses are fixed."""

KUBECONFIG = STATE / "admin.kubeconfig"
LOGS = STATE / "logs"
PKI = STATE / "pki"
CONTAINERD = RUN / "containerd.sock"

NODE = "node"
BRIDGE = "airflow-charts0"
"""The bridge that carries the node's address. No interface to the world is on it."""
NODE_ADDRESS = "10.99.0.1"
API_SERVER = f"https://{NODE_ADDRESS}:6443"
SERVICE_NETWORK = "10.96.0.0/16"
SERVICE_ADDRESS = "10.96.0.1"
DNS_ADDRESS = "10.96.0.10"
POD_NETWORK = "10.244.0.0/24"
ETCD = "http://127.0.0.1:12379"
ETCD_PEERS = "http://127.0.0.1:12380"
