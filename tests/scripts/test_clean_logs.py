"""clean_logs.sh on real folders."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import SCRIPTS, eventually

HOUR = 3600


@pytest.fixture
def cleaner(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """It runs on the folder and keeps what is younger than an hour; asked to end, it ends by itself."""
    process = subprocess.Popen(["sh", SCRIPTS / "clean_logs.sh", tmp_path, "60", "1"])
    yield process
    process.kill()
    process.wait()


def written(file: Path, age: float = 0) -> Path:
    """A file of some age in seconds, in folders that are as old."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("text", encoding="utf-8")
    then = time.time() - age
    for path in (file, file.parent):
        os.utime(path, (then, then))
    return file


@pytest.mark.usefixtures("cleaner")
def test_old_files_go_and_young_ones_stay(tmp_path: Path) -> None:
    old, young = written(tmp_path / "dag/run 1/old.log", 2 * HOUR), written(tmp_path / "dag/run 2/young.log")
    eventually(lambda: not old.exists())
    assert young.exists()
    assert tmp_path.exists()


def test_what_comes_later_goes_later_and_empty_folders_with_it(
    tmp_path: Path, cleaner: subprocess.Popen[bytes]
) -> None:
    old = written(tmp_path / "dag/run/old.log", 2 * HOUR)
    eventually(lambda: not old.exists())
    os.utime(old.parent, (0, 0))
    eventually(lambda: not old.parent.exists())
    assert cleaner.poll() is None


def test_it_ends_at_once(cleaner: subprocess.Popen[bytes]) -> None:
    time.sleep(0.3)  # it waits between two looks
    cleaner.send_signal(signal.SIGTERM)
    assert cleaner.wait(1) == 0
