"""Chart code does nothing with values that Python cannot trap: see `chart_code.py` for the rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from chart_code import sins

SOURCE = Path(__file__).parents[2] / "src/airflow_charts"
NEVER_TRACED = {"derived/picture.py": "draws the edges of real values; only the command `graph` calls it"}
RECORDS = {
    "parts/component.py": "what its texts and lists hold are constants; values go through to the functions in them"
}
TRACED = ("derived", "components", "processes", "additions", "parts")
FILES = [
    path
    for path in (
        *(path for name in TRACED for path in sorted((SOURCE / name).glob("*.py"))),
        SOURCE / "values/conditions.py",
    )
    if path.relative_to(SOURCE).as_posix() not in {**NEVER_TRACED, **RECORDS}
]


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_chart_code_uses_operations_on_values(file: Path) -> None:
    assert sins(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_chart_code_has_the_types_that_it_says(file: Path) -> None:
    """A value of another section than mypy believes is only seen when somebody sets it."""
    assert "type: ignore" not in file.read_text(encoding="utf-8")


def test_files_that_are_never_traced_stay_out_of_the_others() -> None:
    for file in FILES:
        assert "derived.picture" not in file.read_text(encoding="utf-8")


SINS = {
    "if": "if values.scheduler.enabled:\n        pass",
    "if of an alias": "enabled = values.scheduler.enabled\n    if enabled:\n        pass",
    "if of a pair": "first, second = values.a, settings.b\n    if second:\n        pass",
    "if of a loop": "for key, needed in conditions_of(values):\n        if needed:\n            pass",
    "if of a parameter": "if text:\n        pass",
    "ternary": "return 1 if values.replicas > 1 else 2",
    "ternary in a lambda": "return each(hosts(), lambda host: 1 if host else 2)",
    "ternary of an f-string": 'return 1 if f"{values.a}" else 2',
    "and": "return values.a and values.b",
    "or": "return text or 'default'",
    "not": "return not settings.enabled",
    "assert": "assert values.a",
    "while": "while values.a:\n        pass",
    "in a list": "return 'CeleryExecutor' in values.executors",
    "in constants": "return text in ('a', 'b')",
    "not in": "return 'a' not in values.labels",
    "is None": "return values.a is None",
    "is not None": "return 1 if text is not None else 2",
    "== of an f-string": 'return f"{values.a}" == "b"',
    "chained": "return 1 < values.replicas < 3",
    "isinstance": "return isinstance(values.a, str)",
    "type": "return type(values.a)",
    "getattr": "return getattr(values, 'a')",
    "match": "match values.a:\n        case 'b':\n            pass",
    "comprehension": "return [host for host in values.hosts]",
    "comprehension of a parameter": "return [item for item in text]",
    "condition in a comprehension": "return [path for path in PATHS if path == values.path]",
    "generator": "return all_of(*(host == 'a' for host in settings.hosts))",
    "dictionary comprehension": "return {name: name for name in values.labels}",
    "for": "for host in values.hosts:\n        pass",
    "upper": "return values.a.upper()",
    "upper of an f-string": 'return f"{values.a}".upper()',
    "join": "return ','.join(values.hosts)",
    "split of an alias": "name = values.a\n    return name.split('/')",
    "replace of a made text": 'name = f"{values.a}-b"\n    return name.replace("1", "2")',
    "format": "return '{}'.format(values.a)",
    "%": 'return f"{values.a}" % 1',
    "+": 'return f"{values.a}" + "b"',
    "!r": 'return f"{values.a!r}"',
    "slice": "return values.a[:3]",
    "slice of an f-string": 'return f"{values.a}"[:3]',
    "index": "return values.hosts[0]",
    "len": "return len(values.hosts)",
    "sorted": "return sorted(values.hosts)",
    "str": "return str(values.a)",
    "max": "return max(values.replicas, 3)",
    "try": "try:\n        pass\n    except ValueError:\n        pass",
    "open": "return open('file')",
    "print": "print(1)",
    "import yaml": "import yaml",
    "import os.path": "from os.path import join",
    "import random": "import random",
}


@pytest.mark.parametrize("code", SINS.values(), ids=SINS)
def test_each_sin_is_found(code: str) -> None:
    assert sins(f"def objects(values: Values, text: str, settings: PodSettings):\n    {code}\n") != []


VIRTUES = {
    "constants": "return 1 if component == 'task' else 2",
    "constants in constants": "return component in NAMES and component not in OTHERS",
    "what a program is": "return [] if program.waits else [1]",
    "OMIT": "return when(settings.enabled & (check is not OMIT), 1)",
    "comparisons in operations": "return when(values.replicas > 1, 'a', 'b')",
    "splices": "return [*values.hosts, *each(settings.hosts, lambda host: f'{host}')]",
    "loops over constants": "return [when(has_key(values.env, name), name) for name in NAMES]",
    "loops over records": "return any_of(*(need.when(values) for need in NEEDS if need.service == service))",
    "loops over what code has made": "made = env_of(values)\n    return [name for name in made]",
    "methods of constants": "return [name.upper() for name in NAMES]",
}


@pytest.mark.parametrize("code", VIRTUES.values(), ids=VIRTUES)
def test_decisions_of_the_chart_code_itself_are_allowed(code: str) -> None:
    head = "def objects(values: Values, settings: PodSettings, program: Program, check: Probe, component: str):"
    assert sins(f"{head}\n    {code}\n") == []
