"""What several commands share: options, how values are read from them, and an end by Ctrl-C."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airflow_charts.errors import InvalidValuesError

if TYPE_CHECKING:
    from airflow_charts.reading.places import Places

Files = Annotated[
    list[str] | None,
    typer.Option("--values", "-f", help="A values file, or - for standard input. May be given several times."),
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="A value as in Helm: scheduler.replicas=2,executors={LocalExecutor}.")
]
SetStrings = Annotated[list[str] | None, typer.Option("--set-string", help="The same, and every value is a text.")]
Name = Annotated[str, typer.Argument(help="The name of the release.")]
Deployment = Annotated[
    str, typer.Option("--name", help="The name of the deployment on this machine; several run side by side.")
]
Namespace = Annotated[str, typer.Option("--namespace", "-n", help="The namespace of the release.")]


def user_values(
    files: list[str] | None, sets: list[str] | None, set_strings: list[str] | None
) -> tuple[dict[str, Any], Places]:
    """The user's document from the options, and where each value of it stands."""
    from airflow_charts.reading.files import read_files

    expressions = [(text, False) for text in sets or []] + [(text, True) for text in set_strings or []]
    stdin = sys.stdin.read() if "-" in (files or []) else ""
    return read_files(files or [], expressions, stdin=stdin)


def end_on_ctrl_c() -> None:
    """Lets Ctrl-C raise KeyboardInterrupt also where SIGINT was ignored at the start, as by the `&` of a script."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def refusals_at(places: Places) -> Iterator[None]:
    """Lets a refusal of the user's document name files and lines."""
    try:
        yield
    except InvalidValuesError as error:
        raise places.named(error) from None
