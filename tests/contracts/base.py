"""What a resource says of itself to be tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.test import Client
from rest_framework.test import APIClient

from apps.core.exceptions import Refusal
from apps.core.resources import Resource
from apps.core.viewsets import ResourceViewSet
from apps.organisations.models import Organisation
from apps.users.models import User

Rest = Callable[..., APIClient]
BrowserOf = Callable[[User], Client]


def error(message: str) -> dict[str, Any]:
    """The body of a refusal."""
    return {"Status": "Error", "Message": message, "Meta": None}


class Contract:
    """A subclass names its view set, a factory, bodies that make and change a row, and its pages if it has any.

    ``form`` and ``form_changes`` are what pages and staff site send for the same as ``body`` and ``changes``. Where
    these name rows of an organisation, the methods ``body_for``, ``form_for``… are overridden. A resource that hangs on
    APIs says with ``about`` what the factory takes to make a row of one, and with ``body_about`` how a body names one.
    ``refused`` are members of a body that are refused, of a new row as of a change, with status and text; ``None`` is
    the documented answer to a body of another shape.
    ``replaces`` says that a change by REST is a whole row, and empties what it leaves out. ``id_member`` has the id of
    a row that is read, ``stamps`` are the members that every change writes anew.
    """

    viewset: ClassVar[type[ResourceViewSet]]
    factory: ClassVar[Any]
    body: ClassVar[Mapping[str, Any]]
    changes: ClassVar[Mapping[str, Any]]
    form: ClassVar[Mapping[str, Any]] = {}
    form_changes: ClassVar[Mapping[str, Any]] = {}
    refused: ClassVar[Sequence[tuple[Mapping[str, Any], Refusal | None]]] = ()
    replaces: ClassVar[bool] = False
    id_member: ClassVar[str] = "id"
    stamps: ClassVar[frozenset[str]] = frozenset()
    pages: ClassVar[str] = ""
    staff: ClassVar[str] = ""

    def body_for(self, organisation: Organisation) -> dict[str, Any]:
        """The body that makes a row in an organisation."""
        return dict(self.body)

    def changes_for(self, organisation: Organisation) -> dict[str, Any]:
        """The body that changes a row of an organisation."""
        return dict(self.changes)

    def changes_of(self, row: Any) -> dict[str, Any]:
        """The body that changes a row, and leaves it to the APIs that it hangs on."""
        return self.changes_for(row.organisation)

    def form_for(self, organisation: Organisation) -> dict[str, Any]:
        """The form that makes a row in an organisation."""
        return dict(self.form)

    def changed_form_for(self, organisation: Organisation) -> dict[str, Any]:
        """The form that changes a row of an organisation."""
        return {**self.form_for(organisation), **self.form_changes}

    def about(self, api: Any) -> Mapping[str, Any] | None:
        """What the factory takes for a row that hangs on an API; ``None`` when none does."""
        return None

    def body_about(self, api_id: str) -> Mapping[str, Any] | None:
        """The members of a body that name an API by its public id; ``None`` when none does."""
        return None

    def meta_of(self, row: Any) -> str | None:
        """What an answer says in ``Meta`` when a row was made."""
        return str(row.pk)

    def listed(self, answer: Any) -> list[dict[str, Any]]:
        """The rows of a list, which may stand bare."""
        key = getattr(self.viewset.pagination_class, "results_key", "")
        rows: list[dict[str, Any]] = answer.json()[key] if key else answer.json()
        return rows

    @property
    def resource(self) -> Resource:
        return self.viewset.resource

    @property
    def rows(self) -> Any:
        return self.resource.model._default_manager

    def url(self, row: Any) -> str:
        return f"{self.resource.path}/{row.pk}"
