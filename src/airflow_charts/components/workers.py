"""Celery workers: every set is the settings under `workers` with the set's own changes over them."""

from __future__ import annotations

from airflow_charts.components import topology
from airflow_charts.components.config import checksums
from airflow_charts.components.names import name_of
from airflow_charts.components.pod import Program, asked, exec_check, forking, probed, service_account
from airflow_charts.components.scripts import script
from airflow_charts.components.workloads import deployment, disruption_budget
from airflow_charts.k8s import core_v1
from airflow_charts.tracing import each_pair, filled, join, let, negate, overlaid, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.components import WorkerSettings
from airflow_charts.values.release import Release


def program(values: Values, release: Release, name: str, settings: WorkerSettings) -> Program:
    """What a worker of a set runs. It is alive as long as it answers a ping through the broker."""
    check = exec_check(*script(release, "check_worker.py"))
    return Program(
        component="worker",
        args=[
            *forking(release, "celery", "worker", "--concurrency", f"{settings.concurrency}"),
            *when(filled(settings.queues), lambda: ["--queues", join(settings.queues, ",")]),
        ],
        ports=[
            core_v1.ContainerPort(name="logs", containerPort=release.port(topology.WORKER_LOG_PORT), protocol="TCP")
        ],
        startup=probed(settings.startup_probe, check),
        liveness=probed(settings.liveness_probe, check),
        reads_dags=True,
        writes_logs=True,
        set_name=name,
        scripts={"import_first.py": negate(filled(settings.args)), "check_worker.py": asked(settings)},
        checksums=checksums(values, release),
    )


def worker_set(values: Values, release: Release, name: str, settings: WorkerSettings) -> list[object]:
    """The objects of one set."""
    object_name = name_of(values, release, f"worker-{name}")
    running = program(values, release, name, settings)
    return [
        deployment(values, release, settings, running, name=object_name),
        disruption_budget(values, release, settings, running, name=object_name),
    ]


def objects(values: Values, release: Release) -> list[object]:
    """The objects of all sets, and the ServiceAccount that they share."""
    return when(
        conditions.celery(values),
        lambda: [
            service_account(values, release, values.workers, "worker"),
            *each_pair(
                values.workers.sets,
                lambda name, changes: let(
                    overlaid(values.workers, changes),
                    lambda settings: worker_set(values, release, name, settings),
                ),
            ),
        ],
    )
