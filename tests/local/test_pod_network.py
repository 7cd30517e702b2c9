"""The network of a pod for Python processes: each test asks a process of its own, as `site` starts it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_charts.local import airflow_venv, pod_network

ADDRESS = "127.93.1.7" if sys.platform == "linux" else "127.0.0.1"
"""macOS knows no other loopback address unless it is made."""
NAME = "airflow-worker-default-0"
PORT = 21000 + os.getpid() % 9000
"""Tests run side by side, and nobody else takes ports below those that the system hands out."""
ANYWHERE = "0.0.0.0"  # noqa: S104 - what the module keeps programs from
PYENV = Path.home() / ".pyenv" / "versions"
PYTHONS = {
    ".".join(folder.name.split(".")[:2]): folder / "bin" / "python3"
    for folder in PYENV.glob("3.*")
    if folder.name.startswith(("3.9.", "3.10.", "3.11.", "3.12.", "3.13."))
}
PYTHONS = {"running": Path(sys.executable), **PYTHONS}

HELPERS = f"""
import asyncio, json, os, socket, sys
PORT = {PORT}
def local(*sockets):
    return [list(one.getsockname()[:2]) for one in sockets]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH with the module, imported at start-up by the very line of the `.pth` file."""
    shutil.copy(pod_network.__file__, tmp_path / f"{airflow_venv.MODULE}.py")
    (tmp_path / "sitecustomize.py").write_text(airflow_venv.START_UP, encoding="utf-8")
    return tmp_path


def run(site: Path, code: str, *, python: Path = Path(sys.executable), address: str = ADDRESS, name: str = NAME) -> Any:
    """What code in a pod's process prints as JSON."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "HOSTNAME": name}
    if address:
        environment["AIRFLOW_CHARTS_POD_ADDRESS"] = address
    done = subprocess.run(
        [python, "-W", "error", "-c", HELPERS + code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("python", PYTHONS.values(), ids=PYTHONS.keys())
def test_every_supported_python_has_the_network(site: Path, python: Path) -> None:
    """Listening through asyncio, `http.server` and plain sockets, names and addresses, on each Python of Airflow."""
    code = """
import http.server
async def listen(host):
    server = await asyncio.start_server(lambda *_: None, host, PORT)
    found = local(*server.sockets)
    server.close()
    await server.wait_closed()
    return found
found = [asyncio.run(listen(host)) for host in (None, "", "0.0.0.0", ["0.0.0.0"])]
with http.server.HTTPServer(("", PORT), http.server.BaseHTTPRequestHandler) as server:
    found.append(local(server.socket))
    names = [server.server_name, socket.gethostname(), socket.getfqdn(), socket.gethostbyname(socket.gethostname())]
with socket.create_server(("0.0.0.0", PORT)) as one:
    found.append(local(one))
print(json.dumps([found, names]))
"""
    found, names = run(site, code, python=python)
    assert found == [[[ADDRESS, PORT]]] * 6
    assert names == [NAME, NAME, NAME, ADDRESS]


def test_nothing_happens_without_an_address(site: Path) -> None:
    """Outside of a pod the module is not even imported, and imported it does nothing and loads nothing."""
    code = f"""
before = "{airflow_venv.MODULE}" in sys.modules
import {airflow_venv.MODULE}
with socket.create_server(("", PORT)) as one:
    print(json.dumps([before, local(one), "bind" in vars(socket.socket), socket.gethostname() == "{NAME}"]))
"""
    assert run(site, code, address="") == [False, [[ANYWHERE, PORT]], False, False]
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; old = set(sys.modules); import {airflow_venv.MODULE}\nprint(set(sys.modules) - old)",
        ],
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "socket" not in loaded.stdout


def test_an_address_that_a_program_chose_is_kept(site: Path) -> None:
    """Loopback, other addresses, Unix sockets and sockets of other families are none of the module's business."""
    code = """
import tempfile
with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("localhost", 0)) as two:
    found = [local(one)[0][0], local(two)[0][0]]
path = tempfile.mkdtemp() + "/socket"
with socket.socket(socket.AF_UNIX) as three:
    three.bind(path)
    found.append(three.getsockname() == path)
print(json.dumps(found))
"""
    assert run(site, code) == ["127.0.0.1", "127.0.0.1", True]


@pytest.mark.parametrize("host", ["", ANYWHERE, "0", "0x0", b"", b"0.0.0.0", bytearray(b"0.0.0.0")])
def test_every_spelling_of_the_ipv4_wildcard_is_the_pod(site: Path, host: object) -> None:
    code = f"""
with socket.socket() as one:
    one.bind(({host!r}, PORT))
    print(json.dumps(local(one)))
"""
    assert run(site, code) == [[ADDRESS, PORT]]


@pytest.mark.parametrize("host", ["", "::", "::0", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0"])
@pytest.mark.parametrize("only", [0, 1])
def test_an_ipv6_wildcard_cannot_leave_the_machine(site: Path, host: str, only: int) -> None:
    """Such a socket serves the pod's IPv4 address, and a client reaches it there."""
    code = f"""
with socket.socket(socket.AF_INET6) as one:
    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, {only})
    one.bind(({host!r}, PORT))
    one.listen()
    socket.create_connection(("{ADDRESS}", PORT), timeout=5).close()
    print(json.dumps(local(one)))
"""
    assert run(site, code) == [[f"::ffff:{ADDRESS}", PORT]]


@pytest.mark.parametrize("families", ["AF_INET, socket.AF_INET6", "AF_INET6, socket.AF_INET"])
def test_a_pair_of_sockets_for_both_families_does_not_collide(site: Path, families: str) -> None:
    """As uvloop makes them, which takes the open files away: the first has the port, the other none that matters."""
    code = f"""
files = []
for family in (socket.{families}):
    one = socket.socket(family)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("0.0.0.0" if family == socket.AF_INET else "::", PORT))
    files.append(one.detach())
sockets = [socket.socket(fileno=one) for one in files]
for one in sockets:
    one.listen()
first, second = local(*sockets)
for one in sockets:
    one.close()
with socket.create_server(("", PORT)) as one:
    again = local(one)
print(json.dumps([first[0].split(":")[-1], first[1], second[0].split(":")[-1], second[1] != PORT, again]))
"""
    assert run(site, code) == [ADDRESS, PORT, ADDRESS, True, [[ADDRESS, PORT]]]


def test_two_servers_of_one_port_are_still_refused(site: Path) -> None:
    code = """
with socket.create_server(("", PORT)):
    try:
        socket.create_server(("", PORT)).close()
    except OSError as error:
        print(json.dumps("in use" in str(error)))
"""
    assert run(site, code) is True


def test_pods_have_the_same_port_at_once(site: Path) -> None:
    """The reason for it all: two workers, each with its log server."""
    if sys.platform != "linux":
        pytest.skip("loopback has one address")
    code = f"""
import subprocess
with socket.create_server(("", PORT)) as one:
    other = {{**os.environ, "AIRFLOW_CHARTS_POD_ADDRESS": "127.93.1.8"}}
    inner = "import socket; print(socket.create_server(('', {PORT})).getsockname()[0])"
    answer = subprocess.run([sys.executable, "-c", inner], env=other, capture_output=True, text=True).stdout.strip()
    print(json.dumps([local(one)[0][0], answer]))
"""
    assert run(site, code) == [ADDRESS, "127.93.1.8"]


def test_clients_of_udp_stay_as_they_are(site: Path) -> None:
    """Bound to the pod's address, they could not send to anything beyond this machine."""
    code = """
with socket.socket(type=socket.SOCK_DGRAM) as client, socket.socket(type=socket.SOCK_DGRAM) as server:
    client.bind(("", 0))
    server.bind(("", PORT))
    print(json.dumps([local(client)[0][0], local(server)[0][0]]))
"""
    assert run(site, code) == [ANYWHERE, ADDRESS]


def test_the_name_is_known_as_in_a_pod(site: Path) -> None:
    """Like a line of `/etc/hosts`; Airflow takes its host name from the canonical name."""
    code = f"""
name = "{NAME}"
found = socket.getaddrinfo(name, 80, type=socket.SOCK_DGRAM, flags=socket.AI_CANONNAME)
socket.getfqdn(); socket.getfqdn()
with socket.socket() as one:
    one.bind((name, PORT))
    listening = local(one)
try:
    socket.getaddrinfo(name, 80, flags=socket.AI_NUMERICHOST)
except socket.gaierror:
    numeric = False
print(json.dumps([
    [[one[3], one[4]] for one in found], socket.gethostbyname(name.upper()), socket.gethostbyname_ex(name),
    socket.gethostbyaddr("{ADDRESS}"), listening, numeric, socket.gethostbyname("localhost"),
]))
"""
    entry = [NAME, [], [ADDRESS]]
    assert run(site, code) == [[[NAME, [ADDRESS, 80]]], ADDRESS, entry, entry, [[ADDRESS, PORT]], False, "127.0.0.1"]


def test_without_a_name_the_machine_keeps_its_own(site: Path) -> None:
    code = """
with socket.create_server(("", PORT)) as one:
    print(json.dumps([local(one), socket.gethostname()]))
"""
    listening, name = run(site, code, name="")
    assert listening == [[ADDRESS, PORT]]
    assert name not in {"", NAME}


def test_lookups_to_connect_are_the_machines(site: Path) -> None:
    """Without AI_PASSIVE no host means `localhost`, and other names are asked for as ever."""
    code = """
found = {one[4][0] for one in socket.getaddrinfo(None, 80) + socket.getaddrinfo("127.0.0.1", 80)}
print(json.dumps(found <= {"127.0.0.1", "::1"}))
"""
    assert run(site, code) is True
