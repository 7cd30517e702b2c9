"""Makes each known fault in a copy of the source and runs the tests that should see it: `make mutants`.

Facts and components must see every one. Golden files see nearly all, but they judge nothing: who runs `make golden`
without reading makes them agree with the fault. Names of mutants as arguments run only those that contain one of them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests/golden", "tests/facts", "tests/components", "tests/properties", "examples")
TESTS = ("tests/golden", "tests/facts", "tests/components")
ENOUGH = 12
"""Failures after which a run ends: all golden files, and a few other tests."""
WHERE = "import airflow_charts, sys; sys.stdout.write(airflow_charts.__file__)"
_FAILED = re.compile(r"^FAILED (\S+?)::(.+?)(?: - .*)?$", re.MULTILINE)
_NO_FAULT = Mutant("no fault", "", "")


class Verdict(NamedTuple):
    """Which tests saw a fault."""

    mutant: Mutant
    golden: list[str]
    others: list[str]

    def __str__(self) -> str:
        first = self.others[0] if self.others else "NOBODY"
        more = f" (+{len(self.others) - 1})" if len(self.others) > 1 else ""
        return f"{self.mutant.name:<52} {'golden' if self.golden else '':<6}  {first}{more}"


def place(source: Path, text: str) -> Path:
    """The file of the source in which a text stands, and stands once.

    Raises:
        LookupError: it stands nowhere, or more than once.
    """
    found = [path for path in sorted(source.rglob("*.py")) for _ in range(path.read_text("utf-8").count(text))]
    if len(found) != 1:
        raise LookupError(f"stands {len(found)} times in the source, not once: {text.strip()}")
    return found[0]


def copied(folder: Path, mutant: Mutant) -> None:
    """Copies what the tests need, with the fault in it."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    if mutant is not _NO_FAULT:
        path = place(folder / "src", mutant.before)
        path.write_text(path.read_text("utf-8").replace(mutant.before, mutant.after), "utf-8")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Runs this Python on a copy."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def tested(mutant: Mutant) -> Verdict:
    """Runs the tests on a copy with a fault.

    Raises:
        RuntimeError: they did not run, or on something else than the copy.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        copied(folder, mutant)
        if not Path(run(folder, "-c", WHERE).stdout).is_relative_to(folder):
            raise RuntimeError("the tests would import another airflow_charts than the copy")
        options = ("-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", f"--maxfail={ENOUGH}")
        ended = run(folder, "-m", "pytest", *options, *TESTS)
    if ended.returncode not in (0, 1) or "\nERROR " in ended.stdout:
        raise RuntimeError(f"{mutant.name}: the tests did not run\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    failed = _FAILED.findall(ended.stdout)
    return Verdict(
        mutant,
        [test for path, test in failed if path.startswith("tests/golden")],
        [f"{Path(path).stem}::{test}" for path, test in failed if not path.startswith("tests/golden")],
    )


def main() -> None:
    """Prints who sees each fault; ends with 1 if nobody but the golden files sees one."""
    wanted = [item for item in MUTANTS if not sys.argv[1:] or any(part in item.name for part in sys.argv[1:])]
    healthy = tested(_NO_FAULT)
    if healthy.golden or healthy.others:
        sys.exit(f"tests fail without any fault: {[*healthy.golden, *healthy.others]}")
    survivors = 0
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for verdict in pool.map(tested, wanted):
            survivors += not verdict.others
            sys.stdout.write(f"{verdict}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(wanted) - survivors} of {len(wanted)} seen\n")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
