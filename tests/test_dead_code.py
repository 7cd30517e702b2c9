"""Nothing in the package is there for tests alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src/airflow_charts").rglob("*.py"))
USERS = [*SOURCES, *sorted((ROOT / "benchmarks").glob("*.py")), *sorted((ROOT / "tools").glob("*.py"))]
UNUSED = {
    "Interpreter": "the evaluator between the call and Helm, which only the tests of the law run",
    "parse_all": "reads what Helm renders, for the same tests",
}

Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


def definitions(tree: ast.Module) -> Iterator[tuple[str, Definition]]:
    """The names of a module and of its classes' methods, but those that Python itself calls or reads."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            yield from ((method.name, method) for method in node.body if isinstance(method, ast.FunctionDef))
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The names that a module reads, in texts too (`getattr`, types in quotes), with their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                yield name, node.lineno


def test_what_the_package_defines_it_uses() -> None:
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in USERS}
    used: dict[str, list[tuple[Path, int]]] = {}
    for path, tree in trees.items():
        for name, line in uses(tree):
            used.setdefault(name, []).append((path, line))
    unused = {
        name
        for path in SOURCES
        for name, node in definitions(trees[path])
        if not name.startswith("__")
        and all(place == path and node.lineno <= line <= (node.end_lineno or 0) for place, line in used.get(name, []))
    }
    assert unused == UNUSED.keys()
