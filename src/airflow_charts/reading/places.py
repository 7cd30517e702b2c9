"""Where a user wrote a value: the file and line that a refusal names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_charts.errors import InvalidValuesError, Problem
from airflow_charts.reading.goyaml import Document, Path

_NOTHING = object()


@dataclass(frozen=True)
class Places:
    """The places of a user's document, which values files and then `--set` expressions made."""

    lines: dict[Path, str]
    """The file and line of each value: of the file that set it last."""
    files: dict[str, Any] = field(repr=False)
    """What the files alone say."""
    document: dict[str, Any] = field(repr=False)

    def named(self, error: InvalidValuesError) -> InvalidValuesError:
        """The same refusal, where each problem begins with its places, as far as they are known."""
        return InvalidValuesError([replace(problem, place=self._of(problem)) for problem in error.problems])

    def _of(self, problem: Problem) -> str:
        path = self._pointed(problem.path) if problem.path or problem.keys else self._dotted(problem.message)
        found = [self._at((*path, key)) for key in problem.keys] or [self._at(path)]
        return ", ".join(dict.fromkeys(place for place in found if place))

    def _at(self, path: Path) -> str:
        """The place of a value, or of the nearest one around it in a file; nothing for what `--set` has changed."""
        if _value(self.document, path) != _value(self.files, path):
            return ""
        around = (path[:length] for length in range(len(path), 0, -1))
        return next((self.lines[one] for one in around if one in self.lines), "")

    def _pointed(self, pointer: str) -> Path:
        """The keys and indexes of a JSON pointer."""
        path: Path = ()
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            path += (int(key) if isinstance(_value(self.document, path), list) else key,)
        return path

    def _dotted(self, message: str) -> Path:
        """The path at the beginning of a broken rule, as far as the user's document has it; keys may hold dots."""
        words = message.partition(": ")[0].split(".")
        path: list[str] = []
        node: Any = self.document
        while words and isinstance(node, dict):
            lengths = range(len(words), 0, -1)
            key = next((key for length in lengths if (key := ".".join(words[:length])) in node), None)
            if key is None:
                break
            words = words[key.count(".") + 1 :]
            path.append(key)
            node = node[key]
        return tuple(path)


def lines_of(documents: Iterable[Document]) -> dict[Path, str]:
    """The file and line of each value of merged documents: a later one wins, as its values do."""
    lines: dict[Path, str] = {}
    for document in documents:
        whole = {path for path in document.lines if not isinstance(_value(document.data, path), dict)}
        lines = {path: line for path, line in lines.items() if whole.isdisjoint(_beginnings(path))}
        lines |= {path: f"{document.source}:{line}" for path, line in document.lines.items()}
    return lines


def _beginnings(path: Path) -> Iterator[Path]:
    return (path[:length] for length in range(1, len(path) + 1))


def _value(document: Any, path: Path) -> Any:
    for key in path:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return _NOTHING
    return document
