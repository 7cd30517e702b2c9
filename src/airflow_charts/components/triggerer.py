"""The triggerer: runs deferred tasks and serves their logs."""

from __future__ import annotations

from airflow_charts.components import topology
from airflow_charts.components.config import checksums
from airflow_charts.components.pod import Program, asked, job_check, probed
from airflow_charts.components.workloads import replicated
from airflow_charts.k8s import core_v1
from airflow_charts.tracing import when
from airflow_charts.values import Values, conditions
from airflow_charts.values.release import Release


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
        lambda: replicated(values, release, values.triggerer, program(values, release)),
    )
