"""Flower: the web UI of Celery, behind a login."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.credential import credential_variable
from airflow_charts.parts.http import http_service, ingress
from airflow_charts.parts.pod import http_check, probed
from airflow_charts.processes import topology
from airflow_charts.processes.airflow_pod import Program, replicated_airflow
from airflow_charts.processes.config import checksums
from airflow_charts.release import Release
from airflow_charts.tracing import when
from airflow_charts.values import Values, conditions


def program(values: Values, release: Release) -> Program:
    """What Flower runs. `/healthcheck` needs no login."""
    check = http_check(f"{values.flower.path}/healthcheck", "http")
    return Program(
        component="flower",
        args=["airflow", "celery", "flower"],
        env=[
            credential_variable(
                values, release, "AIRFLOW__CELERY__FLOWER_BASIC_AUTH", values.flower.basic_auth, "flower-basic-auth"
            ),
            when(
                conditions.airflow_2(values),
                # Airflow 2 offers no Celery command while its database is SQLite, the default. Flower never connects.
                core_v1.EnvVar(name="AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", value="postgresql://none@localhost/none"),
            ),
        ],
        ports=[core_v1.ContainerPort(name="http", containerPort=release.port(topology.FLOWER_PORT), protocol="TCP")],
        startup=probed(values.flower.startup_probe, check),
        liveness=probed(values.flower.liveness_probe, check),
        readiness=probed(values.flower.readiness_probe, check),
        checksums=checksums(values, release),
    )


def objects(values: Values, release: Release) -> list[object]:
    """Flower's objects."""
    return when(
        conditions.has_flower(values),
        lambda: [
            *replicated_airflow(values, release, values.flower, program(values, release)),
            http_service(values, release, values.flower, "flower", topology.FLOWER_PORT),
            ingress(values, release, values.flower, "flower"),
        ],
    )
