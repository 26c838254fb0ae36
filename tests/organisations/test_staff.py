"""Organisations on the staff site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.core.ids import is_object_id
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.factories import OrganisationFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
ORGANISATIONS = "/staff/organisations/organisation/"
FORM = {
    "owner_name": "Gamma",
    "owner_slug": "gamma",
    "cname": "",
    "developer_quota": "0",
    **dict.fromkeys(("event_options", "additional_permissions", "open_policy", "ui", "org_options_meta"), "{}"),
}


def test_a_super_user_makes_an_organisation(browser_of: BrowserOf, dora: User) -> None:
    browser_of(dora).post(f"{ORGANISATIONS}add/", FORM)
    made = Organisation.objects.get(owner_slug="gamma")
    assert is_object_id(made.pk)
    assert str(made) == "Gamma"


def test_an_administrator_sees_and_changes_their_own_only(
    browser_of: BrowserOf, alice: User, organisation_b: Organisation
) -> None:
    client = browser_of(alice)
    page = client.get(ORGANISATIONS).content.decode()
    assert "Alpha" in page
    assert "Beta" not in page
    client.post(f"{ORGANISATIONS}{'a' * 24}/change/", FORM)
    client.post(f"{ORGANISATIONS}{'b' * 24}/change/", FORM)
    assert set(Organisation.objects.values_list("owner_name", flat=True)) == {"Gamma", "Beta"}


def test_an_administrator_neither_makes_nor_deletes_organisations(browser_of: BrowserOf, alice: User) -> None:
    client = browser_of(alice)
    assert client.post(f"{ORGANISATIONS}add/", FORM).status_code == 403
    assert client.post(f"{ORGANISATIONS}{'a' * 24}/delete/", {"post": "yes"}).status_code == 403
    client.post(ORGANISATIONS, {"action": "delete_selected", "_selected_action": ["a" * 24], "post": "yes"})
    assert Organisation.objects.count() == 1


def test_who_is_no_administrator_does_not_see_organisations(browser_of: BrowserOf, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert browser_of(bob).get(ORGANISATIONS).status_code == 403


def test_it_searches_by_name_and_by_id(browser_of: BrowserOf, dora: User, organisation_b: Organisation) -> None:
    OrganisationFactory(owner_name="Elsewhere")
    for sought in ("beta", "b" * 24):
        page = browser_of(dora).get(f"{ORGANISATIONS}?q={sought}").content.decode()
        assert "Beta" in page
        assert "Elsewhere" not in page


def test_the_list_costs_the_same_queries_however_long(
    browser_of: BrowserOf, dora: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(dora)
    for _ in range(2):
        OrganisationFactory.create_batch(10)
        with django_assert_max_num_queries(5):
            client.get(ORGANISATIONS)
