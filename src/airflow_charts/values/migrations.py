"""The Job that migrates the database, and the user that it creates."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from airflow_charts.tracing.types import Plain
from airflow_charts.values.base import Seconds, Section
from airflow_charts.values.credentials import Credential
from airflow_charts.values.kubernetes import ResourceRequirements
from airflow_charts.values.pod import WorkloadSettings, sizes


class Migrations(WorkloadSettings):
    """The Job that creates and upgrades the schema of the database."""

    enabled: bool = True
    """Whether the chart migrates. If not, somebody else must, and pods wait for it."""
    wait_seconds: Seconds = 600
    """How long a pod waits for the schema before its init container fails and is tried again."""
    resources: ResourceRequirements = sizes(cpu="100m", memory="384Mi", cpu_limit="2", memory_limit="1Gi")
    """CPU and memory of the main container."""


class AdminUser(Section):
    """The first user, created after the migration if there is none of this name. Only with the FAB auth manager."""

    enabled: bool = True
    """Whether the user is created."""
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9._@+-]+$", max_length=64), Plain()] = "admin"
    """The name to log in with."""
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=256)] = "admin@example.com"
    """The e-mail address."""
    first_name: Annotated[str, Field(min_length=1, max_length=64)] = "Airflow"
    """The first name."""
    last_name: Annotated[str, Field(min_length=1, max_length=64)] = "Admin"
    """The last name."""
    role: Annotated[str, Field(pattern=r"^[A-Za-z0-9_ .-]+$", max_length=64)] = "Admin"
    """The role."""
    password: Credential = Credential(key="admin-password")
    """The password."""
