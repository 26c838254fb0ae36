"""Templates on the staff site: the same services as everywhere else."""

from __future__ import annotations

from django.contrib import admin

from apps.apis.api_templates.forms import ApiTemplateForm
from apps.apis.api_templates.models import ApiTemplate
from apps.apis.api_templates.resources import API_TEMPLATES
from apps.core.admin import ServiceAdmin


@admin.register(ApiTemplate)
class ApiTemplateAdmin(ServiceAdmin):
    """Templates of the organisations the actor may see."""

    resource = API_TEMPLATES
    form = ApiTemplateForm
    list_display = ["name_or_id", "template_id", "organisation", "created_at"]
    search_fields = ["name", "description", "=template_id", "=id"]
    fieldsets = [(None, {"fields": ["organisation", "name", "description", "template_id", "document"]})]
