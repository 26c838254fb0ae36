"""The pages of one API: what each shows, to whom, and what can be done there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.apis.models import Api
from apps.apis.services import change_api
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic
from tests.catalogue.shop import make_api, make_shop
from tests.factories import PolicyFactory, UserFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
TRACKED = {"trackEndpoint": {"enabled": True}}
ANSWERS = {"responses": {"200": {"description": "Found"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Orders", "version": "1"},
    "paths": {
        "/orders": {
            "get": {"operationId": "listOrders", **ANSWERS},
            "post": {"operationId": "createOrder", **ANSWERS},
        },
        "/orders/{id}": {"get": {"operationId": "getOrder", **ANSWERS}},
    },
    "x-tyk-api-gateway": {
        "info": {"name": "Orders", "state": {"active": True}},
        "server": {"listenPath": {"value": "/orders/"}},
        "middleware": {
            "operations": {
                "listOrders": TRACKED,
                "createOrder": {**TRACKED, "validateRequest": {"enabled": True}, "cache": {"enabled": False}},
            }
        },
    },
}


@pytest.fixture
def orders(organisation_a: Organisation) -> Api:
    """An API that is kept as a document."""
    api = make_api(organisation_a, "Orders", "/orders/")
    Api.objects.filter(pk=api.pk).update(document=DOCUMENT, kind=Api.Kind.OAS)
    return Api.objects.get(pk=api.pk)


def call(api: Api, method: str, path: str, **more: Any) -> None:
    made = {"organisation": api.organisation_id, "api_id": api.api_id, "timestamp": timezone.now() - timedelta(hours=1)}
    store_traffic([RequestFactory(**made, method=method, path=path, **more)])


def test_the_head_says_what_it_is(browser_of: BrowserOf, alice: User) -> None:
    api = make_shop(alice.organisation)["Orders"]
    content = browser_of(alice).get(f"/apis/{api.pk}/").content.decode()
    for said in ("http://localhost:8080/orders/", "http://orders.internal:8080", "Checkout team", "?category=core",
                 api.api_id, "panels/figures/"):  # fmt: skip
        assert said in content


def test_endpoints_of_the_document_stand_with_their_traffic(browser_of: BrowserOf, alice: User, orders: Api) -> None:
    call(orders, "GET", "/orders")
    call(orders, "GET", "/export", status=404)
    response = browser_of(alice).get(f"/apis/{orders.pk}/endpoints/")
    found = {(one.method, one.path): one for one in response.context["endpoints"]}
    assert list(found) == [("GET", "/orders"), ("POST", "/orders"), ("GET", "/orders/{id}"), ("GET", "/export")]
    called, never, untracked, beside = found.values()
    assert (called.totals.hits, called.operation, called.is_never_called) == (1, "listOrders", False)
    assert (never.is_never_called, never.middleware) == (True, ("validate",))
    assert (untracked.is_tracked, untracked.is_never_called) == (False, False)
    assert (beside.is_declared, beside.totals.errors) == (False, 1)
    content = response.content.decode()
    assert content.count("never called") == 1
    assert content.count("not counted") == 1
    assert content.count("Called, but not in the document") == 1


def test_who_may_not_read_traffic_is_shown_endpoints_alone(
    browser_of: BrowserOf, organisation_a: Organisation, orders: Api
) -> None:
    call(orders, "GET", "/export")
    reader = UserFactory(organisation=organisation_a, user_permissions={"apis": "read"})
    response = browser_of(reader).get(f"/apis/{orders.pk}/endpoints/")
    assert [one.path for one in response.context["endpoints"]] == ["/orders", "/orders", "/orders/{id}"]
    assert "Requests" not in response.content.decode()
    assert "panels/figures" not in browser_of(reader).get(f"/apis/{orders.pk}/").content.decode()


def test_policies_that_grant_it_are_named_to_who_may_see_policies(
    browser_of: BrowserOf, alice: User, orders: Api
) -> None:
    rights = {"access_rights": {orders.api_id: {"api_id": orders.api_id}}}
    PolicyFactory(organisation=alice.organisation, name="Gold", definition=rights)
    PolicyFactory(organisation=alice.organisation, name="Of others")
    content = browser_of(alice).get(f"/apis/{orders.pk}/access/").content.decode()
    assert "Gold" in content
    assert "Of others" not in content
    reader = UserFactory(organisation=alice.organisation, user_permissions={"apis": "read"})
    assert "Gold" not in browser_of(reader).get(f"/apis/{orders.pk}/access/").content.decode()


def test_changes_are_told_to_who_may_read_the_audit_log(browser_of: BrowserOf, alice: User) -> None:
    api = make_api(alice.organisation, "Orders", "/orders/")
    change_api(api, {"definition": {**api.definition, "strip_auth_data": True}})
    url = f"/apis/{api.pk}/changes/"
    [changed, *_] = browser_of(alice).get(url).context["changes"]
    assert [(one.field, one.after) for one in changed[1]] == [("definition.strip_auth_data", "true")]
    reader = UserFactory(organisation=alice.organisation, user_permissions={"apis": "read"})
    assert browser_of(reader).get(url).context["changes"] == []


def test_versions_are_named(browser_of: BrowserOf, alice: User) -> None:
    second = make_api(alice.organisation, "Orders v2", "/orders-v2/")
    base = make_api(alice.organisation, "Orders", "/orders/", definition={"versions": {"v2": second.api_id}})
    assert "v2" in browser_of(alice).get(f"/apis/{base.pk}/versions/").content.decode()
    content = browser_of(alice).get(f"/apis/{second.pk}/versions/").content.decode()
    assert f"/apis/{base.pk}/" in content
    data = {"not_versioned": False, "default_version": "b", "versions": {"a": {"expires": "2030-01-01 00:00"}, "b": {}}}
    own = make_api(alice.organisation, "Own", "/own/", version_data=data)
    content = browser_of(alice).get(f"/apis/{own.pk}/versions/").content.decode()
    assert "expires 2030-01-01 00:00" in content


def test_it_is_switched_off_and_on(browser_of: BrowserOf, alice: User) -> None:
    api = make_api(alice.organisation, "Orders #core", "/orders/", unknown={"kept": [1]})
    client, kept = browser_of(alice), Api.objects.get(pk=api.pk).definition
    for wanted in (False, True):
        assert client.post(f"/apis/{api.pk}/active/", {"active": str(wanted).lower()}).status_code == 302
        stored = Api.objects.get(pk=api.pk)
        assert (stored.active, stored.definition) == (wanted, {**kept, "active": wanted})
    assert "Orders is active." in client.get(f"/apis/{api.pk}/").content.decode()


def test_traffic_that_is_not_logged_is_logged_by_one_click(browser_of: BrowserOf, alice: User) -> None:
    api = make_api(alice.organisation, "Feed", "/feed/", do_not_track=True)
    url, client = f"/apis/{api.pk}/", browser_of(alice)
    assert "Log its traffic" in client.get(url).content.decode()
    client.post(f"{url}recording/")
    stored = Api.objects.get(pk=api.pk)
    assert (stored.is_logged, stored.definition["do_not_track"]) == (True, False)
    assert "Log its traffic" not in client.get(url).content.decode()
