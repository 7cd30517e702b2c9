"""Kubernetes' own programs, built from the modules that their projects publish, and those that Debian has.

Each folder of `go/` is a Go module whose `tool` directives name the programs and whose `go.sum` pins every source.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from cluster.processes import ClusterError
from cluster.settings import CACHE, SOURCE, VERSION, VERSIONS

DEBIAN = {
    "runc": "/usr/sbin/runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iptables": "/usr/sbin/iptables",
    "iproute2": "/usr/sbin/ip",
    "conntrack": "/usr/sbin/conntrack",
    "buildah": "/usr/bin/buildah",
    "debootstrap": "/usr/sbin/debootstrap",
}
"""Debian's packages, each with a file by which it is known to be there."""


def kubernetes(program: str) -> Path:
    """Where a program of Kubernetes is."""
    return _folder(f"kubernetes-{VERSION}") / program


def node(program: str) -> Path:
    """Where a program beside Kubernetes is."""
    return _folder("node") / program


def modules() -> tuple[str, ...]:
    """The modules that a cluster of this version needs."""
    return (f"kubernetes-{VERSION}", "node")


@cache
def _folder(module: str) -> Path:
    source = SOURCE / "go" / module
    files = sorted(path for path in source.rglob("*") if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return CACHE / "programs" / f"{module}-{digest[:12]}"


def build() -> None:
    """Builds what is missing."""
    if VERSION not in VERSIONS:
        raise ClusterError(f"KUBERNETES_VERSION={VERSION}: this cluster can be one of {', '.join(VERSIONS)}")
    for module in modules():
        if not _folder(module).exists():
            _build(module)


def install_debian() -> None:
    """Installs what is missing of Debian's programs."""
    missing = [package for package, file in DEBIAN.items() if not Path(file).exists()]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise ClusterError(f"install these programs and try again: {' '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environment)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def _build(module: str) -> None:
    if not shutil.which("go"):
        raise ClusterError("install Go 1.26 or newer and try again: it builds Kubernetes from its modules")
    print(f"building {module}; this can take ten minutes, once", flush=True)
    source = SOURCE / "go" / module
    tools = _tools(source / "go.mod").split()
    target = _folder(module)
    partial = target.with_name(f"{target.name}.partial")
    partial.mkdir(parents=True, exist_ok=True)
    flags = f"-s -w {_version_flags(module)}"
    for tool in tools:
        result = subprocess.run(
            ["go", "build", "-ldflags", flags, "-o", partial / _name(tool), tool],
            cwd=source,
            env={**os.environ, "CGO_ENABLED": "0"},
            check=False,
        )
        if result.returncode:
            raise ClusterError(f"{tool} does not build; Go's messages are above")
    partial.rename(target)


def _tools(go_mod: Path) -> str:
    """The lines of the `tool` block."""
    block = re.search(r"^tool \((.*?)^\)", go_mod.read_text(), re.MULTILINE | re.DOTALL)
    if not block:
        raise ClusterError(f"{go_mod} has no `tool` block")
    return block.group(1)


def _name(tool: str) -> str:
    """What a program is called: the last part of its path that is no version."""
    parts = [part for part in tool.split("/") if not re.fullmatch(r"v\d+", part)]
    return "etcd" if tool.startswith("go.etcd.io/etcd/server") else parts[-1]


def _version_flags(module: str) -> str:
    """Programs of Kubernetes ask each other for their versions; a build outside of its own scripts has none."""
    if not module.startswith("kubernetes-"):
        return ""
    text = (SOURCE / "go" / module / "go.mod").read_text()
    [version] = re.findall(r"k8s\.io/kubernetes (v(?:\d+)\.(?:\d+)\.(?:\d+))", text)
    major, minor, _ = version[1:].split(".")
    package = "k8s.io/component-base/version"
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(f"-X {package}.{name}={value}" for name, value in values.items())
