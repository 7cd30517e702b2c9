"""Celery workers: every set is the settings under `workers` with the set's own changes over them."""

from __future__ import annotations

from typing import Any

from airflow_charts.parts.access import manage_pods, service_account
from airflow_charts.parts.component import ANYWHERE, KUBERNETES_API, Component, Holds, Need, Port, Sets, other
from airflow_charts.parts.names import name_of
from airflow_charts.parts.option import Option
from airflow_charts.parts.pod import asked, container_port, exec_check, probed
from airflow_charts.parts.pod_settings import pod_of
from airflow_charts.parts.scripts import script
from airflow_charts.parts.workload import deployment, disruption_budget
from airflow_charts.processes.airflow_pod import Program, airflow_pod, commanded, forking
from airflow_charts.processes.config import checksums
from airflow_charts.processes.keys import API_SECRET, FERNET
from airflow_charts.processes.services import BROKER, DATABASE, RESULTS
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, each_pair, filled, has_key, join, let, negate, overlaid, when
from airflow_charts.values import Values, conditions
from airflow_charts.values.pod import Pod
from airflow_charts.values.workers import Workers, WorkerSettings

LOGS = Port("logs", 8793, options=(("logging", "worker_log_server_port"),))
"""The logs of running tasks: on workers, and on the scheduler where it runs tasks."""


def program(values: Values, release: Release, name: str, settings: WorkerSettings) -> Program:
    """What a worker of a set runs. It is alive as long as it answers a ping through the broker."""
    check = exec_check(*script(release, "check_worker.py"))
    return Program(
        component=COMPONENT,
        args=[
            *forking(release, "celery", "worker", "--concurrency", f"{settings.concurrency}"),
            *when(filled(settings.queues), lambda: ["--queues", join(settings.queues, ",")]),
        ],
        ports=[container_port(release, LOGS)],
        startup=probed(settings.startup_probe, check),
        liveness=probed(settings.liveness_probe, check),
        set_name=name,
        scripts={"import_first.py": negate(filled(settings.args)), "check_worker.py": asked(settings)},
        checksums=checksums(values, release),
    )


def worker_set(values: Values, release: Release, name: str, settings: WorkerSettings, pod: Pod) -> list[object]:
    """The objects of one set."""
    object_name = name_of(values, release, f"worker-{name}")
    template = airflow_pod(
        values, release, settings, pod, commanded(settings, program(values, release, name, settings))
    )
    return [
        deployment(values, release, settings, COMPONENT.name, pod, template, name=object_name, set_name=name),
        disruption_budget(values, release, settings, COMPONENT.name, name=object_name, set_name=name),
    ]


def objects(values: Values, release: Release) -> list[object]:
    """The objects of all sets, and the ServiceAccount that they share."""
    return [
        service_account(values, release, values.workers, COMPONENT.name),
        *each_pair(
            values.workers.sets,
            lambda name, changes: let(
                overlaid(values.workers, changes, Workers),
                lambda settings: let(
                    pod_of(values, COMPONENT, settings), lambda pod: worker_set(values, release, name, settings, pod)
                ),
            ),
        ),
    ]


def rules(values: Values) -> list[str]:
    """What is wrong with its values."""
    sets: dict[str, Any] = values.workers.sets
    return [
        when(
            all_of(conditions.celery(values), negate(filled(sets))),
            "workers.sets: is empty, so no task would ever run; define a set",
        ),
        *each_pair(
            sets,
            lambda name, changes: when(
                has_key(changes, "serviceAccount"),
                f"workers.sets.{name}.serviceAccount: all sets share one; set workers.serviceAccount",
            ),
        ),
    ]


COMPONENT = Component(
    name="worker",
    section="workers",
    settings=lambda values: values.workers,
    objects=objects,
    runs=conditions.celery,
    sets=Sets(lambda values: values.workers.sets, Workers),
    reads_dags=True,
    writes_logs=True,
    serves=(LOGS,),
    needs=(
        Need(DATABASE, "tasks of Airflow 2 use the database", conditions.airflow_2),
        Need(RESULTS, "the state of Celery's tasks"),
        Need(BROKER, "receives tasks"),
        Need(other("webserver"), "the execution API of Airflow 3", conditions.airflow_3),
        Need(KUBERNETES_API, "manages pods for tasks", lambda values: values.workers.kubernetes_access),
        Need(ANYWHERE, "runs users' code"),
    ),
    keys=(Holds(FERNET, conditions.airflow_2), Holds(API_SECRET)),
    options=(
        Option("celery", "worker_concurrency", "workers.concurrency"),
        Option(
            "celery_broker_transport_options",
            "visibility_timeout",
            "broker.visibilityTimeout",
            lambda values, _: f"{values.broker.visibility_timeout}",
            conditions.celery,
        ),
    ),
    verbs=manage_pods,
    rules=rules,
)
