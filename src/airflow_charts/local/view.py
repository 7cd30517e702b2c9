"""What people see of a local run: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from airflow_charts.local.pods import READY

_COLOURS = {
    "ready": "green",
    "done": "green",
    "running": "yellow",
    "starting": "yellow",
    "waiting": "yellow",
    "stopping": "yellow",
    "restarting": "red",
    "not ready": "red",
}


def table_of(status: dict[str, Any], more: dict[str, tuple[str, ...]] | None = None) -> Table:
    """The pods with their states; `more` adds columns (their names under the key "")."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("POD", "STATE", "RESTARTS", "ADDRESS", *(more or {}).get("", ())):
        table.add_column(name)
    for name, pod in status.get("pods", {}).items():
        state, detail = pod["state"], pod["detail"]
        colour = _COLOURS.get(state, "dim")
        table.add_row(
            name,
            f"[{colour}]{state}[/]" + (f" [dim]{detail}[/]" if detail else ""),
            str(pod["restarts"] or ""),
            pod["address"],
            *(more or {}).get(name, ()),
        )
    return table


class View:
    """Shows how a deployment starts and ends; a context manager."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = Live(console=console, refresh_per_second=8, transient=True) if console.is_terminal else None
        self.progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
        )
        self.task = self.progress.add_task("checking the values", total=None)
        self.told: dict[str, tuple[str, int]] = {}
        self.started = time.monotonic()

    def __enter__(self) -> Self:
        """Starts to show."""
        if self.live:
            self.live.start()
            self.live.update(self.progress)
        return self

    def __exit__(self, *exception: object) -> None:
        """Leaves the terminal clean."""
        if self.live:
            self.live.stop()

    def step(self, what: str) -> None:
        """One step of the preparation."""
        self.progress.update(self.task, description=what)
        if self.live:
            self.live.update(self.progress)
        else:
            self._line(what)

    def show(self, status: dict[str, Any], title: str) -> None:
        """How the pods are."""
        pods = status.get("pods", {})
        ready = sum(pod["state"] in READY for pod in pods.values())
        self.progress.update(self.task, description=title, completed=ready, total=len(pods) or None)
        if self.live:
            self.live.update(Group(self.progress, "", table_of(status)))
            return
        for name, pod in pods.items():
            now = (pod["state"], pod["restarts"])
            if self.told.get(name) != now:
                self.told[name] = now
                detail = f" ({pod['detail']})" if pod["detail"] else ""
                self._line(f"{name}: {pod['state']}{detail}")

    def _line(self, text: str) -> None:
        self.console.print(f"{time.monotonic() - self.started:6.1f} s  {text}", highlight=False, markup=False)
