"""What Helm prints after an installation: what components and additions have to say. Never a secret."""

from __future__ import annotations

from airflow_charts.additions import ADDITIONS
from airflow_charts.parts.component import components
from airflow_charts.release import Release
from airflow_charts.tracing import fragment, lines
from airflow_charts.values import Values


@fragment
def notes(values: Values, release: Release) -> str:
    """How to open the UI, who may log in, and what to look at first."""
    told = [*(one.notes for one in components()), *(one.notes for one in ADDITIONS)]
    return lines(
        [
            f"Airflow {values.airflow_version} is starting in namespace {release.namespace}.",
            "",
            f"Watch it:     kubectl get pods -n {release.namespace} -l app.kubernetes.io/instance={release.name}",
            *(line for source in told if source for line in source(values, release)),
        ]
    )
