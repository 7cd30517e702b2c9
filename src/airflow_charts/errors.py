"""Every error that this package raises on purpose.

    AirflowChartsError
    ├── ValuesError            what a user wrote is refused; nothing was changed
    │   ├── ValuesSyntaxError      a file or a --set expression cannot be parsed
    │   └── InvalidValuesError     a document that parses, but is not valid; carries every problem
    ├── ReleaseError           a release name or namespace that Kubernetes would refuse
    ├── TraceError             chart code does something that Helm cannot decide at install time
    ├── ChartError             the chart on disk cannot be built, checked or packaged
    └── LocalRunError          the deployment cannot run on this machine

Imports nothing from this package. A message says what happened, where, and what to write instead; it never
contains a value, because a value may be a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class AirflowChartsError(Exception):
    """Base class: the command line prints it without a traceback and exits with 1."""


class ValuesError(AirflowChartsError, ValueError):
    """What a user wrote as values is refused."""


class ValuesSyntaxError(ValuesError):
    """A values file or a `--set` expression that cannot be parsed.

    `source` names the file or option, `line` counts from 1 (0 when there is no line).
    """

    def __init__(self, message: str, *, source: str = "", line: int = 0) -> None:
        place = f"{source}:{line}" if source and line else source
        super().__init__(f"{place}: {message}" if place else message)
        self.source = source
        self.line = line


@dataclass(frozen=True, order=True)
class Problem:
    """One reason why a values document is refused.

    `path` is the JSON pointer of the value (`/scheduler/replicas`, empty for the root and for rules),
    `message` says what is wrong and what to write instead, `keys` are those in the mapping at `path` that it is about,
    `place` is the file and line, which only the command line knows.
    """

    path: str
    message: str
    keys: tuple[str, ...] = field(default=(), compare=False)
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path.strip("/").replace("/", "."), self.message) if part)


class InvalidValuesError(ValuesError):
    """A values document that is refused; `problems` lists every reason, structure before rules."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class ReleaseError(AirflowChartsError, ValueError):
    """A release name or namespace that Helm or Kubernetes would refuse."""


class TraceError(AirflowChartsError, TypeError):
    """Chart code asks for what only Helm can decide or what has no template, or what it recorded is not well formed."""


class ChartError(AirflowChartsError):
    """The chart cannot be built, checked or packaged."""


class LocalRunError(AirflowChartsError):
    """The deployment cannot run on this machine; says what to do, and what was left as it was."""
