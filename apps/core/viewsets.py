"""What every REST view has in common: tenancy, permissions, and documented refusals."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from apps.core.authentication import AdminSecretAuthentication
from apps.core.exceptions import ApplicationError
from apps.core.tenancy import Scope, scope_of


class EmptyBody(ApplicationError):
    """A write came without a body. The wording is the documented one."""

    status = 500
    message = "Failed to read response body, body empty"


class OtherOrganisation(ApplicationError):
    """The row belongs to another organisation. Status and wording are the documented ones."""

    status = 500
    message = "Attempted unauthorised access"


class NotOwned(ApplicationError):
    """The row is about an API that has owners, and the caller is none of them. The documented answer."""

    status = 401
    message = "Not authorised"


def json_body(request: Request, empty: type[ApplicationError] = EmptyBody) -> Any:
    """Give the JSON document of a write; raises ``empty`` when there is none."""
    if not request.body:
        raise empty
    return request.data


class TenantViewSet(GenericViewSet[Any]):
    """Rows of the caller's organisation under one permission object.

    A subclass names ``queryset``, ``serializer_class``, ``permission_object``, ``pagination_class`` (made
    by ``paged``) and the documented text and status for a row that is not there; it calls one service
    per write.
    """

    permission_object: str | None
    missing_status = 404
    missing_message = "Not found"

    def get_queryset(self) -> QuerySet[Any]:
        """Give the rows the caller may see."""
        rows: Any = super().get_queryset()
        described = getattr(self, "swagger_fake_view", False)  # the OpenAPI document is made without a caller
        visible: QuerySet[Any] = rows.none() if described else rows.visible_to(self.request.user)
        return visible

    def get_object(self) -> Model:
        """Give the row of the path, or refuse: it is not there, another organisation's, or not owned."""
        sought = self.kwargs[self.lookup_url_kwarg or self.lookup_field].replace("\0", "")  # no row has one
        row: Model | None = self.filter_by_identifier(self.get_queryset(), sought).first()
        if row is None:
            raise self._why_missing(self.filter_by_identifier(super().get_queryset(), sought))
        self.check_object_permissions(self.request, row)
        return row

    def filter_by_identifier(self, rows: QuerySet[Any], sought: str) -> QuerySet[Any]:
        """Keep the rows that the path may mean, the likeliest first."""
        return rows.filter(**{self.lookup_field: sought})

    def _why_missing(self, rows: Any) -> ApplicationError:
        if not rows.exists():
            return ApplicationError(self.missing_message, self.missing_status)
        whole_organisation = Scope(scope_of(self.request.user).organisation)
        return NotOwned() if rows.within(whole_organisation).exists() else OtherOrganisation()

    def body(self) -> Any:
        """Give the JSON document of a write; raises ``EmptyBody`` when there is none."""
        return json_body(self.request)


class AdminViewSet(TenantViewSet):
    """Rows of every organisation, for the holder of the admin secret. Its paths start with ``/admin``."""

    authentication_classes = [AdminSecretAuthentication]
    permission_object = None
