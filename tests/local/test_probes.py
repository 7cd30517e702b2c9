"""What a probe takes for a good answer."""

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_supervisor import PATIENCE, check, container, pod

from airflow_charts.local.pods import Probe
from airflow_charts.local.probes import answers
from airflow_charts.local.running import Running


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "state" / "here"
    folder.mkdir(parents=True)
    return folder


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers with the status that its path names; `hang` never does."""

    def do_GET(self) -> None:
        if self.path == "/hang":
            self.server.released.wait(PATIENCE)  # type: ignore[attr-defined]
            return
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    released = server.released = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def asked(here: Path, probe: Probe) -> bool:
    one = container(here, "main", "")
    return answers(probe, Running(pod(here, "pod", one), one, init=False))


@pytest.mark.parametrize(
    ("path", "good"), [("200", True), ("302", True), ("399", True), ("404", False), ("503", False)]
)
def test_what_http_probes_take_for_good(here: Path, port: int, path: str, good: bool) -> None:
    assert asked(here, Probe("http", port=port, path=f"/{path}", timeout=20)) is good


def test_an_http_probe_waits_no_longer_than_its_timeout(here: Path, port: int) -> None:
    assert not asked(here, Probe("http", port=port, path="/hang", timeout=0.05))


def test_tcp_probes(here: Path, port: int) -> None:
    assert asked(here, Probe("tcp", port=port, timeout=20))
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        closed = reserved.getsockname()[1]
        assert not asked(here, Probe("tcp", port=closed, timeout=20))
        assert not asked(here, Probe("http", port=closed, path="/200", timeout=20))


def test_an_http_probe_of_something_else_fails(here: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)

        def babble() -> None:
            client, _ = server.accept()
            with client:
                client.sendall(b"\x00\x01 not http\r\n\r\n")

        thread = threading.Thread(target=babble)
        thread.start()
        assert not asked(here, Probe("http", port=server.getsockname()[1], path="/", timeout=20))
        thread.join()


def test_exec_probes(here: Path) -> None:
    assert asked(here, check('test "$HERE" = "$PWD/../../here" || test -d "$HERE"'))
    assert not asked(here, check("exit 3"))
    assert not asked(here, Probe("exec", command=("no-such-program",)))
    assert not asked(here, Probe("exec", command=("sleep", "1000"), timeout=0.05))
