"""The liveness of a Celery worker: whether it answers a ping through the broker.

It fails only when a ping was sent and nobody answered: a broker that does not answer, or that has no broadcasts (SQS),
is no reason to restart the worker. It does what `celery inspect ping` does with kombu alone, without importing Airflow.
Environment: AIRFLOW__CELERY__BROKER_URL, or AIRFLOW__CELERY__BROKER_URL_CMD; AIRFLOW_CONFIG; HOSTNAME.
"""

import configparser
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from typing import Any

from kombu import Connection  # type: ignore[attr-defined]
from kombu.pidbox import Mailbox

SECTION = "celery_broker_transport_options"


def broker_url() -> str:
    """The URL of the broker."""
    command = os.environ.get("AIRFLOW__CELERY__BROKER_URL_CMD", "")
    given = os.environ.get("AIRFLOW__CELERY__BROKER_URL")
    return given or subprocess.check_output(shlex.split(command), text=True).strip()


def transport_options() -> dict[str, Any]:
    """Airflow's options for the broker, such as the name of a Redis Sentinel's master."""
    config = configparser.ConfigParser(interpolation=None, strict=False)
    config.read(os.environ.get("AIRFLOW_CONFIG", ""))
    options = dict(config[SECTION]) if config.has_section(SECTION) else {}
    prefix = f"AIRFLOW__{SECTION.upper()}__"
    options.update({key[len(prefix) :].lower(): os.environ[key] for key in os.environ if key.startswith(prefix)})
    return {key: _parsed(value) for key, value in options.items()}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def give_up(*_: object) -> None:
    """Ends the check where the broker hangs; no exception, because clients of Redis would catch it and try again."""
    print("the broker does not answer in time", flush=True)
    os._exit(0)


def answers(name: str) -> bool:
    """Whether a worker answers; True where it cannot be asked."""
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(4)
    options = transport_options()
    with Connection(broker_url(), transport_options=options) as connection:  # type: ignore[no-untyped-call]
        if not connection.supports_exchange_type("fanout"):
            return True
        connection.connect()
        signal.alarm(8)
        mailbox = Mailbox("celery", type="fanout", accept=["json"])(connection)  # type: ignore[no-untyped-call]
        return bool(mailbox.call([name], "ping", timeout=5))


if __name__ == "__main__":
    node = f"celery@{os.environ.get('HOSTNAME') or socket.gethostname()}"
    try:
        alive = answers(node)
    except Exception as error:  # any transport's error
        print(f"the broker does not answer: {type(error).__name__}")
        alive = True
    if not alive:
        sys.exit(f"{node} does not answer")
