"""From what a user wrote to `Values`: coalesced over the defaults as Helm does it, validated by the one schema.

Helm runs the same schema and the same rules, so both refuse the same documents.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs
from pydantic.alias_generators import to_camel

from airflow_charts import deployment  # noqa: F401 - it says which components there are
from airflow_charts.derived.rules import problems
from airflow_charts.errors import InvalidValuesError, Problem
from airflow_charts.reading.coalesce import coalesce
from airflow_charts.values import Values
from airflow_charts.values.pod import AirflowPods, AllPods
from airflow_charts.values.schema import schema_of

UNKNOWN_KEY = "has a key that is not allowed here"
"""The message for a key of the wrong form; Helm names no path for it."""


@cache
def _validator() -> Any:
    return jsonschema_rs.Draft7Validator(schema_of(Values))


@cache
def defaults() -> dict[str, Any]:
    """The default of every value, as it stands in values.yaml; not to be changed."""
    return Values().model_dump(by_alias=True)


def total(user: Mapping[str, Any]) -> dict[str, Any]:
    """The document that templates see: the user's values over the defaults."""
    return coalesce(defaults(), dict(user))


def structural_problems(document: Mapping[str, Any]) -> list[Problem]:
    """Why a total document breaks the schema, in order of the paths."""
    return sorted({_problem(error) for error in _validator().iter_errors(document)})


def checked(document: Mapping[str, Any]) -> Values:
    """The values of a total document.

    Raises:
        InvalidValuesError: with every structural problem, or else every broken rule.
    """
    found = structural_problems(document)
    if found:
        raise InvalidValuesError(found)
    values = Values.model_validate({key: document[key] for key in document if key in _KNOWN})
    broken = [Problem("", line) for line in problems(values).splitlines() if line]
    if broken:
        raise InvalidValuesError(broken)
    return values


_KNOWN = {field.alias for field in Values.model_fields.values()}


def load(user: Mapping[str, Any]) -> Values:
    """The values of a user's document, which may leave out whatever has a default.

    Raises:
        InvalidValuesError: with every structural problem, or else every broken rule.
    """
    return checked(total(user))


def _problem(error: Any) -> Problem:
    path = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.instance_path)
    return Problem(path, _message(error), _keys(error))


def _keys(error: Any) -> tuple[str, ...]:
    """The keys that a refusal of a whole mapping is about."""
    details = error.kind.as_dict()
    match error.kind.name:
        case "required":
            return (details["property"],)
        case "additionalProperties":
            return tuple(details["unexpected"])
        case "propertyNames":
            return (details["error"].instance,)
    return ()


def _message(error: Any) -> str:
    """What is wrong and what to write instead; never the value, which may be a secret."""
    details = error.kind.as_dict()
    match error.kind.name:
        case "required":
            missing = details["property"]
            return f"`{missing}` is missing; to keep its default leave it out of your values, do not set it to null"
        case "additionalProperties":
            return "; ".join(_unknown(name, error) for name in details["unexpected"])
        case "type":
            kinds = details["types"] if "types" in details else details.get("type", "")
            key = error.instance_path[-1] if error.instance_path else ""
            return f"must be {_a(kinds)}{_MAPS.get(key, '') if _options(kinds) == ['object'] else ''}"
        case "enum":
            return f"must be one of {', '.join(str(option) for option in _options(details['options']))}"
        case "pattern":
            return f"must match {details['pattern']}"
        case "propertyNames":
            return UNKNOWN_KEY
        case "anyOf" | "oneOf" if list(error.instance_path)[-2:-1] == ["env"]:
            return (
                "must be a text (numbers and booleans in quotes), or a source such as {secretKeyRef: {name: s, key: k}}"
            )
        case "anyOf" | "oneOf":
            return "has none of the forms that are allowed here"
        case "not":
            return "has a name that the chart sets itself"
        case name:
            limit = details.get("limit")
            return f"breaks {name} {limit}" if limit is not None else f"breaks {name}"


_MAPS = {
    "env": " from name to value",
    "volumes": " from name to volume",
    "volumeMounts": " from path to mount",
}
"""What maps of ours hold where Kubernetes has lists."""


def _options(options: Any) -> list[Any]:
    return list(options) if isinstance(options, list) else [options]


def _a(kinds: Any) -> str:
    names = kinds if isinstance(kinds, list) else [kinds]
    return " or ".join(
        {"object": "a mapping", "array": "a list", "integer": "an integer"}.get(n, f"a {n}") for n in names
    )


def _unknown(name: str, error: Any) -> str:
    path = list(error.instance_path)
    known = _keys_at(path)
    close = difflib.get_close_matches(name, known, n=1)
    elsewhere = _place_of_pod_setting(name, path, known)
    hint = f"; write {elsewhere}" if elsewhere else f"; did you mean `{close[0]}`?" if close else ""
    return f"there is no value `{name}`{hint}"


_OF_ALL, _OF_AIRFLOW = (frozenset(map(to_camel, model.model_fields)) for model in (AllPods, AirflowPods))
_OTHER_CHARTS = {
    "podAnnotations": "annotations",
    "securityContexts": "securityContext",
    "uid": "podSecurityContext",
    "extraEnv": "env",
    "extraEnvFrom": "envFrom",
    "extraVolumes": "volumes",
    "extraVolumeMounts": "volumeMounts",
    "extraInitContainers": "initContainers",
    "extraContainers": "containers",
    "containerLifecycleHooks": "lifecycle",
}
"""What other charts of Airflow call the settings of pods."""


def _place_of_pod_setting(name: str, path: list[Any], known: list[str]) -> str:
    """What to write for a setting of pods that stands in another place; empty for any other key."""
    key = _OTHER_CHARTS.get(name, name)
    if key not in _OF_ALL | _OF_AIRFLOW:
        return ""
    if path in ([], ["pods"], ["airflowPods"]):
        place = "airflowPods" if key in _OF_AIRFLOW else "pods"
    elif "pod" in known:
        place = ".".join(map(str, [*path, "pod"]))
    elif path[-1:] == ["pod"]:
        place = ".".join(map(str, path))
    else:
        return ""
    return f"it under `{place}`" if key == name else f"`{key}` under `{place}`"


def _keys_at(path: list[Any]) -> list[str]:
    """The keys of a section; a set of workers has those of all, and `pod` those of pods."""
    if path[-1:] == ["pod"]:
        return sorted(_OF_ALL | _OF_AIRFLOW)
    match path:
        case [section, "sets", _]:
            path = [section]
    node: Any = defaults()
    for part in path:
        node = node.get(part) if isinstance(node, dict) else None
    return list(node) if isinstance(node, dict) else []
