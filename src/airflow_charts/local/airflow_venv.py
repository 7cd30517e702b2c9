"""Airflow in a virtual environment: of the exact version, with the extras that the values need, and our modules.

The environment is in place of Airflow's image.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from airflow_charts.errors import LocalRunError
from airflow_charts.local.programs import LAYOUT, Programs, cache_place, cached, newest, runnable
from airflow_charts.local.uv import FULL, Progress, Uv, UvError, environment, indented, uv_program

CELERY = "celery<5.7"
"""Celery's provider 3.26 cannot be imported with Celery 5.7, which its metadata allows: no executor, no worker."""
MODULE = "airflow_charts_pod_network"
PRELOAD = "airflow_charts_preload"
PRELOADED = "preload.txt"
"""The file of an environment that names the modules which all of Airflow's processes may share."""
START_UP = f'import os; os.environ.get("AIRFLOW_CHARTS_POD_ADDRESS") and __import__("{MODULE}")\n'
CHECK = """
import sys
from importlib import import_module
for name in sys.argv[2:]:
    import_module(name)
from airflow_charts_preload import record
record(sys.argv[1])
sys.argv = ["airflow", "version"]
from airflow.__main__ import main
main()
"""
CHECKED = {
    "celery": "airflow.providers.celery.executors.celery_executor",
    "cncf-kubernetes": "airflow.providers.cncf.kubernetes.executors.kubernetes_executor",
    "fab": "airflow.providers.fab.auth_manager.fab_auth_manager",
}
"""What must be importable, by extra."""


def airflow_programs(
    cache: Path, version: str, extras: Sequence[str], requirements: Sequence[str], progress: Progress
) -> Programs:
    """A virtual environment with Airflow, its extras and further requirements; its Python can have a pod's network.

    `requirements` are lines of a requirements file, in the user's order; a line about `celery` replaces our limit.
    The resolution is not repeated: to have newer packages, remove the folder.
    """
    extras = sorted({extra.strip().lower().replace("_", "-") for extra in extras})
    requirements = [line.strip() for line in requirements if line.strip()]
    minors = _minors(version)
    running = sys.version_info[:2]
    minor = running[1] if running[1] in minors else minors[0]
    wanted = _wanted(version, extras, requirements)
    digest = hashlib.sha256(json.dumps([LAYOUT, f"3.{minor}", wanted]).encode()).hexdigest()[:10]
    folder = cache_place(cache, "airflow") / f"{version}-py3.{minor}-{digest}"
    what = f"Airflow {version}"

    def build(uv: Uv) -> Programs:
        progress("making a virtual environment")
        _virtual_environment(uv, folder, sys.executable if running[1] in minors else _python(minors))
        listed = folder / "requirements.txt"
        listed.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
        progress("resolving the packages")
        python = folder / "bin" / "python"
        uv.run(["pip", "install", "--python", str(python), "--compile-bytecode", "-r", str(listed)])
        progress("checking the installation")
        _add_modules(folder)
        _check_airflow(folder, [module for extra, module in CHECKED.items() if extra in extras], what)
        parts = [
            f"apache-airflow {version}",
            f" with {', '.join(extras)}" if extras else "",
            f" and {', '.join(requirements)}" if requirements else "",
            f" (Python {_python_version(folder) or f'3.{minor}'})",
        ]
        return Programs(folder / "bin", "".join(parts))

    programs = cached(folder, ("airflow", "python"), what, progress, build)
    assert programs is not None  # noqa: S101 - only a wheel can be missing
    _add_modules(folder)
    return programs


def preload_command(programs: Path) -> tuple[str, ...]:
    """The command from whose process those of an environment are forked; none where forks are not safe (macOS)."""
    if sys.platform != "linux":
        return ()
    return (str(programs / "python"), "-m", PRELOAD, str(programs.parent / PRELOADED))


def _wanted(version: str, extras: Sequence[str], requirements: Sequence[str]) -> list[str]:
    """The lines of the requirements file."""
    airflow = f"apache-airflow[{','.join(extras)}]=={version}" if extras else f"apache-airflow=={version}"
    own_celery = any(re.match(r"celery\s*(\[|[=<>~!@;]|$)", line) for line in requirements)
    return [airflow, *([CELERY] if "celery" in extras and not own_celery else []), *requirements]


def _minors(version: str) -> Sequence[int]:
    """The minor versions of Python 3 on which a version of Airflow runs, best first."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return (12, 11, 10, 9) if numbers < (3, 1) else (12, 13, 11, 10)


def _python(minors: Sequence[int]) -> str:
    """A Python of one of the minor versions: an installed one, or the name of one that uv shall download."""
    for minor in minors:
        asked = [uv_program(), "python", "find", "--system", "--no-python-downloads", f"3.{minor}"]
        # A shim of pyenv may stand in the way of uv, because it exists for versions which are not selected.
        answer = subprocess.run(asked, capture_output=True, text=True, check=False, env=environment())
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.strip()
        versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        for place in newest(f"{versions}/3.{minor}.*/bin"):
            if runnable(place / "python3"):
                return str(place / "python3")
    return f"3.{minors[0]}"


def _virtual_environment(uv: Uv, folder: Path, python: str) -> None:
    """Makes an empty virtual environment; uv downloads the Python if only its version is given."""
    if "/" not in python:
        uv.progress(f"downloading Python {python}")
    try:
        uv.run(["venv", "--allow-existing", "--python", python, str(folder)])
    except UvError as error:
        if "/" in python or FULL.search(error.output):
            raise
        raise LocalRunError(
            f"{uv.what} does not run on Python {sys.version_info[0]}.{sys.version_info[1]}, and no Python that fits was"
            f" found or could be downloaded: install Python {python}, and start again.\n{error.excerpt}"
        ) from None


def _python_version(folder: Path) -> str:
    """The exact version of an environment's Python; nothing if it does not say."""
    configured = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
    found = re.search(r"^version(?:_info)? = ([0-9.]+)", configured, re.MULTILINE)
    return found[1] if found else ""


def _check_airflow(folder: Path, modules: Sequence[str], what: str) -> None:
    """Runs `airflow version`, after importing what the deployment needs."""
    home = folder / "check"
    try:
        done = subprocess.run(
            [folder / "bin" / "python", "-c", CHECK, folder / PRELOADED, *modules],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=folder,
            env={**environment(), "AIRFLOW_HOME": str(home)},
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if done.returncode or not (folder / "bin" / "airflow").exists():
        reason = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()][-1:]
        raise LocalRunError(
            f"{what} was installed, but does not work; the installation was removed. Further requirements that change"
            f" Airflow's own packages can be the reason, or a package released since.\n{indented(reason)}"
        )


def _add_modules(folder: Path) -> None:
    """Puts our own modules into a virtual environment, or their newer versions in place of older ones."""
    contents = {
        f"{MODULE}.py": Path(__file__).with_name("pod_network.py").read_bytes(),
        f"{PRELOAD}.py": Path(__file__).with_name("preload.py").read_bytes(),
        f"{MODULE}.pth": START_UP.encode(),
    }
    for packages in folder.glob("lib/python3.*/site-packages"):
        for name, content in contents.items():
            path = packages / name
            if not path.exists() or path.read_bytes() != content:
                written = packages / f"{name}.{os.getpid()}.{threading.get_ident()}.new"
                try:
                    written.write_bytes(content)
                    written.replace(path)
                except OSError as error:
                    raise LocalRunError(f"{path} cannot be written: {error.strerror}.") from error
