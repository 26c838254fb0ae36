"""Pages of policies."""

from __future__ import annotations

from typing import Any

from apps.apis.models import Api
from apps.core.columns import Column, link_to, state
from apps.core.forms import Fieldset
from apps.core.resource_views import ResourcePages
from apps.core.tenancy import scope_of
from apps.history.views import HistoryPages
from apps.keys import policies
from apps.keys.forms import DECIDES, NUMBERS, PARTITIONS, PolicyForm
from apps.keys.models import Policy
from apps.keys.resources import POLICIES

APIS_SHOWN = 100  # of a policy, the first ones


class PolicyPages(ResourcePages):
    """List, form and deletion of policies, with what each allows of each of its APIs."""

    resource = POLICIES
    name = "policy"
    columns = [
        Column("Name", link_to("policy", "name", "policy_id"), sort=["name"]),
        Column("Rate", "rate", hide_narrow=True),
        Column("Quota", "quota", hide_narrow=True),
        Column("State", lambda policy: state(policy.is_active, off=policy.state_in_words)),
    ]
    empty_text = "A policy says which APIs keys may call, and how often; keys name it, and follow it when it changes."
    not_found_text = "No name has “{search}” in it, and no id is that."
    form_class = PolicyForm
    fieldsets = [
        Fieldset(["organisation", "name", "policy_id", "state"]),
        Fieldset([*NUMBERS], layout="columns"),
        Fieldset(["tags"]),
        Fieldset([*PARTITIONS], legend="What it decides"),
        Fieldset(["apis"], legend="APIs"),
        Fieldset(["access_rights"], legend="Access rights"),
    ]
    aside_template = "keys/_policy_aside.html"
    before_delete = "Keys that name it keep its name, and pass no more when they have no other policy."

    def fieldset_hint(self, fieldset: Fieldset, row: Policy | None) -> str:
        """Tell what it means to choose none of the parts."""
        return DECIDES if set(fieldset.names) == set(PARTITIONS) else ""

    def is_in_use(self, row: Any) -> bool:
        """Tell whether keys may use it."""
        return bool(row.is_active)

    def details(self, row: Policy) -> dict[str, Any]:
        """Give what it allows of each API that the reader sees."""
        every = policies.effective_limits(row.definition, scope_of(self.actor).apis)
        limits = every[:APIS_SHOWN]
        apis = Api.objects.visible_to(self.actor).filter(organisation=row.organisation)
        names = dict(apis.filter(api_id__in=[one.api_id for one in limits]).values_list("api_id", "name"))
        shown = [_in_words(one, names.get(one.api_id, "")) for one in limits]
        return {"limits": shown, "others": len(every) - len(shown)}


class PolicyHistoryPages(HistoryPages):
    """The versions of a policy."""

    resource = POLICIES
    name = "policy"


def _in_words(limits: policies.EffectiveLimits, name: str) -> dict[str, Any]:
    """Write what is allowed of an API for people."""
    return {
        "api_id": limits.api_id,
        "name": name,
        "rate": policies.in_words(limits.rate),
        "quota": policies.in_words(limits.quota),
        "is_shared": limits.is_shared,
        "has_access": limits.has_access,
    }
