"""The analytics app."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """The read side of the traffic, and the tables it is stored in."""

    name = "apps.analytics"
