"""The commands `python -m cluster up | down | purge | status | build | possible`."""

from __future__ import annotations

import argparse
import shutil
import sys
import time

from cluster import certificates, control_plane, images, machine, node, programs
from cluster.processes import ClusterError, log_file, running
from cluster.settings import KUBECONFIG, LOGS, RUN, STATE, VERSION

PROCESSES = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "containerd",
    "kubelet",
    "kube-proxy",
    *node.CONTROLLERS,
)
_OWNER = RUN / "state"
"""Names the folder of the cluster that runs: there can be one."""


def _claim() -> None:
    RUN.mkdir(parents=True, exist_ok=True)
    owner = _OWNER.read_text() if _OWNER.exists() else ""
    if owner not in ("", str(STATE)) and any(running(name) for name in PROCESSES):
        raise ClusterError(f"the cluster of {owner} runs on this machine; end it there first")
    made = STATE / "version"
    if made.exists() and made.read_text() != VERSION:
        raise ClusterError(f"this cluster is of Kubernetes {made.read_text()}: `make cluster-purge`, then again")
    STATE.mkdir(parents=True, exist_ok=True)
    made.write_text(VERSION)
    _OWNER.write_text(str(STATE))


def build() -> None:
    """Builds what is missing of programs and images."""
    programs.build()
    images.build()


def up() -> None:
    """Starts what does not run, and builds what is missing for it."""
    began = time.monotonic()
    build()
    _claim()
    certificates.make()
    control_plane.up()
    node.up()
    print(f"The cluster runs, {time.monotonic() - began:.0f} s. Use it with:  export KUBECONFIG={KUBECONFIG}")


def down() -> None:
    """Ends what runs; what it knows stays."""
    if _OWNER.exists() and _OWNER.read_text() != str(STATE):
        raise ClusterError(f"the cluster that runs is that of {_OWNER.read_text()}; end it there")
    node.down()
    control_plane.down()


def purge() -> None:
    """Ends it and removes all that it knows, but no program and no image."""
    down()
    shutil.rmtree(STATE, ignore_errors=True)
    shutil.rmtree(RUN, ignore_errors=True)


def status() -> None:
    """Says what runs and where its log is."""
    for name in PROCESSES:
        process = running(name)
        what = f"process {process.pid}" if process else "does not run"
        print(f"{name:25} {what:18} {log_file(name)}")
    print(f"{'pods':25} {'':18} {LOGS / 'pods'}")


def possible() -> None:
    """Says what this machine lacks to run a cluster."""
    if missing := machine.lacks():
        raise ClusterError(f"no cluster can run here, for this is missing: {'; '.join(missing)}")


def main() -> int:
    """Runs the command of the command line."""
    commands = {command.__name__: command for command in (up, down, purge, status, build, possible)}
    parser = argparse.ArgumentParser(prog="python -m cluster", description=__doc__)
    parser.add_argument("command", choices=sorted(commands))
    command = parser.parse_args().command
    try:
        if command in ("up", "build"):
            possible()
        commands[command]()
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
