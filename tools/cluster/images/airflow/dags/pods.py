"""The DAGs of the cluster's tests that only KubernetesExecutor can run."""

import os
import socket
import time
from datetime import datetime

from kubernetes.client import models as k8s

try:
    from airflow.sdk import dag, task
except ImportError:
    from airflow.decorators import dag, task

OVERRIDE = k8s.V1Pod(
    metadata=k8s.V1ObjectMeta(labels={"team": "data"}),
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(
                name="base",
                env=[k8s.V1EnvVar(name="GREETING", value="hello")],
                resources=k8s.V1ResourceRequirements(limits={"memory": "700Mi"}),
            )
        ]
    ),
)


@dag(dag_id="pods", schedule=None, catchup=False, start_date=datetime(2025, 1, 1), params={"seconds": 0})
def pods() -> None:
    """A task in a pod with a setting of its own, one in another executor's hands, and one that takes a while."""

    @task(executor_config={"pod_override": OVERRIDE})
    def overridden() -> str:
        return os.environ.get("GREETING", "")

    @task
    def slow(params=None) -> str:
        print("slow begins", flush=True)  # noqa: T201
        time.sleep(float(params["seconds"]))
        print("slow ends", flush=True)  # noqa: T201
        return socket.gethostname()

    overridden()
    slow()


pods()
