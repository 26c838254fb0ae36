"""Whatever others may use says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import Definition, python_files, shown, tree

DECLARATIONS = {"Meta"}


def public(node: ast.AST) -> Iterator[Definition]:
    """Give the public functions and classes of a module or class; what is inside a function is private."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_") and child.name not in DECLARATIONS:
            yield child
            yield from public(child)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not child.name.startswith("_"):
            yield child
        elif isinstance(child, ast.If):
            yield from public(child)


def test_modules_say_what_they_are() -> None:
    written = [path for path in python_files("apps", "config", "bin") if path.read_text().strip()]
    assert not [shown(path) for path in written if not ast.get_docstring(tree(path))]


def test_public_functions_and_classes_say_what_they_are() -> None:
    every = [(path, node) for path in python_files("apps", "config", "bin") for node in public(tree(path))]
    assert not [f"{shown(path)}: {node.name}" for path, node in every if not ast.get_docstring(node)]
