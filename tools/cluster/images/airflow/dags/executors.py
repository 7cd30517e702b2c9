"""A DAG whose tasks name their executors, where Airflow has both."""

import socket
from datetime import datetime

from airflow.configuration import conf

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


if {"CeleryExecutor", "KubernetesExecutor"} <= set(conf.get("core", "executor").split(",")):
    executors()
