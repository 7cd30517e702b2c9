"""Writes the golden manifests: `python tests/golden/golden.py`, or `make golden`. Read their difference in a review.

They are what somebody reads who wants to know what a change does to a deployment. So what is no manifest is left out:
the texts of the chart's own programs, which stand in `src/airflow_charts/scripts`, and digests, which change with
everything. The template of task pods is JSON in a ConfigMap; here it stands as the pod that it is.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from airflow_charts import Release, manifests

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER.parents[1] / "examples"
NAMES = (
    "minimal",
    "production-celery",
    "kubernetes-executor",
    "local-executor",
    "airflow-2",
    "everything",
    "existing-secrets",
    "airflow-2-alone",
)
ALONE = """
# Airflow 2 in as few pods as it can have, with every opening of its NetworkPolicies narrowed, and claims for one node.
airflowVersion: 2.11.2
executors: [LocalExecutor]
dagProcessor: {enabled: false}
triggerer: {enabled: false}
webserver:
  configSecret: single-sign-on
  ingressPeers: [{namespaceSelector: {matchLabels: {name: ingress}}}]
networkPolicies:
  taskEgress: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]
  webserverEgress: [{podSelector: {matchLabels: {app: keycloak}}}]
  kubernetesApiPort: 16443
dags:
  persistence: {enabled: true, accessMode: ReadOnlyMany, subPath: main}
logs:
  persistence: {enabled: true, accessMode: ReadWriteOnce, existingClaim: my-logs}
  cleaner: {enabled: false}
airflowPods:
  initContainersFirst: [{name: proxy, image: "proxy:1", restartPolicy: Always}]
"""
DIGEST = "(digest)"
PROGRAM = "(program)"


class _Writer(yaml.SafeDumper):
    """Writes texts of several lines as such, and nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(writer: _Writer, text: str) -> yaml.Node:
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Writer.add_representer(str, _text)


def document(name: str) -> dict[str, Any]:
    """The values document of a golden file: an example, or the one above."""
    text = ALONE if name == "airflow-2-alone" else (EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def readable(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest without what nobody reads."""
    name = manifest["metadata"]["name"]
    if name.endswith("-scripts"):
        manifest["data"] = dict.fromkeys(manifest["data"], PROGRAM)
    if name.endswith("-pod-template"):
        manifest["data"] = {key: json.loads(text) for key, text in manifest["data"].items()}
    if manifest["kind"] == "Job":
        manifest["metadata"]["name"] = re.sub(r"-[0-9a-f]+$", f"-{DIGEST}", name)
    annotations = manifest.get("spec", {}).get("template", {}).get("metadata", {}).get("annotations", {})
    for key in [key for key in annotations if key.startswith("checksum/")]:
        annotations[key] = DIGEST
    return manifest


def text(name: str) -> str:
    """The content of a golden file."""
    found = json.loads(json.dumps(manifests(document(name), Release("etl", "data"))))
    parts = [
        yaml.dump(readable(manifest), Dumper=_Writer, sort_keys=False, width=100, default_flow_style=None)
        for manifest in found
    ]
    return "---\n".join([f"# The manifests of `{name}`, written by `make golden`.\n", *parts])


def place(name: str) -> Path:
    """The golden file."""
    return FOLDER / f"{name}.yaml"


if __name__ == "__main__":
    for each in NAMES:
        place(each).write_text(text(each), encoding="utf-8")
