"""What a resource is, said once for its three doors: REST, pages and the staff site.

A resource is what people and programs keep in Weir: a user group, an API, a policy, a webhook. An app declares its own
in ``resources.py``; viewsets, pages and admin classes name the declaration and add what is particular to their door.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.serializers import BaseSerializer

from apps.core.admission import AdmissionRequest, admit, has_controllers
from apps.core.exceptions import MALFORMED
from apps.core.filters import TenantFilterSet
from apps.core.requests import validated
from apps.core.serializers import InputSerializer
from apps.core.tenancy import Caller


@dataclass(frozen=True)
class Resource:
    """Rows with their REST path, their permission, their shapes on the wire and their services.

    ``permission_object`` is a name of the permission table; ``None`` asks for administrators. Services take the row
    (``update`` also the changes, by names of fields) and the keyword ``actor``, ``None`` for Weir itself. Lists are
    narrowed by ``filterset_class``.
    """

    queryset: QuerySet[Any]
    path: str
    permission_object: str | None
    serializer: type[BaseSerializer[Any]]
    update_input: type[InputSerializer]
    create: Callable[..., Any]
    update: Callable[..., Any]
    delete: Callable[..., Any]
    create_input: type[InputSerializer] = InputSerializer  # which stands for: as update_input says of what is new
    filterset_class: type[TenantFilterSet] | None = None

    def __post_init__(self) -> None:
        if self.create_input is InputSerializer:
            object.__setattr__(self, "create_input", self.update_input.when_new())

    @property
    def model(self) -> type[Any]:
        """The model of the rows."""
        return self.queryset.model

    def admit_create(self, row: Any, *, actor: Caller) -> None:
        """Show a new row that a form made to admission, as the REST call that would make it; take what that gives.

        A member that is taken away leaves its field as it is when nothing is said of it.
        """
        given, taken = self._admitted("POST", self.path, row, self.create_input, actor)
        fresh = self.model()
        for name in taken:
            setattr(row, name, getattr(fresh, name))
        for name, value in given.items():
            setattr(row, name, value)

    def admit_update(self, row: Any, changes: Mapping[str, Any], *, actor: Caller) -> dict[str, Any]:
        """Show what a form changes to admission, as the REST call that would; give the changes that are left.

        ``row`` has the changes already, as the instance of a valid form has.
        """
        given, taken = self._admitted("PUT", f"{self.path}/{row.pk}", row, self.update_input, actor, changes)
        return {**{name: value for name, value in changes.items() if name not in taken}, **given}

    def admit_delete(self, row: Any, *, actor: Caller) -> None:
        """Show a deletion to admission."""
        admit(AdmissionRequest(actor, "DELETE", f"{self.path}/{row.pk}"))

    def admit_action(self, method: str, row: Any, action: str, body: Any = None, *, actor: Caller) -> Any:
        """Show what is done to a row to admission, by the path that it has or would have by REST below the row's.

        Gives the body that is left. Secrets do not belong into it.
        """
        return admit(AdmissionRequest(actor, method, f"{self.path}/{row.pk}/{action}", body))

    def body(self, row: Any, shape: type[InputSerializer], changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Give the REST body that says of a row what it is, or only what is changed of it."""
        written, fields = self.serializer(row).data, self._fields(shape)
        wanted = fields.values() if changes is None else changes
        return {name: written[name] for name, field in fields.items() if name in written and field in wanted}

    @staticmethod
    def _fields(shape: type[InputSerializer]) -> dict[str, str]:
        """The field of the model behind each member of a body; ``group_id`` is about ``group``."""
        return {name: str(field.source or name).removesuffix("_id") for name, field in shape().fields.items()}

    def _admitted(
        self,
        method: str,
        path: str,
        row: Any,
        shape: type[InputSerializer],
        actor: Caller,
        changes: Mapping[str, Any] | None = None,
    ) -> tuple[dict[str, Any], set[str]]:
        """Give the fields that admission wants otherwise, and those that it took away."""
        if not has_controllers():
            return {}, set()
        body = self.body(row, shape, changes)
        admitted = admit(AdmissionRequest(actor, method, path, body))
        if admitted == body:
            return {}, set()
        given = validated(admitted, shape, (400, MALFORMED), actor=actor)
        taken = {self._fields(shape)[name] for name in body.keys() - admitted.keys()}
        return given.model_fields(getattr(row, "organisation", None)), taken


def resource_actions(model: type[Model]) -> dict[str, str]:
    """Give what the audit log calls the actions of a resource: ``List User Groups``, ``Update User Group``."""
    one, many = (titled(str(name)) for name in (model._meta.verbose_name, model._meta.verbose_name_plural))  # noqa: SLF001
    verbs = {"retrieve": "Read", "create": "Create", "update": "Update", "destroy": "Delete"}
    return {"list": f"List {many}", **{action: f"{verb} {one}" for action, verb in verbs.items()}}


def plural_of(name: str) -> str:
    """Give the plural of a regular English noun: ``policies`` of ``policy``, ``keys`` of ``key``."""
    if re.search("[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search("(s|x|ch|sh)$", name) else f"{name}s"


def titled(words: str) -> str:
    """Write a name with capitals, and what is written in capitals as it is: ``User Group``, ``API``."""
    return " ".join(word if word.isupper() else word.capitalize() for word in words.split())
