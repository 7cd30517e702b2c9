"""What an installation without extras can do, and what it says where it needs one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCAL = ("psutil", "uv")
CLI = ("rich", "typer")
EXTRAS = (*LOCAL, *CLI, "helm_python")
"""What only extras bring, as modules."""
LOCAL_COMMANDS = {"up": (), "status": (), "logs": (), "exec": ("--", "airflow", "version"), "down": ()}


def without(hidden: tuple[str, ...], code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python in which some modules are not installed."""
    hide = f"import sys; sys.modules.update(dict.fromkeys({hidden!r}))\n"
    command = [sys.executable, "-c", hide + code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def program(hidden: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in such a Python."""
    return without(hidden, "from airflow_charts.cli import run\nrun()", *arguments)


def test_the_library_needs_no_extra() -> None:
    """The call, the check and the chart: they import none of them, installed or not."""
    code = """
import airflow_charts
airflow_charts.manifests(airflow_charts.Values(), airflow_charts.Release("one"))
from airflow_charts.checks import load
load({})
from airflow_charts.helm.chart import chart_files
chart_files()
print(*sorted(sys.modules))
"""
    assert without(EXTRAS, code).returncode == 0
    done = without((), code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) & set(EXTRAS) == set()


@pytest.mark.parametrize("arguments", [("template",), ("validate",), ("explain", "dags.path"), ("up", "--help")])
def test_the_command_line_needs_no_other_extra(arguments: tuple[str, ...]) -> None:
    done = program((*LOCAL, "helm_python"), *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("command", LOCAL_COMMANDS)
def test_the_local_run_says_what_to_install(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and nothing was made."""
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", str(tmp_path / "state"))
    done = program(LOCAL, command, *LOCAL_COMMANDS[command])
    assert done.returncode == 1
    assert done.stderr == "error: the local run is an extra: pip install 'airflow-charts[local]'\n"
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("hidden", [EXTRAS, ("typer",), ("rich",)])
def test_the_program_says_what_to_install(hidden: tuple[str, ...]) -> None:
    done = program(hidden, "up")
    assert done.returncode == 1
    assert done.stderr == (
        "error: the command line is an extra: pip install 'airflow-charts[cli]', "
        "or pip install 'airflow-charts[local]' for `airflow-charts up`\n"
    )


def test_what_is_no_extra_is_a_fault() -> None:
    """A broken installation shows where."""
    done = program(("yaml",), "template")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "import of yaml halted" in done.stderr


def test_extras_are_what_the_messages_say() -> None:
    """The command line is part of every other extra: each is for commands."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    packages = {name: {line.partition(">")[0].partition("=")[0] for line in lines} for name, lines in extras.items()}
    assert packages == {
        "cli": set(CLI),
        "local": {"airflow-charts[cli]", *LOCAL},
        "helm": {"airflow-charts[cli]", "helm-python-sdk"},
        "all": {"airflow-charts[helm,local]"},
    }
    needed = {line.partition(">")[0].partition("=")[0] for line in project["dependencies"]}
    assert needed & {*LOCAL, *CLI, "helm-python-sdk"} == set()
    assert project["scripts"] == {"airflow-charts": "airflow_charts.cli:run"}
