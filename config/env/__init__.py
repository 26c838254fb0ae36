"""Every variable Weir understands: declared once, by section, with type, default and meaning.

``manage.py configuration`` writes ``docs/configuration.md`` and ``.env.example`` from this table. The
default is as it would be written. An empty variable is the same as none. For a secret, ``NAME_FILE``
may name a file that holds the value instead (as container platforms mount them).
"""

from __future__ import annotations

import os
from typing import Any

from config.env import access, audit, server, traffic
from config.env.variable import BadVariable, Variable

__all__ = ["VARIABLES", "BadVariable", "Variable", "access", "audit", "server", "traffic"]

VARIABLES: tuple[Variable[Any], ...] = tuple(
    value
    for section in (server, access, traffic, audit)
    for value in vars(section).values()
    if isinstance(value, Variable) and (section is server or value is not server.SECRET_KEY)
)

# polars takes its number of threads from here when it is imported, and from nowhere else.
os.environ.setdefault("POLARS_MAX_THREADS", str(traffic.PUMP_THREADS.read()))
