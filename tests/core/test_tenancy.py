"""Which rows a caller may see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from apps.analytics.models import NetworkStatistic, RejectedRecord
from apps.core.authentication import AdminCaller
from apps.core.tenancy import EVERYTHING, NOTHING, Scope, scope_of
from apps.organisations.models import Organisation
from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_a_user_s_scope_is_their_organisation(bob: User) -> None:
    assert scope_of(bob) == Scope(organisation="a" * 24, apis=None)


def test_the_scope_of_a_super_user_and_of_the_admin_secret_is_everything(dora: User) -> None:
    assert scope_of(dora) == EVERYTHING
    assert scope_of(AdminCaller()) == EVERYTHING


def test_the_scope_of_nobody_is_nothing(dora: User) -> None:
    dora.is_active = False
    assert scope_of(AnonymousUser()) == NOTHING
    assert scope_of(dora) == NOTHING


def test_it_shows_users_of_one_s_own_organisation_only(alice: User, bob: User, charlie: User, dora: User) -> None:
    assert set(User.objects.visible_to(bob)) == {alice, bob}
    assert set(User.objects.visible_to(charlie)) == {charlie}
    assert set(User.objects.visible_to(dora)) == {alice, bob, charlie, dora}
    assert set(User.objects.visible_to(AnonymousUser())) == set()


def test_it_shows_one_s_own_organisation_only(alice: User, charlie: User, dora: User) -> None:
    assert [each.pk for each in Organisation.objects.visible_to(alice)] == ["a" * 24]
    assert Organisation.objects.visible_to(dora).count() == 2


def test_it_keeps_rows_that_name_an_organisation_as_text_apart(alice: User, charlie: User, dora: User) -> None:
    for organisation in ("a" * 24, "b" * 24, ""):
        RejectedRecord.objects.create(organisation=organisation, reason="refused", payload=b"")
    assert {row.organisation for row in RejectedRecord.objects.visible_to(alice)} == {"a" * 24}
    assert {row.organisation for row in RejectedRecord.objects.visible_to(charlie)} == {"b" * 24}
    assert RejectedRecord.objects.visible_to(dora).count() == 3


def test_a_scope_of_no_api_is_empty_whatever_its_organisation() -> None:
    assert replace(EVERYTHING, apis=frozenset()).is_empty
    assert not replace(EVERYTHING, apis=frozenset({"one"})).is_empty
    assert not EVERYTHING.is_empty


@pytest.mark.parametrize("apis", [frozenset(), frozenset({"one"})])
def test_rows_without_an_api_do_not_depend_on_the_scope_s_apis(alice: User, apis: frozenset[str]) -> None:
    scope = Scope(organisation="a" * 24, apis=frozenset({"one"}))
    assert list(User.objects.all().within(scope)) == [alice]


@pytest.mark.parametrize(("apis", "seen"), [(None, {"one", "two"}), (frozenset({"two", "three"}), {"two"})])
def test_rows_that_name_an_api_depend_on_the_scope_s_apis(apis: frozenset[str] | None, seen: set[str]) -> None:
    counts = dict.fromkeys(("records", "open_connections", "closed_connections", "bytes_in", "bytes_out"), 1)
    for organisation, api in (("a" * 24, "one"), ("a" * 24, "two"), ("b" * 24, "two"), ("b" * 24, "three")):
        NetworkStatistic.objects.create(organisation=organisation, api=api, bucket=timezone.now(), **counts)
    rows = NetworkStatistic.objects.all().within(Scope(organisation="a" * 24, apis=apis))
    assert {row.api for row in rows} == seen
    assert {row.organisation for row in rows} == {"a" * 24}
