"""The file system of a pod: private, written anew where it is configuration, kept where it is data."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_plan import planned

from airflow_charts.local.pod_files import write_files
from airflow_charts.local.pod_plan import PodPlan
from airflow_charts.local.pods import Container, Pod
from airflow_charts.local.state import State


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", str(folder))
    made = State.of("one")
    made.create()
    yield made
    shutil.rmtree(folder)


def pod_plan(state: State, files: dict[str, str], **more: Any) -> PodPlan:
    root = state.pod_folder("scheduler")
    log = str(state.log_file("scheduler", "scheduler"))
    pod = Pod("scheduler", str(root), "127.0.0.2", 1, (Container("scheduler", ("true",), {}, log, str(root / "work")),))
    folders = [str(root / name) for name in more.get("folders", ["etc"])]
    links = {str(root / name): str(target) for name, target in more.get("links", {}).items()}
    projected = [str(root / "etc")] if files else []
    return PodPlan(pod, {str(root / name): text for name, text in files.items()}, folders, links, projected)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_user_can_read_what_is_written(state: State, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_files(pod_plan(state, {"etc/a": "secret"}, links={"data": state.folder / "claims/data"}))
    finally:
        os.umask(before)
    root = state.pod_folder("scheduler")
    assert mode(root / "etc/a") == 0o600
    assert {mode(root), mode(root / "etc"), mode(state.folder / "claims/data")} == {0o700}
    assert mode(state.log_file("scheduler", "scheduler").parent) == 0o700


def test_configuration_is_written_anew_and_data_stays(state: State) -> None:
    claim = state.folder / "claims/data"
    one = pod_plan(state, {"etc/a": "first"}, links={"data": claim})
    write_files(one)
    root = state.pod_folder("scheduler")
    (claim / "rows").write_text("rows", encoding="utf-8")
    (root / "etc/a").chmod(0o644)
    write_files(pod_plan(state, {"etc/a": "second"}, links={"data": claim}))
    assert (root / "etc/a").read_text(encoding="utf-8") == "second"
    assert mode(root / "etc/a") == 0o600
    assert (root / "data/rows").read_text(encoding="utf-8") == "rows"


def test_a_file_is_not_written_through_a_link(state: State) -> None:
    outside = state.folder.parent / "outside"
    outside.write_text("mine", encoding="utf-8")
    (state.pod_folder("scheduler") / "etc").mkdir(parents=True)
    (state.pod_folder("scheduler") / "etc/a").symlink_to(outside)
    write_files(pod_plan(state, {"etc/a": "text"}))
    assert outside.read_text(encoding="utf-8") == "mine"


def test_what_the_configuration_has_no_more_vanishes(state: State) -> None:
    write_files(pod_plan(state, {"etc/a": "text", "etc/b": "text"}))
    write_files(pod_plan(state, {"etc/a": "text"}))
    assert not (state.pod_folder("scheduler") / "etc/b").exists()


def test_a_link_is_replaced(state: State) -> None:
    claims = state.folder / "claims"
    write_files(pod_plan(state, {}, links={"data": claims / "one"}))
    write_files(pod_plan(state, {}, links={"data": claims / "two"}))
    assert (state.pod_folder("scheduler") / "data").readlink() == claims / "two"
    assert (claims / "one").is_dir()


def test_a_link_takes_the_place_of_an_empty_folder(state: State) -> None:
    write_files(pod_plan(state, {}, folders=["data"]))
    write_files(pod_plan(state, {}, folders=[], links={"data": state.folder / "claims/one"}))
    assert (state.pod_folder("scheduler") / "data").is_symlink()


def test_a_link_takes_the_place_of_a_folder_that_was_scratch_space(state: State) -> None:
    write_files(pod_plan(state, {}, folders=["data"]))
    (state.pod_folder("scheduler") / "data/file").touch()
    write_files(pod_plan(state, {}, folders=[], links={"data": state.folder / "claims/one"}))


def test_scratch_space_takes_the_place_of_a_link(state: State) -> None:
    write_files(pod_plan(state, {}, links={"data": state.folder / "claims/one"}))
    write_files(pod_plan(state, {}, folders=["data"]))
    assert not (state.pod_folder("scheduler") / "data").is_symlink()


def test_texts_are_written_as_they_are(state: State) -> None:
    write_files(pod_plan(state, {"etc/a": "ä\r\n\n", "etc/deep/b": ""}))
    root = state.pod_folder("scheduler") / "etc"
    assert (root / "a").read_bytes() == "ä\r\n\n".encode()
    assert (root / "deep/b").read_bytes() == b""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_pod_of_another_user_owns_its_files(state: State) -> None:
    claim = state.folder / "claims/data"
    write_files(pod_plan(state, {"etc/a": "text"}, links={"data": claim}), owner=(65534, 65534))
    root = state.pod_folder("scheduler")
    for path in (root, root / "etc", root / "etc/a", claim):
        assert path.stat().st_uid == 65534
    assert (root / "data").lstat().st_uid == 65534
    assert state.folder.stat().st_uid == 0


def test_a_default_deployment_can_be_written_twice(state: State) -> None:
    for _ in range(2):
        for pod in planned(state, {}).pods:
            write_files(pod)
            assert all(Path(path).read_text(encoding="utf-8") == text for path, text in pod.files.items())
            assert all(Path(path).is_symlink() for path in pod.links)
