"""Pages of webhooks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.audit.context import begin_transaction
from apps.core.columns import Column, link_to
from apps.core.forms import Fieldset
from apps.core.ids import is_object_id
from apps.core.resource_views import ResourcePages
from apps.hooks.forms import WebhookForm
from apps.hooks.models import Message, Webhook
from apps.hooks.resources import WEBHOOKS
from apps.hooks.sending import send_again
from apps.hooks.services import record_try, subject_of, try_out

MESSAGES_SHOWN = 10


class WebhookPages(ResourcePages):
    """List, form and deletion of webhooks; each is tried out on its page, which shows the answer."""

    resource = WEBHOOKS
    name = "webhook"
    columns = [
        Column("Name", link_to("webhook", "name_or_url", "target_path"), sort=["name"]),
        Column("Method", "method", hide_narrow=True),
        Column("Pause", lambda webhook: f"{webhook.event_timeout} s" if webhook.event_timeout else ""),
    ]
    empty_text = "Gateways call a webhook when something happens to an API: a quota is used up, a circuit breaks."
    form_class = WebhookForm
    fieldsets = [
        Fieldset(["organisation", "name"]),
        Fieldset(["method", "target_path"]),
        Fieldset(["header_map", "template_path"], layout=""),
        Fieldset(["event_timeout", "webhook_id"]),
    ]
    aside_template = "hooks/_webhook_aside.html"
    before_delete = "APIs that use it go on with their copy of it, which nothing changes any more."
    audit_actions = {"test": "Test Webhook", "send_again": "Send Webhook Message Again"}

    def details(self, row: Webhook) -> dict[str, Any]:
        """Show what was sent last."""
        return {"sent": self._messages(row)[:MESSAGES_SHOWN]}

    def send_again(self, request: HttpRequest, pk: str, message: str) -> HttpResponse:
        """Send a message of the log once more."""
        webhook = self.row(pk)
        found = self._messages(webhook).filter(pk=message).first() if is_object_id(message) else None
        if found is None:
            raise Http404
        self.resource.admit_action("POST", webhook, f"messages/{message}", actor=self.actor)
        send_again(found)
        messages.success(request, "It is sent again in a moment.")
        return self._back_to(webhook)

    def _messages(self, webhook: Webhook) -> Any:
        return Message.objects.visible_to(self.actor).about(subject_of(webhook))

    @staticmethod
    def _back_to(webhook: Webhook) -> HttpResponse:
        return HttpResponseRedirect(reverse("webhook", args=[webhook.pk]))


class WebhookTestPage(WebhookPages):
    """A webhook is tried out: its receiver is asked first, and then the audit log is told."""

    asks_first = True

    def test(self, request: HttpRequest, pk: str) -> HttpResponse:
        """Send what a gateway would send, and show the answer."""
        webhook = self.row(pk)
        self.resource.admit_action("POST", webhook, "test", actor=self.actor)
        message = try_out(webhook)
        begin_transaction()
        record_try(webhook)
        if message.problem:
            messages.error(request, f"It was not delivered: {message.problem}")
        else:
            messages.success(request, f"It was delivered: {message.answer_status} in {message.milliseconds} ms.")
        return self._back_to(webhook)
