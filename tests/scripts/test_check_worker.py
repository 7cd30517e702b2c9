"""check_worker.py with a real Celery worker and a real Redis."""

import importlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import NASTY, SCRIPTS, Pod, eventually, free_port, make_redis, owned_folder, run_script

sys.path.insert(0, str(SCRIPTS))
check_worker = importlib.import_module("check_worker")  # by its path, as in a pod

NODE = "worker-0"


@pytest.fixture(scope="module")
def broker() -> Iterator[Pod]:
    """A running Redis."""
    with owned_folder() as folder:
        server = make_redis(folder)
        server.start()
        eventually(lambda: "eady to accept connections" in server.log)
        yield server
        server.stop()


@pytest.fixture(scope="module")
def worker(broker: Pod) -> Iterator[subprocess.Popen[bytes]]:
    """A running Celery worker."""
    (broker.folder / "application.py").write_text(
        "import os\nfrom celery import Celery\napp = Celery(broker=os.environ['URL'])\n", encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "celery",
        "--app",
        "application",
        "worker",
        "--pool",
        "solo",
        "-n",
        f"celery@{NODE}",
    ]
    with (broker.folder / "worker").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", "--loglevel", "INFO"],
            cwd=broker.folder,
            env={**os.environ, "URL": _uri(broker)},
            stdout=log,
            stderr=log,
        )
    eventually(lambda: "ready." in (broker.folder / "worker").read_text(encoding="utf-8"), 30)
    yield process
    process.kill()
    process.wait()


def _uri(broker: Pod) -> str:
    place = f"127.0.0.1:{broker.environment['REDIS_PORT']}/1"
    return run_script("connection_uri.py", "redis", "", "BROKER_PASSWORD", place, BROKER_PASSWORD=NASTY)[1]


def check(broker: Pod, **changes: str) -> tuple[int, str]:
    place = f"127.0.0.1:{broker.environment['REDIS_PORT']}/1"
    script = SCRIPTS / "connection_uri.py"
    environment = {
        "AIRFLOW__CELERY__BROKER_URL_CMD": f"{shlex.quote(sys.executable)} {script} redis '' BROKER_PASSWORD {place}",
        "BROKER_PASSWORD": NASTY,
        "HOSTNAME": NODE,
    }
    return run_script("check_worker.py", **{**environment, **changes})


def test_a_worker_that_answers_is_alive(broker: Pod, worker: subprocess.Popen[bytes]) -> None:
    """The URL comes from the command that Airflow itself calls."""
    assert check(broker) == (0, "")
    assert check(broker, AIRFLOW__CELERY__BROKER_URL=_uri(broker)) == (0, "")


def test_airflow_s_options_of_the_broker_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From airflow.cfg and, over it, from the environment: another prefix of keys is another channel."""
    file = tmp_path / "airflow.cfg"
    file.write_text(
        "[celery_broker_transport_options]\nvisibility_timeout = 86400\nmaster_name = x%\n", encoding="utf-8"
    )
    monkeypatch.setenv("AIRFLOW_CONFIG", str(file))
    monkeypatch.setenv("AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__GLOBAL_KEYPREFIX", "mine")
    monkeypatch.setenv("AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SENTINEL_KWARGS", '{"password": "x"}')
    assert check_worker.transport_options() == {
        "visibility_timeout": 86400,
        "master_name": "x%",
        "global_keyprefix": "mine",
        "sentinel_kwargs": {"password": "x"},
    }


def test_a_worker_that_hangs_fails(broker: Pod, worker: subprocess.Popen[bytes]) -> None:
    """Its process is there and answers nothing; once it goes on, it is alive."""
    worker.send_signal(signal.SIGSTOP)
    try:
        assert check(broker) == (1, f"celery@{NODE} does not answer\n")
    finally:
        worker.send_signal(signal.SIGCONT)
    eventually(lambda: check(broker)[0] == 0)


def test_a_broker_that_does_not_answer_passes(broker: Pod) -> None:
    """A restart of the worker would not help it."""
    status, output = check(broker, AIRFLOW__CELERY__BROKER_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert status == 0
    assert output.startswith("the broker does not answer")
    status, output = check(broker, BROKER_PASSWORD="wrong")
    assert status == 0
    assert output.startswith("the broker does not answer")


def test_a_broker_that_hangs_passes_before_the_probe_times_out(broker: Pod) -> None:
    """Clients of Redis try again for minutes."""
    assert broker.process
    broker.process.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    try:
        assert check(broker) == (0, "the broker does not answer in time\n")
    finally:
        broker.process.send_signal(signal.SIGCONT)
    assert time.monotonic() - begin < 10


def test_a_broker_without_broadcasts_passes(broker: Pod) -> None:
    """Nobody can be asked through SQS."""
    assert check(broker, AIRFLOW__CELERY__BROKER_URL="sqs://")[0] == 0
