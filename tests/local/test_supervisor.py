"""The kubelet of a local run, with real processes: order, probes, restarts, an end that leaves nothing behind."""

import contextlib
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import psutil
import pytest

from airflow_charts.errors import LocalRunError
from airflow_charts.local import control, processes, supervisor
from airflow_charts.local.forks import Process
from airflow_charts.local.pods import MARK, Container, Pod, Probe, Run
from airflow_charts.local.processes import processes_of
from airflow_charts.local.running import CannotStartError, Running
from airflow_charts.local.state import State
from airflow_charts.local.supervisor import Supervisor

FOREVER = "exec sleep 1000"
PATIENCE = 30.0
"""Seconds after which something that must happen did not: far more than it takes."""
IGNORING = ("sh", "-c", 'trap "" HUP INT QUIT TERM; exec "$0" "$@"')
"""Starts a command as `nohup` and the `&` of a script do: it ignores signals, and so do all that it starts."""


def until(holds: Callable[[], Any], what: str = "") -> Any:
    """Waits for something to happen; gives what it said."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline, what or "it did not happen"
        time.sleep(0.01)
    return found


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    folder = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    folder.chmod(0o755)
    monkeypatch.setenv("AIRFLOW_CHARTS_STATE", str(folder))
    made = State.of("one")
    made.create()
    yield made
    for process in processes_of(set(), lambda mark: mark.startswith(f"{made.folder}/")):
        with contextlib.suppress(psutil.Error):
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def here(state: State) -> Path:
    """A folder that the scripts of containers see as $HERE."""
    folder = state.folder / "here"
    folder.mkdir()
    return folder


def container(here: Path, name: str, script: str, **more: Any) -> Container:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HERE": str(here)}
    log = str(here.parent / "logs" / f"{name}.log")
    work = here.parent / "work" / name
    work.mkdir(parents=True, exist_ok=True)
    return Container(name, ("sh", "-c", script), environment, log, str(work), **more)


def pod(here: Path, name: str, *containers: Container, **more: Any) -> Pod:
    """A pod; each container gets a folder of its own, as the plan does it."""
    folder = here.parent / "pods" / name
    more["init_containers"] = tuple(placed(folder, item) for item in more.get("init_containers", ()))
    grace = more.pop("grace", 10)
    return Pod(name, str(folder), "127.0.0.1", grace, tuple(placed(folder, item) for item in containers), **more)


def placed(folder: Path, one: Container) -> Container:
    work = folder / "work" / one.name
    work.mkdir(parents=True, exist_ok=True)
    return msgspec.structs.replace(one, folder=str(work), environment={**one.environment, MARK: str(work)})


def check(script: str, *, failures: int = 1) -> Probe:
    """A probe by script, asked at every step; `false` is seen by one failure."""
    return Probe("exec", command=("sh", "-c", script), period=0, timeout=20, failures=failures)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Clock:
    """The supervisor's clock, which can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


class Kubelet(Supervisor):
    """A supervisor in this process, step by step."""

    def __init__(self, here: Path, clock: Clock, *pods: Pod) -> None:
        self.heard: list[str] = []
        self.clock = clock
        super().__init__(Run(str(here.parent), pods), self.heard.append)

    def one(self, pod: str = "pod", index: int = 0) -> Running:
        return self.pods[pod][index]

    def until(self, holds: Callable[[], Any]) -> Any:
        """Steps until something holds."""

        def stepped() -> Any:
            self.step()
            return holds()

        return until(stepped, "\n".join(self.heard))

    def fail(self) -> None:
        """Steps until a container cannot start, without waiting for delays."""

        def later() -> bool:
            self.clock.ahead += 0.05
            return False

        self.until(later)

    def say(self, text: str) -> Callable[[], bool]:
        return lambda: any(text in line for line in self.heard)

    def state_of(self, pod: str = "pod") -> str:
        return self._state_of(self.pods[pod])[0]


@pytest.fixture
def kubelet(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Kubelet]]:
    clock = Clock()
    monkeypatch.setattr(supervisor, "time", clock)
    made: list[Kubelet] = []

    def make(*pods: Pod) -> Kubelet:
        made.append(Kubelet(here, clock, *pods))
        return made[-1]

    yield make
    for one in made:
        for item in (item for items in one.pods.values() for item in items if item.process is not None):
            assert item.process is not None
            item.process.kill()
            until(partial(_has_ended, item.process))
        one.prober.pool.shutdown(wait=True, cancel_futures=True)


def _has_ended(process: Process) -> bool:
    return process.poll() is not None


