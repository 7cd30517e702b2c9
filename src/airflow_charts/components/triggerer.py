"""The triggerer: runs deferred tasks and serves their logs."""

from __future__ import annotations

from airflow_charts.parts.access import manage_pods
from airflow_charts.parts.component import ANYWHERE, KUBERNETES_API, Component, Holds, Need, Port
from airflow_charts.parts.option import Option
from airflow_charts.parts.pod import asked, container_port, probed
from airflow_charts.processes.airflow_pod import Program, job_check, replicated_airflow
from airflow_charts.processes.config import checksums
from airflow_charts.processes.keys import API_SECRET, FERNET
from airflow_charts.processes.services import DATABASE
from airflow_charts.release import Release
from airflow_charts.values import Values, conditions

LOGS = Port("logs", 8794, options=(("logging", "trigger_log_server_port"),))


def _capacity(values: Values, release: Release) -> str:
    del release
    return f"{values.triggerer.capacity}"


def program(values: Values, release: Release) -> Program:
    """What the triggerer runs. It has no health server, so its heartbeat is read from the database."""
    check = job_check(release, "TriggererJob")
    return Program(
        component=COMPONENT,
        args=["airflow", "triggerer"],
        ports=[container_port(release, LOGS)],
        startup=probed(values.triggerer.startup_probe, check),
        liveness=probed(values.triggerer.liveness_probe, check),
        scripts={"check_job.py": asked(values.triggerer)},
        checksums=checksums(values, release),
    )


def objects(values: Values, release: Release) -> list[object]:
    """The triggerer's objects."""
    return replicated_airflow(values, release, values.triggerer, program(values, release))


COMPONENT = Component(
    name="triggerer",
    settings=lambda values: values.triggerer,
    objects=objects,
    runs=conditions.has_triggerer,
    reads_dags=True,
    writes_logs=True,
    serves=(LOGS,),
    needs=(
        Need(DATABASE, "the deferred tasks"),
        Need(KUBERNETES_API, "watches pods for tasks", lambda values: values.triggerer.kubernetes_access),
        Need(ANYWHERE, "runs users' code"),
    ),
    keys=(Holds(FERNET), Holds(API_SECRET)),
    options=(
        Option("triggerer", "capacity", "triggerer.capacity", _capacity, conditions.airflow_3),
        Option("triggerer", "default_capacity", "triggerer.capacity", _capacity, conditions.airflow_2),
    ),
    verbs=manage_pods,
)
