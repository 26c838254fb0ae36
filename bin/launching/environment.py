"""What the processes of Weir find in their environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path

from launching.console import Failure
from launching.places import Places
from launching.servers import Server

SECRETS = ("SECRET_KEY", "ADMIN_SECRET", "NODE_SECRET")
STORES = ("DATABASE_URL", "REDIS_URL")
TRUE_WORDS = frozenset({"true", "yes", "on", "1"})


def for_running(places: Places, given: Mapping[str, str], embedded: Sequence[Server]) -> dict[str, str]:
    """Complete the environment that the launcher was given; what is given is never replaced.

    Secrets are made once and kept in ``home``. Demo traffic is on when all stores are our own, so that nothing
    made up ever gets into a store that somebody else may use.
    """
    environ = dict(given)
    environ.update({server.variable: server.url for server in embedded})
    if not environ.get("DEMO_TRAFFIC"):
        all_ours = len(embedded) == len(STORES) and not environ.get("GATEWAY_REDIS_URL")
        environ["DEMO_TRAFFIC"] = "true" if all_ours else "false"
    if wants_demo_traffic(environ):
        # The demo begins with 90 days of history, and what is older than this is not taken in.
        environ.setdefault("ANALYTICS_RAW_DAYS", "92")
        # Some of its APIs have owners, which shows only where ownership counts.
        environ.setdefault("ENABLE_OWNERSHIP", "true")
    for name in SECRETS:
        if not (environ.get(name) or environ.get(f"{name}_FILE")):
            environ[name] = _secret(places.home / "secrets" / name.lower())
    return environ


def wants_demo_traffic(environ: Mapping[str, str]) -> bool:
    """Whether DEMO_TRAFFIC is on."""
    return environ["DEMO_TRAFFIC"].strip().lower() in TRUE_WORDS


def _secret(file: Path) -> str:
    """Read a secret, made at the first time; only its owner can read the file. Raises Failure."""
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        if not file.exists() or not file.read_text().strip():
            draft = file.with_suffix(".new")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
                output.write(secrets.token_hex(32))
            draft.replace(file)
        return file.read_text().strip()
    except OSError as error:
        raise Failure(f"Cannot read or make {file}: {error.strerror}.") from error
