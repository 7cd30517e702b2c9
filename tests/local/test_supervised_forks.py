"""The supervisor with a preload: what is forked, when, and what happens without it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from test_preload import Machine, output
from test_supervisor import FOREVER, Clock, Kubelet, container, pod, until

from airflow_charts.local import pace, processes, supervisor
from airflow_charts.local.forks import Forked
from airflow_charts.local.pace import Pace
from airflow_charts.local.pods import Container, Pod

UP = "import sys, time\nprint(sorted(set(sys.modules) & {'counted', 'helper'}), flush=True)\ntime.sleep(1000)\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "state" / "here"
    (folder.parent / "logs").mkdir(parents=True)
    folder.mkdir()
    return folder


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "machine").mkdir()
    return Machine(tmp_path / "machine", Path(sys.executable))


@pytest.fixture
def kubelet(here: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Kubelet]]:
    """Makes supervisors whose Python containers are forks."""
    clock = Clock()
    monkeypatch.setattr(supervisor, "time", clock)
    made: list[Kubelet] = []

    def make(*pods: Pod) -> Kubelet:
        made.append(Kubelet(here, clock, *pods))
        made[-1].starts.preload = machine.preload("counted")
        made[-1].starts.pace.allows = lambda: True  # type: ignore[method-assign]
        return made[-1]

    yield make
    for one in made:
        one.stops = 2
        one.stop()


def python(here: Path, machine: Machine, name: str, text: str, *, ahead: tuple[str, ...] = ()) -> Container:
    """A container that runs a Python script of the environment."""
    script = machine.script(text, f"{name}.py")
    made = container(here, name, "")
    return msgspec.structs.replace(
        made,
        command=("python", str(script)),
        environment=made.environment | machine.common,
        preloaded=True,
        ahead=ahead,
    )


def test_a_container_imports_while_its_init_containers_run(
    here: Path, machine: Machine, kubelet: Callable[..., Kubelet]
) -> None:
    """But it runs after them, and is the process that has imported."""
    waiting = container(here, "wait", 'while [ ! -e "$HERE/go" ]; do sleep 0.02; done')
    main = python(here, machine, "main", UP, ahead=("helper",))
    kube = kubelet(pod(here, "pod", main, init_containers=(waiting,)))
    kube.until(lambda: kube.one(index=1).prepared is not None)
    prepared = kube.one(index=1).prepared
    assert prepared is not None
    assert kube.status()["pods"]["pod"]["sessions"] == [kube.one().session, prepared.pid]
    for _ in range(20):
        kube.step()
        time.sleep(0.01)
    assert output(main) == ""
    assert kube.one(index=1).process is None
    (here / "go").touch()
    kube.until(lambda: output(main))
    assert output(main) == "['counted', 'helper']\n"
    assert kube.one(index=1).process is prepared
    assert kube.one(index=1).session == prepared.pid
    assert kube.state_of() == "ready"


def test_it_starts_again_as_a_fork(here: Path, machine: Machine, kubelet: Callable[..., Kubelet]) -> None:
    main = python(here, machine, "main", UP)
    kube = kubelet(pod(here, "pod", main))
    kube.until(lambda: output(main))
    first = kube.one().process
    assert first is not None
    first.kill()
    kube.until(kube.say("ended with signal SIGKILL; starts again"))
    kube.clock.ahead += 2
    kube.until(lambda: output(main).count("\n") == 2)
    assert isinstance(kube.one().process, Forked)
    assert output(main) == 2 * "['counted']\n"


def test_without_the_preload_everything_goes_on(here: Path, machine: Machine, kubelet: Callable[..., Kubelet]) -> None:
    """Its forks run on; what ends starts again by itself, and that is told once."""
    main, other = (python(here, machine, name, UP) for name in ("main", "other"))
    kube = kubelet(pod(here, "pod", main), pod(here, "second", other))
    kube.until(lambda: output(main) and output(other))
    assert kube.starts.preload is not None
    kube.starts.preload.process.kill()
    kube.starts.preload.process.wait()
    for _ in range(10):
        kube.step()
    assert kube.one().restarts == kube.one("second").restarts == 0
    for name in ("pod", "second"):
        kube.one(name).process.kill()  # type: ignore[union-attr]
    kube.until(lambda: kube.one().restarts and kube.one("second").restarts)
    kube.clock.ahead += 2
    kube.until(lambda: output(main).count("\n") == output(other).count("\n") == 2)
    assert output(main) == "['counted']\n[]\n"
    assert kube.starts.preload is None
    assert len([line for line in kube.heard if "all start by themselves" in line]) == 1
    assert kube.state_of() == kube.state_of("second") == "ready"


def test_it_waits_for_the_preload(here: Path, machine: Machine, kubelet: Callable[..., Kubelet]) -> None:
    """Only what can be forked does."""
    main = python(here, machine, "main", UP)
    kube = kubelet(pod(here, "pod", main), pod(here, "shell", container(here, "shell", FOREVER)))
    assert kube.starts.preload is not None
    kube.starts.preload.ready = False  # its byte has been read: it stays so
    kube.until(lambda: kube.state_of("shell") == "ready")
    for _ in range(10):
        kube.step()
    assert kube.one().process is None
    assert kube.state_of() == "starting"
    kube.starts.preload.ready = True
    kube.until(lambda: output(main))


def test_the_end_leaves_nothing(here: Path, machine: Machine, kubelet: Callable[..., Kubelet]) -> None:
    """Neither forks that only wait, nor the preload."""
    waiting = container(here, "wait", FOREVER)
    kube = kubelet(
        pod(here, "waits", python(here, machine, "later", UP, ahead=("helper",)), init_containers=(waiting,)),
        pod(here, "runs", python(here, machine, "main", UP)),
    )
    kube.until(lambda: kube.one("waits", 1).prepared is not None and kube.state_of("runs") == "ready")
    processes = [*kube.status()["pods"]["waits"]["sessions"], *kube.status()["pods"]["runs"]["sessions"]]
    assert len(processes) == 3
    assert kube.starts.preload is not None
    processes.append(kube.starts.preload.process.pid)
    kube.stop()
    until(lambda: not [pid for pid in processes if (Path("/proc") / str(pid)).exists()])


def test_a_large_log_is_put_aside_before_its_fork(
    here: Path, machine: Machine, kubelet: Callable[..., Kubelet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the fork would go on in the old file."""
    monkeypatch.setattr(processes, "LOG_LIMIT", 10)
    main = python(here, machine, "main", UP, ahead=("helper",))
    Path(main.log).write_text("of an earlier start\n")
    waiting = container(here, "wait", 'while [ ! -e "$HERE/go" ]; do sleep 0.02; done')
    kube = kubelet(pod(here, "pod", main, init_containers=(waiting,)))
    kube.until(lambda: kube.one(index=1).prepared is not None)
    (here / "go").touch()
    kube.until(lambda: "helper" in output(main))
    assert output(main) == "['counted', 'helper']\n"
    assert Path(main.log).with_suffix(".old.log").read_text() == "of an earlier start\n"


