"""What `up` does before anything runs: values, programs, addresses, credentials, and the plan made from them."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from airflow_charts.checks import load
from airflow_charts.components import flower, webserver
from airflow_charts.errors import LocalRunError
from airflow_charts.local import plan as planning
from airflow_charts.local.addresses import Moved, free_ports, has_own_addresses, pod_addresses
from airflow_charts.local.airflow_venv import airflow_programs, preload_command
from airflow_charts.local.place import Place
from airflow_charts.local.plan import Plan
from airflow_charts.local.pod_files import write_files
from airflow_charts.local.servers import postgresql_programs, redis_programs
from airflow_charts.local.state import LAYOUT, Deployment, State, cache_folder
from airflow_charts.local.uv import Progress
from airflow_charts.parts.names import name_of
from airflow_charts.processes.credentials import is_missing, records
from airflow_charts.release import Release
from airflow_charts.scripts import generate_secrets
from airflow_charts.tracing.table import overlaid, version_at_least
from airflow_charts.values import Values, conditions
from airflow_charts.values.base import FILE_PATH

Source = Literal["wheel", "system"]

_UNDER = {"logs": {"persistence": {"enabled": True}}}
"""What a local run sets where the user sets nothing: one log folder for all pods, which stays."""


@dataclass(frozen=True)
class Request:
    """What a user asks for."""

    document: Mapping[str, Any]
    dags: Path
    """As `dags_folder` makes it."""
    requirements: Sequence[str] = ()
    servers: Source = "wheel"
    preload: bool = True


@dataclass(frozen=True)
class Ready:
    """A deployment that can be started."""

    deployment: Deployment
    plan: Plan
    moved: list[Moved]


def values_of(document: Mapping[str, Any], dags: Path, ports: Mapping[int, int]) -> Values:
    """The values of a local run: the user's, with the folder of the DAGs and the URL that a browser opens here.

    Raises:
        InvalidValuesError: the values are refused, as for a cluster.
        LocalRunError: they ask for what only a cluster has.
    """
    url = f"http://127.0.0.1:{ports.get(webserver.API.number, webserver.API.number)}"
    forced = {
        "dags": {"path": str(dags), "persistence": {"enabled": False}},
        "webserver": {"externalUrl": url},
    }
    load(document)  # so that a refusal names what the user wrote, before anything is laid over it
    values = load(overlaid(overlaid(_UNDER, dict(document)), forced))
    if conditions.kubernetes(values):
        raise LocalRunError(
            "executors: the KubernetesExecutor starts a pod for every task, and there is no Kubernetes here; run the "
            "rest of your values with `--set executors={CeleryExecutor}` or `--set executors={LocalExecutor}`"
        )
    return values


def dags_folder(path: Path) -> Path:
    """The folder of the DAGs, absolute.

    Raises:
        LocalRunError: its path cannot be a value of `dags.path`.
    """
    folder = path.expanduser().absolute()
    if not re.fullmatch(FILE_PATH, str(folder)):
        raise LocalRunError(
            f"--dags: the path {folder} may have letters, digits and `._-` only; use another folder, or a link to it"
        )
    return folder


def extras_of(values: Values) -> list[str]:
    """The extras of Airflow that the values need."""
    logs = str(values.config.get("logging", {}).get("remote_base_log_folder", ""))
    remote = {"s3": "amazon", "cloudwatch": "amazon", "gs": "google", "wasb": "microsoft-azure"}
    statsd = values.config.get("metrics", {}).get("statsd_on")
    wanted = {
        "celery": conditions.celery(values),
        "fab": conditions.fab(values) and conditions.airflow_3(values),
        "postgres": True,
        "statsd": statsd is True or str(statsd).lower() == "true",
        remote.get(logs.partition(":")[0], ""): bool(logs),
    }
    return sorted(extra for extra, needed in wanted.items() if needed and extra)


def prepare(state: State, request: Request, progress: Progress) -> Ready:
    """Makes a deployment ready to start: checks everything, installs programs, and writes its state folder.

    Nothing of an existing deployment is changed before all checks have passed.

    Raises:
        InvalidValuesError, LocalRunError: what the user asks for cannot run here.
    """
    previous = state.deployment()
    dags = request.dags
    values = values_of(request.document, dags, {})
    if previous is not None and not version_at_least(values.airflow_version, previous.airflow_version):
        raise LocalRunError(
            f"airflowVersion: the database of {state.name} was used by Airflow {previous.airflow_version}, which "
            f"{values.airflow_version} cannot read; use that version or a newer one, start another deployment with "
            "--name, or delete this one with `airflow-charts down --purge`. Nothing was changed"
        )
    own = has_own_addresses()
    names = planning.pod_names(values)
    known = previous.addresses if previous is not None and previous.own_addresses == own else {}
    addresses = pod_addresses(state.name, names, own=own, known=known)
    moved = free_ports(planning.listeners(values, addresses))
    ports = {item.usual: item.port for item in moved}
    values = values_of(request.document, dags, ports)
    cache = cache_folder()
    airflow = airflow_programs(cache, values.airflow_version, extras_of(values), request.requirements, progress)
    stores = {
        "postgresql": (conditions.own_postgresql(values), postgresql_programs),
        "redis": (conditions.has_redis(values), redis_programs),
    }
    found = {name: programs(cache, request.servers, progress) for name, (runs, programs) in stores.items() if runs}
    deployment = Deployment(
        layout=LAYOUT,
        document=dict(request.document),
        dags=str(dags),
        requirements=list(request.requirements),
        servers=request.servers,
        airflow_version=values.airflow_version,
        airflow_bin=str(airflow.bin),
        store_bins={name: str(programs.bin) for name, programs in found.items()},
        origins={"airflow": airflow.origin, **{name: programs.origin for name, programs in found.items()}},
        addresses=addresses,
        ports=ports,
        own_addresses=own,
        preload=request.preload,
    )
    texts = _secrets(state, values)
    planned = plan_of(state, deployment, texts)
    _make_dags_folder(dags)
    state.create()
    _write_secrets(state, values, texts)
    state.write(state.deployment_file, msgspec.json.format(msgspec.json.encode(deployment)))
    if planned.preload is not None:
        for folder in (Path(planned.preload.folder), Path(planned.preload.log).parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for pod in planned.pods:
        write_files(pod, owner=_owner() if pod.pod.name == "postgresql" else None)
    return Ready(deployment, planned, moved)


def plan_of(state: State, deployment: Deployment, texts: Mapping[str, str] | None = None) -> Plan:
    """The plan of a deployment, with generated credentials that are not in its state folder yet, or those that are.

    Raises:
        LocalRunError: a Secret that a pod needs is not there.
    """
    values = values_for(deployment)
    place = Place(
        state,
        deployment.addresses,
        deployment.ports,
        deployment.airflow_bin,
        deployment.store_bins,
        store_user=_store_user(),
        own_addresses=deployment.own_addresses,
        preload=preload_command(Path(deployment.airflow_bin)) if deployment.preload else (),
    )
    generated = name_of(values, Release(state.name, "local"), "generated")
    return planning.plan(values, place, {generated: state.secrets() if texts is None else texts})


def values_for(deployment: Deployment) -> Values:
    """The values of a deployment, on the ports that it chose."""
    return values_of(deployment.document, Path(deployment.dags), deployment.ports)


def webserver_url(values: Values) -> str:
    """What a browser opens."""
    return f"{values.webserver.external_url}{values.webserver.path}"


def flower_url(values: Values, ports: Mapping[int, int]) -> str:
    """What a browser opens for Flower; empty where it does not run."""
    if not conditions.has_flower(values):
        return ""
    usual = flower.UI.number
    return f"http://127.0.0.1:{ports.get(usual, usual)}{values.flower.path}"


def _make_dags_folder(dags: Path) -> None:
    try:
        dags.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LocalRunError(f"--dags: {dags} cannot be a folder: {error.strerror}") from error


def _wanted(values: Values) -> dict[str, str]:
    """The credentials to generate: key -> kind."""
    return {record.key: record.kind for record in records() if is_missing(values, record)}


def _secrets(state: State, values: Values) -> dict[str, str]:
    """The generated credentials. What is there stays, or the database could not be read."""
    return {key: generate_secrets.make(kind) for key, kind in _wanted(values).items()} | state.secrets()


def _write_secrets(state: State, values: Values, texts: Mapping[str, str]) -> None:
    state.write(state.secrets_file, msgspec.json.encode(texts))
    for key, file in (("admin-password", state.password_file), ("flower-basic-auth", state.flower_file)):
        if key in _wanted(values):
            state.write(file, f"{texts[key]}\n")
        else:
            file.unlink(missing_ok=True)


def _store_user() -> str:
    """Whom PostgreSQL runs as: this user, or for root one without rights."""
    return "nobody" if os.geteuid() == 0 else ""


def _owner() -> tuple[int, int] | None:
    user = _store_user()
    return (pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid) if user else None
