"""Every credential is changed: by the commands of docs/operations.md, section Rotation, and as its prose says."""

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
from deployment import KUBECONFIG, KUBECTL, ROOT, SMALL, Deployment, KubectlError

pytestmark = pytest.mark.usefixtures("namespaces")
rotation = Deployment("rotation", SMALL, {"flower": {"enabled": True}})

DOCS = (ROOT / "docs/operations.md").read_text().partition("### Rotation\n")[2].partition("\n### ")[0]
BLOCKS = re.findall(r"```console\n(.*?)```", DOCS, re.DOTALL)
CHANGE, RESTART_STORE, WAIT_FOR_STORE, RESTART, ROTATE = "".join(BLOCKS).replace("\\\n", "").splitlines()

DATABASE = ("database-password", "airflow-postgresql")
RESULTS = ("result-backend-password", "airflow-postgresql")
BROKER = ("broker-password", "airflow-redis")
"""`The same for`, `As above with`: what the commands for the first of them become for the others."""

old: dict[str, str] = {}


def run(command: str, key: str = "", store: str = "") -> None:
    """Runs a command of the docs in this namespace, for another credential or store than the docs have there."""
    for first, other in zip(DATABASE, (key, store), strict=True):
        command = command.replace(first, other or first)
    done = subprocess.run(
        ["bash", "-ec", command.replace("-n airflow ", f"-n {rotation.namespace} ")],
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
    rotation.kubectl("patch", "secret", "airflow-generated", "--type=merge", f"--patch={json.dumps(document)}")


def log_in_to_database(role: str, password: str) -> str:
    psql = ["psql", "-h", "/var/run/postgresql", "-U", role, role, "-Atc", "SELECT current_user"]
    return rotation.kubectl("exec", "airflow-postgresql-0", "--", "env", f"PGPASSWORD={password}", *psql).strip()


def ping_broker(password: str) -> str:
    ping = ["env", f"REDISCLI_AUTH={password}", "sh", "-c", "valkey-cli ping 2>&1"]
    return rotation.kubectl("exec", "airflow-redis-0", "--", *ping).strip()


def test_everything_becomes_ready() -> None:
    rotation.start()
    rotation.airflow.call("POST", "/connections", {"connection_id": "shop", "conn_type": "http", "password": "s3cret"})
    old.update(rotation.generated())
    assert set(old) == {
        *("database-password", "result-backend-password", "broker-password"),
        *("fernet-key", "api-secret-key", "jwt-secret", "flower-basic-auth", "admin-password"),
    }


def test_passwords_of_the_stores_and_a_new_fernet_key_before_the_old_one() -> None:
    for key, _ in (DATABASE, RESULTS, BROKER):
        run(CHANGE, key)
    put(fernet_key=f"{Fernet.generate_key().decode()},{old['fernet-key']}")
    for command in (RESTART_STORE, WAIT_FOR_STORE):
        for key, store in (DATABASE, BROKER):
            run(command, key, store)
    run(RESTART)
    rotation.until_ready()
    rotation.run_dag("first")


def test_the_old_passwords_of_the_stores_are_refused() -> None:
    new = rotation.generated()
    for role, key in (("airflow", "database-password"), ("celery", "result-backend-password")):
        assert log_in_to_database(role, new[key]) == role
        with pytest.raises(KubectlError, match="password authentication failed"):
            log_in_to_database(role, old[key])
    assert ping_broker(new["broker-password"]) == "PONG"
    assert "WRONGPASS" in ping_broker(old["broker-password"])


def test_the_new_fernet_key_alone_and_the_keys_of_sessions_tokens_and_flower() -> None:
    before = rotation.airflow
    run(ROTATE)
    put(
        fernet_key=rotation.generated()["fernet-key"].partition(",")[0],
        api_secret_key=secrets.token_hex(32),
        jwt_secret=secrets.token_hex(32),
        flower_basic_auth="admin:another",
    )
    run(RESTART)
    rotation.until_ready()
    with pytest.raises(OSError, match="Invalid JWT token"):
        before.call("GET", "/dags")
    rotation.forget_client()
    finished = rotation.run_dag("first")
    assert "forty-two is the answer" in rotation.airflow.log("first", finished, "answer")
    assert "s3cret" in rotation.exec("scheduler", "airflow", "connections", "get", "shop", "-o", "json")


def test_the_old_login_of_flower_is_refused() -> None:
    ask = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://localhost:5555/workers"]
    assert rotation.exec("flower", *ask, "-u", "admin:another") == "200"
    assert rotation.exec("flower", *ask, "-u", old["flower-basic-auth"]) == "401"


def test_the_password_of_the_first_user() -> None:
    url = rotation.airflow.url
    rotation.exec("webserver", "airflow", "users", "reset-password", "--username", "admin", "--password", "another")
    with pytest.raises(urllib.error.HTTPError) as refused:
        AirflowClient(url, "admin", old["admin-password"])
    refused.value.close()
    assert refused.value.code == 401
    assert AirflowClient(url, "admin", "another").call("GET", "/dags")
