"""Documents that are true because something checks them."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from django.core.management import get_commands

from tests.architecture.source import ROOT, definitions, python_files, shown, tree

DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
BARE_COMMAND = re.compile(r"(?<!python )manage\.py\s+\w+")
ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?//""")


def commands() -> Iterator[tuple[Path, str, str]]:
    """Give every two neighbouring words of the commands in the documents' code blocks."""
    for path in WRITTEN:
        for block in FENCE.findall(path.read_text()):
            for line in block.splitlines():
                words = [*(word.strip("`.,;:") for word in line.split()), ""]
                yield from ((path, *pair) for pair in pairwise(words))


def test_the_scripts_that_documents_name_exist() -> None:
    named = [(path, word) for path, word, _ in commands() if word.startswith("bin/")]
    assert not [f"{shown(path)}: {word}" for path, word in named if not os.access(ROOT / word, os.X_OK)]


def test_the_commands_that_documents_name_exist() -> None:
    named = [(path, after) for path, word, after in commands() if word.endswith(("manage.py", "bin/manage"))]
    assert not [f"{shown(path)}: {after}" for path, after in named if after not in get_commands()]


def test_what_is_said_to_operators_names_a_command_that_works_where_bin_up_does() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    said = [(path, path.read_text()) for path in pages]
    for path in python_files("apps", "config"):
        texts = [node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
        said += [(path, text) for text in texts if isinstance(text, str) and not is_docstring(path, text)]
    assert not [f"{shown(path)}: {found}" for path, text in said for found in BARE_COMMAND.findall(text)]


def is_docstring(path: Path, text: str) -> bool:
    """Tell whether a text of a file documents something in it."""
    documented = [tree(path), *definitions(path)]
    return any(ast.get_docstring(node, clean=False) == text for node in documented)


def test_the_links_of_documents_lead_somewhere() -> None:
    links = [(path, target) for path in WRITTEN for target in LINK.findall(path.read_text())]
    assert not [f"{shown(path)}: {target}" for path, target in links if not (path.parent / target).exists()]


def test_every_dependency_has_a_decision() -> None:
    text = "\n".join(path.read_text() for path in DECISIONS)
    lines = [line for file in (ROOT / "requirements").glob("*.in") for line in file.read_text().splitlines()]
    names = [found[0] for line in lines if (found := re.match(r"[a-zA-Z0-9-]+", line)) and not line.startswith("-")]
    assert not [name for name in names if f"`{name}`" not in text]


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_pages_load_nothing_from_elsewhere() -> None:
    assert not [shown(path) for path in (ROOT / "templates").rglob("*.html") if ELSEWHERE.search(path.read_text())]
