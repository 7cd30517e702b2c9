"""The example DAGs, as far as that can be told without Airflow, and the values file that brings what they read."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_charts import Release, manifests
from airflow_charts.checks import load
from airflow_charts.reading.goyaml import parse

EXAMPLES = Path(__file__).parents[2] / "examples"
DAGS = sorted((EXAMPLES / "dags").glob("*.py"))

Object = dict[str, Any]


def tree_of(path: Path) -> ast.Module:
    """The syntax of a DAG file, which compiles."""
    text = path.read_text(encoding="utf-8")
    compile(text, str(path), "exec")
    return ast.parse(text)


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """The calls of a function, by the name in the text."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == name)


def names_read(function: str) -> set[str]:
    """The first arguments of all calls of a function in the DAG files."""
    return {ast.literal_eval(call.args[0]) for path in DAGS for call in calls(tree_of(path), function)}


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    """What is deployed with laptop.yaml."""
    values = load(parse((EXAMPLES / "laptop.yaml").read_text(encoding="utf-8")).data)
    return manifests(values, Release("airflow", "default"))


def environment(objects: list[Object], container: str) -> dict[str, Object]:
    """The variables of a container, by name."""
    [found] = [
        candidate
        for manifest in objects
        if manifest["kind"] in {"Deployment", "StatefulSet"}
        for candidate in manifest["spec"]["template"]["spec"]["containers"]
        if candidate["name"] == container
    ]
    return {variable["name"]: variable for variable in found["env"]}


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.stem)
def test_a_dag_runs_only_when_asked_and_shows_its_documentation(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree)
    [made] = calls(tree, "dag")
    given = {argument.arg: ast.unparse(argument.value) for argument in made.keywords}
    assert given["schedule"] == "None"
    assert given["catchup"] == "False"
    assert given["start_date"] == "pendulum.datetime(2026, 1, 1, tz='UTC')"
    assert given["doc_md"] == "__doc__"
    assert "example" in ast.literal_eval(given["tags"])
    assert ast.unparse(tree.body[-1]) == f"{path.stem}()"


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.stem)
def test_a_dag_imports_what_airflow_2_has_where_airflow_3_is_missing(path: Path) -> None:
    tree = tree_of(path)
    [fallback] = [node for node in tree.body if isinstance(node, ast.Try)]
    [handler] = fallback.handlers
    everywhere = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {node for node in everywhere if str(node.module).startswith("airflow")} <= {*fallback.body, *handler.body}
    assert handler.type is not None
    assert ast.unparse(handler.type) == "ImportError"
    assert names_imported(fallback.body) == names_imported(handler.body)


def names_imported(body: list[ast.stmt]) -> set[str]:
    """The names that imports and assignments make."""
    imported = {alias.asname or alias.name for node in body if isinstance(node, ast.ImportFrom) for alias in node.names}
    return imported | {ast.unparse(node.targets[0]) for node in body if isinstance(node, ast.Assign)}


def test_the_password_is_asked_for_and_nothing_else() -> None:
    tree = tree_of(EXAMPLES / "dags/sales_etl.py")
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "password"]
    conditions = [ast.unparse(node.test) for node in ast.walk(tree) if isinstance(node, ast.If)]
    assert len(uses) == 1
    assert "not warehouse.password" in conditions


@pytest.mark.parametrize("container", ["worker", "scheduler"])
def test_tasks_find_what_the_dags_read_and_no_more(objects: list[Object], container: str) -> None:
    wanted = {f"AIRFLOW_CONN_{name.upper()}" for name in names_read("get_connection")}
    wanted |= {f"AIRFLOW_VAR_{name.upper()}" for name in names_read("Variable.get")}
    assert len(wanted) == 2
    assert {
        name for name in environment(objects, container) if name.startswith(("AIRFLOW_CONN_", "AIRFLOW_VAR_"))
    } == wanted


def test_the_connection_is_in_the_secret_and_only_where_tasks_run(objects: list[Object]) -> None:
    name = "AIRFLOW_CONN_WAREHOUSE"
    reference = environment(objects, "worker")[name]["valueFrom"]["secretKeyRef"]
    [secret] = [one for one in objects if one["kind"] == "Secret" and one["metadata"]["name"] == reference["name"]]
    text = secret["stringData"][reference["key"]]
    connection = json.loads(text)
    assert connection["password"]
    assert not Path(connection["host"]).is_absolute()
    having = {one["metadata"]["name"] for one in objects if name in json.dumps(one)}
    assert having == {"airflow-worker-default", "airflow-scheduler"}
    assert [one for one in objects if connection["password"] in json.dumps(one)] == [secret]
