"""Processes beside the test, which use its database and its queue."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
WORKER = "worker --queues weir --pool threads --concurrency 2 --without-gossip --without-mingle --loglevel WARNING"


def environ(**more: str) -> dict[str, str]:
    """Give the environment of a process that uses the database and the queue of the test."""
    given = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    query = urlencode({name: given[name] for name in names if given.get(name)})
    here = {"DATABASE_URL": f"postgresql://?{query}", "REDIS_URL": settings.REDIS_URL, "PYTHONPATH": str(ROOT)}
    django = {"SECRET_KEY": settings.SECRET_KEY, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return {**os.environ, **here, **django, **more}


@contextmanager
def worker(email_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker, which is killed at the end at the latest."""
    command = [sys.executable, "-m", "celery", "--app", "config.celery", *WORKER.split()]
    process = subprocess.Popen(command, cwd=ROOT, env=environ(EMAIL_URL=email_url))
    try:
        yield process
    finally:
        process.kill()
        process.wait()
