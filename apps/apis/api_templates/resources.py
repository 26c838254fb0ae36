"""Templates as a resource."""

from __future__ import annotations

from apps.apis.api_templates.filters import ApiTemplateFilter
from apps.apis.api_templates.models import ApiTemplate
from apps.apis.api_templates.serializers import ApiTemplateInput, ApiTemplateSerializer, NewApiTemplateInput
from apps.apis.api_templates.services import change_template, create_template, delete_template
from apps.core.resources import Resource

API_TEMPLATES = Resource(
    queryset=ApiTemplate.objects.select_related("organisation"),
    path="/api/assets",
    permission_object="api_assets",
    serializer=ApiTemplateSerializer,
    create_input=NewApiTemplateInput,
    update_input=ApiTemplateInput,
    create=create_template,
    update=change_template,
    delete=delete_template,
    filterset_class=ApiTemplateFilter,
)
