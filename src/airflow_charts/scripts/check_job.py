"""The liveness of a component that has no HTTP server: whether its heartbeat in the database is fresh.

Arguments: the type of the job (TriggererJob, DagProcessorJob) and the seconds after which a heartbeat is stale.
A database that does not answer is no reason to restart the component: then the check passes. The age is measured with
the clock of this pod, which wrote the heartbeat, so the clock of the database does not matter.
"""

import os
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import wait_for_schema  # type: ignore[import-not-found]


def own_address() -> str:
    """The address of this pod, found as `airflow.utils.net.get_host_ip_address` finds it."""
    name = socket.gethostname()
    canonical = socket.getaddrinfo(name, None, 0, socket.SOCK_DGRAM, 0, socket.AI_CANONNAME)[0][3]
    return socket.gethostbyname(canonical or name)


def main(kind: str, seconds: int) -> None:
    """Raises SystemExit when the component is not alive."""
    uri = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    epoch = "extract(epoch FROM {})" if uri.startswith("postgres") else "unix_timestamp({})"
    statement = (
        f"SELECT {epoch.format('max(latest_heartbeat)')} FROM job"  # noqa: S608 - constants
        " WHERE job_type = %s AND hostname = %s AND state = 'running'"
    )
    try:
        connection = wait_for_schema.connect(uri)
        last = wait_for_schema.query(connection, statement, kind, os.environ.get("POD_IP") or own_address())
    except Exception as error:  # any driver's error
        print(f"the database does not answer: {wait_for_schema.describe(error)}")
        return
    if last is None:
        raise SystemExit(f"there is no running {kind} of this pod")
    age = time.time() - float(last)
    if age > seconds:
        raise SystemExit(f"the last heartbeat of the {kind} is {int(age)} seconds old")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
