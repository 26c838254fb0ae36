"""What every REST view has in common: tenancy, permissions, and documented refusals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db.models import Model
from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ParseError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from apps.core.admission import AdmissionRequest, admit, has_controllers
from apps.core.authentication import AdminSecretAuthentication
from apps.core.envelope import NOT_FOUND, ok
from apps.core.exceptions import MALFORMED, ApplicationError, Refusal
from apps.core.filters import RestFilterBackend, TenantFilterSet
from apps.core.openapi import ENVELOPE
from apps.core.preconditions import Revised, expect_match
from apps.core.requests import EMPTY, UNREADABLE, user_of, validated_body
from apps.core.resources import Resource, resource_actions
from apps.core.serializers import InputSerializer
from apps.core.tenancy import Scope, TenantQuerySet, scope_of

if TYPE_CHECKING:
    from apps.users.models import User


#: What OpenAPI says of actions, unless a resource says more.
DESCRIPTIONS = {"create": "The answer's ``Meta`` is the id."}
AN = re.compile(r"(?!us|uni)[aeiou]", re.IGNORECASE)


class NotOwned(ApplicationError):
    """The row is about an API that has owners, and the caller is none of them. The documented answer."""

    status = 401
    message = "Not authorised"


class AdmissionMixin:
    """Shows every write to admission, once the caller is known and has the permission."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Do what comes before every action."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]  # a mixin of REST views
        if request.method not in SAFE_METHODS and has_controllers():
            _admit(request)


def _admit(request: Request) -> None:
    """Put the body that admission gives in the place of the one that came; what is no JSON is refused later."""
    try:
        body = request.data if request.body else None
    except ParseError:
        body = None
    admitted = admit(AdmissionRequest(request.user, request.method or "", request.path_info.rstrip("/"), body))
    if admitted != body:
        request._full_data = admitted  # type: ignore[attr-defined]  # noqa: SLF001  (what request.data gives)


class RestView(AdmissionMixin, APIView):
    """A single endpoint; its writes pass admission like those of every other."""


class TenantViewSet(AdmissionMixin, GenericViewSet[Any]):
    """Rows of the caller's organisation under one permission object.

    A subclass names ``queryset``, ``serializer_class``, ``permission_object`` and ``pagination_class`` (made by
    ``paged``), and ``filterset_class`` if its list may be filtered. ``missing`` are the documented statuses and texts
    for a row that is not there, by action; "" stands for all others. ``malformed_query`` answers filters that cannot be
    read.
    """

    #: The actions that read or write a row itself, with ``ETag`` and ``If-Match``; a row that was deleted has no tag.
    REVISED_BY: ClassVar[frozenset[str]] = frozenset({"retrieve", "update", "partial_update", "destroy"})

    revised: Any = None
    permission_object: str | None
    filter_backends = [RestFilterBackend]
    missing: ClassVar[Mapping[str, Refusal]] = {"": (404, NOT_FOUND)}
    malformed_query: ClassVar[Refusal] = (400, "Query malformed")

    def get_queryset(self) -> Any:
        """Give the rows the caller may see."""
        rows = cast("TenantQuerySet[Any]", super().get_queryset())
        described = getattr(self, "swagger_fake_view", False)  # the OpenAPI document is made without a caller
        return rows.none() if described else rows.visible_to(self.request.user)

    def get_object(self) -> Any:
        """Give the row of the path, or refuse: it is not there (as in another organisation), or not owned."""
        sought = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        if "\0" in sought:  # PostgreSQL cannot be asked for it, and no row has one
            raise self._why_missing(super().get_queryset().none())
        row: Model | None = self.filter_by_identifier(self.get_queryset(), sought).first()
        if row is None:
            raise self._why_missing(self.filter_by_identifier(super().get_queryset(), sought))
        self.check_object_permissions(self.request, row)
        if self.action in self.REVISED_BY and self.request.method not in SAFE_METHODS:
            expect_match(self.request, row)
        self.revised = row
        return row

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say which version of a row it is that was read or written, if it has versions."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.action in self.REVISED_BY and isinstance(self.revised, Revised) and answer.status_code < 300:
            answer["ETag"] = self.revised.etag
        return answer

    def filter_by_identifier(self, rows: Any, sought: str) -> Any:
        """Keep the rows that the path may mean, the likeliest first."""
        return rows.filter(**{self.lookup_field: sought})

    def _why_missing(self, rows: Any) -> ApplicationError:
        """Say why there is no such row. What another organisation has is not there (decision 24)."""
        whole_organisation = Scope(scope_of(self.request.user).organisation)
        if rows.within(whole_organisation).exists():
            return NotOwned()
        return ApplicationError.documented(self.missing.get(self.action, self.missing[""]))


