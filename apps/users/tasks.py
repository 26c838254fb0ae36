"""What Celery does for accounts: by the clock, and mails."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from apps.users.services.password_reset import mail_reset_links


@shared_task(name="users.forget_sessions")
def forget_sessions() -> None:
    """Delete the sessions that are over: the database keeps them otherwise."""
    SessionStore.clear_expired()


@shared_task(
    name="users.mail_links",
    expires=300,
    autoretry_for=(OSError,),  # what smtplib raises is one
    retry_backoff=5,  # seconds, then twice as many each time: five times within three minutes
    max_retries=5,
)
def send_reset_links(email: str, base: str) -> None:
    """Mail the links for a new password; here, so that the page takes no longer for an address that is known."""
    mail_reset_links(email=email, base=base)
