"""The state folder: private, written whole, checked before it is used, and held by one `up` at a time."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from airflow_charts.errors import LocalRunError
from airflow_charts.local.state import LAYOUT, Deployment, State, base_folder, cache_folder, texts_of

DEPLOYMENT = Deployment(
    layout=LAYOUT,
    document={"executors": ["LocalExecutor"]},
    dags="/dags",
    requirements=[],
    servers="wheel",
    airflow_version="3.3.2",
    airflow_bin="/airflow/bin",
    store_bins={},
    origins={},
    addresses={"webserver": "127.0.0.1"},
    ports={8080: 8081},
    own_addresses=True,
)
HOLD = """
import sys
from airflow_charts.local.state import State
with State.of("one").locked():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where state folders lie: a short path, because of sockets."""
    folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def state(base: Path) -> State:
    made = State.of("one")
    made.create()
    return made


def save(state: State, deployment: Deployment = DEPLOYMENT, secrets: str = "{}") -> None:
    state.write(state.deployment_file, msgspec.json.encode(deployment))
    state.write(state.secrets_file, secrets)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- which folder ----------------------------------------------------------------------------------------------------


def test_the_environment_chooses_the_folder(base: Path) -> None:
    assert State.of("one").folder == base / "one"


def test_a_relative_choice_is_made_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", "here")
    monkeypatch.setenv("AIRFLOW_CHARTS_CACHE", "there")
    assert base_folder() == Path.cwd() / "here"
    assert cache_folder() == Path.cwd() / "there"


@pytest.mark.parametrize(
    ("uid", "state", "cache"),
    [
        (0, "/var/lib/airflow-charts", "/var/cache/airflow-charts"),
        (1000, "/home/ann/.airflow-charts", "/home/ann/.cache/airflow-charts"),
    ],
)
def test_without_a_choice_it_is_the_users_or_the_systems(
    uid: int, state: str, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AIRFLOW_CHARTS_STATE", "AIRFLOW_CHARTS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert (str(base_folder()), str(cache_folder())) == (state, cache)


def test_the_cache_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CHARTS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cache_folder() == Path("/elsewhere/airflow-charts")


@pytest.mark.parametrize("name", ["a", "airflow", "a-1", "9", "a" * 30])
def test_names_of_deployments(base: Path, name: str) -> None:
    assert State.of(name).folder == base / name


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a_b", "a.b", "../a", "a/b", "a b", "a" * 31, "a\n", "ä"])
def test_names_that_are_refused(base: Path, name: str) -> None:
    with pytest.raises(LocalRunError, match="--name"):
        State.of(name)


@pytest.mark.parametrize("sign", [" ", "'", "$", ":", ";", "%", "\n"])
def test_a_path_that_shells_would_split_is_refused(sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", f"/tmp/my{sign}state")
    with pytest.raises(LocalRunError, match="AIRFLOW_CHARTS_STATE"):
        State.of("one")


def test_a_path_that_is_too_long_for_sockets_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", "/tmp/" + "long" * 20)
    with pytest.raises(LocalRunError, match="too long for PostgreSQL's socket"):
        State.of("one")


# --- making, reading -------------------------------------------------------------------------------------------------


def test_only_the_user_can_read_the_folder(state: State) -> None:
    save(state)
    top = 0o711 if os.geteuid() == 0 else 0o700  # as root, PostgreSQL's user passes through
    assert {mode(state.folder), mode(state.folder / "pods"), mode(state.folder / "claims")} == {top}
    assert {mode(state.folder / "logs"), mode(state.folder / "secrets")} == {0o700}
    assert {mode(state.secrets_file), mode(state.deployment_file)} == {0o600}


def test_what_became_open_is_closed_again(state: State) -> None:
    (state.folder / "secrets").chmod(0o777)
    state.folder.chmod(0o777)
    state.create()
    assert mode(state.folder / "secrets") == 0o700
    assert mode(state.folder) & 0o066 == 0


def test_the_folder_of_another_user_is_refused(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(LocalRunError, match="belongs to another user"):
        state.create()


def test_a_new_folder_has_no_deployment(base: Path) -> None:
    state = State.of("one")
    assert state.deployment() is None
    assert state.secrets() == {}
    assert state.status() == {}
    assert not state.exists()
    assert not state.is_running()
    state.create()
    assert state.deployment() is None


def test_what_was_written_is_read(state: State) -> None:
    save(state, secrets='{"fernet-key": "text"}')
    assert state.deployment() == DEPLOYMENT
    assert state.secrets() == {"fernet-key": "text"}


@pytest.mark.parametrize("length", [0, 1, 40, 200])
def test_a_half_written_deployment_is_refused_and_stays(state: State, length: int) -> None:
    save(state)
    state.write(state.deployment_file, msgspec.json.encode(DEPLOYMENT)[:length])
    before = tree(state.folder)
    with pytest.raises(LocalRunError, match=r"damaged: deployment.json cannot be read.*--purge --name one"):
        state.deployment()
    assert tree(state.folder) == before


@pytest.mark.parametrize("text", ["[]", "null", '{"layout": 1}', '{"layout": 1, "document": []}'])
def test_a_deployment_of_another_shape_is_refused(state: State, text: str) -> None:
    save(state)
    state.write(state.deployment_file, text)
    with pytest.raises(LocalRunError, match="damaged"):
        state.deployment()


def test_another_layout_names_both_versions(state: State) -> None:
    save(state, msgspec.structs.replace(DEPLOYMENT, layout=LAYOUT + 1))
    with pytest.raises(LocalRunError, match=rf"layout {LAYOUT + 1}, this one has {LAYOUT}.*Nothing was changed"):
        state.deployment()


def test_another_layout_may_have_other_fields(state: State) -> None:
    save(state)
    state.write(state.deployment_file, json.dumps({"layout": LAYOUT + 1, "all": "different"}))
    with pytest.raises(LocalRunError, match="another version of airflow-charts"):
        state.deployment()


def test_missing_secrets_are_refused_because_the_database_could_not_be_read(state: State) -> None:
    save(state)
    state.secrets_file.unlink()
    with pytest.raises(LocalRunError, match=r"secrets.json is missing"):
        state.deployment()


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[]"])
def test_damaged_secrets_are_refused(state: State, text: str) -> None:
    save(state, secrets=text)
    with pytest.raises(LocalRunError, match=r"secrets.json cannot be read"):
        state.secrets()


def test_data_without_a_deployment_is_refused(state: State) -> None:
    (state.folder / "claims" / "data").mkdir()
    with pytest.raises(LocalRunError, match=r"deployment.json is missing, and data is there"):
        state.deployment()


def test_secrets_of_the_user_do_not_make_a_deployment(state: State) -> None:
    folder = state.folder / "secrets" / "database"
    folder.mkdir()
    (folder / "uri").write_text("postgresql://\n", encoding="utf-8")
    assert state.deployment() is None
    assert state.user_secret("database") == {"uri": "postgresql://"}
    assert state.user_secret("other") == {}


def test_only_one_line_end_of_a_secret_file_goes(state: State) -> None:
    folder = state.folder / "secrets" / "keys"
    folder.mkdir()
    (folder / "text").write_text("two\nlines\n\n", encoding="utf-8")
    assert state.user_secret("keys") == {"text": "two\nlines\n"}


def test_a_secret_file_that_is_no_text_is_refused(state: State) -> None:
    folder = state.folder / "secrets" / "keys"
    folder.mkdir()
    (folder / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(LocalRunError):
        state.user_secret("keys")


def test_folders_beside_secret_files_do_not_matter(state: State) -> None:
    folder = state.folder / "secrets" / "keys"
    (folder / "folder").mkdir(parents=True)
    (folder / "key").write_text("text", encoding="utf-8")
    assert state.user_secret("keys") == {"key": "text"}


@pytest.mark.parametrize("text", ["", "{", '{"pods": {'])
def test_a_half_written_status_says_nothing(state: State, text: str) -> None:
    state.status_file.write_text(text, encoding="utf-8")
    assert state.status() == {}


@pytest.mark.parametrize("text", [b"[]", b"1", b"\xff\xfe\x00"])
def test_a_damaged_status_says_nothing(state: State, text: bytes) -> None:
    state.status_file.write_bytes(text)
    assert state.status() == {}


def test_texts_of_a_secret() -> None:
    manifest = {"data": {"a": "YQ==", "b": "Yg=="}, "stringData": {"b": "over"}}
    assert texts_of(manifest) == {"a": "a", "b": "over"}
    assert texts_of({}) == {}


def test_a_binary_secret_of_extra_manifests_is_refused() -> None:
    with pytest.raises(LocalRunError):
        texts_of({"data": {"keystore": "//4A"}})


# --- writing ---------------------------------------------------------------------------------------------------------


def test_a_failing_write_leaves_the_old_file(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    state.write(state.secrets_file, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        state.write(state.secrets_file, "new and longer")
    assert state.secrets_file.read_text(encoding="utf-8") == "old"
    monkeypatch.undo()


def test_what_a_failing_write_left_does_not_matter(state: State) -> None:
    left = state.folder / ".secrets.json.new"
    left.write_text("x" * 100, encoding="utf-8")
    left.chmod(0o666)
    state.write(state.secrets_file, "new")
    assert state.secrets_file.read_text(encoding="utf-8") == "new"
    assert mode(state.secrets_file) == 0o600
    assert not left.exists()


def test_a_written_file_has_its_mode_whatever_the_umask(state: State) -> None:
    before = os.umask(0)
    try:
        state.write(state.folder / "deep" / "file", b"bytes")
        state.write(state.folder / "public" / "file", "text", 0o644)
    finally:
        os.umask(before)
    assert mode(state.folder / "deep") == 0o700
    assert mode(state.folder / "deep" / "file") == 0o600
    assert mode(state.folder / "public" / "file") == 0o644


def test_purge_deletes_everything_but_follows_no_link(state: State, base: Path) -> None:
    save(state)
    outside = base / "outside"
    outside.mkdir()
    (outside / "dag.py").touch()
    (state.folder / "claims" / "link").symlink_to(outside)
    state.purge()
    assert not state.folder.exists()
    assert (outside / "dag.py").exists()
    state.purge()


def test_purge_of_a_link_is_refused(base: Path) -> None:
    (base / "there").mkdir()
    (base / "one").symlink_to(base / "there")
    with pytest.raises(LocalRunError, match="is a link"):
        State.of("one").purge()
    assert (base / "there").is_dir()


# --- the lock --------------------------------------------------------------------------------------------------------


def test_a_second_process_is_refused_while_the_first_lives(state: State) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert state.is_running()
        with pytest.raises(LocalRunError, match=r"runs already.*--name"), state.locked():
            pass
        holder.kill()
    assert not state.is_running()
    with state.locked():
        pass


def test_the_lock_is_held_as_long_as_one_process_has_its_file(state: State) -> None:
    with state.locked() as descriptor:
        heir = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(descriptor,))
    with heir:
        assert state.is_running()
    assert not state.is_running()


def test_the_lock_is_private_and_its_file_is_not_inherited(state: State) -> None:
    with state.locked() as descriptor:
        assert mode(state.folder / "lock") == 0o600
        assert not os.get_inheritable(descriptor)


def test_asking_leaves_no_open_files(state: State) -> None:
    with state.locked():
        before = os.dup(0)
        os.close(before)
        for _ in range(20):
            assert state.is_running()
        after = os.dup(0)
        os.close(after)
    assert after == before
