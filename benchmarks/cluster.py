"""What a deployment costs on a real cluster: `make bench-cluster`, or `python -m benchmarks.cluster`.

Each contender is installed in the cluster of `make cluster` from nothing but its images, which are there already, one
after the other on the same machine. Measured are: seconds until everything is Ready and until the first run of a DAG
has succeeded, CPU seconds in pods until then; tasks per second and CPU seconds per task of 200 mapped empty tasks in
their second run; memory (PSS and working set) and CPU of a minute without work, by component; seconds of an upgrade to
the same values and the pods that it replaced; seconds of an uninstall until the last pod has gone.

Other charts take part by `BENCH_CHARTS`, a list of `name=archive` or `name=archive:values.yaml` with commas between:

    BENCH_CHARTS=official=/charts/airflow-1.22.0.tgz:/charts/official.yaml make bench-cluster

Their values name images that the cluster has. Their first user must be `admin` with the password `admin`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests/cluster")]
from deployment import Deployment

TASKS = 200
SETTLE, IDLE = 20, 60
"""Seconds that a deployment may calm down, and seconds without work that are measured."""
CGROUPS = Path("/sys/fs/cgroup")
MIB = 2**20

Figures = dict[str, Any]


class Other(Deployment):
    """A chart of others."""

    selector = ""

    def __init__(self, name: str, chart: Path, values: dict[str, Any]) -> None:
        super().__init__(f"bench-{name}", values, chart=chart)

    def webserver(self) -> str:
        """The one Service that is called as charts call it."""
        names = [service["metadata"]["name"] for service in self.get("services")]
        return next(name for name in names if name.endswith(("api-server", "webserver", "-web")))

    def password(self) -> str:
        """That of its documentation."""
        return "admin"


class Cgroups:
    """What pods use, read from the kernel of the node."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._cpu: dict[str, float] = {}
        """CPU seconds by pod; a finished pod's cgroup is gone, so the highest that was seen counts."""

    def folder(self, uid: str, controller: str) -> Path | None:
        """The cgroup of a pod, in either version of cgroups."""
        for root in (CGROUPS / controller / "kubepods", CGROUPS / "kubepods"):
            for pattern in (f"pod{uid}", f"*/pod{uid}"):
                for found in root.glob(pattern):
                    return found
        return None

    def pods(self) -> Iterator[tuple[str, str]]:
        """Identity and component of each pod."""
        for pod in self._deployment.get("pods"):
            labels = pod["metadata"]["labels"]
            component = labels.get("app.kubernetes.io/component") or labels.get("component") or "other"
            yield pod["metadata"]["uid"], component

    def sample(self) -> dict[str, float]:
        """CPU seconds of each pod until now."""
        for uid, _ in self.pods():
            if folder := self.folder(uid, "cpuacct"):
                with suppress(OSError):
                    self._cpu[uid] = max(self._cpu.get(uid, 0), _cpu(folder))
        return dict(self._cpu)

    def total(self) -> float:
        """CPU seconds of all pods since they are watched."""
        return sum(self.sample().values())

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Looks often enough that no pod ends unseen."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(1):
                with suppress(Exception):
                    self.sample()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        yield
        ended.set()
        thread.join()

    def idle(self) -> Figures:
        """Memory (MiB) and CPU (% of a core) of each component, while nothing is to do."""
        before = self.sample()
        time.sleep(IDLE)
        after = self.sample()
        found: Figures = {}
        for uid, component in self.pods():
            folder = self.folder(uid, "memory")
            if folder is None:
                continue
            figures = found.setdefault(component, {"pss_mib": 0.0, "working_set_mib": 0.0, "cpu_percent": 0.0})
            figures["pss_mib"] += _pss(folder) / MIB
            figures["working_set_mib"] += _working_set(folder) / MIB
            figures["cpu_percent"] += 100 * (after.get(uid, 0) - before.get(uid, 0)) / IDLE
        return found


def _cpu(folder: Path) -> float:
    if (folder / "cpuacct.usage").exists():
        return int((folder / "cpuacct.usage").read_text()) / 1e9
    return _table(folder / "cpu.stat")["usage_usec"] / 1e6


def _working_set(folder: Path) -> float:
    """What the kubelet calls so: all memory without the files that nobody has read for a while."""
    table = _table(folder / "memory.stat")
    if (folder / "memory.usage_in_bytes").exists():
        return int((folder / "memory.usage_in_bytes").read_text()) - table["total_inactive_file"]
    return int((folder / "memory.current").read_text()) - table["inactive_file"]


def _pss(folder: Path) -> float:
    """Resident memory in which each shared page counts by its share."""
    total = 0
    for processes in folder.rglob("cgroup.procs"):
        for pid in processes.read_text().split():
            with suppress(OSError):
                text = Path("/proc", pid, "smaps_rollup").read_text()
                total += next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:"))
    return total


