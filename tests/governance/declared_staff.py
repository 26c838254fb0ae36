"""The staff site: what each route is declared to be. Every way in there asks for staff first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.governance.roles import Door
from tests.governance.rules import ACCOUNT, NO_ONE, SUPER_USER, Call, Rule, route


def model(
    path: str, thing: str, needs: str | None, outside: int | None = None, **others: str | None
) -> dict[str, Rule]:
    """Declare the pages of a model; ``adds``, ``changes``, ``deletes`` where these need something else."""
    # What lies elsewhere is not found, and Django's admin answers that with a redirect.
    one = {"things": {"object_id": thing}, "elsewhere": 302, "outside": outside}
    return {f"/staff/{path}/{end}": rule for end, rule in _pages(one, needs, others)}


def _pages(one: Mapping[str, Any], needs: str | None, others: Mapping[str, str | None]) -> Iterator[tuple[str, Rule]]:
    read, write = Call(200, level="read"), Call(200, level="write")
    changes = Call(403, level="read") if others.get("changes") == NO_ONE else write
    yield "", route(Door.STAFF, needs, GET=read, POST=read)
    yield "add/", route(Door.STAFF, others.get("adds", needs), GET=write, POST=write)
    yield "{object_id}/", route(Door.STAFF, ACCOUNT, GET=302, POST=302, things=one["things"])
    elsewhere = {"GET": 302, "POST": 302 if changes is write else 403}
    yield "{object_id}/change/", route(Door.STAFF, needs, GET=read, POST=changes, **{**one, "elsewhere": elsewhere})
    yield "{object_id}/delete/", route(Door.STAFF, others.get("deletes", needs), GET=write, POST=write, **one)
    yield "{object_id}/history/", route(Door.STAFF, needs, GET=read, POST=read, **one)


STAFF: dict[str, Rule] = {
    "/staff/": route(Door.STAFF, GET=200, POST=200),
    # Who is in is told that the site is for staff.
    "/staff/login/": route(
        Door.STAFF, GET=302, POST=302, but={("admin who is not staff", method): 403 for method in ("GET", "POST")}
    ),
    "/staff/logout/": route(Door.STAFF, GET=307, POST=307),  # the page that logs out
    "/staff/jsi18n/": route(Door.STAFF, GET=200),
    "/staff/autocomplete/": route(Door.STAFF, GET=403),
    "/staff/password_change/": route(Door.STAFF, GET=302, POST=302),  # everybody's own page
    "/staff/password_change/done/": route(Door.STAFF, GET=200),
    "/staff/r/{content_type_id}/{object_id}/": route(
        Door.STAFF, GET=404, POST=404, things={"content_type_id": "no number", "object_id": "user"}
    ),
    "/staff/{app_label}/": route(
        Door.STAFF, None, GET=200, POST=Call(200, level="read"), things={"app_label": "app"}, refused=404
    ),
    **model("users/user", "user", "users"),
    "/staff/users/user/{pk}/access-key/": route(
        Door.STAFF, "users", GET=Call(200, level="write"), POST=200, things={"pk": "user"}, elsewhere=403
    ),
    **model("users/usergroup", "group", "user_groups"),
    "/staff/users/user/{pk}/password/": route(
        Door.STAFF, None, GET=Call(200, level="write"), POST=200, things={"pk": "user"}, elsewhere=403
    ),
    **model("organisations/organisation", "organisation", None, adds=SUPER_USER, deletes=SUPER_USER),
    **model("sso/identityprovider", "provider", None),
    **model("keys/policy", "policy", "policies", outside=302),
    **model("hooks/webhook", "webhook", "hooks"),
    **model("apis/apitemplate", "template", "api_assets"),
    **model("apis/api", "api", "apis", outside=302),
    **model("audit/auditrecord", "audit record", "audit_logs", adds=NO_ONE, deletes=NO_ONE, changes=NO_ONE),
    **model("outbox/delivery", "delivery", None, adds=NO_ONE, changes=NO_ONE),
    **model("analytics/slice", "slice", SUPER_USER, adds=NO_ONE, deletes=NO_ONE, changes=NO_ONE),
    **model("analytics/ledgerentry", "ledger entry", SUPER_USER, adds=NO_ONE, deletes=NO_ONE, changes=NO_ONE),
    **model("analytics/rejectedrecord", "rejected record", SUPER_USER, adds=NO_ONE, changes=NO_ONE),
}
