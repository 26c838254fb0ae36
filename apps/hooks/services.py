"""What happens to webhooks: made, changed, deleted, tried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.audit.services import audited, record_event
from apps.core.escaping import CONTROLS
from apps.core.exceptions import ApplicationError
from apps.core.ids import new_public_id
from apps.core.tenancy import Caller
from apps.hooks.models import Message, Webhook
from apps.hooks.sending import attempt, new_message

MOST_HEADERS, LONGEST_HEADER = 100, 8_000  # of a webhook; characters of a name with its value


class InvalidWebhook(ApplicationError):
    """A gateway could not use it. Status and the beginning of the text are the documented ones."""

    status = 400
    message = "Webhook object validation failed"


class DuplicateWebhookId(ApplicationError):
    """Another webhook is called so. Status and wording are the documented ones."""

    status = 409
    message = "Duplicate webhook_id"


#: What else keeps copies of webhooks: called with one that was changed, and whether it is gone.
Copies = Callable[[Webhook, bool], None]
_copies: list[Copies] = []


def register_copies(refresh: Copies) -> None:
    """Have a function told of every change of a webhook, in its transaction; an app that keeps copies calls this."""
    if refresh not in _copies:
        _copies.append(refresh)


def create_webhook(webhook: Webhook, *, actor: Caller | None = None) -> Webhook:
    """Write a new webhook; one without ``webhook_id`` is given one.

    Raises ``InvalidWebhook``, ``DuplicateWebhookId``.
    """
    with audited(webhook, "Create", actor=actor):
        webhook.webhook_id = webhook.webhook_id or new_public_id()
        _check(webhook)
    return webhook


@transaction.atomic
def change_webhook(webhook: Webhook, changes: Mapping[str, Any], *, actor: Caller | None = None) -> Webhook:
    """Change a webhook, and the copies of it. Raises ``InvalidWebhook``, ``DuplicateWebhookId``."""
    with audited(webhook, "Update", changes, actor=actor):
        _check(webhook)
    _refresh(webhook)
    return webhook


@transaction.atomic
def delete_webhook(webhook: Webhook, *, actor: Caller | None = None) -> None:
    """Delete a webhook. APIs go on with their copies of it, which nothing changes any more."""
    with audited(webhook, "Delete", actor=actor, delete=True):
        pass
    _refresh(webhook, is_gone=True)


def try_out(webhook: Webhook, *, event: str = "AuthFailure") -> Message:
    """Send what a gateway would send, and give the message with its answer; asks others, so outside of transactions."""
    content = {"event": event, "message": "Weir tries this webhook out", "path": "/", "origin": "", "key": ""}
    message = new_message(
        organisation=webhook.organisation,
        subject=subject_of(webhook),
        event=event,
        url=webhook.target_path,
        method=webhook.method,
        content=content,
        headers=webhook.header_map,
    )
    message.save(force_insert=True)
    attempt(message)
    return message


def record_try(webhook: Webhook) -> None:
    """Tell the audit log that a webhook was tried out."""
    record_event(action="Test Webhook", kind=webhook.audit_kind(), id=webhook.pk, organisation=webhook.organisation_id)


def subject_of(webhook: Webhook) -> str:
    """Give what the log of messages calls a webhook."""
    return f"webhook/{webhook.pk}"


def _refresh(webhook: Webhook, *, is_gone: bool = False) -> None:
    for refresh in _copies:
        refresh(webhook, is_gone)


def _check(webhook: Webhook) -> None:
    try:
        webhook.clean_fields(exclude=["organisation"])
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise InvalidWebhook(f"{InvalidWebhook.message}: {name}: {problems[0].rstrip('.')}") from error
    _check_url(webhook.target_path)
    _check_headers(webhook.header_map)
    others = Webhook.objects.filter(organisation=webhook.organisation_id, webhook_id=webhook.webhook_id)
    if webhook.webhook_id and others.exclude(pk=webhook.pk).exists():
        raise DuplicateWebhookId


def _check_url(url: str) -> None:
    """Refuse what a gateway could not call: it needs an absolute address. It may well be of a private network."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or CONTROLS.search(url) or " " in url:
        raise InvalidWebhook(
            f"{InvalidWebhook.message}: target_path: it is no address such as https://example.com/hook"
        )


def _check_headers(headers: Any) -> None:
    texts = [text for pair in headers.items() for text in pair] if isinstance(headers, dict) else [None]
    if not all(isinstance(text, str) and not CONTROLS.search(text) for text in texts):
        raise InvalidWebhook(f"{InvalidWebhook.message}: header_map: names and values are texts of one line")
    if len(headers) > MOST_HEADERS or any(len(name) + len(text) > LONGEST_HEADER for name, text in headers.items()):
        bounds = f"at most {MOST_HEADERS} headers of {LONGEST_HEADER:,} characters"
        raise InvalidWebhook(f"{InvalidWebhook.message}: header_map: {bounds}")
