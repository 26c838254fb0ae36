"""Identity providers on the staff site. Whoever sets one up decides who people are, so administrators do."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from apps.audit.context import begin_transaction, is_asking
from apps.core.admin import ServiceAdmin
from apps.core.forms import changes_of
from apps.core.requests import public_url, user_of
from apps.core.tenancy import TenantQuerySet
from apps.sso import services
from apps.sso.forms import MappingForms, ProviderForm
from apps.sso.models import GroupMapping, IdentityProvider
from apps.sso.openid import discovery
from apps.sso.resources import IDENTITY_PROVIDERS
from apps.users.models import UserGroup

MOST_MAPPINGS = 50  # values of the group claim, of one provider


class MappingInline(admin.TabularInline[GroupMapping, IdentityProvider]):
    """Values of the group claim, and the groups they stand for. Who may change the provider may change these."""

    model = GroupMapping
    formset = MappingForms
    extra = 1
    max_num = MOST_MAPPINGS
    verbose_name_plural = "groups"

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """Read no more rows than there may be: whoever sends the form says how many it has."""
        return super().get_formset(request, obj, absolute_max=MOST_MAPPINGS, validate_max=True, **options)

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupMapping]:
        """Fetch the groups along: each row names its own."""
        return super().get_queryset(request).select_related("group")

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **options: Any
    ) -> ModelChoiceField[Any] | None:
        """Offer only groups the actor may see."""
        options["queryset"] = UserGroup.objects.visible_to(user_of(request))
        field = super().formfield_for_foreignkey(db_field, request, **options)
        if field:
            field.widget = getattr(field.widget, "widget", field.widget)  # without links to change a group from here
        return field

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Ask for an administrator."""
        return user_of(request).allows(None)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


@admin.register(IdentityProvider)
class IdentityProviderAdmin(ServiceAdmin):
    """The identity providers the actor may see."""

    resource = IDENTITY_PROVIDERS
    form = ProviderForm
    inlines = [MappingInline]
    list_display = ["name", "organisation", "issuer", "sign_in_url", "only_registered", "is_listed", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["organisation"]
    search_fields = ["name", "slug", "issuer"]
    prepopulated_fields = {"slug": ["name"]}

    #: A provider is asked to describe itself before anything is written.
    asks_first = True

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Ask the provider of a form that is sent, then take the form."""
        if request.method == "POST" and user_of(request).allows(None):
            asked = IdentityProvider(
                organisation_id=user_of(request).organisation_id,
                issuer=request.POST.get("issuer", "").strip(),
                discovery_url=request.POST.get("discovery_url", "").strip(),
            )
            request.provider_problem = discovery.problem_of(asked)  # type: ignore[attr-defined]
        return self._begun(super().changeform_view, request, *args, **options)

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Ask, then delete."""
        return self._begun(super().delete_view, request, *args, **options)

    def changelist_view(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        """Show the list, or take an action."""
        return self._begun(super().changelist_view, request, *args, **options)

    def _begun(self, view: Any, request: HttpRequest, *args: Any, **options: Any) -> Any:
        if is_asking():
            begin_transaction()
        return view(request, *args, **options)

    @admin.display(description="Sign in at")
    def sign_in_url(self, provider: IdentityProvider) -> str:
        """Show where signing in begins."""
        return reverse("sso-start", args=[provider.slug])

    def get_fieldsets(self, request: HttpRequest, obj: IdentityProvider | None = None) -> Any:
        """Sort the fields, and show the URL that the provider must know."""
        callback = (public_url(request) or "PUBLIC_URL") + reverse("sso-callback", args=[obj.slug if obj else "slug"])
        told = format_html("Register this redirect address with the provider: <code>{}</code>", callback)
        fields = ["issuer", "discovery_url", "client_id", "secret", *(["forget_secret"] if obj else []), "scopes"]
        people = ["email_claim", "trusts_email", "group_claim", "default_group", "only_registered"]
        listed = ["is_listed"] if services.may_list(user_of(request)) else []
        organisation = ["organisation"] if user_of(request).is_super_user else []
        return [
            (None, {"fields": ["name", "slug", *organisation, "is_active", *listed]}),
            ("OpenID Connect", {"fields": fields, "description": told}),
            ("People", {"fields": people}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: IdentityProvider | None = None) -> list[str]:
        """Keep a provider in its organisation: its mappings are to groups of that one."""
        return ["organisation"] if obj and user_of(request).is_super_user else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Offer groups of the provider's organisation once it has one."""
        form: Any = super().get_form(request, obj, change, **options)
        form.problem = getattr(request, "provider_problem", "")
        groups: TenantQuerySet[Any] = form.base_fields["default_group"].queryset
        if obj:
            form.base_fields["default_group"].queryset = groups.filter(organisation=obj.organisation_id)
        return form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Put a new provider into the actor's organisation before its mappings are looked at."""
        _put_into_organisation(obj, request)
        return super().get_formset_kwargs(request, obj, inline, prefix)

    def save_model(self, request: HttpRequest, obj: IdentityProvider, form: Any, change: bool) -> None:
        """Leave the writing to ``save_related``, when the mappings are known too."""
        _put_into_organisation(obj, request)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write provider and mappings with the one service."""
        mappings = [row for formset in formsets for row in formset.wanted()]
        for formset in formsets:
            formset.save(commit=False)  # so that Django's own log tells what changed
        provider, actor = form.instance, user_of(request)
        changes = {name: value for name, value in changes_of(form).items() if name in IdentityProvider.audit_fields}
        if change:
            changes = self.writable.admit_update(provider, changes, actor=actor)
        else:
            self.writable.admit_create(provider, actor=actor)
        services.save_provider(provider, mappings, actor=actor, changes=changes, secret=form.wanted_secret)
        if not form.instance.encrypted_secret:
            self.message_user(request, "The provider is asked as a public client, without secret.", messages.INFO)


def _put_into_organisation(provider: IdentityProvider, request: HttpRequest) -> None:
    if not provider.organisation_id and user_of(request).organisation_id:
        provider.organisation_id = user_of(request).organisation_id
