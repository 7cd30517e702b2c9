"""Operations that lay maps, sections and models over each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from airflow_charts.errors import ChartError
from airflow_charts.tracing import table
from airflow_charts.tracing.apply import apply
from airflow_charts.tracing.decide import all_of, has_key, negate, when
from airflow_charts.tracing.marks import where
from airflow_charts.tracing.nodes import OMITTED, Const, Entry, Object, Splice
from airflow_charts.tracing.repeat import repeat
from airflow_charts.tracing.structure import OMIT, UserMap, entry, is_model, plain, recorded_tree
from airflow_charts.tracing.symbols import Symbol, tree_symbol
from airflow_charts.tracing.types import TEXT, VERBATIM, Document, Type

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


def overlaid(base: Any, changes: Any, model: type[M]) -> M:
    """A section with changes over it, key by key at any depth; `model` is what the result is.

    Both may be sections or maps. Maps are merged key by key, everything else is replaced.
    """
    if isinstance(base, Symbol) or isinstance(changes, Symbol):
        return cast("M", apply(table.OVERLAID, base, changes, result=Type("record", model=model)))
    return model.model_validate(table.overlaid(_data(base), _data(changes)))


def _data(section: Any) -> Document:
    return section.model_dump(by_alias=True) if isinstance(section, BaseModel) else dict(section)


def overlay(*mappings: Mapping[str, T]) -> dict[str, T]:
    """The flat union of maps, where a later one wins key by key. None of them is changed."""
    if not any(isinstance(mapping, Symbol) for mapping in mappings):
        return {key: value for mapping in mappings for key, value in mapping.items()}
    parts: list[Entry | Splice] = []
    for index, mapping in enumerate(mappings):
        later = [other for other in mappings[index + 1 :] if isinstance(other, Symbol)]
        parts.extend(_without(mapping, later))
    return tree_symbol(Object(tuple(parts)))


def _without(mapping: Mapping[str, T], later: list[Any]) -> list[Entry | Splice]:
    """The parts of `mapping` whose keys none of the later maps has."""

    def free(key: str) -> bool:
        return all_of(*(negate(has_key(other, key)) for other in later))

    if isinstance(mapping, Symbol):
        if not later:
            return [Splice(recorded_tree(mapping))]
        types = (TEXT, mapping.__type__.item or VERBATIM)
        repeated = repeat(
            mapping, lambda key, value: when(free(key), {f"{key}": value}), types, entries=True, covered=True
        )
        return [Splice(recorded_tree(repeated))]
    return [
        Splice(recorded_tree(when(free(key), {key: value}))) if later else entry(key, value)
        for key, value in mapping.items()
    ]


def union(*mappings: Mapping[str, Any]) -> dict[str, Any]:
    """The union of maps that share no key (rules and schema see to that), in order."""
    present = [mapping for mapping in mappings if mapping is not OMIT]
    if any(isinstance(mapping, Symbol) for mapping in present):
        parts = (_parts(mapping) for mapping in present)
        return tree_symbol(Object(tuple(part for some in parts for part in some)))
    return {key: value for mapping in present for key, value in mapping.items()}


def combine(base: T, *others: T) -> T:
    """A Kubernetes model with the fields of several, none of which two of them give."""
    models = (base, *others)
    if not any(isinstance(model, Symbol) for model in models):
        return _combine_called(base, others)
    parts = [part for model in models for part in _parts(model) if part.value != OMITTED]
    keys = [part.key.value for part in parts if isinstance(part, Entry) and isinstance(part.key, Const)]
    _refuse_twice([str(key) for key in keys])
    return tree_symbol(Object(tuple(parts)))


def _parts(value: object) -> tuple[Entry | Splice, ...]:
    tree = recorded_tree(value)
    return tree.parts if isinstance(tree, Object) else (Splice(tree),)


def _combine_called(base: Any, others: tuple[Any, ...]) -> Any:
    present = [model for model in (base, *others) if model is not OMIT]
    if all(not is_model(model) for model in present):
        return union(*present)
    if any(isinstance(model, UserMap) for model in present):
        return UserMap(union(*(model if isinstance(model, UserMap) else plain(model) for model in present)))
    pairs = [(name, value) for model in present for name, value in _attributes(model) if value is not OMIT]
    _refuse_twice([name for name, _ in pairs])
    return type(base)(**{**{name: OMIT for model in present for name, _ in _attributes(model)}, **dict(pairs)})


def _attributes(model: Any) -> list[tuple[str, object]]:
    return [(name, value) for name in model.__struct_fields__ if (value := getattr(model, name)) is not None]


def _refuse_twice(names: list[str]) -> None:
    twice = {name for name in names if names.count(name) > 1 and name not in ("apiVersion", "kind")}
    if twice:
        raise ChartError(f"combine() is given the same field twice: {', '.join(sorted(twice))} ({where()})")
