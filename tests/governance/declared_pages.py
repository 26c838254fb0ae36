"""Pages, and what everybody may call: what each route is declared to be."""

from __future__ import annotations

from typing import Any

from tests.governance.roles import Door
from tests.governance.rules import ACCOUNT, Call, Rule, route

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

AUDIT: dict[str, Rule] = {
    "/audit/": route(Door.PAGE, "audit_logs", GET=200),
    "/audit/records/": route(Door.PAGE, "audit_logs", GET=200),
    "/audit/records.{kind}": route(Door.PAGE, "audit_logs", GET=200, things={"kind": "kind of file"}),
    "/audit/{audit_record}/": route(
        Door.PAGE, "audit_logs", GET=200, things={"audit_record": "audit record"}, elsewhere=404
    ),
}

# It asks for the method before it asks who it is; and who has permissions need not wait.
WAITING = (
    {("nobody", method): 405 for method in ("POST", "DELETE")}
    | {("holder of the admin secret", method): 405 for method in ("POST", "DELETE")}
    | {("account without permissions", "GET"): 200}
)
#: Pages about the account of whoever asks.
OWN: dict[str, Rule] = {
    "/home/": route(Door.PAGE, ACCOUNT, GET=302),
    "/profile/": route(Door.PAGE, ACCOUNT, GET=200, POST=302),
    "/profile/access-key/": route(Door.PAGE, ACCOUNT, GET=200, POST=200),
    "/profile/organisation/": route(Door.PAGE, ACCOUNT, GET=200, POST=200),
    "/profile/sessions/": route(Door.PAGE, ACCOUNT, POST=302),
    "/password/": route(Door.PAGE, ACCOUNT, GET=200, POST=200),
    "/two-factor/": route(Door.PAGE, ACCOUNT, GET=200, POST=200),
    "/two-factor/codes/": route(Door.PAGE, ACCOUNT, GET=200, POST=200),
    "/two-factor/off/": route(Door.PAGE, ACCOUNT, GET=200, POST=200),
    "/sso/waiting/": route(Door.PAGE, ACCOUNT, GET=302, but=WAITING),
}

PERSON: dict[str, Any] = {"things": {"pk": "user"}, "elsewhere": 404}
TEAM: dict[str, Any] = {"things": {"pk": "group"}, "elsewhere": 404}
WRITE = Call(200, level="write")
DONE = Call(302, level="write")
# Passwords of others are set by administrators who were trusted with it; the user's page tells everybody else so.
SENT_BACK = {("only users: write", method): 302 for method in ("GET", "POST")}
#: Pages where people and groups are administered.
DIRECTORY: dict[str, Rule] = {
    "/users/": route(Door.PAGE, "users", GET=200),
    "/users/new/": route(Door.PAGE, "users", GET=WRITE, POST=WRITE),
    "/users/{pk}/": route(Door.PAGE, "users", GET=200, POST=WRITE, **PERSON),
    "/users/{pk}/access-key/": route(Door.PAGE, "users", GET=WRITE, POST=WRITE, **PERSON),
    "/users/{pk}/delete/": route(Door.PAGE, "users", GET=WRITE, POST=DONE, **PERSON),
    "/users/{pk}/password/": route(Door.PAGE, "users", GET=WRITE, POST=WRITE, but=SENT_BACK, **PERSON),
    "/users/{pk}/revoke/": route(Door.PAGE, "users", POST=DONE, **PERSON),
    "/groups/": route(Door.PAGE, "user_groups", GET=200),
    "/groups/new/": route(Door.PAGE, "user_groups", GET=WRITE, POST=WRITE),
    "/groups/{pk}/": route(Door.PAGE, "user_groups", GET=200, POST=WRITE, **TEAM),
    "/groups/{pk}/delete/": route(Door.PAGE, "user_groups", GET=WRITE, POST=DONE, **TEAM),
}

#: The ways in. Who is in already is sent on.
WAYS_IN: dict[str, Rule] = {
    "/login/": route(Door.OPEN, GET=200, POST=200, but={("admin", "GET"): 302, ("admin", "POST"): 302}),
    "/login/organisation/": route(Door.OPEN, GET=302, POST=302),
    "/login/code/": route(Door.OPEN, GET=302, POST=302),
    "/logout/": route(Door.OPEN, POST=302),
    "/password/forgotten/": route(Door.OPEN, GET=200, POST=200),
    "/password/forgotten/sent/": route(Door.OPEN, GET=200),
    "/password/new/": route(Door.OPEN, GET=200, POST=200),
    "/tap": route(Door.OPEN, GET=302),
    "/tap/": route(Door.OPEN, GET=302),
    "/sso/failed/{reason}/": route(Door.OPEN, GET=403, things={"reason": "reason"}),
    "/sso/{slug}/": route(Door.OPEN, GET=404, things={"slug": "nothing"}),
    "/sso/{slug}/callback/": route(Door.OPEN, GET=302, things={"slug": "slug"}),
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
