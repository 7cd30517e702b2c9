"""Wrong chart code is a type error: mypy's report on `wrong_*.py` is exactly what their comments say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted(HERE.glob("wrong_*.py"))
SKIPPED = "# mypy: ignore-errors\n"

_MARK = re.compile(r"# error: ([a-z, -]+)$")
_REPORT = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$")


def marks() -> dict[tuple[str, int], set[str]]:
    """The codes that the files announce, by file and line."""
    return {
        (file.name, number): set(found[1].split(", "))
        for file in FILES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if (found := _MARK.search(line))
    }


def reports(folder: Path) -> dict[tuple[str, int], set[str]]:
    """The codes that mypy gives, with the project's settings, in one run over all files."""
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert text.startswith(SKIPPED)
        (folder / file.name).write_text(text.replace(SKIPPED, "#\n", 1), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), "--no-pretty"]
    copies = [str(folder / file.name) for file in FILES]
    done = subprocess.run([*command, *copies], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    found: dict[tuple[str, int], set[str]] = {}
    for line in done.stdout.splitlines():
        if ": error: " in line:
            report = _REPORT.match(line)
            assert report, line
            found.setdefault((Path(report["file"]).name, int(report["line"])), set()).add(report["code"])
    return found


def test_each_wrong_line_is_a_type_error_and_no_other_is(tmp_path: Path) -> None:
    assert reports(tmp_path) == marks()


def test_there_are_wrong_lines_of_every_kind() -> None:
    codes = set().union(*marks().values())
    assert codes >= {"arg-type", "attr-defined", "call-arg", "call-overload", "list-item", "return-value"}
