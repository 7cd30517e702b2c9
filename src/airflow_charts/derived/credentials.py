"""The Secret of the credentials that the values hold literally."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.processes.credentials import credentials_of
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, all_of, any_of, b64encode, filled, fragment, negate, when
from airflow_charts.values import Values


@fragment
def credentials_data(values: Values) -> dict[str, str]:
    """The credentials that the values hold literally."""
    entries: dict[str, str] = {}
    for credential, key, _, needed, _ in credentials_of(values):
        given_here = all_of(needed, negate(filled(credential.existing_secret)), filled(credential.value))
        entries[key] = when(given_here, b64encode(credential.value), OMIT)
    return entries


def objects(values: Values, release: Release) -> list[core_v1.Secret]:
    """The Secret of literal credentials, if there are any."""
    return [
        when(
            _any_literal(values),
            lambda: core_v1.Secret(
                metadata=metadata(values, release, name_of(values, release, "credentials"), "credentials"),
                type="Opaque",
                data=credentials_data(values),
            ),
        )
    ]


def _any_literal(values: Values) -> bool:
    return any_of(
        *(
            all_of(needed, negate(filled(credential.existing_secret)), filled(credential.value))
            for credential, _, _, needed, _ in credentials_of(values)
        )
    )
