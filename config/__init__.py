"""The house: environment, settings, Celery, routes.

The Celery app is imported here so that every process knows it before a task is named.
"""

from .celery import app as celery_app

__all__ = ["celery_app"]
