"""generate_secrets.py with a Kubernetes API that is only Secrets, and a real PostgreSQL."""

import base64
import json
import shutil
import socket
import sqlite3
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from servers import Database, Postgresql, program, run_script, start_script

PATH = "/api/v1/namespaces/here/secrets"
TOKEN = "Seen-token"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@dataclass
class Api:
    """A Kubernetes API with at most one Secret."""

    environment: dict[str, str]
    secret: dict[str, Any] | None = None
    calls: list[str] = field(default_factory=list)
    before_write: Callable[[], None] = lambda: None
    """What another writer does just before a write of the script."""

    @property
    def texts(self) -> dict[str, str]:
        data = (self.secret or {}).get("data") or {}
        return {key: base64.b64decode(text).decode() for key, text in data.items()}

    def set(self, **data: str) -> None:
        version = int(self.secret["metadata"]["resourceVersion"]) + 1 if self.secret else 1
        self.secret = {
            "metadata": {"name": "generated", "resourceVersion": str(version)},
            "data": {key: encoded(text) for key, text in data.items()},
        }

    def answer(self, method: str, path: str, headers: Any, body: Any) -> tuple[int, Any]:
        self.calls.append(method)
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {}
        if method != "GET":
            change, self.before_write = self.before_write, lambda: None
            change()
        if method == "POST" and path == PATH:
            if self.secret:
                return 409, {}
            body["metadata"]["resourceVersion"] = "1"
            self.secret = body
            return 201, body
        if path != f"{PATH}/generated" or not self.secret:
            return 404, {}
        if method == "PATCH":
            assert headers["Content-Type"] == "application/merge-patch+json"
            if body["metadata"]["resourceVersion"] != self.secret["metadata"]["resourceVersion"]:
                return 409, {}
            self.secret["data"] = {**(self.secret.get("data") or {}), **body["data"]}
        return 200, self.secret


