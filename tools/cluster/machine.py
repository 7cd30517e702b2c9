"""Whether a machine lets its user run the cluster: by trying what the cluster needs, and taking it back."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from cluster import programs
from cluster.processes import succeeds
from cluster.settings import STATE

_BRIDGE = "airflow-charts1"


def lacks() -> list[str]:
    """What is missing, each in a few words; nothing on a machine that can run the cluster."""
    if os.geteuid() != 0:
        return ["root, for containers and their network"]
    programs.install_debian()
    checks = {
        "Go, to build Kubernetes": shutil.which("go") is not None,
        "the right to make network devices": _can_make_a_bridge(),
        f"the right to mount overlays in {STATE}": _can_mount_overlays(),
        "the right to make cgroups": _can_make_a_cgroup(),
    }
    return [what for what, there in checks.items() if not there]


def _can_make_a_bridge() -> bool:
    made = succeeds("ip", "link", "add", _BRIDGE, "type", "bridge")
    return made and succeeds("ip", "link", "delete", _BRIDGE)


def _can_mount_overlays() -> bool:
    STATE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STATE) as folder:
        parts = {part: Path(folder, part) for part in ("lowerdir", "upperdir", "workdir", "merged")}
        for path in parts.values():
            path.mkdir()
        merged = parts.pop("merged")
        options = ",".join(f"{part}={path}" for part, path in parts.items())
        return succeeds("mount", "-t", "overlay", "overlay", "-o", options, merged) and succeeds("umount", merged)


def _can_make_a_cgroup() -> bool:
    root = Path("/sys/fs/cgroup")
    folder = (root / "memory" if (root / "memory").is_dir() else root) / _BRIDGE
    try:
        folder.mkdir()
        folder.rmdir()
    except OSError:
        return False
    return True
