"""The source as the architecture tests see it: files, their syntax trees, what they import."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("apps", "config", "bin", "tests")
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
BY_LABEL = ("get_model", "get_app_config")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def python_files(*folders: str) -> list[Path]:
    """Give the Python files of some folders, without migrations."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def shown(path: Path) -> str:
    """Give a path as it reads in a message."""
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(), str(path))


def definitions(path: Path) -> Iterator[Definition]:
    """Give every function and class of a file, nested ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, Definition):
            yield node


def imports(path: Path) -> Iterator[str]:
    """Give the dotted names a file imports when it runs: those for type checkers only are left out."""
    yield from _imports(tree(path), path)


def _imports(node: ast.AST, path: Path) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for alternative in child.orelse:
                yield from _imports(alternative, path)
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            module = _absolute(child, path)
            yield from (f"{module}.{alias.name}" for alias in child.names)
        else:
            yield from _imports(child, path)


def references(path: Path) -> Iterator[str]:
    """Give what a file names by strings: dotted paths, ``app.Model``, what ``get_model("app", "Model")`` is given.

    Whether it is a name of ours is for the caller to say: ``image.png`` looks like one too.
    """
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(BY_LABEL):
            yield ".".join(str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


def _absolute(node: ast.ImportFrom, path: Path) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(ROOT).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])
