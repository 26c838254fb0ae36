"""Pages of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.users.models import User
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.routes")]

ACCESS_QUERIES = 2  # find the key's user, note its use
AUDIT_QUERIES = 5  # a transaction of its own (two), lock the chain, add the record, move the chain's head


@pytest.fixture
def listing(rest: Callable[..., APIClient], alice: User) -> Callable[[str], dict[str, Any]]:
    UserFactory.create_batch(24, organisation=alice.organisation)
    client = rest(alice)

    def get(query: str) -> dict[str, Any]:
        body: dict[str, Any] = client.get(f"/api/people{query}").json()
        return body

    return get


@pytest.mark.parametrize(
    ("query", "items", "pages"),
    [
        ("", 10, 3),
        ("?p=1", 10, 3),
        ("?p=3", 5, 3),
        ("?p=4", 0, 3),
        ("?p=0", 25, 1),
        ("?p=-2", 25, 1),
        ("?p=x", 10, 3),
        (f"?p={10**30}", 0, 3),
    ],
)
def test_it_pages(listing: Callable[[str], dict[str, Any]], query: str, items: int, pages: int) -> None:
    body = listing(query)
    assert set(body) == {"people", "pages"}
    assert (len(body["people"]), body["pages"]) == (items, pages)


def test_pages_neither_overlap_nor_leave_out(listing: Callable[[str], dict[str, Any]]) -> None:
    paged = [person["id"] for page in (1, 2, 3) for person in listing(f"?p={page}")["people"]]
    assert paged == [person["id"] for person in listing("?p=-1")["people"]]


def test_it_ignores_parameters_it_does_not_know(listing: Callable[[str], dict[str, Any]]) -> None:
    assert len(listing("?accept_additional_properties=true&format=xml")["people"]) == 10


def test_an_empty_list_has_one_page(rest: Callable[..., APIClient], dora: User) -> None:
    User.objects.exclude(pk=dora.pk).delete()
    assert rest(dora).get("/api/people").json() == {"people": [{"id": dora.pk, "email": dora.email}], "pages": 1}


def test_it_filters_by_tenancy_before_it_pages(rest: Callable[..., APIClient], bob: User, charlie: User) -> None:
    UserFactory.create_batch(30, organisation=charlie.organisation)
    body = rest(bob).get("/api/people").json()
    assert ([person["email"] for person in body["people"]], body["pages"]) == (["bob@example.com"], 1)


def test_a_list_costs_the_same_queries_however_long(
    rest: Callable[..., APIClient], alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = rest(alice)
    client.get("/api/people")
    for more in (0, 20):
        UserFactory.create_batch(more, organisation=alice.organisation)
        with django_assert_num_queries(
            ACCESS_QUERIES - 1 + 2 + AUDIT_QUERIES
        ):  # the use was noted before; count and page
            client.get("/api/people")
