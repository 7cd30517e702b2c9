"""What holds for the text of every script."""

import ast
from pathlib import Path

import pytest
from servers import SCRIPTS

FILES = sorted(path for path in SCRIPTS.iterdir() if path.suffix in {".py", ".sh"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_text_stays_readable_in_a_config_map(path: Path) -> None:
    """YAML writes a text as a block, and Helm leaves it alone, only without certain characters."""
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "{{" not in text
    assert all(character == "\n" or character >= " " for character in text)
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".py"], ids=lambda path: path.name)
def test_python_of_the_oldest_image_reads_it(path: Path) -> None:
    """Airflow 2.11 has images with Python 3.9."""
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".py"], ids=lambda path: path.name)
def test_no_script_imports_airflow(path: Path) -> None:
    """An import of Airflow costs seconds."""
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    imports = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not [node for node in imports if "airflow" in ast.unparse(node)]