class Program:
    """A supervisor as `up` starts it: a process of its own."""

    def __init__(self, here: Path, *pods: Pod, attached: bool = False, by: Sequence[str] = ()) -> None:
        self.state = State("one", here.parent)
        with self.state.supervisor_log.open("ab") as log:
            self.process = subprocess.Popen(
                [*by, sys.executable, "-m", "airflow_charts.local.supervisor"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.input = self.process.stdin
        assert self.input is not None
        self.input.write(msgspec.json.encode(Run(str(here.parent), pods, attached=attached)) + b"\n")
        self.input.flush()
        if not attached:
            self.input.close()

    def until_state(self, pod: str, *wanted: str) -> None:
        until(lambda: self.state.status().get("pods", {}).get(pod, {}).get("state") in wanted, self.log)

    @property
    def log(self) -> str:
        return self.state.supervisor_log.read_text(encoding="utf-8")

    def ended(self) -> int:
        return self.process.wait(PATIENCE)


@pytest.fixture
def program(here: Path) -> Iterator[Callable[..., Program]]:
    made: list[Program] = []

    def make(*pods: Pod, **more: Any) -> Program:
        made.append(Program(here, *pods, **more))
        return made[-1]

    yield make
    for one in made:
        one.process.kill()
        one.process.wait()
        assert one.input is not None
        one.input.close()


# --- starting --------------------------------------------------------------------------------------------------------


def test_init_containers_run_in_order_and_are_waited_for(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    first = container(here, "first", 'echo first >> "$HERE/order"; while [ ! -e "$HERE/go" ]; do sleep 0.01; done')
    second = container(here, "second", 'echo second >> "$HERE/order"')
    main = container(here, "main", f'echo main >> "$HERE/order"; {FOREVER}')
    kube = kubelet(pod(here, "pod", main, init_containers=(first, second)))
    kube.until(lambda: lines(here / "order"))
    for _ in range(5):
        kube.step()
    assert lines(here / "order") == ["first"]
    assert kube.state_of() == "waiting"
    (here / "go").touch()
    kube.until(lambda: len(lines(here / "order")) == 3)
    assert lines(here / "order") == ["first", "second", "main"]
    kube.until(lambda: kube.state_of() == "ready")


def test_a_failed_init_container_is_tried_again_before_the_next(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    first = container(here, "first", 'echo first >> "$HERE/order"; test "$(wc -l < "$HERE/order")" -gt 1')
    main = container(here, "main", f'echo main >> "$HERE/order"; {FOREVER}')
    kube = kubelet(pod(here, "pod", main, init_containers=(first,)))
    kube.until(kube.say("pod/first: ended with exit status 1; starts again in 1 s"))
    assert kube.state_of() == "restarting"
    kube.clock.ahead += 2
    kube.until(lambda: len(lines(here / "order")) == 3)
    assert lines(here / "order") == ["first", "first", "main"]


def test_pods_do_not_wait_for_each_other(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    waiting = container(here, "waiting", FOREVER)
    kube = kubelet(
        pod(here, "a", container(here, "a", FOREVER), init_containers=(waiting,)),
        pod(here, "b", container(here, "b", FOREVER)),
    )
    kube.until(lambda: kube.state_of("b") == "ready")
    assert kube.state_of("a") == "waiting"
    assert kube.phase == "starting"


def test_a_job_is_done_and_not_started_again(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "job", 'echo x >> "$HERE/runs"'), job=True))
    kube.until(lambda: kube.state_of() == "done")
    assert kube.phase == "running"
    kube.clock.ahead += 100
    for _ in range(5):
        kube.step()
    assert lines(here / "runs") == ["x"]


def test_what_must_run_is_started_again_even_after_success(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", "exit 0")))
    kube.until(kube.say("ended with exit status 0; starts again"))


def test_a_process_has_its_environment_and_nothing_else(
    here: Path, kubelet: Callable[..., Kubelet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_CALLER", "text")
    main = container(here, "main", 'env > "$HERE/env"; pwd > "$HERE/pwd"; cat > "$HERE/input"')
    kube = kubelet(pod(here, "pod", main, job=True))
    kube.until(lambda: kube.state_of() == "done")
    found = dict(line.split("=", 1) for line in lines(here / "env"))
    assert set(found) - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "HERE", MARK}
    assert lines(here / "pwd") == [kube.one().spec.folder]
    assert lines(here / "input") == []


def test_output_goes_into_the_log_and_the_log_goes_on(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", f"echo out; echo err >&2; {FOREVER}")))
    log = Path(kube.one().spec.log)
    kube.until(lambda: lines(log) == ["out", "err"])
    kube.one().process.kill()  # type: ignore[union-attr]
    kube.until(kube.say("starts again"))
    kube.clock.ahead += 2
    kube.until(lambda: lines(log) == ["out", "err", "out", "err"])


def test_a_log_that_is_too_long_is_put_aside(
    here: Path, kubelet: Callable[..., Kubelet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    kube = kubelet(pod(here, "pod", container(here, "main", f"echo new; {FOREVER}")))
    log = Path(kube.one().spec.log)
    log.write_text("more than ten\n", encoding="utf-8")
    kube.until(lambda: lines(log) == ["new"])
    assert lines(log.with_name("main.old.log")) == ["more than ten"]


# --- restarts --------------------------------------------------------------------------------------------------------


def end(kube: Kubelet, *, after: float) -> None:
    """Lets a container run for some time, then ends it."""
    kube.until(lambda: kube.one().process)
    kube.clock.ahead += after
    kube.step()
    kube.one().process.kill()  # type: ignore[union-attr]
    kube.until(lambda: kube.one().process is None)


def test_the_delay_of_restarts_doubles_up_to_the_longest(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER)))
    delays = []
    for _ in range(7):
        end(kube, after=2)
        delays.append(round(kube.one().next_start - kube.clock.monotonic()))
        kube.clock.ahead += 31
    assert delays == [1, 2, 4, 8, 16, 30, 30]
    assert kube.one().restarts == 7


def test_a_container_that_ran_calmly_starts_again_quickly(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER)))
    for _ in range(4):
        end(kube, after=2)
        kube.clock.ahead += 31
    end(kube, after=supervisor.CALM + 1)
    assert round(kube.one().next_start - kube.clock.monotonic()) == 1


def test_nothing_starts_before_its_delay_is_over(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER)))
    end(kube, after=2)
    kube.one().next_start = kube.clock.monotonic() + 1000
    for _ in range(5):
        kube.step()
    assert kube.one().process is None
    assert kube._state_of(kube.pods["pod"])[1].startswith("main ended (-9); starts in")


def test_a_container_that_was_never_ready_ends_everything_the_third_time(
    here: Path, kubelet: Callable[..., Kubelet]
) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", "exit 7")))
    with pytest.raises(CannotStartError, match=r"pod/main cannot start: it ended 3 times.*exit status 7") as error:
        kube.fail()
    assert error.value.failed == ("pod", "main")


def test_a_container_that_was_ready_once_is_tried_for_ever(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    main = container(here, "main", FOREVER, readiness=check("true"))
    kube = kubelet(pod(here, "pod", main))
    kube.until(lambda: kube.state_of() == "ready")
    for _ in range(5):
        end(kube, after=0)
        kube.clock.ahead += 31
    assert kube.one().failed_starts == 0


def test_a_missing_program_is_named_at_once(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    missing = msgspec.structs.replace(container(here, "main", ""), command=("no-such-program", "--now"))
    kube = kubelet(pod(here, "pod", missing))
    with pytest.raises(CannotStartError, match="pod/main cannot start: there is no program no-such-program"):
        kube.step()


@pytest.mark.parametrize("kind", ["folder", "text", "no working folder"])
def test_what_cannot_be_executed_is_a_container_that_cannot_start(
    here: Path, kubelet: Callable[..., Kubelet], kind: str
) -> None:
    odd = here / "odd"
    if kind == "folder":
        odd.mkdir()
    else:
        odd.write_bytes(b"\x7fELF, but not really")
        odd.chmod(0o755)
    whole = pod(here, "pod", msgspec.structs.replace(container(here, "main", ""), command=(str(odd),)))
    if kind == "no working folder":
        gone = msgspec.structs.replace(container(here, "main", ""), folder=str(here / "gone"))
        whole = msgspec.structs.replace(whole, containers=(gone,))
    with pytest.raises(CannotStartError):
        kubelet(whole).step()


def test_restarts_leave_no_open_files(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER, readiness=check("true"))))
    kube.until(lambda: kube.state_of() == "ready")
    end(kube, after=2)
    before = psutil.Process().num_fds()
    for _ in range(5):
        kube.clock.ahead += 31
        end(kube, after=2)
    assert psutil.Process().num_fds() <= before


# --- probes ----------------------------------------------------------------------------------------------------------


def test_a_container_is_ready_once_its_start_up_and_readiness_probes_succeed(
    here: Path, kubelet: Callable[..., Kubelet]
) -> None:
    main = container(
        here,
        "main",
        FOREVER,
        startup=check('test -e "$HERE/up"', failures=10**6),
        readiness=check('echo >> "$HERE/asked"; test -e "$HERE/ready"'),
    )
    kube = kubelet(pod(here, "pod", main))
    for _ in range(10):
        kube.step()
    assert kube.state_of() == "starting"
    assert not (here / "asked").exists()
    (here / "up").touch()
    kube.until((here / "asked").exists)
    assert kube.state_of() == "starting"
    (here / "ready").touch()
    kube.until(lambda: kube.state_of() == "ready")
    assert kube.phase == "running"


def test_readiness_comes_and_goes_without_a_restart(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER, readiness=check('test ! -e "$HERE/busy"'))))
    kube.until(lambda: kube.state_of() == "ready")
    first = kube.one().process
    (here / "busy").touch()
    kube.until(lambda: kube.state_of() == "not ready")
    (here / "busy").unlink()
    kube.until(lambda: kube.state_of() == "ready")
    assert kube.one().process is first
    assert kube.one().restarts == 0


