"""The options of a deployment as Airflow reads them, and the options that each Airflow has."""

from __future__ import annotations

from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import NamedTuple

from documents import Case
from rendered import named


class Known(NamedTuple):
    """What a version of Airflow says about an option."""

    sensitive: bool
    deprecated: bool


def options(case: Case) -> dict[str, dict[str, str]]:
    """The sections of the written airflow.cfg, without those that nothing stands in."""
    [text] = [item["data"]["airflow.cfg"] for name, item in named(case, "ConfigMap").items() if name.endswith("config")]
    parser = ConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections() if parser[name]}


@cache
def known(version: str) -> dict[tuple[str, str], Known]:
    """Every option of a version of Airflow and its providers; `tools/airflow_options.py` wrote them down."""
    text = (Path(__file__).parent / f"options/{version}.txt").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {(section, option): Known("sensitive" in marks, "deprecated" in marks) for section, option, *marks in lines}


def variables(version: str) -> Iterator[str]:
    """The environment variables that set options, each with its forms for a command and for a secrets backend."""
    for section, option in known(version):
        name = f"AIRFLOW__{section}__{option}".upper()
        if "-" not in name:
            yield from (name, f"{name}_CMD", f"{name}_SECRET")
