"""The form of a policy, on pages and on the staff site: its common settings, and the access rights as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.apis.models import Api
from apps.core.exceptions import ApplicationError
from apps.core.forms import ActorModelForm, StrictJSONField
from apps.core.tenancy import scope_of
from apps.keys import policies
from apps.keys.models import Policy
from apps.keys.policy_shape import read_policy

#: Fields of the form that are members of the document, under the same names.
NUMBERS = {
    "rate": ("Requests", "0 or -1: no limit."),
    "per": ("Per seconds", ""),
    "quota_max": ("Quota", "Requests; -1: no limit."),
    "quota_renewal_rate": ("Quota per seconds", ""),
    "key_expires_in": ("Keys expire after seconds", "0: never. Counts for new keys."),
}
INT64: dict[str, Any] = {"min_value": -(2**63), "max_value": 2**63 - 1}  # what gateways decode
WHOLE = {"quota_max", "quota_renewal_rate", "key_expires_in"}
DECIDES = "Parts of a key that the policy decides; the key itself says the others. None chosen: all of it."
#: Fields of the form that are switches in the document's partitions: field → member, label.
PARTITIONS = {
    "partition_acl": ("acl", "Which APIs a key may call"),
    "partition_rate": ("rate_limit", "How many requests it may send"),
    "partition_quota": ("quota", "Its quota"),
    "partition_complexity": ("complexity", "How deep its queries may be"),
    "partition_per_api": (policies.PER_API, "All of it, with limits of its own for each API"),
}


class RightsField(StrictJSONField):
    """Access rights, written as JSON."""

    def to_python(self, value: Any) -> Any:
        """Read them. Raises ``ValidationError`` for those that gateways could not decode."""
        try:
            return read_policy({"access_rights": super().to_python(value)}).get("access_rights") or {}
        except ApplicationError as error:
            raise ValidationError(error.message.partition(": ")[2] or error.message) from error


class PolicyForm(ActorModelForm):
    """Make or change a policy. What the document has beside these fields stays."""

    state = forms.ChoiceField(choices=Policy.State.choices, required=False)
    tags = forms.CharField(required=False, help_text="With commas between them. They stand in the traffic of the keys.")
    apis = forms.ModelMultipleChoiceField(
        Api.objects.order_by("name"), required=False, to_field_name="api_id", label="APIs"
    )
    access_rights = RightsField(
        required=False, label="Access rights", help_text="JSON: public id of an API → versions, limit, paths and so on."
    )

    class Meta:
        model = Policy
        fields: Sequence[str] = ("organisation", "name", "policy_id")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, (label, hint) in NUMBERS.items():
            shown: dict[str, Any] = {"required": False, "label": label, "help_text": hint}
            self.fields[name] = forms.IntegerField(**shown, **INT64) if name in WHOLE else forms.FloatField(**shown)
        for name, (_, label) in PARTITIONS.items():
            self.fields[name] = forms.BooleanField(required=False, label=label)
        if self.target_organisation:
            field: Any = self.fields["apis"]
            field.queryset = field.queryset.filter(organisation=self.target_organisation)
        self.initial.update(self._shown())

    def _shown(self) -> dict[str, Any]:
        document = self.instance.definition
        rights = policies.seen_rights(document, scope_of(self.actor).apis)
        said = {name: document[name] for name in (*NUMBERS, "state") if name in document}
        parts = policies.partitions_of(document)
        said |= {name: member in parts for name, (member, _) in PARTITIONS.items()}
        said["tags"] = ", ".join(filter(None, document.get("tags") or []))
        field: Any = self.fields["apis"]
        offered = field.queryset.filter(api_id__in=rights).values_list("api_id", flat=True)
        return {**said, "apis": list(offered), "access_rights": rights}

    def changes(self) -> dict[str, Any]:
        """Give the changes of the row: what the document says is one of them."""
        own = {name: self.cleaned_data[name] for name in self.changed_data if name == "policy_id"}
        return {**own, "definition": self.cleaned_data["definition"]} if self.changed_data else {}

    def clean(self) -> dict[str, Any]:
        """Put what was said into the document."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        document = {**self.instance.definition, "name": cleaned.get("name", "")}
        for name in ("state", *NUMBERS):
            if name in self._typed:
                document[name] = cleaned.get(name) or (policies.ACTIVE if name == "state" else 0)
        if "tags" in self._typed:
            document["tags"] = [tag.strip() for tag in cleaned["tags"].split(",") if tag.strip()]
        if switched := {member: cleaned[name] for name, (member, _) in PARTITIONS.items() if name in self._typed}:
            document["partitions"] = {**(document.get("partitions") or {}), **switched}
        if {"apis", "access_rights"} & {*self._typed}:
            document = policies.with_rights(document, self._rights(cleaned))
        return {**cleaned, "definition": document}

    @property
    def _typed(self) -> list[str]:
        """The fields, of those whose values can be read, that were given another value."""
        return [name for name in self.changed_data if name in self.cleaned_data]

    def _rights(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """Give the rights as they are written, with the APIs that were chosen and without those that were not."""
        rights: dict[str, Any] = dict(cleaned.get("access_rights") or {})
        if "apis" not in self._typed:
            return rights
        offered = set(self.initial["apis"])
        chosen = {api.api_id: api for api in cleaned["apis"]}
        kept = {name: right for name, right in rights.items() if name in chosen or name not in offered}
        return {**kept, **{name: _right(api) for name, api in chosen.items() if name not in kept}}

    def _post_clean(self) -> None:  # Django's hook for what needs the instance
        super()._post_clean()
        self.instance.definition = self.cleaned_data.get("definition", self.instance.definition)


def _right(api: Api) -> dict[str, Any]:
    """Give the right to all of an API."""
    return {"api_id": api.api_id, "api_name": api.name, "versions": ["Default"], "allowed_urls": [], "limit": None}
