"""Airflow on a real cluster: a namespace, a release in it, and what an operator asks of it."""

from __future__ import annotations

import atexit
import base64
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import helm_python
from airflow_client import Airflow2Client, AirflowClient

from airflow_charts.reading.coalesce import merge_files
from cluster import programs, settings

ROOT = Path(__file__).parents[2]
CHART = Path(os.environ.get("CLUSTER_CHART") or ROOT / "charts/airflow")
KUBECONFIG = Path(os.environ.get("CLUSTER_KUBECONFIG") or settings.KUBECONFIG)
OWN = KUBECONFIG == settings.KUBECONFIG
"""Whether this is the cluster of `make cluster`, whose images of Airflow hold the tests' DAGs."""
KUBECTL = programs.kubernetes("kubectl") if OWN else Path(shutil.which("kubectl") or "kubectl")
DAGS = ROOT / "tools/cluster/images/airflow/dags"

INSTANCE = "app.kubernetes.io/instance=airflow"
COMPONENT = "app.kubernetes.io/component"
_STARTS = Path(tempfile.gettempdir()) / "airflow-charts-cluster-starts"
START = 300
"""Seconds that an installation may take on two busy cores."""

Document = dict[str, Any]

_REQUESTS: Document = {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}}
_OFTEN_ASKED: Document = {**_REQUESTS, "startupProbe": {"periodSeconds": 6}, "livenessProbe": {"periodSeconds": 120}}
SMALL: Document = {
    **dict.fromkeys(("webserver", "scheduler", "flower", "kubernetesExecutor", "postgresql", "redis"), _REQUESTS),
    **dict.fromkeys(("migrations", "secretGeneration"), _REQUESTS),
    **dict.fromkeys(("dagProcessor", "workers"), _OFTEN_ASKED),
    "triggerer": {**_OFTEN_ASKED, "enabled": False},
    "config": {"dag_processor": {"min_file_process_interval": 300}},
}
"""What lets several installations share a small node: small requests, few starts of a Python, no triggerer."""
TRIGGERER: Document = {"triggerer": {"enabled": True}}


RESTRICTED: Document = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""The security context of a container that is none of the chart's."""
_NOT_YET = re.compile(r"^Startup probe failed|failed to sync (configmap|secret) cache: timed out")
"""A program that starts does not answer yet; a kubelet on a busy node waits a second for a ConfigMap, then again."""
NO_SECRET = re.compile(r'secret "airflow-generated" not found|couldn\'t find key .* in Secret')
"""The Warning events of an installation that are known."""


class ImpatienceError(AssertionError):
    """Something did not come in its time."""


def until(ask: Callable[[], Any], what: str, patience: float = 120, pause: float = 1) -> Any:
    """What a question answers as soon as the answer is true; an AssertionError inside of it is a no."""
    deadline = time.monotonic() + patience
    while True:
        said = ""
        try:
            answer = ask()
            if answer:
                return answer
        except (AssertionError, OSError, LookupError, KubectlError) as error:
            said = f": {error}"
        if time.monotonic() > deadline:
            raise ImpatienceError(f"not after {patience:.0f} s: {what}{said}")
        time.sleep(pause)


class KubectlError(Exception):
    """kubectl said no."""


