"""Variables of gateways: where they are, for callers and for Weir."""

from __future__ import annotations

from config import casts
from config.env.variable import Section

gateways = Section("Gateways")

GATEWAY_URL = gateways.read(
    "GATEWAY_URL",
    casts.web_url,
    "http://localhost:8080",
    "Address at which callers reach the gateways. Weir shows it with the paths of APIs, and calls it only for"
    " `/api/proxy`.",
)
EXAMPLES_INDEX_URL = gateways.read(
    "EXAMPLES_INDEX_URL",
    casts.web_url,
    "https://raw.githubusercontent.com/TykTechnologies/tyk-examples/main/repository.json",
    "Index of example APIs, which `/api/examples` fetches when it is asked for them.",
)
