"""Every credential of a deployment, and where its text comes from."""

from __future__ import annotations

from airflow_charts.parts.component import components
from airflow_charts.parts.credential import CredentialRecord
from airflow_charts.tracing import all_of, any_of, filled, negate
from airflow_charts.values import Values


def records() -> list[CredentialRecord]:
    """The credentials of all components, each once: shared keys, those of services, and the components' own."""
    found = [held.key.credential for component in components() for held in component.keys]
    services = [need.service for component in components() for need in component.needs]
    found += [service.credential for service in services if service.credential]
    found += [own for component in components() for own in component.credentials]
    return list(dict.fromkeys(found))


def is_literal(values: Values, record: CredentialRecord) -> bool:
    """Whether a credential is needed, and the values hold it."""
    credential = record.of(values)
    return all_of(record.when(values), negate(filled(credential.existing_secret)), filled(credential.value))


def is_missing(values: Values, record: CredentialRecord) -> bool:
    """Whether a credential is needed, and nobody says where it is: then it is generated."""
    credential = record.of(values)
    return all_of(record.when(values), negate(any_of(filled(credential.existing_secret), filled(credential.value))))