class ResourceViewSet(ListModelMixin, RetrieveModelMixin, TenantViewSet):
    """A resource by REST: list, retrieve, create, update, destroy, with documented texts and statuses as data.

    Beside what ``TenantViewSet`` asks for, a subclass names the ``resource`` and, where they are documented otherwise,
    what a write answers when it is ``done``; the answers by action to a body that is ``empty``, ``unreadable`` or
    ``malformed``; and ``refusals``: what a service raises → another status and text. ``operations`` describe the
    actions in OpenAPI: a summary, and below it what else there is to say. The audit log calls reads by the names of the
    model, unless ``audit_actions`` says otherwise.
    """

    resource: ClassVar[Resource]
    done: ClassVar[Mapping[str, str]] = {}
    empty: ClassVar[Mapping[str, Refusal]] = {"": EMPTY}
    unreadable: ClassVar[Mapping[str, Refusal]] = {"": UNREADABLE}
    malformed: ClassVar[Mapping[str, Refusal]] = {"": (403, MALFORMED)}
    refusals: ClassVar[Mapping[type[ApplicationError], Refusal]] = {}
    operations: ClassVar[Mapping[str, str]] = {}
    audit_actions: ClassVar[Mapping[str, str]] = {}
    filterset_class: ClassVar[type[TenantFilterSet] | None] = None

    @classmethod
    def urls(cls) -> list[URLPattern]:
        """Give the routes of the resource, at its path; those of other actions below it stand before them."""
        path_ = cls.resource.path.removeprefix("/api/")
        return [
            path(path_, cls.as_view({"get": "list", "post": "create"})),
            path(f"{path_}/<pk>", cls.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})),
        ]

    def __init_subclass__(cls) -> None:
        """Take what the resource says, and describe the actions."""
        super().__init_subclass__()
        if "resource" not in cls.__dict__:
            return
        cls.queryset = cls.__dict__.get("queryset", cls.resource.queryset)
        cls.serializer_class = cls.resource.serializer
        cls.filterset_class = cls.__dict__.get("filterset_class", cls.resource.filterset_class)
        cls.permission_object = cls.resource.permission_object
        reads = {name: resource_actions(cls.resource.model)[name] for name in ("list", "retrieve")}
        cls.audit_actions = {**reads, **cls.audit_actions}
        operations = {**cls._default_operations(), **cls.operations}
        done = {"create": "created", "update": "updated", "destroy": "deleted"}
        noun = str(cls.resource.model._meta.verbose_name)  # noqa: SLF001  (Django's documented way)
        noun = noun[:1].upper() + noun[1:]
        cls.done = {**{action: f"{noun} {word}" for action, word in done.items()}, **cls.done}
        extend_schema_view(**{name: cls._described(name, text) for name, text in operations.items()})(cls)

    @classmethod
    def _default_operations(cls) -> dict[str, str]:
        options = cls.resource.model._meta  # noqa: SLF001  (Django's documented way)
        one, many = str(options.verbose_name), options.verbose_name_plural
        one = f"an {one}" if AN.match(one) else f"a {one}"
        verbs = {"retrieve": "Read", "create": "Make", "update": "Change", "destroy": "Delete"}
        return {"list": f"List {many}", **{action: f"{verb} {one}" for action, verb in verbs.items()}}

    @classmethod
    def _described(cls, action: str, text: str) -> Any:
        summary, _, description = text.partition("\n")
        shapes = {"create": cls.resource.create_input, "update": cls.resource.update_input}
        options: dict[str, Any] = {"request": shapes[action]} if action in shapes else {}
        if action not in {"list", "retrieve"}:
            options["responses"] = ENVELOPE
        described = description or DESCRIPTIONS.get(action) or cls.__doc__ or ""
        return extend_schema(summary=summary, description=described, **options)

    @property
    def actor(self) -> User | None:
        """Who writes; ``None`` for the holder of the admin secret."""
        return user_of(self.request)

    def create(self, request: Request) -> Response:
        """Make a row; the answer's ``Meta`` is the id."""
        values = self.validated(self.resource.create_input)
        row = self.resource.model(**self.new_fields(values))
        return self.answer(self.call(self.resource.create, row) or row, row.pk)

    def update(self, request: Request, pk: str) -> Response:
        """Change a row; what the body leaves out stays."""
        row = self.get_object()
        changes = self.validated(self.resource.update_input).model_fields(getattr(row, "organisation", None))
        self.call(self.resource.update, row, changes)
        return self.answer(row)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a row."""
        row = self.get_object()
        self.call(self.resource.delete, row)
        return self.answer(row)

    def new_fields(self, values: InputSerializer) -> dict[str, Any]:
        """Give the fields of a new row: its organisation, and what the body says."""
        organisation = self.organisation_for(values.validated_data.get("org_id", ""))
        return {"organisation": organisation, **values.model_fields(organisation)}

    def organisation_for(self, pk: str) -> Any:
        """Give the organisation of what the caller makes: their own, or the one that a super user must name."""
        own = user_of(self.request).organisation
        organisations: Any = self.resource.model._meta.get_field("organisation").related_model  # noqa: SLF001
        found = own or organisations.objects.filter(pk=pk).first()
        if found is None:
            status, text = self._documented(self.malformed)
            raise ApplicationError(f"{text}: org_id {'names no organisation' if pk else 'is missing'}", status)
        return found

    def validated(self, shape: type[InputSerializer]) -> InputSerializer:
        """Give the body, which has this shape; raises what the endpoint documents when it has not."""
        empty, unreadable = self._documented(self.empty), self._documented(self.unreadable)
        malformed = self._documented(self.malformed)
        return validated_body(self.request, shape, malformed, empty=empty, unreadable=unreadable, actor=self.actor)

    def _documented(self, refusals: Mapping[str, Refusal]) -> Refusal:
        return refusals.get(self.action, refusals[""])

    def call(self, service: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call a service as the caller; what it raises is answered as this endpoint documents it."""
        try:
            return service(*arguments, actor=self.actor, **options)
        except tuple(self.refusals) as error:
            raise ApplicationError.documented(self.refusals[type(error)]) from error

    def answer(self, row: Any, meta: Any = None) -> Response:
        """Answer that a write is done."""
        return Response(ok(self.done[self.action], meta))


class AdminSecretMixin:
    """For the holder of the admin secret, who sees every organisation. Paths start with ``/admin``."""

    authentication_classes: ClassVar[Sequence[type[BaseAuthentication]]] = [AdminSecretAuthentication]
    permission_object: str | None = None
    actor = None


class AdminViewSet(AdminSecretMixin, TenantViewSet):
    """Rows of every organisation, for the holder of the admin secret."""
