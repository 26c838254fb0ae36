"""Nothing grows beyond what one can read."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from tests.architecture.source import OURS, ROOT, definitions, python_files, shown

FILE = 500
FUNCTION = 60
TASK = 10
TEMPLATE = 150
SCRIPT = 200


def longer_files(paths: Iterable[Path], limit: int) -> list[str]:
    """Name the files with more lines than the limit."""
    counted = [(path, len(path.read_text().splitlines())) for path in paths]
    return [f"{shown(path)}: {lines} lines" for path, lines in counted if lines > limit]


def longer_functions(paths: Iterable[Path], limit: int) -> list[str]:
    """Name the functions with more lines than the limit."""
    functions = [(path, node) for path in paths for node in definitions(path) if not isinstance(node, ast.ClassDef)]
    sized = [(path, node.name, (node.end_lineno or 0) - node.lineno + 1) for path, node in functions]
    return [f"{shown(path)}: {name}, {lines} lines" for path, name, lines in sized if lines > limit]


def test_files_are_short() -> None:
    assert not longer_files(python_files(*OURS), FILE)


def test_functions_are_short() -> None:
    assert not longer_functions(python_files(*OURS), FUNCTION)


def test_tasks_are_doors() -> None:
    assert not longer_functions((ROOT / "apps").rglob("tasks.py"), TASK)


def test_templates_are_short() -> None:
    assert not longer_files((ROOT / "templates").rglob("*.html"), TEMPLATE)


def test_scripts_are_short() -> None:
    assert not longer_files((ROOT / "static" / "js").rglob("*.js"), SCRIPT)
