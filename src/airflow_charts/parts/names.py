"""Names and labels of every object, in one place."""

from __future__ import annotations

from airflow_charts.k8s import meta_v1
from airflow_charts.release import Release
from airflow_charts.tracing import (
    OMIT,
    all_of,
    filled,
    fragment,
    holds,
    length,
    let,
    text_digest,
    truncate,
    union,
    when,
)
from airflow_charts.values import Values
from airflow_charts.values.base import Labels

CHART = "airflow"
"""The chart's own name; another one is an alias, which keeps two Airflows of one release apart."""
LONGEST = 30
"""Characters of the full name: Kubernetes allows 63, and `-secret-generation-<digest>` with a pod's suffix takes 33."""
_DIGITS = 8


@fragment
def natural_name(values: Values, release: Release) -> str:
    """The beginning of all names before it is cut: `<release>` if it contains `airflow`, else both names."""
    return when(
        filled(values.fullname_override),
        values.fullname_override,
        when(
            all_of(release.chart == CHART, holds(release.name, CHART)),
            f"{release.name}",
            f"{release.name}-{release.chart}",
        ),
    )


@fragment
def fullname(values: Values, release: Release) -> str:
    """The beginning of all names. A long one is cut and ends with a digest, so that two never meet."""
    cut = LONGEST - _DIGITS - 1
    return let(
        natural_name(values, release),
        lambda name: when(length(name) > LONGEST, f"{truncate(name, cut)}-{text_digest(name, _DIGITS)}", f"{name}"),
    )


def name_of(values: Values, release: Release, suffix: str) -> str:
    """The name of an object: the full name and a suffix."""
    return f"{fullname(values, release)}-{suffix}"


def selector_labels(release: Release, component: str) -> dict[str, str]:
    """The labels that select the pods of one component of one release, and no others."""
    return {
        "app.kubernetes.io/name": release.chart,
        "app.kubernetes.io/instance": release.name,
        "app.kubernetes.io/component": component,
    }


@fragment
def pod_selector(release: Release, component: str, set_name: str) -> dict[str, str]:
    """The same for one set of workers."""
    return union(selector_labels(release, component), when(filled(set_name), lambda: {"airflow/set": set_name}))


@fragment
def object_labels(values: Values, release: Release, component: str) -> dict[str, str]:
    """The chart's labels of an object."""
    return union(
        selector_labels(release, component),
        {"app.kubernetes.io/version": values.airflow_version, "app.kubernetes.io/managed-by": "Helm"},
    )


def metadata(
    values: Values,
    release: Release,
    name: str,
    component: str,
    *,
    labels: Labels | None = None,
    annotations: dict[str, str] | None = None,
) -> meta_v1.ObjectMeta:
    """The metadata of an object."""
    own = object_labels(values, release, component)
    return meta_v1.ObjectMeta(
        name=name,
        namespace=release.namespace,
        labels=own if labels is None else union(own, labels),
        annotations=OMIT if annotations is None else annotations,
    )
