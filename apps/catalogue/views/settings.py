"""Changing one API: its common settings in a form, a new one, and the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.apis import services
from apps.apis.classic import AUTH_SWITCHES
from apps.apis.models import Api
from apps.catalogue.forms import OWNERS, SettingsForm
from apps.catalogue.views.one import ApiPage
from apps.core.forms import ActorModelForm, Fieldset
from apps.keys.models import Policy

NAMED = 5  # policies and versions that a warning names


class ApiSettings(ApiPage):
    """The form, and the deletion."""

    form_class = SettingsForm
    fieldsets = [
        Fieldset(["organisation", "name", "categories", "active"]),
        Fieldset(["listen_path", "domain", "target_url", "strip_listen_path"], legend="Where it is called"),
        Fieldset(["authentication", "use_keyless", *AUTH_SWITCHES], legend="How callers authenticate"),
        Fieldset(["rate", "per"], legend="Rate limit"),
        Fieldset(["is_logged", "detailed_recording"], legend="Recording"),
        Fieldset([*OWNERS], legend="Owners"),
    ]

    def retrieve(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the form."""
        row = self.row(pk)
        return self.render_form(self.form(row), row)

    def render_form(self, form: ActorModelForm, row: Any = None) -> HttpResponse:
        """Show a form below the head of its API; that of a new one has none."""
        fieldsets = [one for one in self.shown_fieldsets(form, row) if one["fields"]]
        if row is None:
            return self.render("catalogue/api-new.html", form=form, fieldsets=fieldsets, may_change=True)
        return self.show(row, "api-settings", form=form, fieldsets=fieldsets, notice=self.notice(row))

    def created(self, form: Any) -> HttpResponse:
        """Make a classic API, and go to its page."""
        form.changes()
        self.resource.admit_create(form.instance, actor=self.actor)
        self.resource.create(form.instance, actor=self.actor)
        messages.success(self.request, f"{form.instance.title} is made.")
        return HttpResponseRedirect(reverse("api", args=[form.instance.pk]))

    def updated(self, form: Any) -> HttpResponse:
        """Change settings and owners, each if it was changed."""
        if changes := form.changes():
            changes = self.resource.admit_update(form.instance, changes, actor=self.actor)
            self.resource.update(form.instance, changes, actor=self.actor)
        if (owners := form.owners()) is not None:
            owners = self.resource.admit_action("PUT", form.instance, "access", owners, actor=self.actor)
            api = Api.objects.get(pk=form.instance.pk)
            services.set_owner_ids(api=api, user_ids=owners["userIds"], group_ids=owners["userGroupIds"])
        messages.success(self.request, f"{form.instance.title} is saved.")
        return HttpResponseRedirect(reverse("api-settings", args=[form.instance.pk]))

    def heading(self, row: Any) -> str:
        """Call it as the list does."""
        return row.title if row else super().heading(row)

    def consequences(self, row: Any) -> str:
        """Name what hangs on it."""
        versions = [api.title for api in self.rows().filter(base=row).order_by("name")]
        found = Policy.objects.filter(organisation=row.organisation_id).about([row.api_id])
        policies = [policy.name for policy in found.visible_to(self.actor)] if self.actor.allows("policies") else []
        hidden = found.count() - len(policies)
        said = [
            "Gateways stop serving it, and its definition is gone for good.",
            f"Versions of it that become APIs of their own: {_named(versions)}." if versions else "",
            f"Policies that lose it: {_named(policies)}." if policies else "",
            f"Policies that you do not see lose it: {hidden}." if hidden else "",
            "What was counted of its traffic stays.",
        ]
        return " ".join(filter(None, said))


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
