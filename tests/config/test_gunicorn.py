"""What the access log tells."""

from __future__ import annotations

import runpy
from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.glogging import SafeAtoms

from tests.architecture.source import ROOT


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/tap", "/tap"), ("/api/activity/keys/SECRET/1/1/2026/1/1/2026", "/api/activity/keys/…")],
)
def test_the_access_log_tells_no_query_string_no_referrer_and_no_key(path: str, shown: str) -> None:
    config = Config()
    for name, value in runpy.run_path(str(ROOT / "gunicorn.conf.py")).items():
        if name in config.settings:
            config.set(name, value)
    request = SimpleNamespace(headers=[("REFERER", "https://id.example/?code=SECRET"), ("USER-AGENT", "a browser")])
    response = SimpleNamespace(status="302 Found", sent=0, headers=[("Location", "/")])
    environ = {
        "REQUEST_METHOD": "GET",
        "RAW_URI": f"{path}?nonce=SECRET",
        "PATH_INFO": path,
        "QUERY_STRING": "nonce=SECRET",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_REFERER": "https://id.example/?code=SECRET",
        "HTTP_USER_AGENT": "a browser",
        "REMOTE_ADDR": "127.0.0.1",
    }
    atoms = config.logger_class(config).atoms(response, request, environ, timedelta(seconds=1))
    line = config.access_log_format % SafeAtoms(atoms)
    assert f'"GET {shown} HTTP/1.1" 302 0 "a browser"' in line
    assert "SECRET" not in line