def kubectl(*arguments: str | Path, text: str | None = None, patience: float = 120) -> str:
    """What kubectl prints."""
    done = subprocess.run(
        [KUBECTL, f"--kubeconfig={KUBECONFIG}", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=patience,
        check=False,
    )
    if done.returncode:
        raise KubectlError(f"kubectl {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


_GROUPS = {
    "deployments": "apis/apps/v1",
    "statefulsets": "apis/apps/v1",
    "jobs": "apis/batch/v1",
}
"""Where in the API a kind is that is not in its core."""


@cache
def _api() -> str:
    """The address of the API behind a proxy of kubectl: to wait with kubectl itself would keep a core busy."""
    process = subprocess.Popen(
        [KUBECTL, f"--kubeconfig={KUBECONFIG}", "proxy", "--port=0"], stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.kill)
    assert process.stdout
    return f"http://{process.stdout.readline().split()[-1]}"


def _objects(namespace: str, kind: str, selector: str) -> list[Document]:
    path = f"{_GROUPS.get(kind, 'api/v1')}/namespaces/{namespace}/{kind}"
    chosen = urllib.parse.urlencode({"labelSelector": selector} if selector else {})
    with urllib.request.urlopen(f"{_api()}/{path}?{chosen}", timeout=30) as answer:  # noqa: S310 - our own proxy
        found: list[Document] = json.load(answer)["items"]
    return found


def _shared_volume() -> Document:
    """How a claim is shared by pods: on one node, ReadWriteOnce is enough."""
    storage_class = os.environ.get("CLUSTER_STORAGE_CLASS")
    return {"storageClass": storage_class} if storage_class else {"accessMode": "ReadWriteOnce"}


class Forward:
    """A way from this machine to a port of a Service, made anew when the pod behind it has gone."""

    def __init__(self, namespace: str, target: str, port: int) -> None:
        self._arguments = [f"--namespace={namespace}", "port-forward", target, f":{port}"]
        self._process: subprocess.Popen[str] | None = None

    def open(self) -> str:
        """The address at which the port is."""
        self.close()
        self._process = subprocess.Popen(
            [KUBECTL, f"--kubeconfig={KUBECONFIG}", *self._arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout
        line = self._process.stdout.readline()
        found = re.search(r"127\.0\.0\.1:(\d+)", line)
        if not found:
            self.close()
            raise ConnectionRefusedError(line.strip())
        return f"http://127.0.0.1:{found.group(1)}"

    def close(self) -> None:
        """Ends it."""
        if self._process:
            self._process.terminate()
            self._process.wait(10)
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None


def _forwarded(kind: type[AirflowClient]) -> Callable[[Forward, str, str], AirflowClient]:
    """A client that looks for another webserver when its own has gone."""

    class Forwarded(kind):  # type: ignore[misc, valid-type]
        def __init__(self, forward: Forward, user: str, password: str) -> None:
            self._forward = forward
            self.url = forward.open()
            super().__init__(self.url, user, password)

        def _call(self, method: str, path: str, body: object, authorization: str) -> Any:
            deadline = time.monotonic() + 60
            while True:
                try:
                    return super()._call(method, path, body, authorization)
                except urllib.error.HTTPError as error:
                    text = error.read().decode(errors="replace")[:300]
                    raise OSError(f"{method} {path}: {error.code} {text}") from error
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(1)
                    with suppress(OSError):
                        self.url = self._forward.open()

    return Forwarded


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Waits until no other process of the tests starts an Airflow, which takes all of two cores for a minute."""
    with _STARTS.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def container_statuses(pod: Document) -> list[Document]:
    """What is known of each container of a pod, init containers first."""
    return [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]


class Deployment:
    """A release `airflow` in a namespace of its own, which enforces the PodSecurity standard `restricted`."""

    release = "airflow"
    selector = INSTANCE
    """The labels of the release's objects."""

    def __init__(self, scenario: str, *values: Document, chart: Path = CHART) -> None:
        self.chart = chart
        self.namespace = f"test-{scenario}"
        self.values = merge_files([*values])
        self.dags_in_image = OWN
        self._client: AirflowClient | None = None

    # --- the life of a release ---------------------------------------------------------------------------------------

    def create_namespace(self) -> None:
        """Makes the namespace, after what an earlier run left of it has gone."""
        self.delete_namespace()
        kubectl("create", "namespace", self.namespace)
        kubectl("label", "namespace", self.namespace, "pod-security.kubernetes.io/enforce=restricted")
        self.kubectl("create", "configmap", "test-dags", *[f"--from-file={path}" for path in DAGS.glob("*.py")])

    def delete_namespace(self) -> None:
        """Deletes the namespace with everything in it, without patience for its pods."""
        if not self._has_namespace():
            return
        kubectl("delete", "namespace", self.namespace, "--wait=false")

        def gone() -> bool:
            self.kubectl("delete", "pods", "--all", "--grace-period=0", "--force", "--wait=false")
            return not self._has_namespace()

        until(gone, f"the namespace {self.namespace} has gone", 100)

    def _has_namespace(self) -> bool:
        return f"namespace/{self.namespace}" in kubectl("get", "namespaces", "--output=name").split()

    def document(self, *changes: Document) -> Document:
        """The values that are installed, with some changes."""
        others: Document = {}
        if not self.dags_in_image:
            others["airflowPods"] = {
                "volumes": {"test-dags": {"configMap": {"name": "test-dags"}}},
                "volumeMounts": {  # file by file: Airflow 2 takes the links in a ConfigMap's folder for a loop
                    f"/opt/airflow/dags/{path.name}": {"name": "test-dags", "subPath": path.name}
                    for path in DAGS.glob("*.py")
                },
            }
        if not OWN:
            others["logs"] = {"persistence": _shared_volume()}
        return merge_files([others, self.values, *changes])

    @cached_property
    def _helm(self) -> helm_python.Config:
        return helm_python.Config(kubeconfig_path=KUBECONFIG, namespace=self.namespace)

    def install(self, *changes: Document, wait: bool = False) -> None:
        """`helm install`, with `--wait` if asked for."""
        self._helm.install(
            self.chart, self.release, self.document(*changes), timeout=START, wait="watcher" if wait else None
        )

    def start(self) -> None:
        """Installs it, and returns when everything is ready."""
        with one_at_a_time():
            self.install()
            self.until_ready()

    def upgrade(self, *changes: Document, wait: bool = False) -> None:
        """`helm upgrade --reset-values` to the values with some changes, which the next upgrade does not keep."""
        self._helm.upgrade(
            self.chart,
            self.release,
            self.document(*changes),
            reset_values=True,  # without it, no values at all mean the last ones
            timeout=START,
            wait="watcher" if wait else None,
        )

    def rollback(self) -> None:
        """`helm rollback` to the revision before."""
        self._helm.rollback(self.release)

    def uninstall(self) -> None:
        """`helm uninstall`, until its pods have gone."""
        self._helm.uninstall(self.release)
        until(lambda: not self.get("pods", self.selector), "the pods of the release have gone", 100)

    def apply(self, *changes: Document) -> None:
        """`airflow-charts template | kubectl apply`."""
        program = Path(sys.executable).parent / "airflow-charts"
        done = subprocess.run(
            [program, "template", self.release, "-n", self.namespace, "-f", "-"],
            input=json.dumps(self.document(*changes)),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        self.kubectl("apply", "-f", "-", text=done.stdout)

    def start_stranger(self, image: str, *command: str) -> None:
        """Starts the pod `stranger`, which is no part of the release, and returns when it runs."""
        container = {"name": "stranger", "image": image, "command": command, "securityContext": RESTRICTED}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "stranger", "labels": {"app": "stranger"}},
            "spec": {
                "containers": [container],
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 0,
            },
        }
        self.kubectl("apply", "-f", "-", text=json.dumps(pod))
        self.kubectl("wait", "pod/stranger", "--for=condition=Ready", "--timeout=60s")

    # --- what an operator sees ---------------------------------------------------------------------------------------

    def kubectl(self, *arguments: str | Path, text: str | None = None, patience: float = 120) -> str:
        """What kubectl prints about the namespace."""
        return kubectl(f"--namespace={self.namespace}", *arguments, text=text, patience=patience)

    def exec(self, component: str, *command: str) -> str:
        """What a command prints in the main container of a component's Deployment."""
        name = f"{self.release}-{component}"
        container = "worker" if component.startswith("worker-") else component
        return self.kubectl("exec", f"deployment/{name}", f"--container={container}", "--", *command)

    def get(self, kind: str, selector: str = "") -> list[Document]:
        """The objects of a kind, or of several with commas between, that labels select."""
        return [item for name in kind.split(",") for item in _objects(self.namespace, name, selector)]

    def generated(self) -> dict[str, str]:
        """What the generated Secret holds."""
        document = json.loads(self.kubectl("get", "secret", f"{self.release}-generated", "--output=json"))
        return {key: base64.b64decode(text).decode() for key, text in document["data"].items()}

    def pods(self, component: str = "") -> list[Document]:
        """The pods that run or want to, of one component or of all; no Job's and no task's."""
        selector = f"{INSTANCE},{COMPONENT}={component}" if component else INSTANCE
        return [
            pod
            for pod in self.get("pods", selector)
            if "deletionTimestamp" not in pod["metadata"]
            and pod["metadata"]["labels"][COMPONENT] not in ("migrations", "secret-generation")
            and pod["status"]["phase"] in ("Pending", "Running")
        ]

    def pod_names(self, component: str) -> set[str]:
        """The names of a component's pods."""
        return {pod["metadata"]["name"] for pod in self.pods(component)}

    def workload_pods(self) -> dict[str, set[str]]:
        """The identities of the pods of each workload, by its name without the release's."""
        found: dict[str, set[str]] = {}
        for pod in self.pods():
            [owner] = pod["metadata"]["ownerReferences"]
            name = owner["name"].removeprefix(f"{self.release}-")
            if owner["kind"] == "ReplicaSet":
                name = name.rpartition("-")[0]
            found.setdefault(name, set()).add(pod["metadata"]["uid"])
        return found

    def replaced_since(self, before: dict[str, set[str]]) -> set[str]:
        """The workloads whose pods are all other ones than before."""
        now = self.workload_pods()
        assert set(now) == set(before)
        for name, pods in now.items():
            assert pods == before[name] or not pods & before[name], f"{name} has old and new pods"
        return {name for name, pods in now.items() if pods != before[name]}

    def until_ready(self, patience: float = START) -> None:
        """Returns when all that the release wants runs as it is wanted, and nothing else does."""
        until(self._is_ready, "everything is ready", patience, pause=2)

    def _is_ready(self) -> bool:
        for workload in self.get("deployments,statefulsets", self.selector):
            name, status = workload["metadata"]["name"], workload["status"]
            wanted = workload["spec"]["replicas"]
            assert status.get("observedGeneration") == workload["metadata"]["generation"], f"{name} is not seen yet"
            counts = [status.get(count, 0) for count in ("replicas", "updatedReplicas", "readyReplicas")]
            assert counts == [wanted] * 3, f"{name} has pods, new pods, ready pods {counts} of {wanted}"
        for job in self.get("jobs", self.selector):
            assert job["status"].get("succeeded"), f"{job['metadata']['name']} has not succeeded"
        leaving = [
            pod["metadata"]["name"] for pod in self.get("pods", self.selector) if "deletionTimestamp" in pod["metadata"]
        ]
        assert not leaving, f"{leaving} still stop"
        return True

    def warnings(self) -> list[str]:
        """The Warning events, without those that say that something takes its time."""
        found = [event for event in self.get("events") if event["type"] == "Warning"]
        return [
            f"{event['involvedObject']['name']}: {event['reason']}: {event['message']}"
            for event in found
            if not _NOT_YET.search(event["message"])
        ]

    def restarts(self) -> dict[str, int]:
        """How often containers were started again, if they were."""
        return {
            f"{pod['metadata']['name']}/{container['name']}": container["restartCount"]
            for pod in self.get("pods")
            for container in container_statuses(pod)
            if container["restartCount"]
        }

    def logs(self, last: int = -1) -> dict[str, str]:
        """What each container of the namespace has written, also the one before a restart."""
        found: dict[str, str] = {}
        for pod in self.get("pods"):
            name = pod["metadata"]["name"]
            spec = pod["spec"]
            for container in (*spec.get("initContainers", []), *spec["containers"]):
                arguments = [name, f"--container={container['name']}", f"--tail={last}"]
                with suppress(KubectlError):
                    found[f"{name}/{container['name']}"] = self.kubectl("logs", *arguments)
                with suppress(KubectlError):
                    found[f"{name}/{container['name']} (before)"] = self.kubectl("logs", "--previous", *arguments)
        return found

    def log_of(self, component: str) -> str:
        """What the containers of a component, also a Job's, have written."""
        pods = {pod["metadata"]["name"] for pod in self.get("pods", f"{COMPONENT}={component}")}
        return "\n".join(text for name, text in self.logs().items() if name.partition("/")[0] in pods)

    # --- Airflow -----------------------------------------------------------------------------------------------------

    @property
    def airflow(self) -> AirflowClient:
        """The API, as the first user."""
        if self._client is None:
            kind = Airflow2Client if str(self.values.get("airflowVersion", "3")).startswith("2") else AirflowClient
            self._client = until(
                lambda: _forwarded(kind)(self._forward, "admin", self.password()),
                "the webserver takes the password",
                60,
            )
        return self._client

    @cached_property
    def _forward(self) -> Forward:
        return Forward(self.namespace, f"service/{self.webserver()}", 8080)

    def webserver(self) -> str:
        """The name of the Service with Airflow's API."""
        return f"{self.release}-webserver"

    def password(self) -> str:
        """The password of the first user."""
        return self.generated()["admin-password"]

    def forget_client(self) -> None:
        """Logs in again at the next call."""
        self._client = None
        self._forward.close()

    def start_dag(self, dag: str, **conf: Any) -> str:
        """Starts a run, as soon as the DAG is known; returns its id."""
        return self.airflow.start(dag, **conf)

    def run_dag(self, dag: str, patience: float = 120, **conf: Any) -> str:
        """Runs a DAG to its success; returns the run's id."""
        run = self.start_dag(dag, **conf)
        self.succeeds(dag, run, patience)
        return run

    def succeeds(self, dag: str, run: str, patience: float = 120) -> list[Document]:
        """Waits for the end of a run, which must be a success; returns its tasks."""
        state = self.airflow.wait_for_end(dag, run, patience)
        tasks = self.airflow.tasks(dag, run)
        assert state == "success", {task["task_id"]: task["state"] for task in tasks}
        return tasks

    # --- when a test has failed --------------------------------------------------------------------------------------

    def report(self) -> str:
        """Pods, events and the last lines of each log, and before them all lines that look like a cause."""
        logs = self.logs(200)
        causes: dict[str, str] = {}
        for name, text in logs.items():
            for line in text.splitlines():
                if _CAUSE.search(line) and not _HARMLESS.search(line):
                    causes[f"{name}: {without_what_differs(line)}"] = f"{name}: {line.strip()[:300]}"
        parts = {
            "pods": self.kubectl("get", "pods", "--output=wide"),
            "events": self.kubectl("get", "events", "--sort-by=.lastTimestamp")[-6000:],
            "lines that may be the cause": "\n".join([*causes.values()][-40:]),
            **{f"log of {name}": "\n".join(text.splitlines()[-12:]) for name, text in logs.items()},
        }
        return "\n".join(f"--- {self.namespace}: {title}\n{text}" for title, text in parts.items())


def without_what_differs(line: str) -> str:
    """A line of a log without its times and numbers, to know it again."""
    return re.sub(r"[0-9a-f-]{8,}|\d+", "*", line)


_CAUSE = re.compile(r"(?i)forbidden|timed? ?out|refused|denied|unauthorized|not found|No such|Error:|Exception:")
_HARMLESS = re.compile(r'relation "\w+" does not exist')
