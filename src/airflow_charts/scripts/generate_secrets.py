"""Creates what is missing in one Secret, through the Kubernetes API. It never overwrites a key.

A Fernet key is only made for a database in which nothing is encrypted yet: a second key could not read what the first
one wrote. Arguments: the name of the Secret, then `key=kind` pairs; the kinds are `password`, `fernet` and `login`
(user:password). Environment: the database's, where a Fernet key may have to be made; POD_NAMESPACE.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import ssl
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import wait_for_schema  # type: ignore[import-not-found]

ACCOUNT = Path(os.environ.get("SERVICE_ACCOUNT_FOLDER") or "/var/run/secrets/kubernetes.io/serviceaccount")
LABELS = {"app.kubernetes.io/managed-by": "airflow-charts", "app.kubernetes.io/component": "secret-generation"}
ENCRYPTED = {
    "connection": "is_encrypted OR is_extra_encrypted",
    "variable": "is_encrypted",
    "trigger": "substr(kwargs, 1, 5) = 'gAAAA'",  # what all Fernet texts begin with
}
"""Per table of Airflow, which rows a Fernet key has encrypted."""


def call(method: str, path: str, body: object = None, content_type: str = "application/json") -> Any:
    """One request to the Kubernetes API, past any proxy; returns the parsed answer."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    host = f"[{host}]" if ":" in host else host
    token = (ACCOUNT / "token").read_text(encoding="utf-8").strip()
    request = urllib.request.Request(  # noqa: S310 - always https
        f"https://{host}:{port}/api/v1/namespaces/{os.environ['POD_NAMESPACE']}/secrets{path}",
        data=None if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Bearer {token}", "Content-Type": content_type},
    )
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 would refuse the CAs of older clusters
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def read(name: str) -> Any:
    """The Secret, or None."""
    try:
        return call("GET", f"/{name}")
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def texts_of(secret: Any) -> dict[str, str]:
    """The encoded texts of a Secret."""
    return (secret or {}).get("data") or {}


def make(kind: str) -> str:
    """A new secret text."""
    if kind == "fernet":
        return base64.urlsafe_b64encode(os.urandom(32)).decode()
    password = secrets.token_urlsafe(48)  # 64 characters: what signs with SHA-512 should be as long as its blocks
    return f"admin:{password}" if kind == "login" else password


def add(name: str, texts: dict[str, str]) -> dict[str, str]:
    """Adds keys that are not there, and returns all that there are; another writer's keys win."""
    while True:
        secret = read(name)
        there = texts_of(secret)
        new = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items() if key not in there}
        if not new:
            return there
        try:
            if secret is None:
                call("POST", "", {"metadata": {"name": name, "labels": LABELS}, "type": "Opaque", "data": new})
            else:
                patch = {"metadata": {"resourceVersion": secret["metadata"]["resourceVersion"]}, "data": new}
                call("PATCH", f"/{name}", patch, "application/merge-patch+json")
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise
            time.sleep(0.2)
            continue
        print(f"created in Secret {name}: {', '.join(sorted(new))}", flush=True)
        return {**there, **new}


def encrypted(uri: str) -> bool:
    """Whether the database holds anything that a Fernet key has encrypted; waits until it answers."""
    connection = wait_for_schema.connect_patiently(uri)
    quote = '"' if uri.startswith("postgres") else "`"
    try:
        return any(
            wait_for_schema.query(connection, f"SELECT 1 FROM {quote}{table}{quote} WHERE {rows} LIMIT 1")  # noqa: S608
            for table, rows in ENCRYPTED.items()
        )
    finally:
        connection.close()


def main(name: str, wanted: dict[str, str]) -> None:
    """Generates what is missing."""
    there = add(name, {key: make(kind) for key, kind in wanted.items() if kind != "fernet"})
    fernet = [key for key, kind in wanted.items() if kind == "fernet" and key not in there]
    if fernet:
        if "database-password" in there:  # made after this container got its environment
            os.environ.setdefault("PGPASSWORD", base64.b64decode(there["database-password"]).decode())
        if encrypted(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]):
            raise SystemExit(
                "the database holds connections or variables that another Fernet key has encrypted, so no new key is "
                f"made. Put the old key into the Secret {name} under {fernet[0]}, or name its Secret in "
                "secrets.fernetKey.existingSecret"
            )
        add(name, {key: make("fernet") for key in fernet})
    print(f"Secret {name} is complete", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1], dict(pair.split("=", 1) for pair in sys.argv[2:]))
    except urllib.error.URLError as failure:
        sys.exit(f"the Kubernetes API: {failure}")
