"""Asks containers how they are, with a kubelet's meaning of start-up, liveness and readiness probes."""

from __future__ import annotations

import http.client
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from airflow_charts.local.pods import Probe
from airflow_charts.local.processes import identity
from airflow_charts.local.running import Asked, Running

_IMPATIENT_PERIOD = 0.5
"""Seconds between two cheap questions to a container that is not up yet."""


class Prober:
    """Asks in threads of its own: the loop of the supervisor never waits for an answer."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self.said = said
        self.pool = ThreadPoolExecutor(8, thread_name_prefix="probe")

    def begin(self, container: Running) -> None:
        """Forgets what is known of a container, because it has just started."""
        spec = container.spec
        container.up = spec.startup is None
        container.ready = spec.startup is None and spec.readiness is None
        container.probes = {
            kind: Asked(probe, container.started + probe.delay)
            for kind, probe in (
                ("startup", _impatient(spec.startup)),
                ("liveness", spec.liveness),
                ("readiness", spec.readiness),
            )
            if probe is not None
        }

    def ask(self, container: Running, now: float) -> None:
        """Takes the answers that have come, and asks again where it is time."""
        for kind, asked in container.probes.items():
            if (kind == "startup") == container.up:
                continue
            if asked.running is not None and asked.running.done():
                self._answered(container, kind, now, good=asked.running.result())
                asked.running = None
            elif asked.running is None and now >= asked.next:
                asked.next = now + asked.probe.period
                asked.running = self.pool.submit(answers, asked.probe, container)

    def _answered(self, container: Running, kind: str, now: float, *, good: bool) -> None:
        asked = container.probes[kind]
        if good:
            asked.failures = 0
            if kind == "startup":
                container.up = True
                container.ready = "readiness" not in container.probes
            elif kind == "readiness":
                container.ready = True
            container.ever_ready |= container.ready
            return
        asked.failures += 1
        if asked.failures < asked.probe.failures:
            return
        if kind == "readiness":
            container.ready = False
        elif container.process is not None:
            self.said(f"{container.name}: its {kind} probe failed {asked.failures} times; ending it")
            container.process.terminate()
            container.kill_at = now + container.pod.grace

    def end(self) -> None:
        """Asks nothing more."""
        self.pool.shutdown(wait=False, cancel_futures=True)


def answers(probe: Probe, container: Running) -> bool:
    """Whether a container answers its probe well, in time."""
    address = container.pod.address
    try:
        if probe.kind == "tcp":
            with socket.create_connection((address, probe.port), timeout=probe.timeout):
                return True
        if probe.kind == "http":
            connection = http.client.HTTPConnection(address, probe.port, timeout=probe.timeout)
            try:
                connection.request("GET", probe.path, headers={"User-Agent": "kube-probe"})
                return connection.getresponse().status < http.client.BAD_REQUEST
            finally:
                connection.close()
        spec = container.spec
        done = subprocess.run(
            probe.command,
            env=spec.environment,
            cwd=spec.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=probe.timeout,
            **identity(spec),
            check=False,
        )
    except (OSError, http.client.HTTPException, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _impatient(probe: Probe | None) -> Probe | None:
    """A start-up probe for people who wait: a cheap question is asked more often than in a cluster, and as long."""
    if probe is None or probe.kind == "exec":
        return probe
    period = min(probe.period, _IMPATIENT_PERIOD)
    return msgspec.structs.replace(probe, period=period, failures=max(1, round(probe.failures * probe.period / period)))
