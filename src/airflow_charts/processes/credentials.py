"""Every credential of a deployment, and when it is needed."""

from __future__ import annotations

from typing import NamedTuple

from airflow_charts.parts.component import components
from airflow_charts.parts.credential import CredentialRecord
from airflow_charts.values import Values
from airflow_charts.values.credentials import Credential


class Needed(NamedTuple):
    """A credential that a deployment may need."""

    credential: Credential
    key: str
    """Its key in the chart's own Secrets."""
    kind: str
    """How it is generated: `password`, `fernet` or `login`."""
    needed: bool
    path: str
    """Its path in the values."""


def records() -> list[CredentialRecord]:
    """The credentials of all components, each once: shared keys, those of services, and the components' own."""
    found = [held.key.credential for component in components() for held in component.keys]
    services = [need.service for component in components() for need in component.needs]
    found += [service.credential for service in services if service.credential]
    found += [own for component in components() for own in component.credentials]
    return list(dict.fromkeys(found))


def credentials_of(values: Values) -> list[Needed]:
    """Every credential with the condition under which it is needed."""
    return [
        Needed(record.of(values), record.key, record.kind, record.needed(values), record.path) for record in records()
    ]
