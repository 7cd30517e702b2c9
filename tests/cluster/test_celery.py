"""Celery with Flower: who reaches whom on a network with policies; then every credential is changed.

The first half enforces the chart's NetworkPolicies. The second runs the commands of docs/operations.md, section
Rotation, and does as its prose says.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import urllib.error

import pytest
from airflow_client import AirflowClient
from cryptography.fernet import Fernet
from deployment import INSTANCE, KUBECONFIG, KUBECTL, ROOT, SMALL, TRIGGERER, Deployment, KubectlError, kubectl, until
from reaching import PYTHON, SHELL

pytestmark = pytest.mark.usefixtures("namespaces")
celery = Deployment("celery", SMALL, TRIGGERER, {"flower": {"enabled": True}})
elsewhere = Deployment("celery-elsewhere")
STRANGERS = {"stranger": celery, "elsewhere": elsewhere}

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


def targets() -> dict[str, str]:
    """What there is to reach: names as in the tables, with addresses."""
    found = {
        f"{pod['metadata']['labels']['app.kubernetes.io/component']}:{port}": f"{pod['status']['podIP']}:{port}"
        for pod in celery.pods()
        for port in PORTS
    }
    for service in celery.get("services", INSTANCE):
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
        [pod] = celery.pod_names(source)
        place, container = celery, source
    program = ["bash", "-c", SHELL, "bash"] if source in ("postgresql", "redis") else ["python", "-c", PYTHON]
    name = f"airflow-webserver.{celery.namespace}.svc.cluster.local"
    said = place.kubectl("exec", pod, f"--container={container}", "--", *program, name, *tried.values())
    names = {address: name for name, address in tried.items()}
    return {names.get(answer, answer) for answer in said.split()}


def written(table: str) -> set[str]:
    """What a line of the tables promises, by pod and by Service."""
    found = set(table.replace("anywhere", ANYWHERE).split())
    return found | {f"Service {name}" for name in found & set(SERVICES)}


def test_everything_becomes_ready() -> None:
    celery.start()
    [image] = {pod["spec"]["containers"][0]["image"] for pod in celery.pods("webserver")}
    for place in (celery, elsewhere):
        place.start_stranger(image, "python", "-m", "http.server", "4711")


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_reaches_what_users_come_for_and_nothing_else(name: str) -> None:
    assert reached(name) == written(A_STRANGER) - {f"{name}:4711"}


@pytest.mark.parametrize(("component", "table"), COMPONENTS.items(), ids=COMPONENTS)
def test_a_component_reaches_what_the_table_says_and_nothing_else(component: str, table: str) -> None:
    assert reached(component) == written(table)


def test_policies_are_switched_off_for_a_moment() -> None:
    before = celery.workload_pods()
    celery.upgrade({"networkPolicies": {"enabled": False}})
    until(lambda: "postgresql:5432" in reached("stranger"), "the policies open", 20)
    assert reached("stranger") >= {"redis:6379", "worker:8793", "Service postgresql:5432"}
    celery.upgrade()
    until(lambda: "postgresql:5432" not in reached("stranger"), "the policies close", 20)
    assert celery.replaced_since(before) == set()


def test_the_report_of_a_failed_test_names_the_way_that_is_closed() -> None:
    all_but_workers = {
        "matchExpressions": [{"key": "app.kubernetes.io/component", "operator": "NotIn", "values": ["worker"]}]
    }
    patch = {"spec": {"ingress": [{"from": [{"podSelector": all_but_workers}], "ports": [{"port": 8080}]}]}}
    celery.kubectl("patch", "networkpolicy", "airflow-webserver", "--type=merge", f"--patch={json.dumps(patch)}")
    [worker] = celery.pod_names("worker")
    until(lambda: "webserver:8080" not in reached("worker"), "the policy closes", 20)
    run = celery.start_dag("first")
    with pytest.raises(AssertionError):
        celery.succeeds("first", run, patience=30)

    def is_named() -> bool:
        causes = celery.report().partition("lines that may be the cause")[2].partition("---")[0]
        return bool(re.search(rf"{worker}/worker.*(?i:time(d )?out)", causes))

    until(is_named, "the worker has given up, and the report says so", pause=5)
    celery.kubectl("delete", "networkpolicy", "airflow-webserver")  # Helm leaves what kubectl has patched
    celery.upgrade()
    celery.run_dag("first")


# --- rotation ---------------------------------------------------------------------------------------------------------

DOCS = (ROOT / "docs/operations.md").read_text().partition("### Rotation\n")[2].partition("\n### ")[0]
BLOCKS = re.findall(r"```console\n(.*?)```", DOCS, re.DOTALL)
CHANGE, RESTART_STORE, WAIT_FOR_STORE, RESTART, ROTATE = "".join(BLOCKS).replace("\\\n", "").splitlines()

DATABASE = ("database-password", "airflow-postgresql")
RESULTS = ("result-backend-password", "airflow-postgresql")
BROKER = ("broker-password", "airflow-redis")
"""`The same for`, `As above with`: what the commands for the first of them become for the others."""

old: dict[str, str] = {}


def run_documented(command: str, key: str = "", store: str = "") -> None:
    """Runs a command of the docs in this namespace, for another credential or store than the docs have there."""
    for first, other in zip(DATABASE, (key, store), strict=True):
        command = command.replace(first, other or first)
    done = subprocess.run(
        ["bash", "-ec", command.replace("-n airflow ", f"-n {celery.namespace} ")],
        env={**os.environ, "KUBECONFIG": str(KUBECONFIG), "PATH": f"{KUBECTL.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def put(**credentials: str) -> None:
    """Puts credentials into the generated Secret; with _ for -."""
    document = {"stringData": {key.replace("_", "-"): text for key, text in credentials.items()}}
    celery.kubectl("patch", "secret", "airflow-generated", "--type=merge", f"--patch={json.dumps(document)}")


def log_in_to_database(role: str, password: str) -> str:
    psql = ["psql", "-h", "/var/run/postgresql", "-U", role, role, "-Atc", "SELECT current_user"]
    return celery.kubectl("exec", "airflow-postgresql-0", "--", "env", f"PGPASSWORD={password}", *psql).strip()


def ping_broker(password: str) -> str:
    ping = ["env", f"REDISCLI_AUTH={password}", "sh", "-c", "valkey-cli ping 2>&1"]
    return celery.kubectl("exec", "airflow-redis-0", "--", *ping).strip()


def test_each_credential_has_been_generated() -> None:
    celery.airflow.call("POST", "/connections", {"connection_id": "shop", "conn_type": "http", "password": "s3cret"})
    old.update(celery.generated())
    assert set(old) == {
        *("database-password", "result-backend-password", "broker-password"),
        *("fernet-key", "api-secret-key", "jwt-secret", "flower-basic-auth", "admin-password"),
    }


def test_passwords_of_the_stores_and_a_new_fernet_key_before_the_old_one() -> None:
    for key, _ in (DATABASE, RESULTS, BROKER):
        run_documented(CHANGE, key)
    put(fernet_key=f"{Fernet.generate_key().decode()},{old['fernet-key']}")
    for command in (RESTART_STORE, WAIT_FOR_STORE):
        for key, store in (DATABASE, BROKER):
            run_documented(command, key, store)
    run_documented(RESTART)
    celery.until_ready()
    celery.run_dag("first")


def test_the_old_passwords_of_the_stores_are_refused() -> None:
    new = celery.generated()
    for role, key in (("airflow", "database-password"), ("celery", "result-backend-password")):
        assert log_in_to_database(role, new[key]) == role
        with pytest.raises(KubectlError, match="password authentication failed"):
            log_in_to_database(role, old[key])
    assert ping_broker(new["broker-password"]) == "PONG"
    assert "WRONGPASS" in ping_broker(old["broker-password"])


def test_the_new_fernet_key_alone_and_the_keys_of_sessions_tokens_and_flower() -> None:
    before = celery.airflow
    run_documented(ROTATE)
    put(
        fernet_key=celery.generated()["fernet-key"].partition(",")[0],
        api_secret_key=secrets.token_hex(32),
        jwt_secret=secrets.token_hex(32),
        flower_basic_auth="admin:another",
    )
    run_documented(RESTART)
    celery.until_ready()
    with pytest.raises(OSError, match="Invalid JWT token"):
        before.call("GET", "/dags")
    celery.forget_client()
    finished = celery.run_dag("first")
    assert "forty-two is the answer" in celery.airflow.log("first", finished, "answer")
    assert "s3cret" in celery.exec("scheduler", "airflow", "connections", "get", "shop", "-o", "json")


def test_the_old_login_of_flower_is_refused() -> None:
    ask = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://localhost:5555/workers"]
    assert celery.exec("flower", *ask, "-u", "admin:another") == "200"
    assert celery.exec("flower", *ask, "-u", old["flower-basic-auth"]) == "401"


def test_the_password_of_the_first_user() -> None:
    url = celery.airflow.url
    celery.exec("webserver", "airflow", "users", "reset-password", "--username", "admin", "--password", "another")
    with pytest.raises(urllib.error.HTTPError) as refused:
        AirflowClient(url, "admin", old["admin-password"])
    refused.value.close()
    assert refused.value.code == 401
    assert AirflowClient(url, "admin", "another").call("GET", "/dags")
