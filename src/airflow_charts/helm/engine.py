"""Helm's own engine (the official Go SDK in a wheel): lint and package. An extra, because it is 250 MB."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile
from pathlib import Path
from types import ModuleType

from airflow_charts.errors import ChartError

_WARNING = 2
"""Helm's severities: 1 is information, 2 a warning, 3 an error."""


def _engine() -> ModuleType:
    try:
        import helm_python
    except ImportError as error:
        raise ChartError("this needs Helm's engine; run pip install 'airflow-charts[helm]'") from error
    return helm_python


def lint(folder: Path) -> list[str]:
    """What `helm lint` finds, without mere information."""
    result = _engine().lint(folder)
    found = [message for message in result["messages"] if message.get("severity", _WARNING) >= _WARNING]
    return [f"{message.get('path', folder)}: {message.get('error') or message}" for message in found] + [
        str(error) for error in result["errors"]
    ]


def package(folder: Path, destination: Path) -> Path:
    """The archive of a chart, as `helm package` makes it, without its times: the same chart, the same bytes."""
    if not (folder / "Chart.yaml").is_file():
        raise ChartError(f"{folder} holds no chart; run airflow-charts chart build")
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(_engine().package(folder, destination=scratch))
        target = destination / made.name
        target.write_bytes(_reproducible(made.read_bytes()))
    return target


def _reproducible(archive: bytes) -> bytes:
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as source,
        tarfile.open(fileobj=plain, mode="w") as sink,
    ):
        for member in sorted(source.getmembers(), key=lambda member: member.name):
            content = source.extractfile(member)
            member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
            sink.addfile(member, content)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, filename="") as stream:
        stream.write(plain.getvalue())
    return packed.getvalue()
