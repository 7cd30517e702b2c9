"""The images of the pods, built from Debian's and Python's packages, under the names of the chart and the cluster.

A real cluster pulls them from registries; this one has none. Each is a folder of `images/` with a Containerfile, and a
function here that says what it is called. What is built stays in the cache until what it is built from changes.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from airflow_charts.values import Values
from airflow_charts.values.images import Image as ImageValue
from cluster import programs
from cluster.processes import ClusterError, run, succeeds
from cluster.settings import CACHE, SOURCE

PAUSE = "registry.k8s.io/pause:3.10"
"""The image of the process that holds a pod's network; the kubelet and containerd expect this name."""
TOOLS = "registry.test/tools:1"
"""A shell with curl, nc and dig, for tests."""
COREDNS = "registry.test/coredns:1"
METRICS_SERVER = "registry.test/metrics-server:1"
AIRFLOW = {"3.3.2": "celery<5.7", "2.11.2": "celery<5.7 click<8.2"}
"""Versions of Airflow, and of its requirements those whose newest it was not released with."""
SUITE = "bookworm"

_FOLDER = SOURCE / "images"
_BASE = "localhost/debian"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Image:
    """An image: its folder with a Containerfile, its names, and what else decides about its content."""

    folder: str
    names: Sequence[str]
    arguments: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    """What is put into the folder before the build: name -> where it is."""
    volumes: Sequence[str] = ()


def _full(name: str) -> str:
    """An image's name as containerd has it, with the registry that Docker leaves out."""
    registry, _, rest = name.partition("/")
    if rest and ("." in registry or ":" in registry):
        return name
    return f"docker.io/{name}" if rest else f"docker.io/library/{name}"


def _default(image: ImageValue) -> str:
    return _full(f"{image.repository}:{image.tag}")


def airflow(version: str) -> Image:
    """Airflow of a version, as its official image has it."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent))
    if not uv:
        raise ClusterError("uv is missing; run `make setup`")
    cache = CACHE / "uv"
    cache.mkdir(parents=True, exist_ok=True)
    extras = "celery,cncf-kubernetes,fab,otel,postgres,redis,statsd"
    return Image(
        "airflow",
        [_full(f"apache/airflow:{version}")],
        arguments={"VERSION": version, "REQUIREMENTS": f"apache-airflow[{extras}]=={version} {AIRFLOW[version]}"},
        volumes=[f"{uv}:/run/uv:ro", f"{cache}:/run/uv-cache", f"{_CERTIFICATES}:/run/certificates.pem:ro"],
    )


def postgresql() -> Image:
    """The chart's own database."""
    return Image("postgresql", [_default(Values().images.postgresql)])


def valkey() -> Image:
    """The chart's own broker."""
    return Image("valkey", [_default(Values().images.redis)])


def tools() -> Image:
    """What tests run, and what a pod's network belongs to: a process that sleeps."""
    return Image("tools", [TOOLS, PAUSE])


def coredns() -> Image:
    """The cluster's name server."""
    return Image("program", [COREDNS], files={"program": programs.node("coredns")})


def metrics_server() -> Image:
    """What tells the HorizontalPodAutoscaler how busy pods are."""
    return Image("program", [METRICS_SERVER], files={"program": programs.kubernetes("metrics-server")})


def of_cluster() -> Iterator[Image]:
    """The images without which no node is ready."""
    yield tools()
    yield coredns()
    yield metrics_server()


def of_chart() -> Iterator[Image]:
    """The images that the chart names."""
    yield postgresql()
    yield valkey()
    for version in AIRFLOW:
        yield airflow(version)


def _digest(image: Image) -> str:
    """What an image is built from, as a short text."""
    digest = hashlib.sha256(repr((SUITE, sorted(image.arguments.items()))).encode())
    for path in sorted((_FOLDER / image.folder).rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(_FOLDER).as_posix().encode() + path.read_bytes())
    for name, path in image.files.items():  # a program's folder is named by what it is built from
        digest.update(f"{name} {path}".encode())
    return digest.hexdigest()[:12]


def archive(image: Image) -> Path:
    """Where a built image is."""
    name = image.names[0].split("/")[-1].replace(":", "-")
    return CACHE / "images" / f"{name}-{_digest(image)}.tar"


def build() -> None:
    """Builds what is not there."""
    for image in (*of_cluster(), *of_chart()):
        if not archive(image).exists():
            _build_base()
            _build(image)


_BUILDAH = (
    "buildah",
    *("--root", CACHE / "buildah"),
    *("--runroot", "/run/airflow-charts-buildah"),
    *("--storage-driver", "overlay"),
)


def _build_base() -> None:
    """A small Debian, from which all others are built."""
    if succeeds(*_BUILDAH, "inspect", "--type", "image", _BASE):
        return
    print("building the base of the images", flush=True)
    folder = CACHE / "debian"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    root = folder / "root"
    run("debootstrap", "--variant=minbase", SUITE, root)
    run("chroot", root, "apt-get", "clean")
    run("tar", "--directory", root, "--create", "--file", folder / "rootfs.tar", ".")
    run(*_BUILDAH, "bud", "--isolation", "chroot", "--file", _FOLDER / "debian.Containerfile", "--tag", _BASE, folder)
    shutil.rmtree(folder)


def _build(image: Image) -> None:
    print(f"building {image.names[0]}", flush=True)
    context = CACHE / "context"
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(_FOLDER / image.folder, context)
    for name, path in image.files.items():
        shutil.copy2(path, context / name)
    options: list[str] = []
    for name, value in image.arguments.items():
        options += ["--build-arg", f"{name}={value}"]
    for volume in image.volumes:
        options += ["--volume", volume]
    tag = "localhost/building"
    run(*_BUILDAH, "bud", "--isolation", "chroot", "--pull-never", *options, "--tag", tag, context)
    target = archive(image)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    run(*_BUILDAH, "push", tag, f"docker-archive:{partial}:{image.names[0]}")
    run(*_BUILDAH, "rmi", tag)
    shutil.rmtree(context)
    partial.replace(target)


def load(ctr: Callable[..., str], images: Iterable[Image]) -> None:
    """Gives containerd those of the images that it does not have."""
    known = set(ctr("images", "list", "--quiet").split())
    for image in images:
        mark = f"registry.test/built:{_digest(image)}"
        if mark in known:
            continue
        ctr("images", "import", "--local", "--platform", "linux/amd64", archive(image))
        for name in (*image.names[1:], mark):
            ctr("images", "tag", "--force", image.names[0], name)
