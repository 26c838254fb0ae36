"""The pages of one API: a head with what it is, and tabs that are addresses of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.analytics.access import ENDPOINTS, can_see, traffic_scope
from apps.apis.classic import address_of, child_versions
from apps.apis.models import Api
from apps.apis.resources import APIS
from apps.apis.settings import changes_for
from apps.audit.diff import field_changes
from apps.audit.models import AuditRecord
from apps.audit.querysets import API as API_KIND
from apps.catalogue.endpoints import endpoints
from apps.catalogue.filters import AUTHENTICATION, SHAPE, SHAPES
from apps.catalogue.owners import owners_of
from apps.catalogue.views.listing import ApiPages
from apps.core.exceptions import ApplicationError
from apps.core.preconditions import expect_revision
from apps.core.tenancy import NOTHING as NO_TRAFFIC
from apps.history.views import HistoryPages
from apps.keys.models import Policy

CHANGES_SHOWN = 50
TABS = {
    "api": "Overview",
    "api-endpoints": "Endpoints",
    "api-versions": "Versions",
    "api-access": "Access",
    "api-changes": "Changes",
    "api-history": "History",
    "api-definition": "Definition",
    "api-settings": "Settings",
}


@dataclass(frozen=True)
class Tab:
    """One of the tabs: ``is_current`` when it is the page that is shown."""

    label: str
    url: str
    is_current: bool


class ApiPage(ApiPages):
    """One API, as far as who looks may see: traffic, people, policies and changes have permissions of their own."""

    queryset = (
        Api.objects.annotate(shape=SHAPE)
        .select_related("organisation", "base")
        .prefetch_related("user_owners__user", "group_owners__group")
    )
    READ_ACTIONS = frozenset({"", "retrieve", "endpoints", "versions", "access", "changes"})
    audit_actions = {
        **ApiPages.audit_actions,
        **dict.fromkeys(READ_ACTIONS, "Read API"),
        **dict.fromkeys(("set_active", "set_recording"), "Update API"),
    }

    def tabs(self, api: Api, current: str) -> list[Tab]:
        """Give the tabs that who looks may open."""
        hidden = set() if self.actor.allows("policies") else {"api-access"}
        hidden |= set() if self.actor.allows("audit_logs") else {"api-changes"}
        return [
            Tab(label, reverse(route, args=[api.pk]), route == current)
            for route, label in TABS.items()
            if route not in hidden
        ]

    def show(self, api: Any, tab: str, **context: Any) -> HttpResponse:
        """Show a tab below the head."""
        head = {
            "api": api,
            "address": address_of(api.definition, settings.GATEWAY_URL)[0],
            "shape": SHAPES.get(api.shape, api.shape),
            "authentication": AUTHENTICATION.get(api.auth_type, ""),
            "tabs": self.tabs(api, tab),
            "knows_traffic": self.knows_traffic,
            "owners": owners_of(api, self.actor),
            "may_change": self.may_change(api),
            "may_make_template": api.kind == Api.Kind.OAS and self.actor.allows("api_assets", "write"),
        }
        return self.render(f"catalogue/{tab}.html", **head, **context)

    def retrieve(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show what it is, and how its traffic goes."""
        return self.show(self.row(pk), "api")

    def endpoints(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show its endpoints with their traffic, to who may see that."""
        api = self.row(pk)
        is_shown = self.knows_traffic and can_see(self.actor, ENDPOINTS)
        found = endpoints(api, traffic_scope(self.actor)) if is_shown else endpoints(api, NO_TRAFFIC)
        return self.show(api, "api-endpoints", endpoints=found, is_counted=is_shown)

    def versions(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show its versions."""
        api = self.row(pk)
        named = {api_id: name for name, api_id in child_versions(api.definition).items()}
        children = [(named.get(child.api_id, ""), child) for child in self.rows().filter(base=api).order_by("name")]
        return self.show(api, "api-versions", own=own_versions(api), children=children)

    def access(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the policies that grant it."""
        api = self.row(pk)
        granted = Policy.objects.visible_to(self.actor).about([api.api_id]) if self.actor.allows("policies") else []
        return self.show(api, "api-access", policies=granted)

    def changes(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show what was changed, the newest first."""
        api, found = self.row(pk), []
        if self.actor.allows("audit_logs"):
            records = AuditRecord.objects.visible_to(self.actor).filter(kind=API_KIND, subject=api.pk).exclude(diff="")
            found = [(record, _fields(record)) for record in records.order_by("-pk")[:CHANGES_SHOWN]]
        return self.show(api, "api-changes", changes=found)

    def set_active(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Let gateways serve it, or no longer."""
        is_on = request.POST.get("active") == "true"
        return self.set(pk, {"active": is_on}, "is active." if is_on else "is no longer active.")

    def set_recording(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Let gateways record its requests."""
        return self.set(pk, {"is_logged": True}, "is logged from its next request on.")

    def set(self, pk: str, said: dict[str, Any], done: str) -> HttpResponse:
        """Change settings, and say so on its page."""
        api = self.row(pk)
        changes = changes_for(api, said)
        for name, value in changes.items():
            setattr(api, name, value)
        try:
            changes = self.resource.admit_update(api, changes, actor=self.actor)
            expect_revision(api)  # the changes hold the whole definition as it was read
            self.resource.update(api, changes, actor=self.actor)
        except ApplicationError as error:
            return self.refused(api, error)
        messages.success(self.request, f"{api.title} {done}")
        return HttpResponseRedirect(reverse("api", args=[pk]))


class ApiHistoryPages(HistoryPages):
    """What an API was like, and the way back. Owners are no part of it: who goes back opens nothing to others."""

    resource = APIS
    name = "api"


def own_versions(api: Api) -> list[dict[str, Any]]:
    """Give the versions that stand in the definition itself: name, when it expires, whether it is the default one."""
    data = api.definition.get("version_data") or {}
    if data.get("not_versioned") is True:
        return []
    versions: dict[str, Any] = data.get("versions") or {}
    return [
        {"name": name, "expires": (one or {}).get("expires", ""), "is_default": name == data.get("default_version")}
        for name, one in versions.items()
    ]


def _fields(record: AuditRecord) -> list[Any]:
    return [change for fields in record.changes.values() for change in field_changes(fields)]