def test_a_container_whose_liveness_probe_fails_often_enough_is_started_again(
    here: Path, kubelet: Callable[..., Kubelet]
) -> None:
    alive = check('echo >> "$HERE/asked"; test ! -e "$HERE/hanging"', failures=3)
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER, liveness=alive, readiness=check("true"))))
    kube.until(lambda: kube.state_of() == "ready")
    (here / "hanging").touch()
    kube.until(kube.say("pod/main: its liveness probe failed 3 times; ending it"))
    kube.until(kube.say("ended with signal SIGTERM; starts again in 1 s"))
    (here / "hanging").unlink()
    kube.clock.ahead += 2
    kube.until(lambda: kube.state_of() == "ready")
    assert kube.one().restarts == 1


def test_failures_count_only_in_a_row(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    odd = check('echo >> "$HERE/n"; test $(( $(wc -l < "$HERE/n") % 2 )) = 0', failures=2)
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER, liveness=odd)))
    kube.until(lambda: len(lines(here / "n")) >= 8)
    assert kube.one().restarts == 0


def test_a_container_that_never_gets_up_is_ended_three_times(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER, startup=check("false", failures=2))))
    with pytest.raises(CannotStartError, match="pod/main cannot start: it ended 3 times, the last time with signal"):
        kube.fail()
    assert sum("its startup probe failed 2 times" in line for line in kube.heard) == 3


