"""The triggerer: runs deferred tasks and serves their logs."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.pod import asked, probed
from airflow_charts.processes import topology
from airflow_charts.processes.airflow_pod import Program, job_check, replicated_airflow
from airflow_charts.processes.config import checksums
from airflow_charts.release import Release
from airflow_charts.tracing import when
from airflow_charts.values import Values, conditions


def program(values: Values, release: Release) -> Program:
    """What the triggerer runs. It has no health server, so its heartbeat is read from the database."""
    check = job_check(release, "TriggererJob")
    return Program(
        component="triggerer",
        args=["airflow", "triggerer"],
        ports=[
            core_v1.ContainerPort(name="logs", containerPort=release.port(topology.TRIGGERER_LOG_PORT), protocol="TCP")
        ],
        startup=probed(values.triggerer.startup_probe, check),
        liveness=probed(values.triggerer.liveness_probe, check),
        reads_dags=True,
        writes_logs=True,
        scripts={"check_job.py": asked(values.triggerer)},
        checksums=checksums(values, release),
    )


def objects(values: Values, release: Release) -> list[object]:
    """The triggerer's objects."""
    return when(
        conditions.has_triggerer(values),
        lambda: replicated_airflow(values, release, values.triggerer, program(values, release)),
    )
