"""How bodies become fields of accounts, and rows the callers' organisations; shared by the endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from apps.core.exceptions import ApplicationError
from apps.core.permissions import HasPermission
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.services.users import GroupElsewhere

FIELDS = (
    "first_name",
    "last_name",
    "email",
    "organisation",
    "is_active",
    "user_permissions",
    "password_max_days",
)


class InvalidUser(ApplicationError):
    """A body has not the shape of a user. Status and wording are the documented ones."""

    status = 400
    message = "User object validation failed"


class IsSelfOrHasPermission(HasPermission):
    """Lets callers use the view's ``own_actions`` on themselves without any permission."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether it is their own account, or permitted."""
        known: Any = request.user
        is_own = known.pk is not None and view.kwargs.get("pk", known.pk) == known.pk
        return (is_own and view.action in view.own_actions) or super().has_permission(request, view)


def validated(serializer: BaseSerializer[Any], error: ApplicationError) -> dict[str, Any]:
    """Give the values of a body, or raise the error of the endpoint."""
    if not serializer.is_valid():
        raise error
    values: dict[str, Any] = serializer.validated_data
    return values


def caller(request: Request) -> User:
    """Give the user who asks."""
    user: Any = request.user
    found: User = user
    return found


def organisation_for(user: User, values: Mapping[str, Any]) -> Organisation | None:
    """Give the organisation that what a user makes goes to: their own, or for a super user the one they name."""
    if user.organisation is not None:
        return user.organisation
    return find_organisation(values.get("org_id", ""))


def find_organisation(pk: str) -> Organisation | None:
    """Find an organisation by its id."""
    return Organisation.objects.filter(pk=pk).first()


def user_fields(values: Mapping[str, Any], organisation: Organisation | None) -> dict[str, Any]:
    """Give the fields that a body says of an account of an organisation. Raises ``GroupElsewhere``."""
    fields = {name: values[name] for name in FIELDS if name in values}
    if "group_id" in values:
        fields["group"] = _group(organisation, values["group_id"]) if values["group_id"] else None
    return fields


def _group(organisation: Organisation | None, pk: str) -> UserGroup:
    group = UserGroup.objects.filter(pk=pk, organisation=organisation).first()
    if group is None:
        raise GroupElsewhere
    return group
