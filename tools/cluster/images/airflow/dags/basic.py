"""The DAGs of the cluster's tests, for Airflow 3 and 2."""

import os
import socket
import time
from datetime import datetime, timedelta

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import dag, task
except ImportError:
    from airflow.decorators import dag, task
    from airflow.operators.bash import BashOperator

settings = {"schedule": None, "catchup": False, "start_date": datetime(2025, 1, 1), "max_active_tasks": 100}


@dag(dag_id="first", **settings)
def first() -> None:
    """A shell's task and two of Python, one after the other."""
    hello = BashOperator(task_id="hello", bash_command="echo hello from $(hostname)")

    @task
    def answer() -> int:
        print("forty-two is the answer")  # noqa: T201
        return 42

    @task
    def end(number: int) -> int:
        return number

    end(hello >> answer())


@dag(dag_id="mapped", params={"tasks": 200}, **settings)
def mapped() -> None:
    """As many empty tasks as asked for, all at once."""

    @task
    def numbers(params=None) -> list[int]:
        return list(range(int(params["tasks"])))

    @task
    def nothing(number: int) -> None:
        """Does nothing."""

    nothing.expand(number=numbers())


@dag(dag_id="sleepers", params={"tasks": 20, "seconds": 5}, **settings)
def sleepers() -> None:
    """Tasks that take a while, and tell where and how often they ran."""

    @task
    def numbers(params=None) -> list[int]:
        return list(range(int(params["tasks"])))

    @task(retries=3, retry_delay=timedelta(seconds=1))
    def sleep(number: int, params=None) -> str:
        print(f"task {number} begins")  # noqa: T201
        time.sleep(float(params["seconds"]))
        print(f"task {number} ends")  # noqa: T201
        return socket.gethostname()

    sleep.expand(number=numbers())


@dag(dag_id="queues", **settings)
def queues() -> None:
    """A task for a queue of its own."""

    @task(queue="heavy")
    def heavy() -> str:
        return socket.gethostname()

    @task
    def light() -> str:
        return socket.gethostname()

    heavy()
    light()


@dag(dag_id="environment", **settings)
def environment() -> None:
    """The names of a task's variables."""

    @task
    def variables() -> list[str]:
        return sorted(os.environ)

    variables()


@dag(dag_id="failing", **settings)
def failing() -> None:
    """A task that fails."""

    @task
    def fail() -> None:
        raise ValueError("as it should")

    fail()


first()
mapped()
sleepers()
queues()
environment()
failing()
