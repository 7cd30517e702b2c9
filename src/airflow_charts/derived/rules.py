"""Rules across values: what the schema cannot say. Each names the path and what to write instead.

Helm prints all broken rules at once (`templates/rules`), the call raises `InvalidValuesError` with the same lines.
"""

from __future__ import annotations

from functools import partial

from airflow_charts.additions import ADDITIONS
from airflow_charts.derived.pod_rules import about_pods, reserved
from airflow_charts.parts.component import components
from airflow_charts.processes import config, services
from airflow_charts.processes.credentials import is_missing, records
from airflow_charts.tracing import (
    all_of,
    at,
    at_least,
    contains,
    filled,
    fragment,
    has_control_characters,
    has_key,
    lines,
    negate,
    one_of,
    to_json,
    when,
)
from airflow_charts.values import Values, conditions


def owned_options() -> dict[str, dict[str, str]]:
    """Options of airflow.cfg that follow from other values, or hold credentials: section -> option -> value to set."""
    found: dict[str, dict[str, str]] = {}
    for option in config.chart_options():
        found.setdefault(option.section, {})[option.key] = option.instead
    return found


SENSITIVE_OPTIONS = (
    ("smtp", "smtp_password"),
    ("smtp", "smtp_user"),
    ("sentry", "sentry_dsn"),
    ("atlas", "password"),
    ("secrets", "backend_kwargs"),
    ("workers", "secrets_backend_kwargs"),
    ("opensearch", "password"),
    ("opensearch", "username"),
    ("elasticsearch", "host"),
    ("dag_processor", "dag_bundle_config_list"),
)
"""Options that may hold credentials, which must not be in a ConfigMap: they go into `airflowPods.env` from a Secret."""
_ONLY_ENV = tuple((section, key) for section, key in SENSITIVE_OPTIONS if section != "dag_processor")


def _about_airflow(values: Values) -> list[str]:
    new = conditions.airflow_3(values)
    return [
        when(
            negate(at_least(values.airflow_version, "2.11.0")),
            "airflowVersion: the chart runs Airflow 2.11 and 3.x; use 2.11.0 or newer",
        ),
        when(
            all_of(negate(new), at_least(values.airflow_version, "2.12.0")),
            "airflowVersion: there is no such Airflow; use 2.11.x or 3.x",
        ),
        when(at_least(values.airflow_version, "4.0.0"), "airflowVersion: the chart runs Airflow 2.11 and 3.x"),
        when(
            all_of(new, contains(values.executors, "CeleryKubernetesExecutor")),
            "executors: Airflow 3 has no CeleryKubernetesExecutor; write [CeleryExecutor, KubernetesExecutor]",
        ),
        when(
            all_of(new, contains(values.executors, "LocalKubernetesExecutor")),
            "executors: Airflow 3 has no LocalKubernetesExecutor; write [LocalExecutor, KubernetesExecutor]",
        ),
        when(
            one_of(values.dags.path, *reserved(airflow=True).paths),
            "dags.path: the chart mounts this folder itself; use another one",
        ),
        when(
            has_control_characters(to_json(values)),
            "a value holds a control character, which Kubernetes' YAML cannot carry; remove it",
        ),
    ]


def _about_credentials(values: Values) -> list[str]:
    found: list[str] = []
    for record in records():
        credential, path = record.of(values), record.path
        found += [
            when(
                all_of(is_missing(values, record), negate(values.secrets.generate)),
                f"{path}.existingSecret: is empty and secrets.generate is false; name the Secret that holds it",
            ),
            when(
                all_of(filled(credential.value), filled(credential.existing_secret)),
                f"{path}.value: {path}.existingSecret is set too; set only one of them",
            ),
        ]
    return found


def _about_config(values: Values) -> list[str]:
    found: list[str] = []
    for section, options in owned_options().items():
        found += [*when(has_key(values.config, section), partial(_owned_options, values, section, options))]
    for section, option in _ONLY_ENV:
        found += [*when(has_key(values.config, section), partial(_sensitive_option, values, section, option))]
    return found


def _owned_options(values: Values, section: str, options: dict[str, str]) -> list[str]:
    given = at(values.config, section)
    return [
        when(has_key(given, option), f"config.{section}.{option}: the chart sets it; use the value {instead}")
        for option, instead in options.items()
    ]


def _sensitive_option(values: Values, section: str, option: str) -> list[str]:
    variable = f"AIRFLOW__{section.upper()}__{option.upper()}"
    return [
        when(
            has_key(at(values.config, section), option),
            f"config.{section}.{option}: may hold a credential, and airflow.cfg is in a ConfigMap; "
            f"set airflowPods.env.{variable} from a Secret (secretKeyRef)",
        )
    ]


@fragment
def problems(values: Values) -> str:
    """Every broken rule, one in a line; empty when the values are valid."""
    found = [
        *_about_airflow(values),
        *(line for component in components() if component.rules for line in component.rules(values)),
        *(line for addition in ADDITIONS if addition.rules for line in addition.rules(values)),
        *services.rules(values),
        *_about_credentials(values),
        *_about_config(values),
    ]
    return lines([*found, *about_pods(values)])
