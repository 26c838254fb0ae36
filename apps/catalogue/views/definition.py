"""The whole definition of an API, or its document, as text that can be changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.apis.oas.reading import read_document
from apps.catalogue.source import JSON, YAML, changes_from, line_of, text_of
from apps.catalogue.views.one import ApiPage
from apps.core.exceptions import ApplicationError
from apps.core.forms import REVISION
from apps.core.preconditions import ChangedMeanwhile, expect_revision


class ApiDefinition(ApiPage):
    """An editor for who may change the API; for others the text."""

    def retrieve(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Show the text."""
        api = self.row(pk)
        return self.show_text(api, text_of(api, self.language), begun=api.etag)

    def update(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Write what was sent, or say at which line it cannot be."""
        api = self.row(pk)
        text, begun = request.POST.get("text", "").replace("\r\n", "\n"), request.POST.get(REVISION, "")
        try:
            self.write(api, text, begun)
        except ChangedMeanwhile as error:
            told = f"{error.in_words}, or save once more: what stands here counts then."
            return self.show_text(api, text, begun=self.row(pk).etag, problem=told, differences=error.differences)
        except ApplicationError as error:
            line = line_of(text, error.message)
            return self.show_text(api, text, begun=begun, problem=error.in_words, line=line)
        messages.success(request, f"{api.title} is saved.")
        return HttpResponseRedirect(f"{reverse('api-definition', args=[pk])}?format={self.language}")

    @property
    def language(self) -> str:
        """In what it is written."""
        asked = self.request.POST.get("format") or self.request.GET.get("format")
        return YAML if asked == YAML else JSON

    def write(self, api: Any, text: str, begun: str) -> None:
        """Let an API be what a text says. Raises ``ApplicationError``."""
        expect_revision(api, begun)
        if changed := api.changed_since(begun, self.actor) if begun else None:
            raise changed
        changes: dict[str, Any] = changes_from(api, read_document(text.encode()))
        for name, value in changes.items():
            setattr(api, name, value)
        changes = self.resource.admit_update(api, changes, actor=self.actor)
        self.resource.update(api, changes, actor=self.actor)

    def show_text(self, api: Any, text: str, *, begun: str, **problem: Any) -> HttpResponse:
        """Show the editor; ``problem`` says what is wrong with the text."""
        stored = self.row(api.pk)  # the head shows what is stored, whatever the text says
        return self.show(stored, "api-definition", text=text, language=self.language, begun=begun, **problem)
