"""The release: what Helm knows about an installation beside its values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow_charts.errors import ReleaseError
from airflow_charts.tracing.nodes import Field, Var
from airflow_charts.tracing.symbols import Root, symbol
from airflow_charts.tracing.types import MAP, Type

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_RELEASE_LENGTH = 53
_NAMESPACE_LENGTH = 63


@dataclass(frozen=True)
class Release(Root):
    """Name and namespace of an installation.

    `chart` is the name under which the chart is installed: `airflow`, or its alias as a dependency.
    """

    name: str
    namespace: str = "default"
    chart: str = "airflow"
    root: str = ""
    """A folder in front of the chart's own paths in containers; only a local run sets it."""
    addresses: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Components that are not reached at their Service: name -> host and port. Only a local run sets it."""
    ports: Mapping[int, int] = field(default_factory=dict, compare=False)
    """Ports that components open in place of their usual ones. Only a local run sets it."""

    def path(self, absolute: str) -> str:
        """A path in a container."""
        return f"{self.root}{absolute}"

    def address(self, component: str, service: str) -> str:
        """Host and port of a component, which has a Service at `service`."""
        return self.addresses.get(component, service)

    def port(self, usual: int) -> int:
        """The port that a component opens."""
        return self.ports.get(usual, usual)

    @classmethod
    def checked(cls, name: str, namespace: str = "default", chart: str = "airflow") -> Release:
        """A release whose names Helm and Kubernetes accept.

        Raises:
            ReleaseError: a name is no DNS label or too long (release 53, namespace 63 characters).
        """
        for what, text, longest in (("release", name, _RELEASE_LENGTH), ("namespace", namespace, _NAMESPACE_LENGTH)):
            if not _LABEL.fullmatch(text) or len(text) > longest:
                raise ReleaseError(
                    f"{text!r} is no valid {what} name: use lower case letters, digits and hyphens, "
                    f"beginning and ending with a letter or digit, at most {longest} characters"
                )
        return cls(name, namespace, chart)


def symbolic_release() -> Release:
    """The release while tracing: its names are Helm's."""
    text = {"Name": Type("text", plain=True), "Namespace": Type("text", plain=True)}

    def name(of: str, key: str) -> str:
        return symbol(Field(Var("root", of, MAP), key, text[key]), text[key])  # type: ignore[no-any-return]

    return Release(name("Release", "Name"), name("Release", "Namespace"), name("Chart", "Name"))
