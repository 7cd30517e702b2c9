"""Celery workers: every set is the settings under `workers` with the set's own changes over them."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.access import service_account
from airflow_charts.parts.names import name_of
from airflow_charts.parts.pod import asked, exec_check, probed
from airflow_charts.parts.scripts import script
from airflow_charts.parts.workload import deployment, disruption_budget
from airflow_charts.processes import topology
from airflow_charts.processes.airflow_pod import Program, airflow_pod, forking
from airflow_charts.processes.config import checksums
from airflow_charts.release import Release
from airflow_charts.tracing import each_pair, filled, join, let, negate, overlaid, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.workers import WorkerSettings


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
    pod = airflow_pod(values, release, settings, program(values, release, name, settings))
    return [
        deployment(values, release, settings, "worker", pod, name=object_name, set_name=name),
        disruption_budget(values, release, settings, "worker", name=object_name, set_name=name),
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
