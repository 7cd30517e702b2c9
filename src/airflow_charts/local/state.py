"""The state folder of a local deployment: private, written whole or not at all, checked before it is used.

deployment.json   what `up` was asked for, and the addresses and programs that it chose
secrets.json      the generated credentials, in place of the Secret that a Job generates in a cluster
admin-password    the first user's password alone, for people
secrets/NAME/KEY  texts of Secrets that the values name but do not hold; written by the user
pods/POD/...      the file system of each pod: configuration, scratch space
claims/NAME/...   the volumes that stay: databases, logs
logs/POD/CONTAINER.log
status.json       what the supervisor says about each pod
lock              held as long as the supervisor lives
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from airflow_charts.errors import LocalRunError

LAYOUT = 1
"""Raised when an older `airflow-charts` could not read the folder."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?")
_PLAIN = re.compile(r"[A-Za-z0-9._/+@-]+")
_LONGEST_SOCKET = 100
_SOCKET = "/pods/postgresql/var/run/postgresql/.s.PGSQL.5432"


class Deployment(msgspec.Struct, frozen=True):
    """What a state folder was made for."""

    layout: int
    document: dict[str, Any]
    """The user's values."""
    dags: str
    requirements: list[str]
    servers: Literal["wheel", "system"]
    airflow_version: str
    airflow_bin: str
    store_bins: dict[str, str]
    origins: dict[str, str]
    """Where each program comes from, for `status`."""
    addresses: dict[str, str]
    """pod -> loopback address"""
    ports: dict[int, int]
    """usual port -> the one used in its place"""
    own_addresses: bool
    preload: bool = True
    """Whether Airflow's processes are forks of one that has imported their packages."""

    def __repr__(self) -> str:
        """Without the values, which may hold secrets."""
        return f"Deployment(airflow_version={self.airflow_version!r}, dags={self.dags!r})"


def base_folder() -> Path:
    """Where state folders lie: AIRFLOW_CHARTS_STATE, else `~/.airflow-charts`.

    For root it is /var/lib: PostgreSQL refuses to run as root, and another user cannot look into root's home.
    """
    chosen = os.environ.get("AIRFLOW_CHARTS_STATE")
    if chosen:
        return Path(chosen).absolute()
    return Path("/var/lib/airflow-charts") if os.geteuid() == 0 else Path.home() / ".airflow-charts"


def cache_folder() -> Path:
    """Where programs are kept for all deployments: AIRFLOW_CHARTS_CACHE, else the user's cache folder."""
    chosen = os.environ.get("AIRFLOW_CHARTS_CACHE")
    if chosen:
        return Path(chosen).absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/airflow-charts")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "airflow-charts"


