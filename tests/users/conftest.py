"""What tests of accounts have in common."""

from __future__ import annotations

import pytest

from apps.organisations.models import Organisation
from apps.users import services
from apps.users.models import User, UserGroup
from tests.factories import UserFactory


@pytest.fixture
def founder(alice: User) -> User:
    """Alice as the admin endpoints would have made her: she may make administrators and set passwords."""
    return services.allow_reset_passwords(user=alice, allowed=True)


@pytest.fixture
def writer(organisation_a: Organisation) -> User:
    """A user of A who writes users and groups, reads APIs, and is no administrator."""
    given = {"users": "write", "user_groups": "write", "apis": "read"}
    return UserFactory(organisation=organisation_a, email="writer@example.com", user_permissions=given)


@pytest.fixture
def readers(organisation_a: Organisation) -> UserGroup:
    """A group of A whose members read APIs."""
    group = UserGroup(organisation=organisation_a, name="Readers", user_permissions={"apis": "read"})
    return services.create_group(group=group)
