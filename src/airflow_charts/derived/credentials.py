"""The Secret of the credentials that the values hold literally."""

from __future__ import annotations

from airflow_charts.k8s import core_v1
from airflow_charts.parts.names import metadata, name_of
from airflow_charts.processes.credentials import is_literal, records
from airflow_charts.release import Release
from airflow_charts.tracing import OMIT, any_of, b64encode, fragment, when
from airflow_charts.values import Values


@fragment
def credentials_data(values: Values) -> dict[str, str]:
    """The credentials that the values hold literally."""
    return {
        record.key: when(is_literal(values, record), b64encode(record.of(values).value), OMIT) for record in records()
    }


def objects(values: Values, release: Release) -> list[core_v1.Secret]:
    """The Secret of literal credentials, if there are any."""
    return [
        when(
            any_of(*(is_literal(values, record) for record in records())),
            lambda: core_v1.Secret(
                metadata=metadata(values, release, name_of(values, release, "credentials"), "credentials"),
                type="Opaque",
                data=credentials_data(values),
            ),
        )
    ]
