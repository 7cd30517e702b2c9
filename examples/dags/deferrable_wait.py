"""A task that waits without a worker.

`wait` defers itself: it leaves its worker, and the triggerer waits for it, together with thousands of others if need
be. When the time has come, the task goes on on any worker. So this DAG succeeds only if the triggerer works.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pendulum

try:
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
    from airflow.sdk import BaseOperator, dag, task
except ImportError:  # Airflow 2
    from airflow.decorators import dag, task
    from airflow.models.baseoperator import BaseOperator
    from airflow.triggers.temporal import TimeDeltaTrigger

log = logging.getLogger(__name__)


class Wait(BaseOperator):
    """Waits in the triggerer, always.

    The sensors of Airflow that wait for a moment do not defer when the moment has passed before they start.
    """

    def __init__(self, *, seconds: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seconds = seconds

    def execute(self, context: Any) -> None:  # noqa: ARG002
        """Hands over to the triggerer; nothing after `defer` runs."""
        log.info("leaving the worker for %s seconds", self.seconds)
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=self.seconds)), method_name="resume")

    def resume(self, context: Any, event: Any) -> str:  # noqa: ARG002
        """What the task does when the trigger has fired; the event is what the trigger said."""
        log.info("the triggerer says: %s", event)
        return str(event)


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    tags=["example", "triggerer"],
    doc_md=__doc__,
)
def deferrable_wait() -> None:
    """One task that defers, and one after it."""

    @task
    def done(moment: str) -> None:
        """Runs when the waiting is over."""
        log.info("waited until %s", moment)

    done(Wait(task_id="wait", seconds=3).output)


deferrable_wait()