# --- the pace --------------------------------------------------------------------------------------------------------


class Cpus:
    """CPUs and a clock that stand still."""

    def __init__(self) -> None:
        self.now = self.idle = 0.0

    def pass_by(self, seconds: float, idle: float) -> None:
        """Time in which as many CPUs were idle."""
        self.now += seconds
        self.idle += seconds * idle

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def cpus(monkeypatch: pytest.MonkeyPatch) -> Cpus:
    made = Cpus()
    monkeypatch.setattr(pace, "time", made)
    monkeypatch.setattr(pace, "_idle", lambda: made.idle)
    return made


def allowed(one: Pace) -> int:
    """How many of ten may start now."""
    return [one.allows() for _ in range(10)].count(True)


@pytest.mark.parametrize(("idle", "expected"), [(0, 0), (0.4, 0), (0.6, 1), (2, 2), (8, 8)])
def test_as_many_may_start_as_cpus_are_idle(cpus: Cpus, idle: float, expected: int) -> None:
    one = Pace()
    assert allowed(one) == 0
    cpus.pass_by(0.5, idle)
    assert allowed(one) == expected
    assert allowed(one) == 0


def test_a_busy_machine_starts_them_all_the_same(cpus: Cpus) -> None:
    """One by one: something else may keep the CPUs busy for hours."""
    one = Pace()
    found = []
    for _ in range(20):
        cpus.pass_by(1, 0)
        found.append(allowed(one))
    assert sum(found) == 20 // pace._PATIENCE
    assert set(found) == {0, 1}


def test_real_cpus_are_watched() -> None:
    before, begin = pace._idle(), time.monotonic()
    until(lambda: pace._idle() > before, "no CPU was ever idle")
    assert pace._idle() - before <= (time.monotonic() - begin + 1) * (os.cpu_count() or 1)


def test_only_what_has_never_been_ready_is_paced(here: Path, machine: Machine, kubelet: Callable[..., Kubelet]) -> None:
    """A component that has ended comes back at once, whatever the machine does."""
    main = python(here, machine, "main", UP, ahead=("helper",))
    kube = kubelet(pod(here, "pod", main))
    may = [False]
    kube.starts.pace.allows = partial(may.__getitem__, 0)  # type: ignore[method-assign]
    for _ in range(10):
        kube.step()
    assert kube.one().process is None
    may[0] = True
    kube.until(lambda: output(main))
    may[0] = False
    kube.one().ever_ready = True
    kube.one().process.kill()  # type: ignore[union-attr]
    kube.until(kube.say("starts again"))
    kube.clock.ahead += 2
    kube.until(lambda: output(main).count("\n") == 2)