@dataclass(frozen=True)
class State:
    """The state folder of one deployment."""

    name: str
    folder: Path

    @classmethod
    def of(cls, name: str) -> State:
        """The folder of a deployment, which may not be there yet.

        Raises:
            LocalRunError: the name or the folder's path cannot be used.
        """
        if not _NAME.fullmatch(name):
            raise LocalRunError(
                f"--name: {name!r} is no name for a deployment: use at most 30 lower case letters, digits and hyphens"
            )
        folder = base_folder() / name
        if not _PLAIN.fullmatch(str(folder)):
            raise LocalRunError(
                f"the state folder {folder} has a space or special character in its path, which shells would split; "
                "set AIRFLOW_CHARTS_STATE to a folder without"
            )
        if len(f"{folder}{_SOCKET}") > _LONGEST_SOCKET:
            raise LocalRunError(
                f"the path of the state folder {folder} is too long for PostgreSQL's socket below it; "
                "set AIRFLOW_CHARTS_STATE to a shorter folder"
            )
        return cls(name, folder)

    # --- what lies where ---------------------------------------------------------------------------------------------

    @property
    def deployment_file(self) -> Path:
        """What the deployment was made for."""
        return self.folder / "deployment.json"

    @property
    def secrets_file(self) -> Path:
        """The generated credentials."""
        return self.folder / "secrets.json"

    @property
    def password_file(self) -> Path:
        """The first user's password."""
        return self.folder / "admin-password"

    @property
    def flower_file(self) -> Path:
        """Flower's login, as user:password."""
        return self.folder / "flower-login"

    @property
    def status_file(self) -> Path:
        """What the supervisor says."""
        return self.folder / "status.json"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor did, with times."""
        return self.folder / "supervisor.log"

    def pod_folder(self, pod: str) -> Path:
        """The root of a pod's file system."""
        return self.folder / "pods" / pod

    def log_file(self, pod: str, container: str) -> Path:
        """The output of a container."""
        return self.folder / "logs" / pod / f"{container}.log"

    # --- reading -----------------------------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Whether there is anything."""
        return self.folder.is_dir() and any(self.folder.iterdir())

    def deployment(self) -> Deployment | None:
        """What the folder was made for; None for a new one.

        Raises:
            LocalRunError: the folder is damaged, or of another version of airflow-charts.
        """
        if not self.exists():
            return None
        if not self.deployment_file.exists():
            data = [path for path in (self.secrets_file, *(self.folder / "claims").glob("*")) if path.exists()]
            if data:
                raise self._damaged(f"{self.deployment_file.name} is missing, and {data[0].name} is there")
            return None
        text = self.deployment_file.read_bytes()
        try:
            layout = msgspec.json.decode(text, type=dict[str, Any]).get("layout")
            if layout != LAYOUT:
                raise LocalRunError(
                    f"{self.folder} was made by another version of airflow-charts (layout {layout}, this one has "
                    f"{LAYOUT}); use that version, or give this deployment another --name. Nothing was changed"
                )
            found = msgspec.json.decode(text, type=Deployment)
        except msgspec.MsgspecError as error:
            raise self._damaged(f"{self.deployment_file.name} cannot be read") from error
        if not self.secrets_file.exists():
            raise self._damaged(f"{self.secrets_file.name} is missing, without which the database cannot be read")
        return found

    def secrets(self) -> dict[str, str]:
        """The generated credentials; none for a new folder."""
        if not self.secrets_file.exists():
            return {}
        try:
            return msgspec.json.decode(self.secrets_file.read_bytes(), type=dict[str, str])
        except msgspec.MsgspecError as error:
            raise self._damaged(f"{self.secrets_file.name} cannot be read") from error

    def user_secret(self, name: str) -> dict[str, str]:
        """The texts of a Secret that the user put into files."""
        folder = self.folder / "secrets" / name
        if not folder.is_dir():
            return {}
        files = [entry for entry in folder.iterdir() if entry.is_file()]
        try:
            return {entry.name: entry.read_text(encoding="utf-8").removesuffix("\n") for entry in files}
        except UnicodeDecodeError as error:
            raise LocalRunError(f"a file of {folder} is no text in UTF-8, which a process could be given") from error

    def status(self) -> dict[str, Any]:
        """What the supervisor said last; empty when it never ran."""
        try:
            found = json.loads(self.status_file.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _damaged(self, what: str) -> LocalRunError:
        return LocalRunError(
            f"the state folder {self.folder} is damaged: {what}. Nothing was changed; put the file back, or delete "
            f"the deployment and its data with `airflow-charts down --purge --name {self.name}`"
        )

    # --- writing -----------------------------------------------------------------------------------------------------

    def create(self) -> None:
        """Makes the folder, if it is not there, for this user alone; root's lets PostgreSQL's user pass."""
        mode = 0o711 if os.geteuid() == 0 else 0o700
        for folder in (self.folder.parent, self.folder):
            if not folder.exists():
                folder.mkdir(parents=True, mode=mode)
                folder.chmod(mode)
        if self.folder.stat().st_uid != os.geteuid():
            raise LocalRunError(f"{self.folder} belongs to another user; set AIRFLOW_CHARTS_STATE to a folder of yours")
        self.folder.chmod(mode)
        for name, private in (("pods", mode), ("claims", mode), ("logs", 0o700), ("secrets", 0o700)):
            (self.folder / name).mkdir(exist_ok=True, mode=private)
            (self.folder / name).chmod(private)

    def write(self, path: Path, text: str | bytes, mode: int = 0o600) -> None:
        """Writes a file below the folder, whole or not at all."""
        write_whole(path, text, mode)

    def purge(self) -> None:
        """Deletes everything, the database included."""
        if self.folder.is_symlink():
            raise LocalRunError(f"{self.folder} is a link; delete it yourself")
        if self.folder.exists():
            shutil.rmtree(self.folder)

    # --- the lock ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """Holds the deployment, so that no other `up` or `down` works on it; gives the lock's file descriptor.

        Raises:
            LocalRunError: it runs already.
        """
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _try_lock(descriptor):
                raise LocalRunError(
                    f"the deployment {self.name} runs already; see `airflow-charts status --name {self.name}`, end it "
                    f"with `airflow-charts down --name {self.name}`, or start another one with --name"
                )
            yield descriptor
        finally:
            os.close(descriptor)

    def is_running(self) -> bool:
        """Whether a supervisor holds the deployment."""
        try:
            descriptor = os.open(self.folder / "lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False


def _try_lock(descriptor: int) -> bool:
    """Takes a lock, past those who only ask whether it is free."""
    for _ in range(20):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


def write_whole(path: Path, text: str | bytes, mode: int) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if mode & stat.S_IROTH == 0 else 0o755)
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)
        file.flush()
        os.fsync(file.fileno())
    temporary.chmod(mode)
    temporary.replace(path)


def texts_of(secret: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a Secret's manifest."""
    try:
        decoded = {key: base64.b64decode(text).decode() for key, text in (secret.get("data") or {}).items()}
    except ValueError as error:
        name = (secret.get("metadata") or {}).get("name", "")
        raise LocalRunError(f"the Secret {name} holds what is no text in UTF-8, or no base64") from error
    return {**decoded, **(secret.get("stringData") or {})}
