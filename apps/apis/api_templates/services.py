"""What happens to templates: made, changed, deleted, applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from apps.apis.api_templates.merging import merged
from apps.apis.api_templates.models import ApiTemplate
from apps.apis.oas.extension import Document
from apps.audit.services import audited
from apps.core.exceptions import ApplicationError
from apps.core.json_values import size_fault
from apps.core.tenancy import Caller

if TYPE_CHECKING:
    from apps.users.models import User


class InvalidTemplate(ApplicationError):
    """It cannot be kept; the message says where and why. The status is the documented one."""

    status = 422
    message = "The template is not valid"


class DuplicateTemplateId(ApplicationError):
    """Another template of the organisation has the id. Status and wording are the documented ones."""

    status = 409

    def __init__(self, template_id: str) -> None:
        super().__init__(f"Asset ID already exists: '{template_id}'")


class MayNotApply(ApplicationError):
    """Who makes the API may not see templates. Status and wording are the documented ones."""

    status = 403
    message = "The user does not have the rights to apply templates"


class UnknownTemplate(ApplicationError):
    """The organisation has no template with either id."""

    status = 400
    message = "There is no template with this ID"

    def __init__(self, either_id: str) -> None:
        super().__init__(f"There is no template with the ID {either_id}: see /api/assets for those there are")


def create_template(template: ApiTemplate, *, actor: Caller | None = None) -> ApiTemplate:
    """Write a new template. Raises ``InvalidTemplate``, ``DuplicateTemplateId``."""
    with audited(template, "Create", actor=actor):
        _check(template)
    return template


def change_template(template: ApiTemplate, changes: Mapping[str, Any], *, actor: Caller | None = None) -> ApiTemplate:
    """Change a template; APIs that were made with it stay. Raises ``InvalidTemplate``, ``DuplicateTemplateId``."""
    with audited(template, "Update", changes, actor=actor):
        _check(template)
    return template


def delete_template(template: ApiTemplate, *, actor: Caller | None = None) -> None:
    """Delete a template; APIs that were made with it stay."""
    with audited(template, "Delete", actor=actor, delete=True):
        pass


def template_for(either_id: str, organisation: str, *, actor: User) -> Document:
    """Give the document of a template that somebody makes an API with. Raises ``MayNotApply``, ``UnknownTemplate``."""
    if not actor.allows("api_assets"):
        raise MayNotApply
    rows = ApiTemplate.objects.visible_to(actor).filter(organisation=organisation)
    found = rows.named(either_id).first() if "\0" not in either_id else None
    if found is None:
        raise UnknownTemplate(either_id)
    document: Document = found.document
    return document


def with_template(document: Document, either_id: str, organisation: str, *, actor: User) -> Document:
    """Give a document merged over a template; as it is without one ("").

    Raises ``MayNotApply``, ``UnknownTemplate``.
    """
    return merged(template_for(either_id, organisation, actor=actor), document) if either_id else document


def _check(template: ApiTemplate) -> None:
    try:
        template.clean_fields(exclude=["organisation", "document"])
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise InvalidTemplate(f"{name}: {problems[0].rstrip('.')}") from error
    if not isinstance(template.document, dict):
        raise InvalidTemplate("data: it must be an object")
    if fault := size_fault(template.document):
        raise InvalidTemplate(f"data: {fault}")
    others = ApiTemplate.objects.filter(organisation=template.organisation_id, template_id=template.template_id)
    if others.exclude(pk=template.pk).exists():
        raise DuplicateTemplateId(template.template_id)
