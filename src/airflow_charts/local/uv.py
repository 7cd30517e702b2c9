"""Runs uv, which makes environments and fetches wheels, and says what its failures mean for a local run.

uv is used as a program: it needs no Python of its own, and tells on its standard error what it does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from airflow_charts.errors import LocalRunError

Progress = Callable[[str], None]
"""Is told what happens now, one short line at a time: `resolving the packages`, `downloading numpy (15.0MiB)`."""

FULL = re.compile(r"No space left on device|Disk quota exceeded")
NO_WHEEL = re.compile(r"has no wheels with a matching|has no usable wheels")
_OURS = re.compile(r"PYTHON|AIRFLOW|VIRTUAL_ENV$|CONDA_PREFIX$|UV_(PYTHON|SYSTEM_PYTHON|TARGET|PREFIX)$|__PYVENV")
_STEPS = (
    (re.compile(r"Resolved (\d+) packages?"), "downloading {0} packages"),
    (re.compile(r"Downloading (\S+ \(.+\))"), "downloading {0}"),
    (re.compile(r"Building (\S+)"), "building {0}"),
    (re.compile(r"Prepared (\d+) packages?"), "installing"),
    (re.compile(r"Installed (\d+) packages?"), "compiling"),
)
_CAUSES = (
    (
        FULL,
        "{what} cannot be installed: the disk is full. Airflow needs about 1 GB (in the cache folder, and in the cache"
        " of uv, `uv cache clean`).",
    ),
    (
        re.compile(
            r"error sending request|client error \(Connect\)|dns error|[Cc]onnection (refused|reset)|timed out"
            r"|network was disabled|network connectivity is disabled"
        ),
        "{what} cannot be installed: PyPI cannot be reached. The first start needs it, later ones do not. Behind a"
        " proxy, set HTTPS_PROXY; for an index of your own, UV_INDEX_URL.",
    ),
    (re.compile(r"no version of apache-airflow(\[[^]]*])?=="), "airflowVersion: PyPI has no {what}."),
    (
        re.compile(r"No solution found"),
        "{what} cannot be installed: its packages and the further requirements do not fit together.",
    ),
    (re.compile(""), "{what} cannot be installed: uv failed."),
)
"""What uv's output means, the first that fits. uv's own lines about it, and its hint, follow in the message."""
_ERROR = ("error:", "\N{MULTIPLICATION SIGN}")
"""How uv's lines about an error begin, with and without a terminal."""


class UvError(LocalRunError):
    """uv failed; `output` is all that it said, `excerpt` the lines that matter."""

    def __init__(self, what: str, lines: Sequence[str]) -> None:
        self.output = "\n".join(lines)
        self.excerpt = excerpt(lines)
        meaning = next(text for pattern, text in _CAUSES if pattern.search(self.output)).format(what=what)
        super().__init__(f"{meaning} Nothing was changed.\n{self.excerpt}".rstrip())


@dataclass(frozen=True)
class Uv:
    """Runs uv while the cache is locked."""

    what: str
    place: Path
    progress: Progress
    lock: int
    """The number of the open lock file. uv has it too: if this process is killed, nobody else begins before uv ends."""

    def run(self, arguments: Sequence[str], *, silent: bool = False) -> None:
        """Tells uv's progress; raises with what it said if it fails."""
        lines: list[str] = []
        with subprocess.Popen(
            [uv_program(), "--color", "never", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=self.place,
            env=environment(),
            pass_fds=[self.lock],
        ) as process:
            assert process.stderr is not None  # noqa: S101 - for the type checker
            try:
                for line in process.stderr:
                    lines.append(line.rstrip())
                    for pattern, step in () if silent else _STEPS:
                        if matched := pattern.search(line):
                            self.progress(step.format(*matched.groups()))
            except BaseException:
                process.terminate()  # Ctrl-C: nothing may write into the folder any more
                raise
        if process.returncode:
            raise UvError(self.what, lines)


def uv_program() -> str:
    """The path of uv: on PATH, beside the running Python, or of the package `uv`."""
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if found:
        return found
    try:
        from uv import find_uv_bin

        return os.fspath(find_uv_bin())
    except (ImportError, FileNotFoundError):
        raise LocalRunError(
            "uv was not found, which installs the programs of a local run: pip install 'airflow-charts[local]'"
        ) from None


def environment() -> Mapping[str, str]:
    """The variables of this process, without those that would make uv or Airflow look elsewhere.

    What says where packages come from (`UV_INDEX_URL`, `HTTPS_PROXY`, `UV_OFFLINE`) stays.
    """
    return {name: value for name, value in os.environ.items() if not _OURS.match(name)}


def excerpt(lines: Sequence[str]) -> str:
    """The error of uv with its causes, and its hint; not what a package's own build printed between them."""
    stripped = [line.strip() for line in lines]
    start = next((number for number, line in enumerate(stripped) if line.startswith(_ERROR)), None)
    if start is None:
        return indented([line for line in stripped if line][-3:])
    causes = list(takewhile(bool, stripped[start:]))
    hints = [line for line in stripped[start + len(causes) :] if line.startswith("hint:")]
    return indented([*causes[:8], *hints[-1:]])


def indented(lines: Sequence[str]) -> str:
    """Lines as an indented block, none too long for a terminal."""
    longest = 300
    return "\n".join(f"  {line.strip()[:longest]}" for line in lines)
