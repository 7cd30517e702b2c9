"""The broker: Valkey or Redis."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.component import Component, Port, Provides
from airflow_charts.parts.credential import credential_variable
from airflow_charts.parts.data_store import DATA, RESERVED, Store, store_objects
from airflow_charts.parts.images import image_rules
from airflow_charts.parts.option import Variable
from airflow_charts.parts.pod import tcp_check
from airflow_charts.processes.services import BROKER, BROKER_PASSWORD
from airflow_charts.release import Release
from airflow_charts.tracing import all_of, filled, negate, when
from airflow_charts.values import Values, conditions

PORT = Port("redis", 6379)


def objects(values: Values, release: Release) -> list[object]:
    """The broker: Valkey or Redis with a password, its queue on a volume."""
    return store_objects(
        values,
        release,
        values.redis,
        Store(
            component=COMPONENT,
            image=values.images.redis,
            script="redis.sh",
            port=PORT,
            env=[
                core_v1.EnvVar(name="REDIS_DATA", value=release.path(DATA)),
                core_v1.EnvVar(name="REDIS_APPEND_ONLY", value=when(values.redis.persistence.enabled, "yes", "no")),
                credential_variable(values, release, "REDIS_PASSWORD", BROKER_PASSWORD),
            ],
            scratch={"tmp": "/tmp"},  # noqa: S108 - a path in the container
            check=tcp_check("redis"),
        ),
    )


def rules(values: Values) -> list[str]:
    """What is wrong with its values."""
    return [
        when(
            all_of(conditions.celery(values), conditions.own_broker(values), negate(values.redis.enabled)),
            "broker.host: is empty and redis.enabled is false; set broker.host or broker.uri.existingSecret, or "
            "redis.enabled: true",
        ),
        when(
            all_of(conditions.celery(values), negate(conditions.own_broker(values)), values.redis.enabled),
            "redis.enabled: nothing uses the chart's Redis; set it to false",
        ),
        *image_rules("images.redis", values.images.redis, conditions.has_redis(values)),
        *image_rules("redis.image", values.redis.image, filled(values.redis.image.repository)),
    ]


COMPONENT = Component(
    name="redis",
    settings=lambda values: values.redis,
    objects=objects,
    runs=conditions.has_redis,
    serves=(PORT,),
    provides=(Provides(BROKER, PORT, conditions.own_broker, alone=True),),
    variables=(
        Variable("REDIS_DATA", "nothing: the data lives on `redis.persistence`"),
        Variable("REDIS_APPEND_ONLY", "`redis.persistence.enabled`"),
        Variable("REDIS_PASSWORD", "`broker.password`"),
    ),
    rules=rules,
    airflow_image=False,
    reserved=RESERVED,
)
