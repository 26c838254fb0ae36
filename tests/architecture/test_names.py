"""One thing, one word; and no drawers for odds and ends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import OURS, Definition, definitions, python_files, shown

DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
DRAWER_CLASS = re.compile(r"(Utils?|Helpers?|Common|Misc)$")
#: Words of our own that the field has better ones for → those. Nobody but us would look under them.
DIALECT = {
    "acknowledging": "chain",
    "asked": "query_params, dashboard_query",
    "asking": "client, requests",
    "bar": "toolbar",
    "concealing": "redaction",
    "copying": "pg_copy",
    "counting": "aggregation",
    "editing": "base",
    "kinds": "casts, types",
    "listings": "rest_reports",
    "midnights": "timezone_days",
    "moments": "timeseries",
    "noting": "snapshots",
    "patience": "timeouts",
    "questions": "requests",
    "rights": "access_checks",
    "sealing": "encryption, signing",
    "stages": "drain",
    "tolerant": "lenient",
    "verifying": "chain",
    "vouching": "nonces",
    "wording": "formatting",
    "zones": "timezones",
}
DOMAIN_OBJECT = "api"  # our own interface is called REST


def module_names() -> list[tuple[Path, set[str]]]:
    return [(path, {path.stem, path.parent.name}) for path in python_files(*OURS)]


def every_definition() -> Iterator[tuple[Path, Definition]]:
    for path in python_files(*OURS):
        yield from ((path, node) for node in definitions(path))


def is_drawer(node: Definition) -> bool:
    """Tell whether a class is named for nothing in particular, or a manager of nothing."""
    if not isinstance(node, ast.ClassDef):
        return False
    bases = " ".join(ast.unparse(base) for base in node.bases)
    return bool(DRAWER_CLASS.search(node.name)) or (node.name.endswith("Manager") and "Manager" not in bases)


def test_no_module_is_a_drawer() -> None:
    assert not [shown(path) for path, names in module_names() if names & DRAWERS]


def test_modules_are_called_as_the_field_calls_them() -> None:
    named = [(path, word) for path, names in module_names() for word in names & DIALECT.keys()]
    assert not [f"{shown(path)}: say {DIALECT[word]}" for path, word in named]


def test_no_module_is_named_as_the_domain_object() -> None:
    assert not [shown(path) for path, names in module_names() if DOMAIN_OBJECT in names]


def test_no_class_is_a_drawer() -> None:
    assert not [f"{shown(path)}: {node.name}" for path, node in every_definition() if is_drawer(node)]


def test_names_are_spelt_the_british_way() -> None:
    american = re.compile("organization|authorization|normalize", re.IGNORECASE)
    assert not [f"{shown(path)}: {node.name}" for path, node in every_definition() if american.search(node.name)]


def test_no_model_has_logic_in_save() -> None:
    models = [path for path in python_files("apps") if "models" in {path.stem, path.parent.name}]
    found = [(path, node.name) for path in models for node in definitions(path)]
    assert not [shown(path) for path, name in found if name in {"save", "delete"}]
