"""The container images."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from airflow_charts.tracing.types import Plain
from airflow_charts.values.base import Section

_REPOSITORY = r"^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$"
Repository = Annotated[str, Field(pattern=_REPOSITORY), Plain()]
Tag = Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9._-]*)?$", max_length=128), Plain()]
Digest = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64})?$"), Plain()]
PullPolicy = Literal["IfNotPresent", "Always", "Never"]


class Image(Section):
    """A container image."""

    repository: Repository
    """Registry and name. `global.imageRegistry` stands in front when it is set."""
    tag: Tag = ""
    """The tag."""
    digest: Digest = ""
    """The digest, `sha256:...`. It wins over the tag."""
    pull_policy: PullPolicy = "IfNotPresent"
    """When the image is pulled."""


OtherRepository = Annotated[str, Field(pattern=f"^$|{_REPOSITORY}"), Plain()]


class OtherImage(Section):
    """Another image for one component. What is empty comes from `images`."""

    repository: OtherRepository = ""
    """Registry and name. With one of its own, a component takes no tag or digest from `images`."""
    tag: Tag = ""
    """The tag."""
    digest: Digest = ""
    """The digest. It wins over the tag."""
    pull_policy: Literal["", "IfNotPresent", "Always", "Never"] = ""
    """When the image is pulled."""


class Images(Section):
    """The images of everything that the chart runs."""

    airflow: Image = Image(repository="apache/airflow")
    """Airflow. An empty tag means `airflowVersion`; set both for an image of your own."""
    postgresql: Image = Image(repository="postgres", tag="17.6-bookworm")
    """The chart's own PostgreSQL: the official image."""
    redis: Image = Image(repository="valkey/valkey", tag="8.1-bookworm")
    """The chart's own broker: Valkey, or Redis of the same command line."""
