"""Makes the file system of a pod, as its plan says."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from airflow_charts.local.pod_plan import PodPlan


def write_files(planned: PodPlan, *, owner: tuple[int, int] | None = None) -> None:
    """Makes the file system of a pod. Configuration is written anew, everything else stays.

    `owner` (uid, gid) gets the pod's files, where it runs as another user.
    """
    for folder in planned.folders:
        if Path(folder).is_symlink():
            Path(folder).unlink()
    for folder in [planned.pod.folder, *planned.folders, *planned.links.values()]:
        Path(folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in planned.projected:
        for old in Path(folder).iterdir():
            if str(old) not in planned.files and old.is_file():
                old.unlink()
    for path, text in planned.files.items():
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
    for path, target in planned.links.items():
        _link(Path(path), Path(target))
    for container in (*planned.pod.init_containers, *planned.pod.containers):
        Path(container.log).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if owner is not None:
        for top in [planned.pod.folder, *planned.links.values()]:
            Path(top).chmod(0o700)
            for inside in [Path(top), *Path(top).rglob("*")]:
                os.chown(inside, *owner, follow_symlinks=False)


def _link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)  # scratch space of an earlier start
    if not path.is_symlink() or path.readlink() != target:
        path.unlink(missing_ok=True)
        path.symlink_to(target)
