"""The services that Airflow needs: the metadata database, the result backend of Celery and the broker."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from airflow_charts.tracing.types import Plain
from airflow_charts.values.base import Count, Host, Identifier, ObjectName, Port, SecretKey, Section
from airflow_charts.values.credentials import Credential

Parameters = Annotated[str, Field(pattern=r"^([A-Za-z0-9_.=/%:,-]+(&[A-Za-z0-9_.=/%:,-]+)*)?$"), Plain()]
"""Parameters of a database URI: `sslmode=verify-full&sslrootcert=/etc/ssl/db.crt`."""


class UriSecret(Section):
    """A full connection URI in an existing Secret. It wins over the parts."""

    existing_secret: ObjectName = ""
    """The name of the Secret. Empty: the URI is made of the parts."""
    key: SecretKey = "uri"
    """The key of the URI."""


class Database(Section):
    """A PostgreSQL database. An empty host means the chart's own PostgreSQL."""

    uri: UriSecret = UriSecret()
    """The whole URI from a Secret, for MySQL or a URI that another operator writes."""
    host: Host = ""
    """The host of an external PostgreSQL. Empty: the chart's own."""
    port: Port = 5432
    """Its port; with a URI from a Secret, the port that the NetworkPolicies open."""
    name: Identifier
    """The name of the database."""
    user: Identifier
    """The role that connects."""
    password: Credential
    """The password of the role."""
    parameters: Parameters = ""
    """Parameters of the connection, as in a URI after `?`."""


class MetadataDatabase(Database):
    """Airflow's metadata database."""

    name: Identifier = "airflow"
    """The name of the database."""
    user: Identifier = "airflow"
    """The role that connects."""
    password: Credential = Credential(key="database-password")
    """The password of the role."""


class ResultBackend(Database):
    """Where Celery keeps the state of tasks: a role and database of its own, so that workers need no other."""

    name: Identifier = "celery"
    """The name of the database."""
    user: Identifier = "celery"
    """The role that connects."""
    password: Credential = Credential(key="result-backend-password")
    """The password of the role."""


class Broker(Section):
    """The broker of Celery. An empty host means the chart's own Redis."""

    uri: UriSecret = UriSecret()
    """The whole URI from a Secret, for RabbitMQ, SQS or Redis Sentinel."""
    scheme: Literal["redis", "rediss"] = "redis"
    """`rediss` for TLS."""
    host: Host = ""
    """The host of an external Redis. Empty: the chart's own."""
    port: Port = 6379
    """Its port; with a URI from a Secret, the port that the NetworkPolicies open."""
    user: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]*$"), Plain()] = ""
    """The user, for servers with access control lists."""
    database_number: Count = 0
    """The number of the Redis database."""
    password: Credential = Credential(key="broker-password")
    """The password."""
    visibility_timeout: Count = 86400
    """Seconds until an unacknowledged task is delivered again; longer than the longest task."""
