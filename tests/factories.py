"""The least valid objects."""

from __future__ import annotations

from typing import Any

import factory

from apps.apis.api_templates.models import ApiTemplate
from apps.hooks.models import Webhook
from apps.keys.models import Policy
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup


class OrganisationFactory(factory.django.DjangoModelFactory):
    """An organisation with a name."""

    class Meta:
        model = Organisation

    owner_name = factory.Sequence(lambda number: f"Organisation {number}")


class UserFactory(factory.django.DjangoModelFactory):
    """An administrator of an organisation of their own, without password and access key."""

    class Meta:
        model = User

    organisation = factory.SubFactory(OrganisationFactory)
    email = factory.Sequence(lambda number: f"user{number}@example.com")
    password = "!"
    user_permissions = factory.LazyFunction(lambda: {"IsAdmin": "admin"})


class UserGroupFactory(factory.django.DjangoModelFactory):
    """A group that gives nothing, without members."""

    class Meta:
        model = UserGroup

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda number: f"Group {number}")


class WebhookFactory(factory.django.DjangoModelFactory):
    """A webhook with a URL."""

    class Meta:
        model = Webhook

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda number: f"Webhook {number}")
    target_path = "https://hooks.example.com/weir"


class ApiTemplateFactory(factory.django.DjangoModelFactory):
    """A template with traffic logs."""

    class Meta:
        model = ApiTemplate

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda number: f"Template {number}")
    document = factory.LazyFunction(
        lambda: {"x-tyk-api-gateway": {"middleware": {"global": {"trafficLogs": {"enabled": True}}}}}
    )


class PolicyFactory(factory.django.DjangoModelFactory):
    """An active policy that has a rate and opens no API."""

    class Meta:
        model = Policy

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda number: f"Policy {number}")
    definition = factory.LazyAttribute(lambda policy: {"name": policy.name, "rate": 10, "per": 60})

    @classmethod
    def _create(cls, model_class: type[Policy], *args: Any, **given: Any) -> Policy:
        policy = model_class(*args, **given)
        policy.read_definition()
        policy.save(force_insert=True)
        return policy
