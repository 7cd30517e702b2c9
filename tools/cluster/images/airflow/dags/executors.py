"""A DAG whose tasks name their executors."""

import socket
from datetime import datetime

try:
    from airflow.sdk import dag, task
except ImportError:
    from airflow.decorators import dag, task


@dag(dag_id="executors", schedule=None, catchup=False, start_date=datetime(2025, 1, 1))
def executors() -> None:
    """One task for each."""

    @task(executor="CeleryExecutor")
    def with_celery() -> str:
        return socket.gethostname()

    @task(executor="KubernetesExecutor")
    def with_kubernetes() -> str:
        return socket.gethostname()

    with_celery()
    with_kubernetes()


executors()
