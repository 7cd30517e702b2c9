"""A task that fails at first and succeeds at its second try.

`fetch` has one retry. Its first try fails, Airflow calls `on_retry`, waits for the `retry_delay` and tries again. Had
the last try failed as well, Airflow would have called `on_failure`: the place for a message to whoever is on call.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pendulum

try:
    from airflow.sdk import dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task

log = logging.getLogger(__name__)


def on_retry(context: Any) -> None:
    """Called after each failed try that is not the last."""
    log.warning("try %s failed, there will be another: %s", context["ti"].try_number, context.get("exception"))


def on_failure(context: Any) -> None:
    """Called after the last failed try."""
    log.error("%s has failed for good: %s", context["ti"].task_id, context.get("exception"))


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["example", "retries"],
    doc_md=__doc__,
)
def retried() -> None:
    """One task with a retry, and one after it."""

    @task(
        retries=1,
        retry_delay=timedelta(seconds=2),
        on_retry_callback=on_retry,
        on_failure_callback=on_failure,
    )
    def fetch(ti: Any = None) -> int:
        """The number of the try that succeeded."""
        if ti.try_number == 1:
            raise ConnectionError("the service is not there yet (this is meant to happen once)")
        return int(ti.try_number)

    @task
    def report(tries: int) -> None:
        """Runs when `fetch` has succeeded."""
        log.info("fetched at try %s", tries)

    report(fetch())


retried()
