"""Who reaches whom, with Flower and workers, on a network that enforces the chart's NetworkPolicies."""

from __future__ import annotations

import json
import re

import pytest
from deployment import INSTANCE, SMALL, TRIGGERER, Deployment, kubectl, until

pytestmark = pytest.mark.usefixtures("namespaces")
policies = Deployment("policies", SMALL, TRIGGERER, {"flower": {"enabled": True}})
elsewhere = Deployment("policies-elsewhere")
STRANGERS = {"stranger": policies, "elsewhere": elsewhere}

OURS = """
webserver      -> dns postgresql:5432 worker:8793 triggerer:8794
scheduler      -> dns postgresql:5432 redis:6379
dag-processor  -> dns postgresql:5432 webserver:8080 flower:5555 anywhere
triggerer      -> dns postgresql:5432 webserver:8080 flower:5555 anywhere
worker         -> dns postgresql:5432 redis:6379 webserver:8080 flower:5555 anywhere
flower         -> dns redis:6379
postgresql     ->
redis          ->
"""
"""Pods that run users' code may go anywhere, and anybody may come to the webserver and to Flower: so they do, too."""

A_STRANGER = "dns webserver:8080 flower:5555 anywhere"
ANYWHERE = "stranger:4711 elsewhere:4711 kubernetes-api"
SERVICES = ("webserver:8080", "flower:5555", "postgresql:5432", "redis:6379")
"""What can also be reached by the address of a Service."""
PORTS = (8080, 8974, 8793, 8794, 5555, 5432, 6379)
"""Each is tried at each pod: where nothing listens, a refusal shows that no policy is in the way."""

COMPONENTS = {line.split()[0]: line.partition("->")[2] for line in OURS.strip().splitlines()}

PYTHON = """
import concurrent.futures, json, socket, sys

def answers(target):
    try:
        socket.create_connection(target.rsplit(":", 1), 1.5).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True

def is_found(name):
    try:
        return bool(socket.getaddrinfo(name, 80))
    except OSError:
        return False

with concurrent.futures.ThreadPoolExecutor(200) as threads:
    asked = {target: threads.submit(answers, target) for target in sys.argv[2:]}
    found = {"dns"} if is_found(sys.argv[1]) else set()
    print(*found, *(target for target, answer in asked.items() if answer.result()))
"""
SHELL = """
timeout 3 getent hosts "$1" >/dev/null && echo dns
shift
for target in "$@"; do
  (timeout 3 bash -c "</dev/tcp/${target/:/\\/}" 2>/dev/null; [[ $? == 124 ]] || echo "$target") &
done
wait
"""
"""The same for images without Python. A timeout is the silence of a policy."""


def targets() -> dict[str, str]:
    """What there is to reach: names as in the tables, with addresses."""
    found = {
        f"{pod['metadata']['labels']['app.kubernetes.io/component']}:{port}": f"{pod['status']['podIP']}:{port}"
        for pod in policies.pods()
        for port in PORTS
    }
    for service in policies.get("services", INSTANCE):
        component = service["metadata"]["labels"]["app.kubernetes.io/component"]
        for port in service["spec"]["ports"]:
            found[f"Service {component}:{port['port']}"] = f"{service['spec']['clusterIP']}:{port['port']}"
    for name, place in STRANGERS.items():
        [pod] = place.get("pods", "app=stranger")
        found[f"{name}:4711"] = f"{pod['status']['podIP']}:4711"
    api = json.loads(kubectl("get", "service", "kubernetes", "--namespace=default", "--output=json"))
    return {**found, "kubernetes-api": f"{api['spec']['clusterIP']}:443"}


def reached(source: str) -> set[str]:
    """What one of the tables' pods reaches, other than itself."""
    tried = {name: address for name, address in targets().items() if source not in re.split("[ :]", name)}
    if source in STRANGERS:
        place, pod, container = STRANGERS[source], "stranger", "stranger"
    else:
        [pod] = policies.pod_names(source)
        place, container = policies, source
    program = ["bash", "-c", SHELL, "bash"] if source in ("postgresql", "redis") else ["python", "-c", PYTHON]
    name = f"airflow-webserver.{policies.namespace}.svc.cluster.local"
    said = place.kubectl("exec", pod, f"--container={container}", "--", *program, name, *tried.values())
    names = {address: name for name, address in tried.items()}
    return {names.get(answer, answer) for answer in said.split()}


def written(table: str) -> set[str]:
    """What a line of the tables promises, by pod and by Service."""
    found = set(table.replace("anywhere", ANYWHERE).split())
    return found | {f"Service {name}" for name in found & set(SERVICES)}


def test_everything_becomes_ready() -> None:
    policies.start()
    [image] = {pod["spec"]["containers"][0]["image"] for pod in policies.pods("webserver")}
    for place in (policies, elsewhere):
        place.start_stranger(image, "python", "-m", "http.server", "4711")


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_reaches_what_users_come_for_and_nothing_else(name: str) -> None:
    assert reached(name) == written(A_STRANGER) - {f"{name}:4711"}


@pytest.mark.parametrize(("component", "table"), COMPONENTS.items(), ids=COMPONENTS)
def test_a_component_reaches_what_the_table_says_and_nothing_else(component: str, table: str) -> None:
    assert reached(component) == written(table)


def test_policies_are_switched_off_for_a_moment() -> None:
    before = policies.workload_pods()
    policies.upgrade({"networkPolicies": {"enabled": False}})
    until(lambda: "postgresql:5432" in reached("stranger"), "the policies open", 20)
    assert reached("stranger") >= {"redis:6379", "worker:8793", "Service postgresql:5432"}
    policies.upgrade()
    until(lambda: "postgresql:5432" not in reached("stranger"), "the policies close", 20)
    assert policies.replaced_since(before) == set()


def test_the_report_of_a_failed_test_names_the_way_that_is_closed() -> None:
    all_but_workers = {
        "matchExpressions": [{"key": "app.kubernetes.io/component", "operator": "NotIn", "values": ["worker"]}]
    }
    patch = {"spec": {"ingress": [{"from": [{"podSelector": all_but_workers}], "ports": [{"port": 8080}]}]}}
    policies.kubectl("patch", "networkpolicy", "airflow-webserver", "--type=merge", f"--patch={json.dumps(patch)}")
    [worker] = policies.pod_names("worker")
    until(lambda: "webserver:8080" not in reached("worker"), "the policy closes", 20)
    run = policies.start_dag("first")
    with pytest.raises(AssertionError):
        policies.succeeds("first", run, patience=30)

    def is_named() -> bool:
        causes = policies.report().partition("lines that may be the cause")[2].partition("---")[0]
        return bool(re.search(rf"{worker}/worker.*(?i:time(d )?out)", causes))

    until(is_named, "the worker has given up, and the report says so", pause=5)
    policies.kubectl("delete", "networkpolicy", "airflow-webserver")  # Helm leaves what kubectl has patched
    policies.upgrade()
    policies.run_dag("first")
