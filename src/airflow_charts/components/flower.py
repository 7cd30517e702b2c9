"""Flower: the web UI of Celery, behind a login."""

from __future__ import annotations

from airflow_charts.components import topology
from airflow_charts.components.config import checksums
from airflow_charts.components.credentials import credential_variable
from airflow_charts.components.pod import Program, http_check, probed
from airflow_charts.components.workloads import http_service, ingress, replicated
from airflow_charts.k8s import core_v1
from airflow_charts.tracing import when
from airflow_charts.values import Values, conditions
from airflow_charts.values.release import Release


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
            *replicated(values, release, values.flower, program(values, release)),
            http_service(values, release, values.flower, "flower", topology.FLOWER_PORT),
            ingress(values, release, values.flower, "flower"),
        ],
    )
