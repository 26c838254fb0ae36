"""Organisations on the staff site."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.apis.models import Api
from apps.audit.models import AuditRecord
from apps.core.ids import is_object_id
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from tests.factories import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
ORGANISATIONS = "/staff/organisations/organisation/"
FORM = {
    "owner_name": "Gamma",
    "owner_slug": "gamma",
    "cname": "",
    "developer_quota": "0",
    **dict.fromkeys(("open_policy", "ui", "org_options_meta"), "{}"),
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


@pytest.mark.parametrize("field", ["open_policy", "ui", "org_options_meta", "additional_permissions"])
@pytest.mark.parametrize("depth", [100, 300, 100_000])
def test_options_that_are_nested_too_deep_are_refused(
    browser_of: BrowserOf, dora: User, field: str, depth: int
) -> None:
    answer = browser_of(dora).post(f"{ORGANISATIONS}add/", {**FORM, field: '{"a":' * depth + "[]" + "}" * depth})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]


def test_an_administrator_deletes_no_organisation_from_the_list(browser_of: BrowserOf, alice: User) -> None:
    browser_of(alice).post(ORGANISATIONS, {"action": "delete_selected", "_selected_action": ["a" * 24], "post": "yes"})
    assert Organisation.objects.count() == 1


def test_it_searches_by_name_and_by_id(browser_of: BrowserOf, dora: User, organisation_b: Organisation) -> None:
    OrganisationFactory(owner_name="Elsewhere")
    for sought in ("beta", "b" * 24):
        page = browser_of(dora).get(f"{ORGANISATIONS}?q={sought}").content.decode()
        assert "Beta" in page
        assert "Elsewhere" not in page


def test_the_list_counts_what_hangs_on_each(
    browser_of: BrowserOf, dora: User, alice: User, bob: User, organisation_b: Organisation
) -> None:
    for number in range(3):
        UserGroup.objects.create(organisation=alice.organisation, name=f"Group {number}")
        Api.objects.create(organisation=alice.organisation, name=f"API {number}")
    Api.objects.create(organisation=alice.organisation, name="One more")
    page = browser_of(dora).get(ORGANISATIONS).content.decode()
    rows = [
        [name, *(re.findall(rf'class="field-{column}">(\d+)<', row)[0] for column in COUNTED)]
        for row in page.split("<tr>")
        for name in ("Alpha", "Beta")
        if f">{name}<" in row
    ]
    assert sorted(rows) == [["Alpha", "2", "3", "4"], ["Beta", "0", "0", "0"]]


COUNTED = ["user_count", "group_count", "api_count"]


def test_the_list_costs_the_same_queries_however_long(
    browser_of: BrowserOf, dora: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser_of(dora)
    for _ in range(2):
        for organisation in OrganisationFactory.create_batch(10):
            UserFactory.create_batch(2, organisation=organisation)
            Api.objects.create(organisation=organisation, name="Orders")
        with django_assert_num_queries(
            7
        ):  # session, user, a transaction with its timeout: how many there are, one page
            client.get(ORGANISATIONS)


def change(client: Client, pk: str, **fields: Any) -> Any:
    return client.post(f"{ORGANISATIONS}{pk}/change/", {**FORM, **fields})


def errors_of(page: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = page.context["adminform"].form.errors
    return errors


def test_options_are_changed_in_their_own_fields(
    browser_of: BrowserOf, dora: User, organisation_a: Organisation
) -> None:
    client, pk = browser_of(dora), organisation_a.pk
    chosen = {
        "require_two_factor": "on",
        "additional_permissions": "api_developer: API Developer\n\n partner :Partner: of ours\r\nbare",
        "event_options_key_event_webhook": "hook-1",
        "event_options_key_event_redis": "on",
        "event_options_key_request_event_email": "ops@example.com",
    }
    assert change(client, pk, **chosen).status_code == 302
    stored = Organisation.objects.get(pk=pk)
    assert stored.require_two_factor
    assert stored.additional_permissions == {
        "api_developer": "API Developer",
        "partner": "Partner: of ours",
        "bare": "",
    }
    assert stored.event_options == {
        "key_event": {"webhook": "hook-1", "email": "", "redis": True},
        "key_request_event": {"webhook": "", "email": "ops@example.com", "redis": False},
    }
    page = client.get(f"{ORGANISATIONS}{pk}/change/").content.decode()
    assert "api_developer: API Developer" in page
    assert 'value="ops@example.com"' in page
    assert AuditRecord.objects.filter(action="Update Organisation", user=dora.email, organisation=pk).exists()


def test_what_the_form_does_not_show_is_kept(browser_of: BrowserOf, alice: User, whole: dict[str, Any]) -> None:
    pk = str(alice.organisation_id)
    stored = {
        "event_options": {**whole["event_options"], "later_event": {"webhook": "x"}},
        "extra": {"future": 1},
        "listed_apis": whole["apis"],
        "developer_count": 7,
    }
    Organisation.objects.filter(pk=pk).update(**stored)
    client = browser_of(alice)
    page = client.get(f"{ORGANISATIONS}{pk}/change/")
    assert "future" in page.content.decode()
    assert "Zebra" in page.content.decode()
    change(client, pk, event_options_key_event_webhook="other", extra="{}", developer_count="0")
    after = Organisation.objects.get(pk=pk)
    assert after.event_options == {
        "later_event": {"webhook": "x"},
        "key_event": {"webhook": "other", "email": "", "redis": False},
        "hashed_key_event": {"other": [1, None]},
    }
    assert (after.extra, after.listed_apis, after.developer_count) == (
        stored["extra"],
        stored["listed_apis"],
        stored["developer_count"],
    )


@pytest.mark.parametrize(
    "permissions",
    [{"a": "b"}, {"with: colon": "x"}, {"a": "two\nlines"}, {"é 🦓": " blanks "}, {}],
    ids=str,
)
def test_additional_permissions_are_shown_so_that_they_come_back(
    browser_of: BrowserOf, alice: User, permissions: dict[str, str]
) -> None:
    pk = str(alice.organisation_id)
    Organisation.objects.filter(pk=pk).update(additional_permissions=permissions)
    client = browser_of(alice)
    form = client.get(f"{ORGANISATIONS}{pk}/change/").context["adminform"].form
    change(client, pk, additional_permissions=form["additional_permissions"].value())
    assert Organisation.objects.get(pk=pk).additional_permissions == permissions


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("additional_permissions", ": no name"),
        ("additional_permissions", '{"a": 1}'),
        ("additional_permissions", "{"),
        ("additional_permissions", "a: \0"),
        ("event_options_key_event_email", "nobody"),
        ("open_policy", '{"enabled": "yes"}'),
        ("open_policy", "[]"),
        ("open_policy", '{"rules": "\\u0000"}'),
        ("ui", '{"x": [NaN]}'),
        ("ui", "null"),
        ("ui", "5"),
        ("org_options_meta", "{"),
        ("owner_name", "x" * 201),
        ("developer_quota", "many"),
    ],
)
def test_it_says_what_is_wrong_with_an_option(browser_of: BrowserOf, alice: User, name: str, value: str) -> None:
    page = change(browser_of(alice), str(alice.organisation_id), **{name: value})
    assert page.status_code == 200
    assert [field for field in errors_of(page) if name.startswith(field)]
    assert Organisation.objects.get().owner_name == "Alpha"


def test_a_super_user_deletes_an_organisation_with_all_that_hangs_on_it(
    browser_of: BrowserOf, dora: User, alice: User, charlie: User
) -> None:
    client, chosen = browser_of(dora), [alice.organisation_id]
    client.post(f"{ORGANISATIONS}{charlie.organisation_id}/delete/", {"post": "yes"})
    client.post(ORGANISATIONS, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert not Organisation.objects.exists()
    assert list(User.objects.all()) == [dora]
    assert AuditRecord.objects.filter(action="Delete Organisation").count() == 2
