"""Claims, as providers really write them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.organisations.models import Organisation
from apps.sso.identities import claim, email_claim, group_claim, leaves_groups_out
from apps.sso.login_errors import LoginRefused
from apps.sso.models import GroupMapping, IdentityProvider
from apps.users.models import UserGroup
from tests.sso.conftest import known, user_of
from tests.sso.provider import REMOVED, Provider
from tests.sso.test_openid import back, sent_to, signed_in

pytestmark = pytest.mark.django_db

ZOE = "zoe@example.com"


@pytest.mark.parametrize(
    ("claims", "path", "found"),
    [
        ({"groups": ["a"]}, "groups", ["a"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://example.com/groups": ["a"]}, "https://example.com/groups", ["a"]),
        ({"https://example.com/claims": {"groups": ["a"]}}, "https://example.com/claims.groups", ["a"]),
        ({"resource_access": {"my.client": {"roles": ["a"]}}}, "resource_access.my.client.roles", ["a"]),
        ({"a": {"b.c": {"d.e": 1}}}, "a.b.c.d.e", 1),
        ({"a.b": {"x": 1}, "a": {"b": {"c": 2}}}, "a.b.c", 2),
        ({"a": {"b": 1}}, "a.b.c", None),
        ({"a": "text"}, "a.b", None),
    ],
)
def test_dots_lead_into_objects_and_may_be_part_of_names(claims: dict[str, Any], path: str, found: Any) -> None:
    assert claim(claims, path) == found


@pytest.mark.parametrize(
    ("found", "groups"),
    [
        (["a", 7, "b"], ["a", "b"]),
        ({"a": {"id": "x"}, "b": True, "c": False, "d": None}, ["a", "b"]),
        ("a, b", ["a, b", "a", "b"]),
        (7, []),
    ],
)
def test_groups_are_a_list_an_object_or_a_text(found: Any, groups: list[str]) -> None:
    assert group_claim([{"groups": found}], "groups") == groups


@pytest.mark.parametrize(
    ("token", "more", "is_taken"),
    [
        ({"email": ZOE, "email_verified": True}, {}, True),
        ({"email": ZOE}, {"email": ZOE, "email_verified": True}, True),
        ({"email": ZOE}, {"email_verified": "true"}, True),
        ({}, {"email": ZOE, "email_verified": True}, True),
        ({"email": [ZOE], "email_verified": True}, {}, True),
        ({"email": ZOE}, {}, False),
        ({"email": ZOE, "email_verified": False}, {"email": ZOE, "email_verified": True}, False),
        ({"email": ZOE}, {"email": "mallory@example.com", "email_verified": True}, False),
        ({"email": [ZOE, "other@example.com"], "email_verified": True}, {}, False),
        ({"email": []}, {"email_verified": True}, False),
    ],
)
def test_an_address_is_verified_by_whoever_says_so_of_it(
    token: dict[str, Any], more: dict[str, Any], is_taken: bool
) -> None:
    if is_taken:
        assert email_claim([token, more], "email", trusted=False) == ZOE
    else:
        with pytest.raises(LoginRefused):
            email_claim([token, more], "email", trusted=False)


@pytest.mark.parametrize(
    ("token", "path", "told"),
    [
        ({"_claim_names": {"groups": "src1"}, "_claim_sources": {}}, "groups", True),
        ({"_claim_names": {"realm_access": "src1"}}, "realm_access.roles", True),
        ({"hasgroups": True}, "groups", True),
        ({"_claim_names": {"address": "src1"}}, "groups", False),
        ({"_claim_names": {"groups": "src1"}, "groups": ["a"]}, "groups", False),
        ({"_claim_names": {"groups": "src1"}}, "", False),
        ({"_claim_names": "nonsense"}, "groups", False),
    ],
)
def test_groups_that_are_elsewhere_are_noticed(token: dict[str, Any], path: str, told: bool) -> None:
    assert leaves_groups_out([token, {}], path) is told


@pytest.fixture
def example(provider: Provider, organisation_a: Organisation, viewers: UserGroup) -> IdentityProvider:
    """A provider that tells more when it is asked; its group Devs may look at traffic."""
    provider.metadata["userinfo_endpoint"] = f"{provider.issuer}/userinfo"
    made = known(provider, organisation_a, default_group=viewers)
    GroupMapping.objects.create(provider=made, value="Devs", group=viewers)
    return made


def test_what_the_token_lacks_is_asked_for(example: IdentityProvider, provider: Provider) -> None:
    provider.user_info = {"sub": "zoe", "email": ZOE, "email_verified": True, "groups": {"Devs": {}}}
    person = user_of(signed_in(provider, email_verified=REMOVED))
    assert (person.email, person.allows("analytics")) == (ZOE, True)


def test_who_comes_without_groups_is_told_and_so_is_the_log(
    example: IdentityProvider, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.user_info = {"sub": "zoe"}
    browser = Client()
    brought = provider.grant(sent_to(browser), _claim_names={"groups": "src1"})
    page = browser.get(back(browser, brought), follow=True).content.decode()
    assert "did not tell which groups you are in" in page
    assert "example left out the groups of somebody" in caplog.text


@pytest.mark.parametrize(
    "foreign", [{"kty": "AKP", "alg": "ML-DSA-65", "pub": "x"}, {"kty": "EC", "crv": "P-0"}, {}, 7]
)
def test_keys_of_kinds_that_weir_does_not_know_are_left_alone(
    example: IdentityProvider, provider: Provider, monkeypatch: pytest.MonkeyPatch, foreign: Any
) -> None:
    reply = Provider.reply

    def with_foreign_key(request: Any, status: int, document: Any) -> None:
        reply(request, status, {"keys": [foreign, *document["keys"]]} if "keys" in document else document)

    monkeypatch.setattr(Provider, "reply", staticmethod(with_foreign_key))
    provider.user_info = {"sub": "zoe"}
    assert user_of(signed_in(provider)).email == ZOE