def test_a_cheap_start_up_probe_is_asked_more_often_but_as_long(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    """On a cluster: every 10 s, 3 times. Here: every half second, and 30 s all the same."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        closed = reserved.getsockname()[1]
        probe = Probe("tcp", port=closed, period=10, failures=3)
        kube = kubelet(pod(here, "pod", container(here, "main", FOREVER, startup=probe)))
        asked = 0
        while not kube.say("probe failed")():
            kube.step()
            task = kube.one().probes["startup"]
            if task.running is not None:
                task.running.result()
                asked += 1
                kube.step()
                kube.clock.ahead += 0.5
    assert asked == 60


def test_a_liveness_probe_waits_for_its_delay(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    late = msgspec.structs.replace(check('echo >> "$HERE/asked"'), delay=60)
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER, liveness=late)))
    for _ in range(10):
        kube.step()
    assert not (here / "asked").exists()
    kube.clock.ahead += 61
    kube.until((here / "asked").exists)


# --- status ----------------------------------------------------------------------------------------------------------


def test_the_status_file_is_private_and_holds_no_environment(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    one = container(here, "main", FOREVER)
    secret = msgspec.structs.replace(one, environment={**one.environment, "PASSWORD": "THE-password"})
    kube = kubelet(pod(here, "pod", secret))
    kube.step()
    path = here.parent / "status.json"
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text(encoding="utf-8")
    assert "THE-password" not in text
    assert json.loads(text)["pods"]["pod"]["address"] == "127.0.0.1"
    assert not any("THE-password" in line for line in kube.heard)


def test_the_status_file_is_written_only_if_something_changed(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "main", FOREVER)))
    kube.step()
    kube.step()
    before = (here.parent / "status.json").stat().st_ino
    for _ in range(5):
        kube.step()
    assert (here.parent / "status.json").stat().st_ino == before


def test_the_status_can_be_read_at_every_moment(here: Path, program: Callable[..., Program]) -> None:
    quick = container(here, "job", "exit 0")
    run = program(
        *(pod(here, f"job-{number}", quick, job=True) for number in range(5)),
        pod(here, "pod", container(here, "main", FOREVER)),
    )
    path = run.state.status_file
    until(path.exists, run.log)
    seen = set()
    while json.loads(path.read_bytes())["phase"] == "starting":
        seen.add(path.read_bytes())
    run.process.terminate()
    while run.process.poll() is None:
        seen.add(path.read_bytes())
    assert {json.loads(text)["phase"] for text in seen} >= {"stopped"}


def test_a_pod_with_a_container_that_restarts_is_not_called_ready(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "pod", container(here, "a", FOREVER), container(here, "b", "exit 1")))
    kube.until(lambda: kube.state_of() == "restarting")
    assert kube.status()["pods"]["pod"]["detail"].startswith("b ended (1); starts in")


# --- the end ---------------------------------------------------------------------------------------------------------

TRAPPED = """
trap 'echo {name} >> "$HERE/asked"; {then}; echo {name} >> "$HERE/ended"; exit 0' TERM
touch "$HERE/{name}-runs"
while true; do sleep 0.02; done
"""
STUBBORN = """
trap 'echo asked >> "$HERE/asked"' TERM
touch "$HERE/{name}-runs"
while true; do sleep 0.02; done
"""


ALL_TRAPPED = """
trap 'echo quit >> "$HERE/heard"' QUIT
trap 'echo int >> "$HERE/heard"' INT
trap 'echo hup >> "$HERE/heard"' HUP
trap 'echo term >> "$HERE/heard"; exit 0' TERM
touch "$HERE/runs"
while true; do sleep 0.02; done
"""
"""A start script: a shell cannot trap what was ignored when it began."""


def trapped(here: Path, name: str, then: str = ":", **more: Any) -> Pod:
    return pod(here, name, container(here, name, TRAPPED.format(name=name, then=then)), **more)


def stubborn(here: Path, name: str, **more: Any) -> Pod:
    return pod(here, name, container(here, name, STUBBORN.format(name=name)), **more)


def test_stores_end_after_those_that_need_them(here: Path, program: Callable[..., Program]) -> None:
    wait = 'while [ ! -e "$HERE/go" ]; do sleep 0.01; done'
    run = program(trapped(here, "store", store=True), trapped(here, "app", wait, grace=600))
    until(lambda: (here / "app-runs").exists() and (here / "store-runs").exists(), run.log)
    run.process.terminate()
    until((here / "asked").exists, run.log)
    run.until_state("app", "stopping")
    assert lines(here / "asked") == ["app"]
    (here / "go").touch()
    assert run.ended() == 0
    assert lines(here / "ended") == ["app", "store"]
    status = run.state.status()
    assert status["phase"] == "stopped"
    assert {pod["state"] for pod in status["pods"].values()} == {"stopped"}
    assert [pod["sessions"] for pod in status["pods"].values()] == [[], []]


def test_after_its_grace_a_process_is_killed(here: Path, program: Callable[..., Program]) -> None:
    run = program(stubborn(here, "app", grace=0.2), trapped(here, "store", store=True))
    until(lambda: (here / "app-runs").exists() and (here / "store-runs").exists(), run.log)
    run.process.terminate()
    assert run.ended() == 0
    assert lines(here / "ended") == ["store"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_second_signal_makes_it_quick_but_stores_have_their_time(
    here: Path, program: Callable[..., Program], number: signal.Signals
) -> None:
    run = program(stubborn(here, "app", grace=600), trapped(here, "store", store=True, grace=600))
    until(lambda: (here / "app-runs").exists() and (here / "store-runs").exists(), run.log)
    run.process.send_signal(number)
    until((here / "asked").exists, run.log)
    run.process.send_signal(number)
    assert run.ended() == 0
    assert lines(here / "ended") == ["store"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_started_where_signals_are_ignored_it_ends_and_its_containers_hear_them_all(
    here: Path, program: Callable[..., Program], number: signal.Signals
) -> None:
    probe = check('trap "touch $HERE/probed" INT; kill -INT $$')
    main = container(here, "main", ALL_TRAPPED, readiness=probe)
    run = program(pod(here, "pod", main), by=IGNORING)
    until((here / "runs").exists, run.log)
    run.until_state("pod", "ready")
    [session] = run.state.status()["pods"]["pod"]["sessions"]
    for heard, sent in enumerate((signal.SIGQUIT, signal.SIGINT, signal.SIGHUP), start=1):
        os.kill(session, sent)
        until(lambda count=heard: len(lines(here / "heard")) == count, run.log)  # type: ignore[misc]
    run.process.send_signal(number)
    assert run.ended() == 0
    assert lines(here / "heard") == ["quit", "int", "hup", "term"]
    assert (here / "probed").exists()


def test_attached_it_ends_when_its_input_does(here: Path, program: Callable[..., Program]) -> None:
    run = program(trapped(here, "app"), attached=True)
    until((here / "app-runs").exists, run.log)
    assert run.input is not None
    run.input.close()
    assert run.ended() == 0
    assert lines(here / "ended") == ["app"]
    assert "the terminal has gone" in run.log


def test_detached_it_does_not(here: Path, program: Callable[..., Program]) -> None:
    run = program(trapped(here, "app"))
    run.until_state("app", "ready")
    assert run.process.poll() is None


def test_what_cannot_start_ends_everything_in_order_and_says_so(here: Path, program: Callable[..., Program]) -> None:
    bad = container(here, "bad", "echo it is broken; exit 9")
    bad = msgspec.structs.replace(bad, command=("no-such-program",))
    wait = container(here, "wait", 'while [ ! -e "$HERE/store-runs" ]; do sleep 0.01; done')
    run = program(
        trapped(here, "store", store=True),
        pod(here, "broken", bad, init_containers=(wait,)),
    )
    assert run.ended() == 1
    status = run.state.status()
    assert status["phase"] == "failed"
    assert status["problem"] == "broken/bad cannot start: there is no program no-such-program"
    assert status["failed"] == ["broken", "bad"]
    assert lines(here / "ended") == ["store"]


FAMILY = """
import os, subprocess, sys, time
here = os.environ["HERE"]
child = "import os, time; {leave}; open(os.environ['HERE'] + '/{name}', 'w').write(str(os.getpid())); time.sleep(1000)"
for name, leave in (("stays", "0"), ("left", "os.setsid()"), ("daemon", "os.fork() and os._exit(0); os.setsid()")):
    subprocess.Popen([sys.executable, "-c", child.format(name=name, leave=leave)])
time.sleep(1000)
"""


def family(here: Path, name: str = "pod", **more: Any) -> Pod:
    """A container whose first process has a child in its session, one that left it, and one without parent."""
    one = msgspec.structs.replace(container(here, "main", ""), command=(sys.executable, "-c", FAMILY))
    return pod(here, name, one, **more)


def children(here: Path) -> list[int]:
    """The numbers of the three, once they are all there."""

    def numbers() -> list[str]:
        files = [here / name for name in ("stays", "left", "daemon")]
        return [file.read_text(encoding="utf-8") for file in files if file.exists()]

    until(lambda: len([number for number in numbers() if number]) == 3)
    return [int(number) for number in numbers()]


def test_a_killed_first_process_takes_all_others_along(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(family(here))
    kube.step()
    numbers = children(here)
    assert all(lives(number) for number in numbers)
    end(kube, after=2)
    assert not any(lives(number) for number in numbers)


def test_an_orderly_end_takes_all_others_along(here: Path, program: Callable[..., Program]) -> None:
    run = program(family(here))
    numbers = children(here)
    run.process.terminate()
    assert run.ended() == 0
    assert not any(lives(number) for number in numbers)


def test_another_pods_processes_stay(here: Path, kubelet: Callable[..., Kubelet]) -> None:
    kube = kubelet(pod(here, "a", container(here, "main", FOREVER)), pod(here, "a-b", container(here, "main", FOREVER)))
    kube.until(lambda: kube.state_of("a-b") == "ready")
    other = kube.one("a-b").process
    kube.one("a").process.kill()  # type: ignore[union-attr]
    kube.until(lambda: kube.one("a").process is None)
    assert other is not None
    assert other.poll() is None


def test_no_zombies_are_left(here: Path, program: Callable[..., Program]) -> None:
    ready = check("true")
    run = program(
        pod(here, "job", container(here, "job", "true & true & exit 0"), job=True),
        pod(here, "pod", container(here, "main", FOREVER, readiness=ready)),
    )
    run.until_state("job", "done")
    run.until_state("pod", "ready")
    process = psutil.Process(run.process.pid)

    def clean() -> bool:
        return not [child for child in process.children() if child.status() == psutil.STATUS_ZOMBIE]

    until(clean, run.log)


def test_a_supervisor_that_cannot_write_its_status_leaves_no_pods(here: Path, program: Callable[..., Program]) -> None:
    keep = Path(tempfile.mkdtemp(prefix="ac-", dir="/tmp"))
    try:
        note = f'echo $$ >> "{keep}/$0"; {FOREVER}'
        pods = [pod(here, name, container(here, name, note.replace("$0", name))) for name in ("a", "b")]
        run = program(*pods)
        first, second = (int(until(partial(lines, keep / name))[0]) for name in ("a", "b"))
        run.until_state("b", "ready")
        shutil.rmtree(run.state.folder)
        os.kill(second, signal.SIGKILL)
        until(lambda: run.process.poll() is not None or len(lines(keep / "b")) == 2)
        run.process.terminate()
        run.ended()
        left = [number for number in (first, *map(int, lines(keep / "b"))) if lives(number)]
        for number in left:
            os.kill(number, signal.SIGKILL)
        assert not left
    finally:
        shutil.rmtree(keep)


# --- from outside ----------------------------------------------------------------------------------------------------


def ready(*pods: Pod) -> Any:
    """What `launch` needs of a `Ready`."""
    return SimpleNamespace(plan=SimpleNamespace(pods=[SimpleNamespace(pod=one) for one in pods], preload=None))


def launched(state: State, *pods: Pod, attached: bool = False) -> subprocess.Popen[bytes]:
    with state.locked() as lock:
        return control.launch(state, ready(*pods), lock, attached=attached)


@pytest.fixture
def reaped() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Supervisors that are killed and awaited at the end."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()


def test_the_supervisor_takes_over_the_lock_and_its_pods_do_not(
    state: State, here: Path, reaped: list[subprocess.Popen[bytes]]
) -> None:
    reaped.append(launched(state, pod(here, "pod", container(here, "main", FOREVER))))
    until(lambda: state.status().get("phase") == "running")
    assert state.is_running()
    with pytest.raises(LocalRunError, match="runs already"), state.locked():
        pass
    found = control.supervisor_of(state)
    assert found is not None
    assert found.pid == reaped[0].pid
    reaped[0].kill()
    reaped[0].wait()
    assert control.leftovers(state)
    assert not state.is_running()


def test_stop_ends_a_deployment_in_order(state: State, here: Path, reaped: list[subprocess.Popen[bytes]]) -> None:
    reaped.append(launched(state, trapped(here, "store", store=True), trapped(here, "app")))
    until(lambda: (here / "app-runs").exists() and (here / "store-runs").exists())
    until(lambda: control.supervisor_of(state))
    assert control.stop(state, lambda: None, now=False)
    assert lines(here / "ended") == ["app", "store"]
    assert not state.is_running()
    assert not control.stop(state, lambda: None, now=False)


def test_stop_now_gives_running_tasks_no_time(state: State, here: Path, reaped: list[subprocess.Popen[bytes]]) -> None:
    reaped.append(launched(state, stubborn(here, "app", grace=600), trapped(here, "store", store=True)))
    until(lambda: (here / "app-runs").exists() and (here / "store-runs").exists())
    until(lambda: control.supervisor_of(state))
    assert control.stop(state, lambda: None, now=True)
    assert lines(here / "ended") == ["store"]


def test_what_a_killed_supervisor_left_is_found_and_ended(
    state: State, here: Path, reaped: list[subprocess.Popen[bytes]]
) -> None:
    reaped.append(launched(state, family(here)))
    numbers = children(here)
    until(lambda: state.status().get("phase") == "running")
    reaped[0].kill()
    reaped[0].wait()
    assert control.supervisor_of(state) is None
    assert {process.pid for process in control.leftovers(state)} >= set(numbers)
    assert control.stop(state, lambda: None, now=True)
    until(lambda: not any(lives(number) for number in numbers))
    assert control.leftovers(state) == []


def test_what_a_killed_supervisor_left_is_found_without_its_status(
    state: State, here: Path, reaped: list[subprocess.Popen[bytes]]
) -> None:
    """It may be killed before it has written anything."""
    reaped.append(launched(state, family(here)))
    numbers = children(here)
    reaped[0].kill()
    reaped[0].wait()
    state.status_file.unlink()
    assert {process.pid for process in control.leftovers(state)} >= set(numbers)


def test_a_new_start_ends_what_was_left_first(state: State, here: Path, reaped: list[subprocess.Popen[bytes]]) -> None:
    reaped.append(launched(state, pod(here, "pod", container(here, "main", FOREVER))))
    until(lambda: state.status().get("phase") == "running")
    [old] = state.status()["pods"]["pod"]["sessions"]
    reaped[0].kill()
    reaped[0].wait()
    reaped.append(launched(state, pod(here, "pod", container(here, "main", FOREVER))))
    until(lambda: not lives(old))
    until(lambda: state.status().get("phase") == "running")
    assert state.status()["pods"]["pod"]["sessions"] != [old]


def test_the_processes_of_another_deployment_are_no_leftovers(state: State, here: Path, program: Any) -> None:
    run = program(pod(here, "pod", container(here, "main", FOREVER)))
    run.until_state("pod", "ready")
    other = State("on", state.folder.with_name("on"))
    other.create()
    assert control.leftovers(other) == []
    assert len(control.leftovers(state)) == 1


def test_a_shell_of_the_user_in_the_state_folder_is_no_leftover(state: State) -> None:
    """`cd ~/.airflow-charts/airflow/pods/scheduler` to read airflow.cfg, and then `up` or `down` beside it."""
    state.pod_folder("scheduler").mkdir()
    shell, terminal = pty.fork()
    if shell == 0:
        os.chdir(state.pod_folder("scheduler"))
        os.execvp("sleep", ["sleep", "1000"])
    psutil._psposix.get_terminal_map.cache_clear()  # type: ignore[attr-defined] # it remembers the terminals of earlier tests
    try:
        until(lambda: psutil.Process(shell).cwd() == str(state.pod_folder("scheduler")))
        assert control.leftovers(state) == []
    finally:
        os.kill(shell, signal.SIGKILL)
        os.waitpid(shell, 0)
        os.close(terminal)


def test_a_supervisor_that_ends_while_it_is_looked_at_has_ended(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ending:
        def send_signal(self, number: int) -> None:
            pass

        def is_running(self) -> bool:
            return True

        def status(self) -> str:
            raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(control, "supervisor_of", lambda state: Ending())
    assert control.stop(state, lambda: None, now=False)


def test_a_supervisor_that_dies_at_once_is_told(
    state: State, here: Path, monkeypatch: pytest.MonkeyPatch, reaped: list[subprocess.Popen[bytes]]
) -> None:
    plain = subprocess.Popen

    class Dead(plain):  # type: ignore[misc,valid-type]
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__([sys.executable, "-c", "raise SystemExit(1)"], *arguments[1:], **more)
            reaped.append(self)
            self.wait()

    monkeypatch.setattr(subprocess, "Popen", Dead)
    try:
        with pytest.raises(LocalRunError, match="the supervisor ended by itself"):
            launched(state, pod(here, "pod", container(here, "main", FOREVER)))
    finally:
        with contextlib.suppress(BrokenPipeError):
            reaped[0].stdin.close()  # type: ignore[union-attr]


# --- what is said about a failure ------------------------------------------------------------------------------------


def failed(state: State, text: str) -> str:
    log = state.log_file("scheduler", "main")
    log.parent.mkdir(parents=True)
    log.write_text(text, encoding="utf-8")
    status = {"problem": "scheduler/main cannot start: it ended", "failed": ["scheduler", "main"]}
    state.write(state.status_file, json.dumps(status))
    return control.failure(state)


def test_a_failure_shows_the_problem_the_end_of_the_log_and_its_place(state: State) -> None:
    text = failed(state, "".join(f"line {number}\n" for number in range(100)))
    first, *middle, last = text.splitlines()
    assert first == "scheduler/main cannot start: it ended"
    assert middle == [f"  line {number}" for number in range(85, 100)]
    assert last == f"the whole log: {state.log_file('scheduler', 'main')}"


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("OSError: [Errno 98] Address already in use", "another program listens on the same port"),
        ("FATAL:  password authentication failed for user", "the database has another password"),
        ("ModuleNotFoundError: No module named 'pandas.core'", "add it with --requirement"),
        ("psycopg2.OperationalError: Connection refused", "what it needs does not answer"),
        ("MemoryError", "too little memory"),
    ],
)
def test_a_failure_tells_the_likely_cause(state: State, line: str, cause: str) -> None:
    assert cause in failed(state, f"before\n{line}\nafter\n")


def test_a_failure_without_anything_to_show(state: State) -> None:
    text = control.failure(state)
    assert text.startswith("the supervisor ended by itself")
    assert "likely cause" not in text


def test_the_last_lines_of_a_log(state: State) -> None:
    log = state.folder / "log"
    assert control.last_lines(log, 3) == []
    log.write_bytes(b"a\nb\xff\nc")
    assert control.last_lines(log, 2) == ["b\N{REPLACEMENT CHARACTER}", "c"]
    log.write_bytes(b"x" * 10**6 + b"\nend\n")
    assert control.last_lines(log, 1) == ["end"]


def test_no_lines_of_a_log(state: State) -> None:
    log = state.folder / "log"
    log.write_bytes(b"a\nb\n")
    assert control.last_lines(log, 0) == []
