"""Pages of templates."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from apps.apis.api_templates.forms import ApiTemplateForm, NewApiTemplateForm
from apps.apis.api_templates.resources import API_TEMPLATES
from apps.core.columns import Column, link_to
from apps.core.forms import Fieldset
from apps.core.resource_views import ResourcePages
from apps.history.views import HistoryPages


class ApiTemplatePages(ResourcePages):
    """List, form and deletion of templates."""

    resource = API_TEMPLATES
    name = "template"
    columns = [
        Column("Name", link_to("template", "name_or_id", "description"), sort=["name"]),
        Column("ID", "template_id", hide_narrow=True),
    ]
    empty_text = "A template is what a new OpenAPI API begins with: middleware, headers, whatever all of yours have."
    form_class = ApiTemplateForm
    create_form_class = NewApiTemplateForm
    fieldsets = [
        Fieldset(["organisation", "name", "template_id"]),
        Fieldset(["description", "api", "document"], layout=""),
    ]
    aside_template = "apis/_template_aside.html"
    before_delete = "APIs that were made with it stay as they are: they know nothing of it."

    def new(self, request: HttpRequest) -> HttpResponse:
        """Show the form of a new template; ``?api=`` chooses an API."""
        form = self.form()
        form.initial["api"] = request.GET.get("api")
        return self.render_form(form)


class ApiTemplateHistoryPages(HistoryPages):
    """The versions of a template."""

    resource = API_TEMPLATES
    name = "template"
