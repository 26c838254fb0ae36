"""Pages, and what everybody may call: what each route is declared to be."""

from __future__ import annotations

from typing import Any

from tests.governance.roles import ADMIN, EVERY, OWNING, Door
from tests.governance.rules import ACCOUNT, Answer, Call, Rule, route

# Screens say in words of their own what people see who are limited to some APIs.
NOT_THEIR_API = Answer(403, "Your account sees the APIs that it owns or nobody owns, and this is none of them.")
NOT_SHOWN = Answer(403, "Your account sees some APIs only, and is not shown what became of every record.")
API = {"api": "api_id"}

PAGES: dict[str, Rule] = {
    "/": route(Door.PAGE, "analytics", GET=200),
    "/activity/apis/": route(Door.PAGE, "analytics", GET=200),
    "/activity/apis/{api}/": route(Door.PAGE, "analytics", GET=200, things=API, outside=NOT_THEIR_API),
    "/activity/apis/{api}/panels/{panel}/": route(
        Door.PAGE, "analytics", GET=200, things={**API, "panel": "panel"}, outside=NOT_THEIR_API
    ),
    "/activity/apis/{api}/panels/{panel}.csv": route(
        Door.PAGE, "analytics", GET=200, things={**API, "panel": "panel"}, outside=NOT_THEIR_API
    ),
    "/panels/{page}/{panel}/": route(Door.PAGE, "analytics", GET=200, things={"page": "page", "panel": "panel"}),
    "/panels/{page}/{panel}.csv": route(Door.PAGE, "analytics", GET=200, things={"page": "page", "panel": "panel"}),
    "/pipeline/": route(Door.PAGE, "analytics", GET=200, limited=NOT_SHOWN),
    "/pipeline/panels/{panel}/": route(
        Door.PAGE, "analytics", GET=200, things={"panel": "panel of the pipeline"}, limited=NOT_SHOWN
    ),
    "/pipeline/panels/{panel}.csv": route(
        Door.PAGE, "analytics", GET=200, things={"panel": "panel of the pipeline"}, limited=NOT_SHOWN
    ),
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
SENT_BACK = {
    (role.name, method): 302
    for role in (*EVERY, *OWNING)
    if role.may("users", "write") and not role.is_admin
    for method in ("GET", "POST")
}
#: Pages where people and groups are administered.
DIRECTORY: dict[str, Rule] = {
    "/users/": route(Door.PAGE, "users", GET=200),
    "/users/new/": route(Door.PAGE, "users", GET=WRITE, POST=WRITE),
    "/users/{pk}/": route(Door.PAGE, "users", GET=200, POST=WRITE, **PERSON),
    "/users/{pk}/access-key/": route(Door.PAGE, "users", GET=WRITE, POST=WRITE, **PERSON),
    "/users/{pk}/delete/": route(Door.PAGE, "users", GET=WRITE, POST=DONE, **PERSON),
    "/users/{pk}/password/": route(Door.PAGE, "users", GET=WRITE, POST=WRITE, but=SENT_BACK, **PERSON),
    "/users/{pk}/revoke/": route(Door.PAGE, "users", POST=DONE, **PERSON),
    "/users/{pk}/two-factor/": route(Door.PAGE, "users", GET=WRITE, POST=DONE, **PERSON),
    "/groups/": route(Door.PAGE, "user_groups", GET=200),
    "/groups/new/": route(Door.PAGE, "user_groups", GET=WRITE, POST=WRITE),
    "/groups/{pk}/": route(Door.PAGE, "user_groups", GET=200, POST=WRITE, **TEAM),
    "/groups/{pk}/delete/": route(Door.PAGE, "user_groups", GET=WRITE, POST=DONE, **TEAM),
}

PUBLISHED: dict[str, Any] = {"things": {"pk": "api", "number": "first"}, "elsewhere": 404, "outside": 404}
POLICY: dict[str, Any] = {"things": {"pk": "policy", "number": "first"}, "elsewhere": 404, "outside": 404}
HOOK: dict[str, Any] = {"things": {"pk": "webhook", "message": "message"}, "elsewhere": 404}
TEMPLATE: dict[str, Any] = {"things": {"pk": "template", "number": "first"}, "elsewhere": 404}
#: Pages of what is published.
CATALOGUE: dict[str, Rule] = {
    "/changes/": route(Door.PAGE, ACCOUNT, GET=200),
    "/apis/{pk}/history/": route(Door.PAGE, "apis", GET=200, **PUBLISHED),
    "/apis/{pk}/history/{number}/": route(Door.PAGE, "apis", POST=DONE, **PUBLISHED),
    "/policies/{pk}/history/": route(Door.PAGE, "policies", GET=200, **POLICY),
    "/policies/{pk}/history/{number}/": route(Door.PAGE, "policies", POST=DONE, **POLICY),
    "/templates/{pk}/history/": route(Door.PAGE, "api_assets", GET=200, **TEMPLATE),
    "/templates/{pk}/history/{number}/": route(Door.PAGE, "api_assets", POST=DONE, **TEMPLATE),
    "/apis/": route(Door.PAGE, "apis", GET=200),
    "/apis/{pk}/": route(Door.PAGE, "apis", GET=200, **PUBLISHED),
    **{
        f"/apis/{{pk}}/{tab}/": route(Door.PAGE, "apis", GET=200, **PUBLISHED)
        for tab in ("endpoints", "versions", "access", "changes")
    },
    "/apis/{pk}/definition/": route(Door.PAGE, "apis", GET=200, POST=WRITE, **PUBLISHED),
    "/apis/new/": route(Door.PAGE, "apis", GET=WRITE, POST=WRITE),
    "/apis/{pk}/settings/": route(Door.PAGE, "apis", GET=200, POST=WRITE, **PUBLISHED),
    "/apis/{pk}/delete/": route(Door.PAGE, "apis", GET=WRITE, POST=DONE, **PUBLISHED),
    "/apis/{pk}/active/": route(Door.PAGE, "apis", POST=DONE, **PUBLISHED),
    "/apis/{pk}/recording/": route(Door.PAGE, "apis", POST=DONE, **PUBLISHED),
    "/policies/": route(Door.PAGE, "policies", GET=200),
    "/policies/new/": route(Door.PAGE, "policies", GET=WRITE, POST=WRITE),
    "/policies/{pk}/": route(Door.PAGE, "policies", GET=200, POST=WRITE, **POLICY),
    "/policies/{pk}/delete/": route(Door.PAGE, "policies", GET=WRITE, POST=DONE, **POLICY),
    "/templates/": route(Door.PAGE, "api_assets", GET=200),
    "/templates/new/": route(Door.PAGE, "api_assets", GET=WRITE, POST=WRITE),
    "/templates/{pk}/": route(Door.PAGE, "api_assets", GET=200, POST=WRITE, **TEMPLATE),
    "/templates/{pk}/delete/": route(Door.PAGE, "api_assets", GET=WRITE, POST=DONE, **TEMPLATE),
    "/webhooks/": route(Door.PAGE, "hooks", GET=200),
    "/webhooks/new/": route(Door.PAGE, "hooks", GET=WRITE, POST=WRITE),
    "/webhooks/{pk}/": route(Door.PAGE, "hooks", GET=200, POST=WRITE, **HOOK),
    "/webhooks/{pk}/delete/": route(Door.PAGE, "hooks", GET=WRITE, POST=DONE, **HOOK),
    "/webhooks/{pk}/test/": route(Door.PAGE, "hooks", POST=DONE, **HOOK),
    "/webhooks/{pk}/messages/{message}/": route(Door.PAGE, "hooks", POST=DONE, **HOOK),
}

SENT_ON = {(role.name, method): 302 for role in (ADMIN, *OWNING) for method in ("GET", "POST")}
#: The ways in. Who is in already is sent on.
WAYS_IN: dict[str, Rule] = {
    "/login/": route(Door.OPEN, GET=200, POST=200, but=SENT_ON),
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
