"""What Celery does for accounts by the clock."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore


@shared_task(name="users.forget_sessions")
def forget_sessions() -> None:
    """Delete the sessions that are over: the database keeps them otherwise."""
    SessionStore.clear_expired()
