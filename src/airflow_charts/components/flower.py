"""Flower: the web UI of Celery, behind a login."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Component, Need, Port
from airflow_charts.parts.credential import CredentialRecord, credential_variable
from airflow_charts.parts.http import http_service, ingress
from airflow_charts.parts.option import Option, Variable
from airflow_charts.parts.pod import container_port, http_check, probed
from airflow_charts.processes.airflow_pod import Program, replicated_airflow
from airflow_charts.processes.config import checksums
from airflow_charts.processes.services import BROKER
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, filled, negate, when
from airflow_charts.values import Values, conditions

UI = Port(
    "http",
    5555,
    options=(("celery", "flower_port"),),
    users="the UI of Celery",
    peers=lambda values: values.flower.ingress_peers,
)
BASIC_AUTH = CredentialRecord(
    path="flower.basicAuth",
    key="flower-basic-auth",
    kind="login",
    of=lambda values: values.flower.basic_auth,
    when=conditions.has_flower,
)


def _has_path(values: Values) -> bool:
    return all_of(conditions.celery(values), filled(values.flower.path))


def program(values: Values, release: Release) -> Program:
    """What Flower runs. `/healthcheck` needs no login."""
    check = http_check(f"{values.flower.path}/healthcheck", "http")
    return Program(
        component=COMPONENT,
        args=["airflow", "celery", "flower"],
        env=[
            credential_variable(values, release, "AIRFLOW__CELERY__FLOWER_BASIC_AUTH", BASIC_AUTH),
            when(
                conditions.airflow_2(values),
                # Airflow 2 offers no Celery command while its database is SQLite, the default. Flower never connects.
                core_v1.EnvVar(name="AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", value="postgresql://none@localhost/none"),
            ),
        ],
        ports=[container_port(release, UI)],
        startup=probed(values.flower.startup_probe, check),
        liveness=probed(values.flower.liveness_probe, check),
        readiness=probed(values.flower.readiness_probe, check),
        checksums=checksums(values, release),
    )


def objects(values: Values, release: Release) -> list[object]:
    """Flower's objects."""
    return [
        *replicated_airflow(values, release, values.flower, program(values, release)),
        http_service(values, release, values.flower, COMPONENT.name, UI.number),
        ingress(values, release, values.flower, COMPONENT.name),
    ]


def rules(values: Values) -> list[str]:
    """What is wrong with its values."""
    return [
        when(
            all_of(values.flower.enabled, negate(conditions.celery(values))),
            "flower.enabled: Flower shows Celery; set it to false, or add CeleryExecutor to executors",
        ),
    ]


COMPONENT = Component(
    name="flower",
    settings=lambda values: values.flower,
    objects=objects,
    runs=conditions.has_flower,
    serves=(UI,),
    needs=(Need(BROKER, "watches workers"),),
    credentials=(BASIC_AUTH,),
    options=(
        Option("celery", "flower_url_prefix", "flower.path", lambda values, _: values.flower.path, _has_path),
        Option("celery", "flower_port", "flower.service.port"),
        Option("celery", "flower_basic_auth", BASIC_AUTH.path),
    ),
    variables=(Variable("AIRFLOW__CELERY__FLOWER_BASIC_AUTH", "`flower.basicAuth`"),),
    rules=rules,
)
