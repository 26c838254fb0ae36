"""Every variable Weir understands: declared once, by section, with type, default and meaning.

Each declaration is the setting of the same name: ``config.settings`` takes them over as they are. ``bin/manage
configuration`` writes ``docs/configuration.md`` and ``.env.example`` from this table. An empty variable is the same
as none. For a secret, ``NAME_FILE`` may name a file that holds the value instead (as container platforms mount them).
"""

from __future__ import annotations

import os

from config.env import access, audit, gateways, server, traffic
from config.env.variable import BadVariable, Section, Variable

__all__ = ["SECTIONS", "BadVariable", "Section", "Variable"]

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
