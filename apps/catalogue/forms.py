"""The form of an API's common settings, whichever way it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from apps.apis.classic import AUTH_SWITCHES, words_of
from apps.apis.models import Api
from apps.apis.settings import PLACES, changes_for, settings_of
from apps.catalogue.chips import ChipsField, KnownChipsField
from apps.core.forms import ActorModelForm
from apps.users.models import User, UserGroup

SWITCHES = {
    "use_keyless": "Nobody has to: it is open",
    "use_standard_auth": "By a key",
    "enable_jwt": "By a JSON web token",
    "use_basic_auth": "By name and password",
    "enable_signature_checking": "By an HMAC signature",
    "use_oauth2": "By OAuth 2, of the gateway",
    "use_openid": "By OpenID Connect",
    "use_mutual_tls_auth": "By a client certificate",
    "custom_plugin_auth_enabled": "By a plugin",
    "enable_coprocess_auth": "By a plugin in another process",
    "use_go_plugin_auth": "By a Go plugin",
}
#: Field → the permission that shows who there is to choose from.
OWNERS = {"user_owners": "users", "group_owners": "user_groups"}


class SettingsForm(ActorModelForm):
    """Make an API, or change the settings that most people change; everything else stays as it is."""

    name = forms.CharField(max_length=255)
    active = forms.BooleanField(required=False, label="Gateways serve it")
    listen_path = forms.CharField(label="Listen path", help_text="Where it is called, such as /orders/.")
    strip_listen_path = forms.BooleanField(
        required=False, label="Take the listen path away before the upstream is called"
    )
    target_url = forms.CharField(label="Upstream", required=False, help_text="Such as http://orders.internal:8080.")
    domain = forms.CharField(required=False, help_text="A host of its own; without one, those of the gateway.")
    authentication = forms.BooleanField(required=False, label="Callers have to authenticate, as the document says")
    rate = forms.FloatField(
        required=False, min_value=0, label="Requests", help_text="Of all callers together; empty is no limit."
    )
    per = forms.FloatField(required=False, min_value=0, label="In so many seconds")
    is_logged = forms.BooleanField(required=False, label="Gateways record its requests")
    detailed_recording = forms.BooleanField(
        required=False, label="With bodies and headers", help_text="Much to store, and who reads the log reads them."
    )

    class Meta:
        model = Api
        fields: Sequence[str] = ("organisation",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        api: Api = self.instance
        self._offer_switches(api)
        known = {one for row in self._neighbours() for one in row}
        self.fields["categories"] = ChipsField(label="Categories", suggestions=known)
        said = {**settings_of(api), "name": api.title}
        self.initial.update({**said, "categories": api.categories} if api.pk and not self.is_new else NEW)
        if not self.is_new:
            self._offer_owners()

    def _offer_switches(self, api: Api) -> None:
        """Offer the ways to authenticate of a classic API; a document says by its schemes which there are."""
        if api.document is not None:
            return
        del self.fields["authentication"]
        for switch in ("use_keyless", *AUTH_SWITCHES):
            self.fields[switch] = forms.BooleanField(required=False, label=SWITCHES[switch])

    def _neighbours(self) -> Any:
        seen: Any = Api.objects.visible_to(self.actor).exclude(categories=[])
        return seen.order_by().values_list("categories", flat=True).distinct()

    def _offer_owners(self) -> None:
        """Offer those of the API's organisation, to an actor who may see who these are."""
        people: dict[str, Any] = {"user_owners": User.objects, "group_owners": UserGroup.objects}
        labels = {"user_owners": ("Users", "email"), "group_owners": ("User groups", "name")}
        owners = self.instance.owner_ids()
        owned = {"user_owners": owners["userIds"], "group_owners": owners["userGroupIds"]}
        for name, permission in OWNERS.items():
            if self.actor.allows(permission):
                label, field = labels[name]
                rows = people[name].filter(organisation=self.instance.organisation_id).order_by(field)
                known = dict(rows.values_list(field, "pk"))
                names = {pk: text for text, pk in known.items()}
                self.fields[name] = KnownChipsField(known=known, label=label)
                self.initial[name] = [names[pk] for pk in owned[name] if pk in names]

    def clean_name(self) -> str:
        """Refuse words that a classic API would take for categories."""
        name: str = self.cleaned_data["name"]
        if self.instance.is_classic and words_of(name)[1]:
            raise forms.ValidationError("A word of the name begins with #. Write it among the categories instead.")
        return name

    def clean_categories(self) -> list[str]:
        """Refuse what the name of a classic API cannot hold."""
        found: list[str] = self.cleaned_data["categories"]
        for category in found:
            if self.instance.is_classic and (len(category.split()) > 1 or category.startswith("#")):
                raise forms.ValidationError(f"“{category}” is none: a category of a classic API is one word without #.")
        return found

    def said(self) -> dict[str, Any]:
        """Give the settings that were changed, or of a new API those that say something.

        The name of a classic API has its categories.
        """
        names = [name for name in self.fields if self.cleaned_data[name]] if self.is_new else self.changed_data
        given = {name: _whole(self.cleaned_data[name]) for name in PLACES if name in {*names, *self.changed_data}}
        if self.instance.is_classic and {"name", "categories"} & {*names}:
            tags = (f"#{category}" for category in self.cleaned_data["categories"])
            given["name"] = " ".join([self.cleaned_data["name"], *tags])
        return given

    def changes(self) -> dict[str, Any]:
        """Give what a valid form changes of the row, and let the row have it."""
        said = self.said()
        changes: dict[str, Any] = changes_for(self.instance, said) if said else {}
        if not self.instance.is_classic and "categories" in self.changed_data:
            changes["categories"] = self.cleaned_data["categories"]
        for name, value in changes.items():
            setattr(self.instance, name, value)
        return changes

    def owners(self) -> Mapping[str, list[str]] | None:
        """Give the ids of the owners there are to be; ``None`` leaves them as they are."""
        if OWNERS.keys().isdisjoint(self.changed_data):
            return None
        given: dict[str, Any] = self.cleaned_data
        owners: dict[str, list[str]] = self.instance.owner_ids()
        owners["userIds"] = given.get("user_owners", owners["userIds"])
        owners["userGroupIds"] = given.get("group_owners", owners["userGroupIds"])
        return owners


#: What a new API is like until somebody says otherwise.
NEW = {"active": True, "strip_listen_path": True, "use_standard_auth": True, "is_logged": True}


def _whole(value: Any) -> Any:
    """Give a number as people write it: without a point where there is nothing behind it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value if value is not None else 0
