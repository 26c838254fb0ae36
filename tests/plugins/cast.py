"""The cast that every test may call on, and the ways they come in.

``alice`` administers organisation A, ``bob`` reads everything of A, ``charlie`` administers B, ``dora`` is
a super user of the staff. Whoever logs in has the password ``correct horse``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User
from apps.users.permissions import OBJECTS, READ
from tests.factories import OrganisationFactory, UserFactory

PASSWORD = "correct horse"
ADMIN_SECRET = "the admin secret"
READER = {name: READ for name, entry in OBJECTS.items() if READ in entry.levels and name != "owned_analytics"}


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    """Hash passwords in no time: the real hasher is slow by design."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def static_files_on_demand(settings: Settings) -> None:
    """Look for a static file when it is asked for: every new test client would list them all otherwise."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def organisation_a(db: None) -> Organisation:
    """The organisation of alice and bob."""
    return OrganisationFactory(id="a" * 24, owner_name="Alpha")


@pytest.fixture
def organisation_b(db: None) -> Organisation:
    """The organisation of charlie."""
    return OrganisationFactory(id="b" * 24, owner_name="Beta")


def _make(email: str, organisation: Organisation | None, **fields: Any) -> User:
    user = UserFactory.build(email=email, organisation=organisation, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def alice(organisation_a: Organisation) -> User:
    """An administrator of A who is staff."""
    return _make("alice@example.com", organisation_a, first_name="Alice", is_staff=True)


@pytest.fixture
def bob(organisation_a: Organisation) -> User:
    """A user who may read everything of A."""
    return _make("bob@example.com", organisation_a, first_name="Bob", user_permissions=READER)


@pytest.fixture
def charlie(organisation_b: Organisation) -> User:
    """An administrator of B who is staff."""
    return _make("charlie@example.com", organisation_b, first_name="Charlie", is_staff=True)


@pytest.fixture
def dora(db: None) -> User:
    """A super user of the staff."""
    return _make("dora@example.com", None, first_name="Dora", is_staff=True)


@pytest.fixture
def rest() -> Callable[..., APIClient]:
    """Make a REST client with a new access key of a user, or with none."""

    def client_of(user: User | None = None) -> APIClient:
        client = APIClient(raise_request_exception=False)
        if user:
            client.credentials(HTTP_AUTHORIZATION=services.reset_access_key(user=user))
        return client

    return client_of


@pytest.fixture
def admin(settings: Settings, db: None) -> APIClient:
    """A REST client of the holder of the admin secret."""
    settings.ADMIN_SECRET = ADMIN_SECRET
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_ADMIN_AUTH=ADMIN_SECRET)
    return client


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """Make a client with a session of a user, for pages and the staff site."""

    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of
