"""The form of common settings, for both ways that APIs are kept: what is said is written, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.apis.models import Api
from apps.apis.services import change_api, create_api, set_owners
from apps.apis.settings import settings_of
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.catalogue.shop import make_api, make_shop
from tests.catalogue.test_api import DOCUMENT
from tests.factories import PolicyFactory, UserFactory, UserGroupFactory

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
RATE = {"rate": "100", "per": "60"}


@pytest.fixture
def classic(organisation_a: Organisation) -> Api:
    more = {"unknown": {"kept": [1]}, "tags": ["eu"], "do_not_track": False}
    return Api.objects.get(pk=make_api(organisation_a, "Orders #core", "/classic/", **more).pk)


@pytest.fixture
def oas(organisation_a: Organisation) -> Api:
    document = {**DOCUMENT, "x-tyk-api-gateway": {**DOCUMENT["x-tyk-api-gateway"], "upstream": {"url": "http://o/"}}}
    api = Api(organisation=organisation_a, kind=Api.Kind.OAS, document=document)
    return Api.objects.get(pk=create_api(api).pk)


def sent(client: Client, api: Api, **changes: Any) -> Any:
    """Send the form of an API as it is shown, with some changes; an empty text takes a tick away."""
    form = client.get(f"/apis/{api.pk}/settings/").context["form"]
    shown = {name: form[name].value() for name in form.fields}
    fields = {name: form.fields[name].prepare_value(value) for name, value in shown.items()}
    data = {name: "on" if value is True else value for name, value in {**fields, **changes}.items() if value}
    return client.post(f"/apis/{api.pk}/settings/", data)


def test_saving_what_is_shown_changes_nothing(browser_of: BrowserOf, alice: User, classic: Api, oas: Api) -> None:
    for api in (classic, oas):
        assert sent(browser_of(alice), api).status_code == 302
        stored = Api.objects.get(pk=api.pk)
        assert (stored.definition, stored.document) == (api.definition, api.document)
        assert stored.updated_at == api.updated_at


def test_what_is_changed_of_a_classic_api_is_written_and_all_else_kept(
    browser_of: BrowserOf, alice: User, classic: Api
) -> None:
    changes = {"name": "Sales", "listen_path": "/sales/", "domain": "shop.example", "is_logged": "", "enable_jwt": "on"}
    assert sent(browser_of(alice), classic, **changes, **RATE).status_code == 302
    proxy = {**classic.definition["proxy"], "listen_path": "/sales/"}
    assert Api.objects.get(pk=classic.pk).definition == {
        **classic.definition, "name": "Sales #core", "proxy": proxy, "domain": "shop.example", "domain_disabled": False,
        "do_not_track": True, "enable_jwt": True, "global_rate_limit": {"rate": 100, "disabled": False, "per": 60},
    }  # fmt: skip


def test_what_is_changed_of_a_document_is_written_in_its_extension(
    browser_of: BrowserOf, alice: User, oas: Api
) -> None:
    changes = {
        "name": "Sales",
        "target_url": "http://s/",
        "active": "",
        "authentication": "on",
        "categories": "a b, #c",
    }
    assert sent(browser_of(alice), oas, **changes, **RATE).status_code == 302
    stored = Api.objects.get(pk=oas.pk)
    kept, extension = dict(stored.document), stored.document["x-tyk-api-gateway"]
    assert {**kept, "x-tyk-api-gateway": None} == {**oas.document, "x-tyk-api-gateway": None}
    assert extension["info"]["name"] == "Sales"
    assert extension["info"]["state"] == {"active": False}
    assert extension["upstream"] == {"url": "http://s/", "rateLimit": {"rate": 100, "enabled": True, "per": "60s"}}
    assert extension["server"]["authentication"] == {"enabled": True}
    assert extension["middleware"] == oas.document["x-tyk-api-gateway"]["middleware"]
    assert (stored.name, stored.active, stored.categories) == ("Sales", False, ["a b", "#c"])
    assert settings_of(stored)["per"] == 60


def test_categories_of_a_classic_api_are_words_of_its_name(browser_of: BrowserOf, alice: User, classic: Api) -> None:
    sent(browser_of(alice), classic, categories="eu, core, eu")
    stored = Api.objects.get(pk=classic.pk)
    assert (stored.name, stored.categories) == ("Orders #eu #core", ["eu", "core"])
    for wrong in (
        {"categories": "two words"},
        {"categories": "#eu"},
        {"name": "Orders #eu"},
        {"categories": "x" * 256},
    ):
        assert sent(browser_of(alice), classic, **wrong).context["form"].errors.keys() == wrong.keys()


def test_owners_are_set_by_name(browser_of: BrowserOf, alice: User, classic: Api) -> None:
    ana = UserFactory(organisation=alice.organisation, email="ana@example.com")
    team = UserGroupFactory(organisation=alice.organisation, name="Team")
    UserFactory(email="elsewhere@example.com")
    sent(browser_of(alice), classic, user_owners="ana@example.com", group_owners="Team")
    assert Api.objects.get(pk=classic.pk).owner_ids() == {"userIds": [ana.pk], "userGroupIds": [team.pk]}
    refused = sent(browser_of(alice), classic, user_owners="elsewhere@example.com")
    assert "Nobody here is called" in str(refused.context["form"].errors["user_owners"])
    sent(browser_of(alice), classic, user_owners="", name="Renamed")
    assert Api.objects.get(pk=classic.pk).owner_ids() == {"userIds": [], "userGroupIds": [team.pk]}


def test_who_may_not_see_people_leaves_owners_as_they_are(browser_of: BrowserOf, alice: User, classic: Api) -> None:
    set_owners(api=classic, users=[alice])
    writer = UserFactory(organisation=alice.organisation, user_permissions={"apis": "write"})
    assert sent(browser_of(writer), classic, name="Renamed").status_code == 302
    stored = Api.objects.get(pk=classic.pk)
    assert (stored.title, stored.owner_ids()["userIds"]) == ("Renamed", [alice.pk])


def test_a_refusal_is_said_above_the_form_and_nothing_is_stored(
    browser_of: BrowserOf, alice: User, classic: Api
) -> None:
    make_api(alice.organisation, "Taken", "/taken/")
    response = sent(browser_of(alice), classic, listen_path="/taken/")
    assert "Found API with same url" in response.content.decode()
    assert Api.objects.get(pk=classic.pk).route == "/classic"


def test_who_saves_what_others_changed_meanwhile_is_told(browser_of: BrowserOf, alice: User, classic: Api) -> None:
    page = f"/apis/{classic.pk}/settings/"
    begun = browser_of(alice).get(page).context["form"]["revision"].value()
    change_api(Api.objects.get(pk=classic.pk), {"definition": {**classic.definition, "tags": ["us"]}})
    response = sent(browser_of(alice), classic, name="Renamed", revision=begun)
    assert response.status_code == 200
    assert "tags" in response.content.decode()
    assert Api.objects.get(pk=classic.pk).title == "Orders"


def test_a_new_one_is_made(browser_of: BrowserOf, alice: User) -> None:
    form = {"name": "New", "listen_path": "/new/", "target_url": "http://new/", "active": "on", "categories": "eu",
            "use_standard_auth": "on", "is_logged": "on", "strip_listen_path": "on"}  # fmt: skip
    response = browser_of(alice).post("/apis/new/", form)
    api = Api.objects.get()
    assert response.headers["Location"] == f"/apis/{api.pk}/"
    assert (api.name, api.route, api.auth_type, api.active) == ("New #eu", "/new", "authToken", True)
    assert api.is_logged


def test_deletion_names_what_hangs_on_it(browser_of: BrowserOf, alice: User) -> None:
    apis = make_shop(alice.organisation)
    second = make_api(alice.organisation, "Orders v2", "/orders-v2/")
    Api.objects.filter(pk=second.pk).update(base=apis["Orders"])
    rights = {"access_rights": {apis["Orders"].api_id: {"api_id": apis["Orders"].api_id}}}
    PolicyFactory(organisation=alice.organisation, name="Gold", definition=rights)
    url, client = f"/apis/{apis['Orders'].pk}/delete/", browser_of(alice)
    asked = client.get(url).content.decode()
    assert "Orders v2" in asked
    assert "Policies that lose it: Gold." in asked
    assert client.post(url).headers["Location"] == "/apis/"
    assert not Api.objects.filter(pk=apis["Orders"].pk).exists()
    writer = UserFactory(organisation=alice.organisation, user_permissions={"apis": "write"})
    PolicyFactory(organisation=alice.organisation, name="Silver", definition={
        "access_rights": {apis["Payments"].api_id: {"api_id": apis["Payments"].api_id}}})  # fmt: skip
    hidden = browser_of(writer).get(f"/apis/{apis['Payments'].pk}/delete/").content.decode()
    assert "Silver" not in hidden
    assert "Policies that you do not see lose it: 1." in hidden
