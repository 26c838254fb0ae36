"""The least valid objects."""

from __future__ import annotations

import factory

from apps.hooks.models import Webhook
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
