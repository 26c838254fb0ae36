"""Templates of APIs."""

from __future__ import annotations

from django.db import models

from apps.apis.api_templates.querysets import ApiTemplateQuerySet
from apps.core.documents import DocumentField
from apps.core.ids import new_public_id
from apps.history.models import VersionedModel
from apps.organisations.models import Organisation, OrganisationModel


class ApiTemplate(OrganisationModel, VersionedModel):
    """What a new OpenAPI API begins with: part of a document, merged below the one that comes.

    An API that was made with a template knows nothing of it any more. ``template_id`` is what REST calls it by beside
    its internal id; its maker may choose it.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="api_templates")
    template_id = models.CharField(
        "template ID", max_length=255, default=new_public_id, db_collation="C", help_text="What REST calls it."
    )
    updated_at = models.DateTimeField(auto_now=True)
    name = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    document = DocumentField(default=dict, blank=True)

    audit_fields = ["name", "template_id", "description", "document"]

    objects = ApiTemplateQuerySet.as_manager()

    class Meta(OrganisationModel.Meta):
        verbose_name = "API template"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "template_id"],
                name="template_id_once",
                violation_error_message="Another template has this ID.",
            )
        ]

    def __str__(self) -> str:
        return self.name_or_id

    @property
    def name_or_id(self) -> str:
        """What lists call it: REST asks for no name."""
        return self.name or self.template_id
