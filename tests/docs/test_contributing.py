"""A component is added to a copy exactly as CONTRIBUTING.md says, and what a contributor runs passes on it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "examples", "charts", "docs")
SECTION = (ROOT / "CONTRIBUTING.md").read_text().partition("### Add a component\n")[2].partition("\n### ")[0]
FILES = dict(re.findall(r"`(src/\S+)`:\n\n```python\n(.*?)```", SECTION, re.DOTALL))
[LINES] = re.findall(r"```diff\n(.*?)```", SECTION, re.DOTALL)
NAME = "statsd-exporter"
TESTS = (
    *("tests/facts", "tests/components", "tests/golden", "tests/values", "tests/law/test_examples.py"),
    *("tests/properties/test_edges_are_allowed.py", "tests/properties/test_pods_are_restricted.py"),
)
"""Those of `make quick` that see a new component, and two that a component breaks first."""


def add_lines(folder: Path) -> None:
    """Adds each line with a + below the one before it, which stands once in its file."""
    file, above = folder, ""
    for line in LINES.splitlines():
        mark, text = line[:1], line[1:]
        if (folder / text).is_file():
            file = folder / text
        elif mark == "+":
            before = file.read_text(encoding="utf-8")
            assert before.count(f"{above}\n") == 1, f"{file.name}: {above}"
            above, below = f"{above}\n{text}", above
            file.write_text(before.replace(f"{below}\n", f"{above}\n"), encoding="utf-8")
        else:
            above = text


def run(folder: Path, *command: str) -> str:
    """What a module of Python prints on the copy."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "MYPYPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}{done.stderr[-5000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the component in it."""
    folder = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "conftest.py", "CONTRIBUTING.md", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    add_lines(folder)
    run(folder, "-m", "airflow_charts", "chart", "build")
    run(folder, "tests/golden/golden.py")
    return folder


def test_two_files_and_a_few_lines_are_all() -> None:
    assert len(FILES) == 2
    assert sum(line.startswith("+") for line in LINES.splitlines()) == 8


@pytest.mark.timeout(600)
def test_the_tests_pass_with_it(copy: Path) -> None:
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)


def test_it_has_pods_a_service_a_policy_and_an_image_of_its_own(copy: Path) -> None:
    values = ("--set", "statsdExporter.enabled=true")
    text = run(copy, "-m", "airflow_charts", "template", "airflow", *values, "-s", NAME)
    found = {item["kind"]: item for item in yaml.safe_load_all(text)}
    assert set(found) == {"Deployment", "Service", "ServiceAccount", "NetworkPolicy"}
    spec = found["Deployment"]["spec"]["template"]["spec"]
    assert spec["containers"][0]["image"] == "prom/statsd-exporter:v0.28.0"
    assert "volumes" not in spec
    assert "env" not in spec["containers"][0]
    assert found["NetworkPolicy"]["spec"]["ingress"][0]["ports"] == [{"port": 9102, "protocol": "TCP"}]


def test_types_hold(copy: Path) -> None:
    run(copy, "-m", "mypy", "--no-incremental", *FILES)
