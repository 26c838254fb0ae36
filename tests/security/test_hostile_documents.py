"""Documents made to cost much: each is refused within a second and 200 MB, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTES = 200
SECONDS = 1.0
READER = """
import json, resource, sys, time
from django.conf import settings
settings.configure()
from apps.apis.oas.reading import read_document
from apps.apis.oas.validation import check_openapi
from apps.core.exceptions import ApplicationError
check_openapi({"openapi": "3.0.3", "info": {"title": "", "version": ""}, "paths": {}})
content = open(sys.argv[1], "rb").read()
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
try:
    check_openapi(read_document(content))
    refused = ""
except ApplicationError as error:
    refused = error.message
spent = time.perf_counter() - started
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"refused": refused, "seconds": spent, "megabytes": (after - before) / 1024}))
"""
HEAD = 'openapi: 3.0.3\ninfo: {title: a, version: "1"}\npaths: {}\n'
JSON_HEAD = '"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {}'


def doubling(levels: int) -> str:
    """Ten aliases of ten aliases, and so on."""
    lines = [f"a{step}: &a{step} [{', '.join([f'*a{step - 1}'] * 10)}]" for step in range(1, levels)]
    return HEAD + "x-a:\n  a0: &a0 [" + "x, " * 10 + "x]\n" + "".join(f"  {line}\n" for line in lines)


def circle(length: int) -> str:
    """References that lead to each other, and at last to the first."""
    schemas = {f"S{step}": {"$ref": f"#/components/schemas/S{(step + 1) % length}"} for step in range(length)}
    return f'{{{JSON_HEAD}, "components": {{"schemas": {json.dumps(schemas)}}}}}'


ATTACKS = {
    "JSON, 200 deep": (f'{{{JSON_HEAD}, "x-a": {"[" * 200}{"]" * 200}}}', "nested deeper"),
    "JSON, a million deep": (f'{{{JSON_HEAD}, "x-a": {"[" * 1_000_000}', "nested deeper"),
    "YAML, 200 deep": (f"{HEAD}x-a: {'[' * 200}{']' * 200}", "nested deeper"),
    "YAML, a million deep": (f"{HEAD}x-a: {'[' * 1_000_000}", "nested deeper"),
    "YAML, a million objects deep": (f"{HEAD}x-a: {'{a: ' * 1_000_000}", "nested deeper"),
    "YAML, indented 200 deep": (HEAD + "".join(f"{' ' * step}x:\n" for step in range(200)), "nested deeper"),
    "YAML, exploding aliases": (doubling(40), "aliases make more"),
    "YAML, merged aliases": (
        f"{HEAD}x-a: &a {{{', '.join(f'k{step}: v' for step in range(20_000))}}}\n"
        + "".join(f"x-b{step}: {{<<: *a}}\n" for step in range(20_000)),
        "aliases make more",
    ),
    "YAML, an alias of itself": (f"{HEAD}x-a: &a [*a]", "nothing is called &a"),
    "JSON, the last name twice": (
        f'{{{JSON_HEAD}, "x-a": {{{", ".join(f"{chr(34)}{step}{chr(34)}: 1" for step in range(100_000))}, "7": 1}}}}',
        "x-a.7 stands twice",
    ),
    "JSON, a long number": (f'{{{JSON_HEAD}, "x-a": {"9" * 1_000_000}}}', "integer"),
    "YAML, a long number": (f"{HEAD}x-a: {'9' * 1_000_000}", "too long"),
    "JSON, NUL": (f'{{{JSON_HEAD}, "x-a": "\\u0000"}}', "x-a: it has NUL"),
    "JSON, half of a surrogate pair": (f'{{{JSON_HEAD}, "x-a": "\\ud800"}}', "x-a: it has NUL or half"),
    "references in a circle": (circle(2), "leads in a circle"),
    "references in a wide circle": (circle(20_000), "leads in a circle"),
    "a reference to the network": (
        f'{{{JSON_HEAD}, "components": {{"schemas": {{"A": {{"$ref": "http://127.0.0.1/x"}}}}}}}}',
        "stands outside",
    ),
    "a reference to a file": (
        f'{{{JSON_HEAD}, "components": {{"schemas": {{"A": {{"$ref": "file:///etc/passwd"}}}}}}}}',
        "stands outside",
    ),
}


@pytest.mark.processes
@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused_before_it_costs_much(name: str, tmp_path: Path) -> None:
    content, says = ATTACKS[name]
    document = tmp_path / "document"
    document.write_text(content)
    command = [sys.executable, "-c", READER, str(document)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr[-2000:]
    found = json.loads(ran.stdout)
    assert says in found["refused"]
    assert found["seconds"] < SECONDS
    assert found["megabytes"] < MEGABYTES
