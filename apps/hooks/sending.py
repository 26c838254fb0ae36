"""What Weir sends to URLs of others: signed, logged, tried again by the outbox for a day, and sent again when asked."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.core.encryption import decrypt_object, encrypt_object
from apps.core.fetching import FetchError, fetch
from apps.hooks.models import Message
from apps.hooks.signing import signature_headers
from apps.organisations.models import Organisation
from apps.outbox import services as outbox

KIND = "webhook"
USER_AGENT = "Weir-Webhooks/1"
MAX_SECONDS = 15.0
MAX_ANSWER_BYTES = 1 << 16  # bytes that are read of an answer
MAX_SHOWN = 2_000  # characters of an answer that are kept


class NotDelivered(Exception):
    """The receiver did not take the message; the outbox tries again."""


@transaction.atomic
def post_message(
    *,
    organisation: Organisation,
    subject: str,
    event: str,
    url: str,
    content: Any,
    headers: Mapping[str, str] | None = None,
    secrets: Sequence[str] = (),
) -> Message:
    """Have a message sent once the transaction is committed: ``content``, which is JSON, signed with each secret.

    ``subject`` and ``event`` say what it is about, for people. Secrets are those of ``signing.new_secret``: two of them
    while a receiver changes from one to the other.
    """
    message = new_message(
        organisation=organisation, subject=subject, event=event, url=url, content=content, headers=headers
    )
    message.secrets = encrypt_object({"secrets": list(secrets)})
    message.save(force_insert=True)
    _put(message)
    return message


@transaction.atomic
def send_again(message: Message) -> None:
    """Have a message sent once more, under its id, so that its receiver may recognise it."""
    Message.objects.filter(pk=message.pk).update(status=Message.Status.PENDING)
    _put(message)


def new_message(*, content: Any, headers: Mapping[str, str] | None = None, **fields: Any) -> Message:
    """Give a message that is not written yet."""
    return Message(
        body=json.dumps(content, ensure_ascii=False), headers=encrypt_object({"headers": dict(headers or {})}), **fields
    )


def deliver(payload: Mapping[str, Any]) -> None:
    """Send a message, for the outbox. Raises ``NotDelivered``."""
    message = Message.objects.filter(pk=payload["message"]).first()
    if message is not None and not attempt(message):
        raise NotDelivered(message.problem)


def attempt(message: Message) -> bool:
    """Send a message now, write down how it went, and tell whether it was taken."""
    began = time.monotonic()
    message.answer_status, message.answer, message.problem = None, "", ""
    try:
        answer = fetch(
            message.url,
            method=message.method,
            headers=_headers(message),
            body=message.body.encode(),
            max_bytes=MAX_ANSWER_BYTES,
            seconds=MAX_SECONDS,
        )
    except FetchError as error:
        message.problem = str(error)
    else:
        message.answer_status, message.answer = answer.status_code, _shown(answer.content)
        message.problem = "" if answer.ok else f"It answered {answer.status_code}."
    message.milliseconds = int((time.monotonic() - began) * 1000)
    _write(message)
    return not message.problem


def forget() -> None:
    """Delete messages older than what was delivered is kept."""
    if (days := settings.OUTBOX_RETENTION_DAYS) is not None:
        Message.objects.filter(created_at__lt=timezone.now() - timedelta(days=days)).delete()


def _put(message: Message) -> None:
    organisation = message.organisation_id
    outbox.put(KIND, {"message": message.pk}, organisation=organisation, about=f"{message.event} of {message.subject}")


def _headers(message: Message) -> dict[str, str]:
    own = decrypt_object(message.headers)["headers"] if message.headers else {}
    keys = decrypt_object(message.secrets)["secrets"] if message.secrets else []
    signed = signature_headers(message.pk, int(time.time()), message.body.encode(), keys)
    return {"Content-Type": "application/json", "User-Agent": USER_AGENT, **own, **signed}


def _shown(content: bytes) -> str:
    return content.decode(errors="replace").replace("\0", "\ufffd")[:MAX_SHOWN]


def _write(message: Message) -> None:
    message.status = Message.Status.FAILED if message.problem else Message.Status.DELIVERED
    message.tried_at = timezone.now()
    shown = ("status", "tried_at", "milliseconds", "answer_status", "answer", "problem")
    changes = {name: getattr(message, name) for name in shown}
    Message.objects.filter(pk=message.pk).update(attempts=F("attempts") + 1, **changes)
