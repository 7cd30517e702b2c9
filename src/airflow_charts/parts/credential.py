"""Where the text of a credential stands, and the environment variables that carry it into pods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from airflow_charts.k8s import core_v1
from airflow_charts.parts.names import name_of
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, filled, fragment, when
from airflow_charts.values import Values
from airflow_charts.values.conditions import Condition, always
from airflow_charts.values.credentials import Credential


@dataclass(frozen=True, kw_only=True)
class CredentialRecord:
    """A secret text that a deployment may need."""

    path: str
    """Its path in the values."""
    key: str
    """Its key in the chart's own Secrets."""
    kind: Literal["password", "fernet", "login"]
    """How it is generated."""
    of: Callable[[Values], Credential]
    when: Condition = always
    """Whether a deployment needs it."""


@fragment
def secret_source(
    values: Values, release: Release, credential: Credential, default_key: str, *, optional: bool = False
) -> core_v1.EnvVarSource:
    """The key of the Secret that holds a credential: an existing one, the given values, or the generated ones."""
    unless_there = True if optional else OMIT
    return core_v1.EnvVarSource(
        secretKeyRef=when(
            filled(credential.existing_secret),
            core_v1.SecretKeySelector(name=credential.existing_secret, key=credential.key, optional=unless_there),
            core_v1.SecretKeySelector(
                optional=unless_there,
                name=when(
                    filled(credential.value),
                    name_of(values, release, "credentials"),
                    name_of(values, release, "generated"),
                ),
                key=default_key,
            ),
        )
    )


def credential_variable(
    values: Values, release: Release, name: str, record: CredentialRecord, *, optional: bool = False
) -> core_v1.EnvVar:
    """An environment variable with a credential; `optional` for the Job that makes the credential itself."""
    source = secret_source(values, release, record.of(values), record.key, optional=optional)
    return core_v1.EnvVar(name=name, valueFrom=source)


def uri_variable(name: str, secret: str, key: str) -> core_v1.EnvVar:
    """An environment variable with a URI from an existing Secret."""
    return core_v1.EnvVar(
        name=name,
        valueFrom=core_v1.EnvVarSource(secretKeyRef=core_v1.SecretKeySelector(name=secret, key=key)),
    )
