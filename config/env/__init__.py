"""Every variable Weir understands: declared once, by section, with type, default and meaning.

Each declaration is the setting of the same name: ``config.settings`` takes them over as they are. ``bin/manage
configuration`` writes ``docs/configuration.md`` and ``.env.example`` from this table. An empty variable is the same
as none. For a secret, ``NAME_FILE`` may name a file that holds the value instead (as container platforms mount them).
"""

from __future__ import annotations

import os
from difflib import get_close_matches

from config.env import access, audit, gateways, server, traffic
from config.env.variable import BadVariable, Section, Variable

__all__ = ["SECTIONS", "BadVariable", "Section", "Variable", "misspelt"]

ALMOST = 0.87  # of the letters of a name: others have variables too

#: In the order of the documents.
SECTIONS = (
    *(server.web, server.stores, server.mail, server.fetching),
    *(access.access, access.passwords, access.sso),
    *(traffic.pump, traffic.traffic, traffic.demo),
    gateways.gateways,
    audit.audit,
)

# polars takes its number of threads from here when it is imported, and from nowhere else.
os.environ.setdefault("POLARS_MAX_THREADS", str(traffic.PUMP_THREADS))


def misspelt() -> dict[str, str]:
    """Find variables of the environment that are called almost like one that Weir has: name → right name."""
    variables = {name: variable for section in SECTIONS for name, variable in section.items()}
    known = {*variables, *(f"{name}_FILE" for name, variable in variables.items() if variable.secret)}
    found = {name: get_close_matches(name, known - os.environ.keys(), 1, ALMOST) for name in os.environ.keys() - known}
    return {name: nearest[0] for name, nearest in sorted(found.items()) if nearest}
