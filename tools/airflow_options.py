"""Writes which options each Airflow has: `tests/facts/options/<version>.txt`, one line for an option.

They come from the wheels on PyPI: from the `config.yml` of Airflow, and from what the providers that read the chart's
options say of themselves. Nothing in the wheels is run.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_PROVIDERS = ("apache-airflow-providers-celery==3.26.0", "apache-airflow-providers-cncf-kubernetes==10.25.0")
WHEELS = {
    "3.3.2": ("apache-airflow-core==3.3.2", *_PROVIDERS, "apache-airflow-providers-fab==3.10.2"),
    "2.11.2": ("apache-airflow==2.11.2", *_PROVIDERS, "apache-airflow-providers-fab==1.5.4"),
}
"""What pip installs for each Airflow; before version 3, users come from the older line of the FAB provider."""
TARGET = Path(__file__).parents[1] / "tests/facts/options"


def download(requirement: str, folder: Path) -> Path:
    """The wheel of a requirement, without what it depends on."""
    place = folder / requirement
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(place)]
    subprocess.run([*pip, requirement], check=True)
    [wheel] = place.glob("*.whl")
    return wheel


def sections(wheel: Path) -> dict[str, Any]:
    """The sections of airflow.cfg that a wheel describes."""
    with zipfile.ZipFile(wheel) as files:
        for name in files.namelist():
            if name == "airflow/config_templates/config.yml":
                core: dict[str, Any] = yaml.safe_load(files.read(name))
                return core
            if name.endswith("/get_provider_info.py"):
                tree = ast.parse(files.read(name))
                [answer] = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value]
                provider: dict[str, Any] = ast.literal_eval(answer)["config"]
                return provider
    raise FileNotFoundError(f"{wheel.name} describes no options")


def described(found: dict[str, Any]) -> Iterator[str]:
    """A line for each option: section, name, and whether it is a secret or goes away."""
    for section, content in found.items():
        for option, about in content["options"].items():
            marks = [
                *(["sensitive"] if about.get("sensitive") else []),
                *(["deprecated"] if about.get("version_deprecated") else []),
            ]
            yield " ".join([section, option, *marks])


def main() -> None:
    """Writes the files of all versions."""
    for version, requirements in WHEELS.items():
        with tempfile.TemporaryDirectory() as folder:
            lines = {line for wanted in requirements for line in described(sections(download(wanted, Path(folder))))}
        text = [*(f"# {wanted}" for wanted in requirements), *sorted(lines)]
        (TARGET / f"{version}.txt").write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
