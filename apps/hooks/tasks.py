"""What happens to the log of messages by the clock."""

from __future__ import annotations

from celery import shared_task

from apps.hooks import sending


@shared_task(name="hooks.forget")
def forget() -> None:
    """Delete old messages."""
    sending.forget()
