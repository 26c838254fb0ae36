"""What every route is declared to be: the permission it needs, and what those who have it get.

A path that is not here, or no longer there, fails the matrix. Rules that depend on more than the permission are
written out as ``but``, with the reason beside them.
"""

from __future__ import annotations

from tests.governance.rules import ACCOUNT, Door, Rule, route

DATES = "{start_day}/{start_month}/{start_year}/{end_day}/{end_month}/{end_year}"
API = {"api": "api_id"}

PAGES: dict[str, Rule] = {
    "/": route(Door.PAGE, "analytics", GET=200),
    "/activity/apis/": route(Door.PAGE, "analytics", GET=200),
    "/activity/apis/{api}/": route(Door.PAGE, "analytics", GET=200, things=API),
    "/activity/apis/{api}/panels/{panel}/": route(Door.PAGE, "analytics", GET=200, things={**API, "panel": "panel"}),
    "/activity/apis/{api}/panels/{panel}.csv": route(Door.PAGE, "analytics", GET=200, things={**API, "panel": "panel"}),
    "/panels/{page}/{panel}/": route(Door.PAGE, "analytics", GET=200, things={"page": "page", "panel": "panel"}),
    "/panels/{page}/{panel}.csv": route(Door.PAGE, "analytics", GET=200, things={"page": "page", "panel": "panel"}),
    "/pipeline/": route(Door.PAGE, "analytics", GET=200),
    "/pipeline/panels/{panel}/": route(Door.PAGE, "analytics", GET=200, things={"panel": "panel of the pipeline"}),
    "/pipeline/panels/{panel}.csv": route(Door.PAGE, "analytics", GET=200, things={"panel": "panel of the pipeline"}),
}

OPEN: dict[str, Rule] = {
    "/hello": route(Door.OPEN, GET=200, POST=405),
    "/health": route(Door.OPEN, GET=200, POST=405),
    "/ready": route(Door.OPEN, GET=200, POST=405),
    "/metrics": route(Door.OPEN, GET=200, POST=405),
    "/openapi.json": route(Door.OPEN, GET=200),
    "/openapi.yaml": route(Door.OPEN, GET=200),
    "/openapi/": route(Door.OPEN, GET=200),
}

TRAFFIC: dict[str, Rule] = {
    f"/api/usage/{DATES}": route(Door.REST, "analytics", GET=200),
    f"/api/usage/apis/{DATES}": route(Door.REST, "analytics", GET=200),
    f"/api/usage/apis/{{api}}/{DATES}": route(Door.REST, "analytics", GET=200, things=API),
    f"/api/activity/keys/{DATES}": route(Door.REST, "analytics", GET=200),
    f"/api/activity/keys/{{key}}/{DATES}": route(Door.REST, "analytics", GET=200),
    f"/api/activity/keys/endpoint/{{key}}/{DATES}": route(Door.REST, "analytics", GET=200),
    f"/api/activity/oauthid/endpoint/{{client}}/{DATES}": route(Door.REST, "analytics", GET=200),
    "/api/logs": route(Door.REST, "log", GET=400),  # the range is missing
}

ORGANISATION = {"owner_name": "Gamma"}
ORGANISATIONS: dict[str, Rule] = {
    path.replace("organisations", name): rule
    for name in ("organisations", "organisation")
    for path, rule in {
        "/admin/organisations": route(Door.SECRET, GET=200, POST=(200, ORGANISATION)),
        "/admin/organisations/import": route(Door.SECRET, POST=(200, {**ORGANISATION, "id": "c" * 24})),
        "/admin/organisations/{pk}": route(
            Door.SECRET, GET=200, PUT=(200, ORGANISATION), DELETE=200, things={"pk": "organisation"}
        ),
        "/admin/organisations/{pk}/generate-portals": route(Door.SECRET, POST=404, things={"pk": "organisation"}),
    }.items()
}

TABLE: dict[str, Rule] = {**PAGES, **OPEN, **TRAFFIC, **ORGANISATIONS}

__all__ = ["ACCOUNT", "TABLE"]
