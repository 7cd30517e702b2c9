"""Addresses and ports of a local run: the same each time, distinct, and free."""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator

import pytest

from airflow_charts.errors import LocalRunError
from airflow_charts.local import addresses
from airflow_charts.local.addresses import free_ports, is_free, pod_addresses

PODS = ["postgresql", "redis", "webserver", "scheduler", "dag-processor", "triggerer", "worker-default", "flower"]
HERE = "127.77.9.4" if sys.platform == "linux" else "127.0.0.1"
PORT = 12000 + os.getpid() % 8000
"""Tests run side by side, and nobody else takes ports below those that the system hands out."""


@contextlib.contextmanager
def taken(address: str, *ports: int) -> Iterator[None]:
    """Servers that listen on ports."""
    with contextlib.ExitStack() as stack:
        for port in ports:
            server = stack.enter_context(socket.socket())
            server.bind((address, port))
            server.listen(1)
        yield


# --- addresses -------------------------------------------------------------------------------------------------------


def test_pods_have_the_same_address_at_each_start() -> None:
    assert pod_addresses("airflow", PODS, own=True) == pod_addresses("airflow", PODS, own=True)


def test_every_pod_has_an_address_of_its_own_but_what_browsers_open() -> None:
    found = pod_addresses("airflow", PODS, own=True)
    assert {name for name, address in found.items() if address == "127.0.0.1"} == {"webserver", "flower"}
    others = [address for name, address in found.items() if name not in addresses.BROWSED]
    assert len(set(others)) == len(others)
    assert all(address.startswith("127.") and not address.startswith("127.0.") for address in others)


def test_two_deployments_have_different_addresses() -> None:
    one, two = (pod_addresses(name, PODS, own=True) for name in ("airflow", "other"))
    assert all(one[pod] != two[pod] for pod in PODS if pod not in addresses.BROWSED)


def test_many_pods_still_have_distinct_addresses_that_can_be_bound() -> None:
    found = pod_addresses("airflow", [f"worker-{number}" for number in range(251)], own=True)
    assert len(set(found.values())) == 251
    assert {int(address.rpartition(".")[2]) for address in found.values()} <= set(range(2, 255))


def test_another_set_of_workers_moves_no_other_pod() -> None:
    before = pod_addresses("airflow", PODS, own=True)
    after = pod_addresses("airflow", [*PODS, "worker-gpu"], own=True)
    assert {pod: after[pod] for pod in PODS} == before


def octet(pod: str) -> int:
    return int(pod_addresses("airflow", [pod], own=True)[pod].rpartition(".")[2])


def test_a_set_of_workers_never_moves_the_pod_whose_address_it_wants() -> None:
    """`up` knows the addresses of the last time."""
    wants_it = next(name for number in range(9999) if octet(name := f"worker-{number}") == octet("worker-main"))
    before = pod_addresses("airflow", ["worker-main"], own=True)
    after = pod_addresses("airflow", [wants_it, "worker-main"], own=True, known=before)
    assert after["worker-main"] == before["worker-main"]
    assert len(set(after.values())) == 2


def test_a_machine_with_one_loopback_address_gives_it_to_all_pods() -> None:
    assert set(pod_addresses("airflow", PODS, own=False).values()) == {"127.0.0.1"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_linux_has_own_addresses() -> None:
    assert addresses.has_own_addresses()


def test_other_systems_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not addresses.has_own_addresses()


# --- ports -----------------------------------------------------------------------------------------------------------


def test_free_ports_stay() -> None:
    assert free_ports({PORT: [HERE], PORT + 1: [HERE]}) == []


def test_a_taken_port_moves_to_the_next_free_one() -> None:
    with taken(HERE, PORT + 10, PORT + 11):
        [moved] = free_ports({PORT + 10: [HERE]})
    assert (moved.usual, moved.port, moved.address) == (PORT + 10, PORT + 12, HERE)


def test_two_ports_that_move_never_meet() -> None:
    with taken(HERE, PORT + 20, PORT + 21):
        moved = free_ports({PORT + 20: [HERE], PORT + 21: [HERE]})
    assert [(item.usual, item.port) for item in moved] == [(PORT + 20, PORT + 22), (PORT + 21, PORT + 23)]


def test_a_port_never_moves_onto_another_that_stays() -> None:
    with taken(HERE, PORT + 30):
        [moved] = free_ports({PORT + 30: [HERE], PORT + 31: [HERE]})
    assert moved.port == PORT + 32


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_a_port_moves_where_it_is_free_on_all_its_addresses() -> None:
    other = "127.77.9.5"
    with taken(HERE, PORT + 40), taken(other, PORT + 41):
        [moved] = free_ports({PORT + 40: [other, HERE]})
    assert (moved.port, moved.address) == (PORT + 42, HERE)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_what_listens_on_another_address_does_not_count() -> None:
    with taken("127.77.9.6", PORT + 50):
        assert is_free(HERE, PORT + 50)


def test_a_server_that_has_just_ended_does_not_count() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((HERE, PORT + 60))
        server.listen(1)
        client = socket.create_connection((HERE, PORT + 60))
        accepted, _ = server.accept()
        accepted.close()  # closes first, and so leaves TIME_WAIT on the server's side
        client.close()
    assert is_free(HERE, PORT + 60)


def test_asking_leaves_the_port_free() -> None:
    assert is_free(HERE, PORT + 70)
    assert is_free(HERE, PORT + 70)


def test_without_any_free_port_nothing_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_free", lambda address, port: False)
    with pytest.raises(LocalRunError, match=r"no port from 8080 to 8280 is free on 127.0.0.1"):
        free_ports({8080: ["127.0.0.1"]})