@contextmanager
def serve(folder: Path, host: str) -> Iterator[Api]:
    """The API behind https, with a certificate authority of its own."""
    key, certificate = folder / "key", folder / "ca.crt"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=ca"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        [program("openssl"), "req", "-x509", *kind, "-addext", f"subjectAltName=IP:{host}", *files],
        check=True,
        capture_output=True,
    )
    (folder / "token").write_text(f"{TOKEN}\n", encoding="utf-8")

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = served.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - the server's own names

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server((host, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        served = Api(
            {
                "SERVICE_ACCOUNT_FOLDER": str(folder),
                "KUBERNETES_SERVICE_HOST": host,
                "KUBERNETES_SERVICE_PORT": str(server.server_address[1]),
                "POD_NAMESPACE": "here",
                "https_proxy": "http://127.0.0.1:1",
            }
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """The API on IPv4."""
    with serve(tmp_path, "127.0.0.1") as found:
        yield found


def generate(api: Api, *wanted: str, **environment: str) -> tuple[int, str]:
    status, output = run_script("generate_secrets.py", "generated", *wanted, **{**api.environment, **environment})
    for text in filter(None, (TOKEN, *api.texts.values())):
        assert text not in output
        assert encoded(text) not in output
    return status, output


def test_a_new_secret_has_every_key(api: Api) -> None:
    """Long random texts, and a user before the login; nobody asked for a Fernet key, so no database is touched."""
    assert generate(api, "jwt-secret=password", "flower=login") == (
        0,
        "created in Secret generated: flower, jwt-secret\nSecret generated is complete\n",
    )
    assert len(api.texts["jwt-secret"]) == 64
    assert api.texts["flower"].startswith("admin:")
    assert api.texts["flower"].removeprefix("admin:") != api.texts["jwt-secret"]
    assert api.secret
    assert "app.kubernetes.io/instance" not in api.secret["metadata"]["labels"]


def test_only_missing_keys_are_added(api: Api) -> None:
    """What is there stays, also an empty text; a second run writes nothing."""
    api.set(a="old", c="")
    assert generate(api, "a=password", "b=password", "c=password")[1].startswith("created in Secret generated: b\n")
    first = api.texts
    assert (first["a"], first["c"]) == ("old", "")
    api.calls.clear()
    assert generate(api, "a=password", "b=password", "c=password") == (0, "Secret generated is complete\n")
    assert api.texts == first
    assert set(api.calls) == {"GET"}


def test_a_secret_without_data_is_filled(api: Api) -> None:
    """Kubernetes leaves the field out when it is empty."""
    api.set()
    assert api.secret
    del api.secret["data"]
    assert generate(api, "a=password")[0] == 0
    assert set(api.texts) == {"a"}


@pytest.mark.parametrize("exists", [True, False])
def test_the_keys_of_another_writer_win(api: Api, *, exists: bool) -> None:
    """Both kinds of conflict end in reading again."""
    if exists:
        api.set(other="x")
    api.before_write = lambda: api.set(a="theirs")
    status, output = generate(api, "a=password", "b=password")
    assert status == 0
    assert api.texts["a"] == "theirs"
    assert output.startswith("created in Secret generated: b\n")


def test_an_api_on_ipv6_is_reached(tmp_path: Path) -> None:
    """Its address stands in brackets in a URL."""
    with serve(tmp_path, "::1") as api:
        assert generate(api, "a=password")[0] == 0


def test_a_server_of_another_authority_gets_no_token(api: Api, tmp_path: Path) -> None:
    """The folder of the account says whom to trust."""
    other = tmp_path / "other"
    other.mkdir()
    with serve(other, "127.0.0.1"):
        pass
    shutil.copy(other / "ca.crt", tmp_path / "ca.crt")
    status, output = generate(api, "a=password")
    assert status == 1
    assert "certificate verify failed" in output
    assert not api.calls


def test_a_refusal_of_the_api_is_told_in_one_line(api: Api, tmp_path: Path) -> None:
    """The Job tries again."""
    (tmp_path / "token").write_text("old", encoding="utf-8")
    assert generate(api, "a=password") == (1, "the Kubernetes API: HTTP Error 401: Unauthorized\n")


def test_a_fernet_key_is_made_for_a_new_database(api: Api, database: Database) -> None:
    """The key is one: 32 bytes."""
    assert generate(api, "fernet-key=fernet", **database.environment)[0] == 0
    assert len(base64.urlsafe_b64decode(api.texts["fernet-key"])) == 32


TABLES = (
    "CREATE TABLE connection (is_encrypted boolean, is_extra_encrypted boolean)",
    "CREATE TABLE variable (is_encrypted boolean)",
    "CREATE TABLE trigger (kwargs text)",
)


def test_a_fernet_key_is_made_where_nothing_is_encrypted(api: Api, database: Database) -> None:
    """Rows alone are no reason to refuse."""
    database.execute(
        *TABLES,
        "INSERT INTO connection VALUES (false, false), (NULL, NULL)",
        "INSERT INTO variable VALUES (false)",
        "INSERT INTO trigger VALUES ('')",
    )
    assert generate(api, "fernet-key=fernet", **database.environment)[0] == 0


@pytest.mark.parametrize(
    "row",
    [
        "connection VALUES (true, false)",
        "connection VALUES (false, true)",
        "variable VALUES (true)",
        "trigger VALUES ('gAAAAABk')",
    ],
)
def test_no_second_fernet_key_for_an_encrypted_database(api: Api, database: Database, row: str) -> None:
    """It could not read what the first one wrote; everything else is made all the same."""
    database.execute(*TABLES, f"INSERT INTO {row}")
    status, output = generate(api, "fernet-key=fernet", "a=password", **database.environment)
    assert status == 1
    assert "no new key is made. Put the old key into the Secret generated under fernet-key" in output
    assert set(api.texts) == {"a"}


def test_a_fernet_key_that_is_there_needs_no_database(api: Api) -> None:
    """As on every upgrade."""
    api.set(**{"fernet-key": "mine"})
    assert generate(api, "fernet-key=fernet", "a=password")[0] == 0
    assert api.texts["fernet-key"] == "mine"


def test_the_database_gets_the_password_that_was_just_made(api: Api, postgresql: Postgresql) -> None:
    """On the first install the database starts with the Secret of this very run; the script waits for it."""
    uri = Database(postgresql).uri
    waiting = start_script(
        "generate_secrets.py",
        "generated",
        "fernet-key=fernet",
        "database-password=password",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=uri,
        **api.environment,
    )
    assert waiting.stdout
    assert waiting.stdout.readline() == "created in Secret generated: database-password\n"
    assert waiting.stdout.readline() == "the database does not answer: OperationalError: connection refused\n"
    postgresql.start(METADATA_PASSWORD=api.texts["database-password"])
    output, _ = waiting.communicate(timeout=30)
    assert output.endswith("created in Secret generated: fernet-key\nSecret generated is complete\n")
    assert waiting.returncode == 0


def test_other_databases_are_asked_through_sqlalchemy(api: Api, tmp_path: Path) -> None:
    """MySQL, with SQLite in its place."""
    with sqlite3.connect(tmp_path / "db") as connection:
        for statement in (*TABLES[1:], "INSERT INTO `trigger` VALUES ('gAAAAABk')"):
            connection.execute(statement.replace("TABLE trigger", "TABLE `trigger`"))
    connection.close()
    uri = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/db"}
    assert generate(api, "fernet-key=fernet", **uri)[0] == 1
    uri = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/none"}
    assert generate(api, "fernet-key=fernet", **uri)[0] == 0
