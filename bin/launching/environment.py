"""What the processes of Weir find in their environment."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

from launching.console import Failure
from launching.places import ROOT, Places
from launching.processes import bare_environment
from launching.servers import Server

SECRETS = ("SECRET_KEY", "ADMIN_SECRET", "NODE_SECRET")
STORES = ("DATABASE_URL", "REDIS_URL")
#: What else management commands are given, as Django documents it.
OF_DJANGO = "DJANGO_SUPERUSER_"
#: What tells libpq about a server that somebody else runs.
OF_LIBPQ = "PG"
TRUE_WORDS = frozenset({"true", "yes", "on", "1"})


def for_running(places: Places, given: Mapping[str, str], embedded: Sequence[Server]) -> dict[str, str]:
    """Give the environment of Weir's processes: of the given one what Weir reads, and what is missing.

    What is given is never replaced. Secrets are made once and kept in ``home``. Demo traffic is on when all stores are
    our own, so that nothing made up ever gets into a store that somebody else may use. Mails are files in a directory
    that only its owner can enter: links in them open accounts.
    """
    environ = bare_environment(given) | {name: value for name, value in given.items() if _is_read(name, given)}
    environ.update({server.variable: server.url for server in embedded})
    if not (environ.get("EMAIL_URL") or environ.get("EMAIL_URL_FILE")):
        mails = _private_directory(places.home / "mails")
        environ["EMAIL_URL"] = f"file://{quote(str(mails))}"
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


def _is_read(name: str, given: Mapping[str, str]) -> bool:
    """Whether Weir reads a variable: those that are declared, and of libpq those for a server that is given."""
    declared = name in declared_variables() or name.removesuffix("_FILE") in declared_variables()
    is_of_own_server = name.startswith(OF_LIBPQ) and bool(given.get("DATABASE_URL") or given.get("DATABASE_URL_FILE"))
    return declared or is_of_own_server or name.startswith(OF_DJANGO)


@cache
def declared_variables() -> frozenset[str]:
    """The variables that ``config/env`` declares, as the example of an environment file lists them."""
    return frozenset(re.findall(r"^#([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def why_no_demo(given: Mapping[str, str]) -> str:
    """Say why there is no demo organisation, in a sentence that names the cause."""
    if given.get("DEMO_TRAFFIC"):
        return f"There is no demo organisation, because DEMO_TRAFFIC is {given['DEMO_TRAFFIC']}."
    named = [name for name in (*STORES, "GATEWAY_REDIS_URL") if given.get(name)]
    own = " and ".join(named)
    return f"There is no demo organisation, because {own} lead{'s' if len(named) == 1 else ''} to servers of yours."


def _private_directory(directory: Path) -> Path:
    """Make a directory that only its owner can enter. Raises Failure."""
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise Failure(f"Cannot make {directory}: {error.strerror}.") from error
    return directory


def wants_demo_traffic(environ: Mapping[str, str]) -> bool:
    """Whether DEMO_TRAFFIC is on."""
    return environ["DEMO_TRAFFIC"].strip().lower() in TRUE_WORDS


def _secret(file: Path) -> str:
    """Read a secret, made at the first time; only its owner can read the file. Raises Failure."""
    try:
        _private_directory(file.parent)
        if not file.exists() or not file.read_text().strip():
            draft = file.with_suffix(".new")
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
                output.write(secrets.token_hex(32))
            draft.replace(file)
        return file.read_text().strip()
    except OSError as error:
        raise Failure(f"Cannot read or make {file}: {error.strerror}.") from error
