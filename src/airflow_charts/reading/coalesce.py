"""How Helm combines values: several `-f` files, then the result with the chart's defaults.

Follows Helm 4's pkg/chart/common/util/coalesce.go for a chart without subcharts. Pure: nothing is changed, and no
result shares a list or a mapping with its input. Imports nothing.
"""

from __future__ import annotations

from typing import Any


def merge_files(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns what Helm makes of several values files; a later one wins, and null stays as a value."""
    merged: dict[str, Any] = {}
    for document in documents:
        merged = _merge(merged, document)
    return merged


def coalesce(defaults: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    """Returns the values that the schema and the templates see.

    A user's null removes a default; where there is no default it stays, except that a default null is a default for
    this purpose, but only at the root. Nulls among the defaults vanish, those in lists stay.
    """
    kept = {key: value for key, value in user.items() if value is not None or defaults.get(key, 0) is not None}
    return _overlay(_without_nulls(defaults), kept)


def _overlay(defaults: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    result = {}
    for key, value in defaults.items():
        if key not in user:
            result[key] = value
        elif user[key] is not None:
            both = isinstance(value, dict) and isinstance(user[key], dict)
            result[key] = _overlay(value, user[key]) if both else _copy(user[key])
    return result | {key: _copy(value) for key, value in user.items() if key not in defaults}


def _merge(base: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in document.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = _merge(result[key], value) if both else _copy(value)
    return result


def _without_nulls(defaults: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_nulls(value) if isinstance(value, dict) else _copy(value)
        for key, value in defaults.items()
        if value is not None
    }


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
