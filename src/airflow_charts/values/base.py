"""What every section of the values is made of. A section is total: each field has a default and none is optional.

The docstring under a field is its documentation everywhere: values.yaml, schema, README and docs.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

from airflow_charts.tracing.structure import UserMap
from airflow_charts.tracing.types import Partially, Plain, Verbatim


class Section(BaseModel):
    """A part of the values with fixed keys: camelCase for users, snake_case in Python."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,  # a text "2" is no number, in Python as in a values file
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
        defer_build=True,  # a section's validator is built when it is used alone, not for each import
    )


class Kubernetes(Verbatim):
    """Marks a value that the user writes as Kubernetes YAML: it has Kubernetes' schema and is passed on untouched.

    `by` names the field of Kubernetes' list item that is the key of our map: the value has all fields but this one.
    """

    def __init__(self, definition: str, by: str = "") -> None:
        self.definition = definition
        self.by = by

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            UserMap, serialization=core_schema.plain_serializer_function_ser_schema(dict)
        )


class Manifest(Verbatim):
    """Marks a whole Kubernetes object of the user's own."""

    schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
        },
    }

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(UserMap)


class Except:
    """Marks a text that must not match a pattern."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern


class Unique:
    """Marks a list whose items must differ."""


class Partial(Partially):
    """Marks a section of which the user gives only what differs from another one (`overlaid`)."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(UserMap)


def empty() -> Any:
    """The default of a map or of Kubernetes YAML: nothing."""
    return Field(default_factory=UserMap)


def section(model: type[Section]) -> Any:
    """The default of a section: all its own defaults."""
    return Field(default_factory=model.model_construct)


def map_of(**entries: Any) -> Any:
    """The default of a map that is not empty."""
    return Field(default_factory=lambda: dict(entries))


def no_items() -> Any:
    """The default of a list: nothing."""
    return Field(default_factory=list)


# Patterns hold no bounded repetition such as {0,62}, but max_length: Helm compiles each pattern at every render, and a
# bound costs as much as it is long.
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63), Plain()]
"""A DNS label: the name of a Kubernetes object, or a part of it."""

SetName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=24), Plain()]
"""The name of a set: a part of the names of its objects."""

ObjectName = Annotated[str, Field(pattern=r"^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$", max_length=253), Plain()]
"""The name of an existing Kubernetes object; empty for none."""

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"), Plain()]
"""An amount as Kubernetes writes it: `500m`, `1Gi`."""

Port = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port."""

Seconds = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A duration in seconds."""

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number of things."""

EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
"""The name of an environment variable."""

Version = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]*)([.](0|[1-9][0-9]*)){2}$", max_length=14), Plain()]
"""A version X.Y.Z."""

UrlPath = Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~-]+)*$"), Plain()]
"""A path without a slash at the end; empty for the root."""

Url = Annotated[str, Field(pattern=r"^(https?://[A-Za-z0-9.-]+(:[0-9]+)?)?$"), Plain()]
"""Scheme and host of a URL, without a path; empty for none."""

Host = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)?$", max_length=253), Plain()]
"""A DNS name or an IPv4 address; empty for none."""

HostPattern = Annotated[str, Field(pattern=r"^([*][.])?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", max_length=253)]
"""A DNS name in lower case that may begin with `*.`."""

FILE_PATH = r"^/[A-Za-z0-9._/-]*[A-Za-z0-9_-]$"
FilePath = Annotated[str, Field(pattern=FILE_PATH), Plain()]
"""An absolute path in a container."""

MountPath = Annotated[str, Field(pattern=r"^(/([^/:.\n]|[.][^/:.\n]|[.][.][^/:\n])[^/:\n]*)+$", max_length=1024)]
"""The absolute path of a mount in a container, in its shortest form: no `//`, no `..`, no slash at the end."""

SubPath = Annotated[str, Field(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$"), Plain()]
"""A relative path inside a volume, without `..`; empty for its root."""

SecretKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$", max_length=253), Plain()]
"""A key of a Secret."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=63), Plain()]
"""The name of a database, a role or a queue."""

_QUALIFIED = r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$"

LabelKey = Annotated[
    str,
    Except(r"^(app[.]kubernetes[.]io/(name|instance|component|managed-by|version)|airflow/(set|release))$"),
    Field(pattern=_QUALIFIED, max_length=317),
]
"""The key of a label; the chart's own labels cannot be set."""

LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$", max_length=63)]
"""The value of a label."""

AnnotationKey = Annotated[str, Field(pattern=_QUALIFIED, max_length=317)]
"""The key of an annotation."""

Labels = dict[LabelKey, LabelValue]
Annotations = dict[AnnotationKey, str]
NodeLabels = dict[AnnotationKey, LabelValue]
