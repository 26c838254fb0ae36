"""How long a PostgreSQL that is gone is waited for."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

SHOW = "import json; from config import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"


@pytest.mark.processes
@pytest.mark.parametrize(("query", "timeout"), [("", "12000"), ("?tcp_user_timeout=500", "500")])
def test_connections_are_bounded_as_the_url_says_or_by_default(query: str, timeout: str) -> None:
    environ = {**os.environ, "DATABASE_URL": f"postgresql://db/weir{query}"}
    options = json.loads(subprocess.check_output([sys.executable, "-c", SHOW], cwd=ROOT, env=environ, timeout=60))
    assert options["tcp_user_timeout"] == timeout
    assert (options["keepalives"], options["keepalives_idle"], options["connect_timeout"]) == ("1", "6", "5")
