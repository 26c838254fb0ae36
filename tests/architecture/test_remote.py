"""Whoever asks others over HTTP does so where it is refused inside a transaction."""

from __future__ import annotations

from pathlib import Path

from tests.architecture.source import imports, python_files, shown

CLIENTS = ("requests", "httpx", "aiohttp", "urllib.request", "urllib3", "http.client", "authlib")
#: Where it is decided what may be fetched, and what speaks Authlib, whose session is mounted on that.
FETCHING = {f"apps/core/fetching/{name}.py" for name in ("rules", "connections")}
SESSIONS = {f"apps/sso/openid/{name}.py" for name in ("discovery", "http", "flow", "pending")}


def speaks_http(path: Path) -> bool:
    return any(name == client or name.startswith(f"{client}.") for name in imports(path) for client in CLIENTS)


def test_http_is_spoken_in_one_place() -> None:
    assert {shown(path) for path in python_files("apps") if speaks_http(path)} == FETCHING | SESSIONS


def test_that_place_refuses_inside_a_transaction() -> None:
    session = next(path for path in python_files("apps") if shown(path) == "apps/core/fetching/connections.py")
    assert "apps.core.transactions.refuse_in_transaction" in imports(session)
