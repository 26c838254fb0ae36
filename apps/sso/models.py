"""Identity providers, and the user groups their people belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import model_to_dict

from apps.audit.models import AuditedModel
from apps.core.encryption import decrypt, encrypt
from apps.core.fetching import FetchRefused, check_url
from apps.core.tenancy import TenantQuerySet
from apps.organisations.models import Organisation, OrganisationModel
from apps.sso.external_users import ExternalUser
from apps.users.models import UserGroup

__all__ = ["ExternalUser", "GroupMapping", "IdentityProvider"]

RESERVED = frozenset({"waiting", "failed"})


def validate_fetched(url: str) -> None:
    """Raise ``ValidationError`` unless this is a URL that may be fetched."""
    try:
        check_url(url)
    except FetchRefused as refusal:
        raise ValidationError(str(refusal)) from refusal


def validate_issuer(url: str) -> None:
    """Raise ``ValidationError`` unless this is a URL that may be fetched (OpenID Connect Discovery 1.0, 4.1)."""
    validate_fetched(url)
    if "?" in url or "#" in url:
        raise ValidationError("An issuer has neither query nor fragment.")


def validate_slug_is_free(slug: str) -> None:
    """Raise ``ValidationError`` for the names of pages of ours."""
    if slug in RESERVED:
        raise ValidationError("%(slug)s is the address of another page.", params={"slug": slug})


class IdentityProviderQuerySet(TenantQuerySet["IdentityProvider"]):
    """Identity providers of an organisation."""

    api_lookup = None

    def in_use(self) -> Self:
        """Keep those that people may sign in with."""
        return self.filter(is_active=True)

    def on_login_page(self) -> Self:
        """Keep those that have a button on the log-in page, by name."""
        return self.in_use().filter(is_listed=True).order_by("name", "id")


class IdentityProvider(OrganisationModel, AuditedModel):
    """An OpenID Connect provider that vouches for people of one organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="identity_providers")
    name = models.CharField(max_length=100, help_text="Stands on the log-in page: Sign in with …")
    slug = models.SlugField(
        unique=True, help_text="Its address here is /sso/…/.", validators=[validate_slug_is_free], max_length=50
    )
    issuer = models.CharField(
        max_length=255, validators=[validate_issuer], help_text="Exactly as the provider writes it, https:// included."
    )
    discovery_url = models.CharField(
        "discovery URL",
        max_length=255,
        blank=True,
        validators=[validate_fetched],
        help_text="Where the provider describes itself, if not at the issuer's /.well-known/openid-configuration.",
    )
    client_id = models.CharField("client ID", max_length=255)
    encrypted_secret = models.TextField(blank=True, editable=False, db_column="sealed_secret")
    scopes = models.CharField(max_length=255, default="openid email profile", help_text="Separated by blanks.")
    email_claim = models.CharField("e-mail claim", max_length=100, default="email")
    trusts_email = models.BooleanField(
        "trusts its addresses",
        default=False,
        help_text="Takes addresses that the provider does not call verified. Only if it lets nobody choose theirs.",
    )
    group_claim = models.CharField(
        max_length=100, default="groups", blank=True, help_text="Dots lead into objects: realm_access.roles."
    )
    default_group = models.ForeignKey(
        UserGroup,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="For people none of whose groups is mapped.",
    )
    only_registered = models.BooleanField(
        "only registered users", default=False, help_text="Lets in only people who have an account."
    )
    is_listed = models.BooleanField("on the log-in page", default=True, help_text="Everybody sees that page.")
    is_active = models.BooleanField("active", default=True)

    audit_fields = [
        *("organisation", "name", "slug", "issuer", "client_id", "encrypted_secret", "scopes", "email_claim"),
        *("trusts_email", "group_claim", "default_group", "only_registered", "is_listed", "is_active"),
    ]
    secret_changed = False  # by the change that is being written

    objects = IdentityProviderQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def audit_values(self) -> dict[str, Any]:
        """What the audit log keeps of it: all but the secret, of which it tells that there is another; the mappings."""
        fields = model_to_dict(self, exclude=["id", "encrypted_secret"])
        mappings = [f"{mapping.value} → {mapping.group_id}" for mapping in self.mappings.all()]
        return {**fields, "mappings": mappings, "secret_changed": self.secret_changed}

    @property
    def client_secret(self) -> str:
        """The secret in plain text; empty when the provider wants none. Raises ``encryption.DecryptionError``."""
        return decrypt(self.encrypted_secret) if self.encrypted_secret else ""

    @client_secret.setter
    def client_secret(self, secret: str) -> None:
        """Keep it encrypted."""
        self.encrypted_secret = encrypt(secret) if secret else ""

    @property
    def described_at(self) -> str:
        """The URL of the discovery document (OpenID Connect Discovery 1.0, 4)."""
        return self.discovery_url or f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    @property
    def scope(self) -> str:
        """The scopes to ask for; without ``openid`` there would be no ID token."""
        return " ".join(dict.fromkeys(["openid", *self.scopes.split()]))

    def groups_of(self, values: Iterable[str]) -> tuple[str, ...]:
        """Give the ids of the user groups that values of the group claim stand for, else of the default group."""
        named = set(values)
        found = [mapping.group_id for mapping in self.mappings.all() if mapping.value in named]
        default = [self.default_group_id] if self.default_group_id else []
        return tuple(dict.fromkeys(found or default))


class GroupMapping(models.Model):
    """A value of a provider's group claim, and the user group it stands for."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="mappings")
    value = models.CharField("claim value", max_length=255)
    group = models.ForeignKey(UserGroup, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["provider", "value", "group"], name="group_mapping_once")]

    def __str__(self) -> str:
        return f"{self.value} → {self.group}"
