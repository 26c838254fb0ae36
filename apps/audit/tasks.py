"""What Celery does by the clock for the audit log."""

from __future__ import annotations

from celery import shared_task

from apps.audit import chain, services


@shared_task(name="audit.forget")
def forget() -> None:
    """Delete the records that are older than they are to be kept."""
    chain.forget()


@shared_task(name="audit.verify")
def verify() -> None:
    """Check every chain, and tell the log where each ends."""
    chain.log_verdicts()


@shared_task(name="audit.record_anonymous_requests")
def record_anonymous_requests() -> None:
    """Write down how many requests nobody in particular made."""
    services.record_anonymous_requests()
