"""import_first.py with an Airflow that records how it is called, and what is imported then."""

import json
import shutil
from pathlib import Path

import pytest
from servers import run_script

from airflow_charts.scripts import import_first

RECORDER = """
import gc, json, os, sys
def main():
    sdk = sys.modules.get("airflow.sdk")
    with open(os.environ["RECORD"], "w") as file:
        json.dump({
            "arguments": sys.argv,
            "path": sys.path,
            "modules": [name for name in sys.modules if name.startswith("airflow")],
            "thresholds": gc.get_threshold(),
            "lazy": sorted(vars(sdk).get("loaded", [])) if sdk else [],
        }, file)
    raise SystemExit(int(os.environ.get("STATUS", "0")))
"""
LAZY = """
__all__ = ["task", "broken", "dag"]
loaded = []
def __getattr__(name):
    if name == "broken":
        raise ImportError("a package is missing")
    loaded.append(name)
    return name
"""


@pytest.fixture
def airflow(tmp_path: Path) -> dict[str, str]:
    """The environment with the recorder in place of Airflow."""
    files = {
        "__init__.py": "",
        "__main__.py": RECORDER,
        "decorators.py": "",
        "sdk/__init__.py": LAZY,
        "dag_processing/bundles/local.py": "raise RuntimeError('this version cannot import it')",
        "version.py": "",
    }
    for name, text in files.items():
        file = tmp_path / "packages" / "airflow" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return {"PYTHONPATH": str(tmp_path / "packages"), "RECORD": str(tmp_path / "record")}


def test_airflow_runs_with_its_arguments_after_the_imports(airflow: dict[str, str]) -> None:
    """What is lazy stands ready as well; what is missing or broken keeps nothing from running."""
    assert run_script("import_first.py", "celery", "worker", "--concurrency", "8", **airflow) == (0, "")
    seen = json.loads(Path(airflow["RECORD"]).read_text())
    assert seen["arguments"] == [import_first.__file__, "celery", "worker", "--concurrency", "8"]
    assert {"airflow.sdk", "airflow.version"} <= set(seen["modules"])
    assert "airflow.dag_processing.bundles.local" not in seen["modules"]
    assert "airflow.decorators" not in seen["modules"]
    assert seen["lazy"] == ["dag", "task"]
    assert seen["thresholds"] == list(import_first.THRESHOLDS)


def test_airflow_2_has_no_sdk(airflow: dict[str, str]) -> None:
    shutil.rmtree(Path(airflow["PYTHONPATH"]) / "airflow" / "sdk")
    assert run_script("import_first.py", "celery", "worker", **airflow) == (0, "")
    modules = json.loads(Path(airflow["RECORD"]).read_text())["modules"]
    assert "airflow.decorators" in modules
    assert "airflow.version" not in modules


def test_the_status_of_airflow_is_that_of_the_program(airflow: dict[str, str]) -> None:
    assert run_script("import_first.py", "scheduler", STATUS="3", **airflow)[0] == 3


def test_users_code_cannot_import_the_programs_beside_it(airflow: dict[str, str], tmp_path: Path) -> None:
    """Also where they are mounted from a ConfigMap, as links into a folder that is another after each change."""
    mounted = tmp_path / "mounted"
    (mounted / "..data").mkdir(parents=True)
    script = Path(import_first.__file__)
    (mounted / "..data" / script.name).write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
    (mounted / script.name).symlink_to(mounted / "..data" / script.name)
    assert run_script(str(mounted / script.name), "dag-processor", **airflow) == (0, "")
    seen = json.loads(Path(airflow["RECORD"]).read_text())
    assert not [entry for entry in seen["path"] if entry.startswith(str(mounted))]
    assert airflow["PYTHONPATH"] in seen["path"]