def _table(path: Path) -> dict[str, int]:
    return {name: int(number) for name, number in (line.split() for line in path.read_text().splitlines())}


def _own_pods(deployment: Deployment) -> set[str]:
    """The identities of pods that are no Job's."""
    return {
        pod["metadata"]["uid"]
        for pod in deployment.get("pods")
        if "Job" not in [owner["kind"] for owner in pod["metadata"].get("ownerReferences", [])]
    }


def _mapped(deployment: Deployment, cgroups: Cgroups) -> Figures:
    """Tasks per second from the first start to the last end, in the second run: in the first one, processes start."""
    deployment.run_dag("mapped", 300, tasks=TASKS)
    before = cgroups.total()
    run = deployment.start_dag("mapped", tasks=TASKS)
    tasks = deployment.succeeds("mapped", run, 300)
    ended = max(datetime.fromisoformat(task["end_date"]) for task in tasks)
    began = min(datetime.fromisoformat(task["start_date"]) for task in tasks)
    return {
        "tasks_per_second": TASKS / (ended - began).total_seconds(),
        "cpu_seconds_per_task": (cgroups.total() - before) / TASKS,
    }


def measured(deployment: Deployment) -> Figures:
    """Installs a contender, measures it and removes it."""
    cgroups = Cgroups(deployment)
    deployment.create_namespace()
    figures: Figures = {}
    with cgroups.watched():
        began = time.monotonic()
        deployment.install()
        deployment.until_ready(600)
        figures["ready"] = time.monotonic() - began
        deployment.run_dag("first", 300)
        figures["first_success"] = time.monotonic() - began
        figures["cpu_seconds_until_then"] = cgroups.total()
        figures |= _mapped(deployment, cgroups)
    time.sleep(SETTLE)
    figures["idle"] = cgroups.idle()
    before, began = _own_pods(deployment), time.monotonic()
    deployment.upgrade()
    deployment.until_ready(600)
    figures["upgrade"] = time.monotonic() - began
    figures["replaced_pods"] = len(before - _own_pods(deployment))
    began = time.monotonic()
    deployment.uninstall()
    figures["uninstall"] = time.monotonic() - began
    deployment.forget_client()
    deployment.delete_namespace()
    return figures


def contenders() -> dict[str, Deployment]:
    """Ours with no values at all, and those of the environment."""
    found: dict[str, Deployment] = {"ours": Deployment("bench-ours")}
    for text in filter(None, os.environ.get("BENCH_CHARTS", "").split(",")):
        name, _, rest = text.partition("=")
        chart, _, values = rest.partition(":")
        if not name or not Path(chart).exists():
            raise SystemExit(
                f"BENCH_CHARTS: {text!r}: write name=archive or name=archive:values.yaml, with paths that exist"
            )
        found[name] = Other(name, Path(chart), yaml.safe_load(Path(values).read_text()) if values else {})
    return found


ROWS = {
    "ready": "all Ready, s",
    "first_success": "first DAG success, s",
    "cpu_seconds_until_then": "CPU s in pods until then",
    "tasks_per_second": f"tasks/s of {TASKS}",
    "cpu_seconds_per_task": "CPU s per task",
    "pss_mib": "idle PSS, MiB",
    "working_set_mib": "idle working set, MiB",
    "cpu_percent": "idle CPU, % of a core",
    "upgrade": "upgrade to the same, s",
    "replaced_pods": "pods that it replaced",
    "uninstall": "uninstall, s",
}


def with_sums(figures: Figures) -> Figures:
    """The figures with the sums over all components."""
    names = ("pss_mib", "working_set_mib", "cpu_percent")
    return figures | {name: sum(component[name] for component in figures["idle"].values()) for name in names}


def main() -> None:
    """Measures every contender in each round and prints tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where all figures are written")
    arguments = parser.parse_args()
    found: dict[str, list[Figures]] = {}
    for number in range(arguments.rounds):
        for name, deployment in contenders().items():
            print(f"round {number + 1}: {name}", file=sys.stderr)
            found.setdefault(name, []).append(with_sums(measured(deployment)))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    print(f"{f'median of {arguments.rounds}':28}" + "".join(f"{name:>12}" for name in found))
    for row, title in ROWS.items():
        middle = [statistics.median(figures[row] for figures in rounds) for rounds in found.values()]
        print(f"{title:28}" + "".join(f"{number:12.2f}" for number in middle))
    for name, rounds in found.items():
        print(f"\n{name + ', idle, last round':28}{'PSS MiB':>12}{'set MiB':>12}{'CPU %':>12}")
        for component, figures in sorted(rounds[-1]["idle"].items()):
            print(f"{component:28}" + "".join(f"{figures[key]:12.1f}" for key in figures))


if __name__ == "__main__":
    main()
