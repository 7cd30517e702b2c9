"""The references of container images."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.tracing import all_of, any_of, each, filled, first_of, fragment, negate, when
from airflow_charts.values import Values
from airflow_charts.values.images import Image, OtherImage
from airflow_charts.values.pod import ComponentSettings


@fragment
def image_repository(values: Values, repository: str) -> str:
    """Registry and name of an image, behind the registry of all images if there is one."""
    registry = values.global_.image_registry
    return when(filled(registry), f"{registry}/{repository}", f"{repository}")


@fragment
def tagged(repository: str, tag: str, digest: str) -> str:
    """The reference of an image: by its digest if it has one, else by its tag."""
    return when(filled(digest), f"{repository}@{digest}", f"{repository}:{tag}")


@fragment
def image_reference(values: Values, own: OtherImage, image: Image, default_tag: str) -> str:
    """The reference of a component's image: its own parts, then those under `images`."""
    repository = image_repository(values, first_of(own.repository, image.repository))
    return when(
        any_of(filled(own.repository), filled(own.tag), filled(own.digest)),
        tagged(repository, first_of(own.tag, default_tag), own.digest),
        tagged(repository, first_of(image.tag, default_tag), image.digest),
    )


def image_fields(values: Values, settings: ComponentSettings, image: Image, default_tag: str) -> tuple[str, str]:
    """The reference and the pull policy of a component's image."""
    return (
        image_reference(values, settings.image, image, default_tag),
        first_of(settings.image.pull_policy, image.pull_policy),
    )


def airflow_image(values: Values, settings: ComponentSettings) -> tuple[str, str]:
    """The same for a component that runs Airflow."""
    return image_fields(values, settings, values.images.airflow, values.airflow_version)


def image_rules(path: str, image: Image | OtherImage, used: bool) -> list[str]:
    """What is wrong with an image that has no default tag."""
    return [
        when(
            all_of(used, negate(any_of(filled(image.tag), filled(image.digest)))),
            f"{path}.tag: is empty; name a tag or a digest",
        )
    ]


def pull_secrets(values: Values) -> list[core_v1.LocalObjectReference]:
    """The Secrets with which images are pulled."""
    return each(values.global_.image_pull_secrets, lambda name: core_v1.LocalObjectReference(name=name))
