"""The ConfigMaps and Secrets that pods read, of the manifests and of the user's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_charts.errors import LocalRunError
from airflow_charts.local.state import State, texts_of

Manifest = dict[str, Any]
"""A Kubernetes object, or a part of one."""


@dataclass(frozen=True)
class Sources:
    """The ConfigMaps and Secrets that pods may read."""

    config_maps: Mapping[str, Mapping[str, str]]
    secrets: Mapping[str, Mapping[str, str]]
    state: State

    @classmethod
    def of(cls, whole: Iterable[Manifest], secrets: Mapping[str, Mapping[str, str]], state: State) -> Sources:
        """Those of the manifests, and the given ones."""
        maps: dict[str, Mapping[str, str]] = {}
        found: dict[str, Mapping[str, str]] = dict(secrets)
        for manifest in whole:
            name = manifest["metadata"]["name"]
            if manifest["kind"] == "ConfigMap":
                maps[name] = manifest.get("data") or {}
            elif manifest["kind"] == "Secret":
                found[name] = texts_of(manifest)
        return cls(maps, found, state)

    def secret(self, name: str, *, optional: bool, where: str) -> Mapping[str, str]:
        """The texts of a Secret."""
        if name in self.secrets:
            return self.secrets[name]
        texts = self.state.user_secret(name)
        if not texts and not optional:
            raise LocalRunError(
                f"{where} needs the Secret {name}, which is not part of the deployment; put each of its keys into a "
                f"file of {self.state.folder / 'secrets' / name}, or add it to `extraManifests`"
            )
        return texts

    def config_map(self, name: str, *, optional: bool, where: str) -> Mapping[str, str]:
        """The texts of a ConfigMap."""
        if name not in self.config_maps and not optional:
            raise LocalRunError(
                f"{where} needs the ConfigMap {name}, which is not part of the deployment; add it to `extraManifests`"
            )
        return self.config_maps.get(name, {})

    def key(self, kind: str, reference: Mapping[str, Any], where: str) -> str | None:
        """The text under a key of a Secret or ConfigMap; None where it may be missing and is."""
        optional = bool(reference.get("optional"))
        read: Callable[..., Mapping[str, str]] = self.secret if kind == "Secret" else self.config_map
        texts = read(reference["name"], optional=optional, where=where)
        if reference["key"] not in texts and not optional:
            folder = self.state.folder / "secrets" / reference["name"]
            instead = f"put it into the file {folder / reference['key']}" if kind == "Secret" else "add it"
            raise LocalRunError(
                f"{where} needs the key {reference['key']} of the {kind} {reference['name']}, which is not there; "
                f"{instead}"
            )
        return texts.get(reference["key"])
