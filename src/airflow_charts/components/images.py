"""The references of container images."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.tracing import each, filled, fragment, when
from airflow_charts.values import Values
from airflow_charts.values.images import Image


@fragment
def image_repository(values: Values, image: Image) -> str:
    """Registry and name of an image."""
    registry = values.global_.image_registry
    return when(filled(registry), f"{registry}/{image.repository}", f"{image.repository}")


@fragment
def image_reference(values: Values, image: Image, default_tag: str) -> str:
    """The reference of an image: the digest if there is one, else the tag."""
    repository = image_repository(values, image)
    return when(
        filled(image.digest),
        f"{repository}@{image.digest}",
        when(filled(image.tag), f"{repository}:{image.tag}", f"{repository}:{default_tag}"),
    )


def airflow_image(values: Values) -> str:
    """Airflow's image."""
    return image_reference(values, values.images.airflow, values.airflow_version)


def pull_secrets(values: Values) -> list[core_v1.LocalObjectReference]:
    """The Secrets with which images are pulled."""
    return each(values.global_.image_pull_secrets, lambda name: core_v1.LocalObjectReference(name=name))
