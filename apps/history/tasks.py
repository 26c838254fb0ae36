"""What Celery does by the clock for the history."""

from __future__ import annotations

from celery import shared_task

from apps.history import services


@shared_task(name="history.forget")
def forget() -> None:
    """Delete the versions that are older than they are to be kept."""
    services.forget()
