"""Signing in with an identity provider: a real one, over HTTP."""

from __future__ import annotations

import base64
import json
import pickle
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from joserfc.jwk import KeySet, RSAKey
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.core.encryption import encrypt, encrypt_object
from apps.core.redis import own_redis
from apps.organisations.models import Organisation
from apps.sso.models import GroupMapping, IdentityProvider
from apps.users.models import User, UserGroup
from tests.plugins.cast import PASSWORD
from tests.sso.conftest import known, user_of
from tests.sso.provider import CLIENT, REMOVED, SECRET, Provider, hmac_key, new_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def example(provider: Provider, organisation_a: Organisation) -> IdentityProvider:
    """The provider of organisation A."""
    return known(provider, organisation_a)


def sent_to(browser: Client, slug: str = "example", **parameters: str) -> str:
    """Where the provider's button sends a browser."""
    answer = browser.get(f"/sso/{slug}/", parameters)
    assert answer.status_code == 302
    return str(answer["Location"])


def back(browser: Client, brought: dict[str, str], slug: str = "example") -> str:
    """Come back from the provider; gives where Weir sends the browser."""
    answer = browser.get(f"/sso/{slug}/callback/", brought)
    assert answer.status_code == 302
    return str(answer["Location"])


def signed_in(provider: Provider, slug: str = "example", **claims: Any) -> Client:
    """Sign somebody in; gives their browser."""
    browser = Client()
    location = back(browser, provider.grant(sent_to(browser, slug), **claims), slug)
    assert not location.startswith("/sso/failed"), location
    return browser


def refused(provider: Provider, **claims: Any) -> str:
    """Have somebody try to sign in in vain; gives the reason."""
    browser = Client()
    location = back(browser, provider.grant(sent_to(browser), **claims))
    assert not user_of(browser).is_authenticated
    return location.removeprefix("/sso/failed/").strip("/")


def test_it_asks_for_a_code_with_state_nonce_and_challenge(example: IdentityProvider, provider: Provider) -> None:
    address = urlsplit(sent_to(Client()))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.geturl().startswith(f"{provider.issuer}/authorize?")
    assert asked["redirect_uri"] == "http://testserver/sso/example/callback/"
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
    assert asked["scope"] == "openid email profile"
    assert {"state", "nonce", "code_challenge"} <= set(asked)


def test_whoever_nothing_is_known_of_gets_nothing(
    example: IdentityProvider, provider: Provider, alice: User, settings: Settings
) -> None:
    settings.SSO_DEFAULT_ADMIN = True  # which is about brokers
    browser = Client()
    assert back(browser, provider.grant(sent_to(browser), groups=["Everyone"])) == "/sso/waiting/"
    person = user_of(browser)
    assert (person.pk, person.organisation_id, person.is_admin) == (None, example.organisation_id, False)
    assert alice.email in browser.get("/sso/waiting/").content.decode()


@pytest.mark.parametrize(
    "claim",
    [["Devs", "Everyone"], "Devs", "Everyone, Devs", ["Everyone", 7, "Devs"], {"Devs": {"id": 7}}, {"Devs": True}],
)
def test_a_group_claim_is_mapped_to_user_groups(
    example: IdentityProvider, provider: Provider, editors: UserGroup, claim: Any
) -> None:
    GroupMapping.objects.create(provider=example, value="Devs", group=editors)
    person = user_of(signed_in(provider, groups=claim, name="Zoe Zander"))
    assert person.permissions == editors.user_permissions
    assert person.get_full_name() == "Zoe Zander"


@pytest.mark.parametrize("claim", ["Dev", "devs", [], None, 5, {"Devs": False}, {"devs": True}, [["Devs"]]])
def test_an_unknown_group_is_no_group(
    example: IdentityProvider, provider: Provider, editors: UserGroup, claim: Any
) -> None:
    GroupMapping.objects.create(provider=example, value="Devs", group=editors)
    assert not user_of(signed_in(provider, groups=claim)).allows("analytics")


def test_several_groups_are_put_together(
    example: IdentityProvider, provider: Provider, editors: UserGroup, viewers: UserGroup
) -> None:
    GroupMapping.objects.create(provider=example, value="Devs", group=editors)
    GroupMapping.objects.create(provider=example, value="Ops", group=viewers)
    UserGroup.objects.filter(pk=viewers.pk).update(user_permissions={"log": "read"})
    person = user_of(signed_in(provider, groups=["Devs", "Ops"]))
    assert person.permissions == {**editors.user_permissions, "log": "read"}


def test_a_name_with_commas_is_one_name(example: IdentityProvider, provider: Provider, editors: UserGroup) -> None:
    GroupMapping.objects.create(provider=example, value="cn=devs,ou=groups", group=editors)
    assert user_of(signed_in(provider, groups="cn=devs,ou=groups")).allows("apis", "write")


@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("realm_access.roles", {"realm_access": {"roles": ["Devs"]}}),
        ("https://example.com/groups", {"https://example.com/groups": ["Devs"]}),
    ],
)
def test_the_group_claim_may_lie_deeper(
    provider: Provider, organisation_a: Organisation, editors: UserGroup, path: str, claims: dict[str, Any]
) -> None:
    GroupMapping.objects.create(provider=known(provider, organisation_a, group_claim=path), value="Devs", group=editors)
    assert user_of(signed_in(provider, **claims)).allows("apis", "write")


def test_a_default_group_is_for_those_without_another(
    provider: Provider, organisation_a: Organisation, editors: UserGroup, viewers: UserGroup
) -> None:
    example = known(provider, organisation_a, default_group=viewers)
    GroupMapping.objects.create(provider=example, value="Devs", group=editors)
    assert not user_of(signed_in(provider)).allows("apis")
    assert user_of(signed_in(provider)).allows("analytics")
    assert user_of(signed_in(provider, groups=["Devs"])).allows("apis", "write")


def test_an_account_is_found_by_its_address(example: IdentityProvider, provider: Provider, bob: User) -> None:
    assert user_of(signed_in(provider, email="Bob@Example.com")) == bob
    bob.refresh_from_db()
    assert bob.last_login


@pytest.mark.parametrize("admitted", [False, True])
def test_no_provider_opens_a_super_admin_s_account(
    provider: Provider, organisation_a: Organisation, settings: Settings, super_admin: User, admitted: bool
) -> None:
    settings.SSO_ADMIT_SUPER_ADMINS = admitted
    known(provider, organisation_a, trusts_email=True)
    if admitted:
        assert user_of(signed_in(provider, email=super_admin.email)) == super_admin
    else:
        assert refused(provider, email=super_admin.email) == "super-admin"


def test_an_account_of_another_organisation_is_not_found(
    example: IdentityProvider, provider: Provider, charlie: User, dora: User
) -> None:
    for somebody in (charlie, dora):
        person = user_of(signed_in(provider, email=somebody.email))
        assert (person.pk, person.organisation_id) == (None, example.organisation_id)


def test_an_account_that_is_not_active_stays_out(example: IdentityProvider, provider: Provider, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert refused(provider, email=bob.email) == "inactive"


def test_people_without_account_stay_out_if_the_provider_is_for_the_registered(
    provider: Provider, organisation_a: Organisation, bob: User
) -> None:
    known(provider, organisation_a, only_registered=True)
    assert refused(provider) == "unregistered"
    assert user_of(signed_in(provider, email=bob.email)) == bob


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": REMOVED},
        {"email_verified": "false"},
        {"email_verified": ["true"]},
        {"email": REMOVED},
        {"email": "zoe"},
        {"email": ["zoe@example.com", "bob@example.com"]},
    ],
)
def test_an_address_that_is_not_verified_opens_nothing(
    example: IdentityProvider, provider: Provider, bob: User, claims: dict[str, Any]
) -> None:
    assert refused(provider, **{"email": bob.email, **claims}) == "email"


@pytest.mark.parametrize(
    "claims",
    [{"email": "zoe\0@example.com"}, {"groups": ["\0"]}, {"realm": [float("inf")]}],
    ids=["NUL", "NUL in a group", "infinite"],
)
def test_claims_that_cannot_be_stored_open_nothing(
    example: IdentityProvider, provider: Provider, claims: dict[str, Any]
) -> None:
    assert refused(provider, **claims) == "answer"


def test_an_address_may_be_verified_in_words(example: IdentityProvider, provider: Provider) -> None:
    assert user_of(signed_in(provider, email_verified="true")).email == "zoe@example.com"


def test_a_provider_s_addresses_may_be_trusted(provider: Provider, organisation_a: Organisation, bob: User) -> None:
    known(provider, organisation_a, trusts_email=True, email_claim="upn")
    assert user_of(signed_in(provider, upn=bob.email, email_verified=REMOVED)) == bob


def test_another_claim_than_the_standard_one_is_never_verified(
    provider: Provider, organisation_a: Organisation, bob: User
) -> None:
    known(provider, organisation_a, email_claim="upn")
    assert refused(provider, upn=bob.email) == "email"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": REMOVED},
        {"aud": "another client"},
        {"aud": ["another client"], "azp": CLIENT},
        {"aud": REMOVED},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_700_000_000},
        {"exp": REMOVED},
        {"azp": "another client"},
        {"sub": REMOVED},
    ],
    ids=str,
)
def test_a_token_for_somebody_else_opens_nothing(
    example: IdentityProvider, provider: Provider, claims: dict[str, Any]
) -> None:
    assert refused(provider, **claims) == "answer"


def test_a_token_for_several_is_for_us_too(example: IdentityProvider, provider: Provider) -> None:
    assert user_of(signed_in(provider, aud=[CLIENT, "another"], azp=CLIENT)).is_authenticated


def test_another_s_signature_opens_nothing(example: IdentityProvider, provider: Provider) -> None:
    provider.signing_key = RSAKey.import_key(new_key("forged").as_dict(private=True) | {"kid": "first"})
    assert refused(provider) == "answer"


@pytest.mark.parametrize("secret", [SECRET, "public"])
def test_whoever_knows_the_client_secret_signs_nothing_with_it(
    example: IdentityProvider, provider: Provider, secret: str
) -> None:
    key = json.dumps(provider.key.as_dict(private=False)) if secret == "public" else secret
    provider.signing_key, provider.header = hmac_key(key), {"alg": "HS256"}
    assert refused(provider) == "answer"


def test_a_token_without_signature_opens_nothing(
    example: IdentityProvider, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsigned(_: str, body: str) -> dict[str, Any]:
        claims = provider.grants[parse_qs(body)["code"][0]].claims
        parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, claims))
        return {"access_token": "x", "token_type": "Bearer", "id_token": b".".join([*parts, b""]).decode()}

    monkeypatch.setattr(provider, "_token", unsigned)
    assert refused(provider) == "answer"


def test_an_answer_without_id_token_opens_nothing(
    example: IdentityProvider, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "_token", lambda *_: {"access_token": "x", "token_type": "Bearer"})
    assert refused(provider) == "answer"


def test_a_new_key_is_fetched_when_a_token_names_one(example: IdentityProvider, provider: Provider) -> None:
    signed_in(provider)
    provider.key, provider.header = new_key("second"), {"alg": "RS256", "kid": "second"}
    signed_in(provider)
    before = provider.asked.count("/jwks")
    signed_in(provider)
    assert provider.asked.count("/jwks") == before


def test_what_a_provider_says_of_itself_is_asked_once(example: IdentityProvider, provider: Provider) -> None:
    for _ in range(3):
        signed_in(provider)
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/jwks") == 1


def test_who_writes_to_redis_does_not_say_how_a_provider_signs(example: IdentityProvider, provider: Provider) -> None:
    signed_in(provider)
    key = next(key for key in own_redis().scan_iter("weir-cache*") if example.pk.encode() in key)
    forged = RSAKey.generate_key(2048, {"kid": "first", "alg": "RS256", "use": "sig"})
    told = {**provider._configuration(), "jwks": KeySet([forged]).as_dict(private=False)}
    others = (encrypt("no object"), encrypt_object({**told, "issuer": "https://id.example.com"}))
    for written in (json.dumps(told), *map(json.dumps, others), pickle.dumps(told), "["):
        own_redis().set(key, written)
        provider.signing_key = forged
        assert refused(provider) == "answer"
        provider.signing_key = None
        signed_in(provider)


def test_a_state_works_once(example: IdentityProvider, provider: Provider) -> None:
    browser = Client()
    brought = provider.grant(sent_to(browser))
    back(browser, brought)
    again = provider.grant(sent_to(Client()), email="eve@example.com")
    assert back(browser, {**again, "state": brought["state"]}) == "/sso/failed/state/"
    assert user_of(browser).email == "zoe@example.com"


@pytest.mark.parametrize("state", ["wrong", ""])
def test_a_state_that_was_not_given_opens_nothing(example: IdentityProvider, provider: Provider, state: str) -> None:
    brought = provider.grant(sent_to(Client()))
    browser = Client()
    assert back(browser, {**brought, "state": state}) == "/sso/failed/state/"
    assert back(browser, brought) == "/sso/failed/state/"  # another browser's
    assert back(browser, {}) == "/sso/failed/state/"


def test_a_code_works_once(example: IdentityProvider, provider: Provider) -> None:
    browser = Client()
    brought = provider.grant(sent_to(browser))
    provider.grants.clear()
    assert back(browser, brought) == "/sso/failed/answer/"


def test_who_cancels_reads_so(example: IdentityProvider, provider: Provider) -> None:
    browser = Client()
    assert back(browser, {"error": "access_denied", "state": "x"}) == "/sso/failed/cancelled/"
    assert back(browser, {"error": "server_error", "error_description": "<b>"}) == "/sso/failed/answer/"


def test_the_rest_of_the_claims_is_asked_for(example: IdentityProvider, provider: Provider, editors: UserGroup) -> None:
    GroupMapping.objects.create(provider=example, value="Devs", group=editors)
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.user_info = {"sub": "zoe", "email": "zoe@example.com", "email_verified": True, "groups": ["Devs"]}
    person = user_of(signed_in(provider, email=REMOVED, email_verified=REMOVED))
    assert (person.email, person.allows("apis", "write")) == ("zoe@example.com", True)


def test_claims_about_somebody_else_open_nothing(example: IdentityProvider, provider: Provider) -> None:
    provider.metadata = {"userinfo_endpoint": f"{provider.issuer}/userinfo"}
    provider.user_info = {"sub": "eve", "email": "zoe@example.com", "email_verified": True}
    assert refused(provider, email=REMOVED) == "answer"


def test_the_secret_is_shown_the_way_the_provider_takes_it(example: IdentityProvider, provider: Provider) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert user_of(signed_in(provider)).is_authenticated


def test_a_public_client_shows_none(provider: Provider, organisation_a: Organisation) -> None:
    example = known(provider, organisation_a)
    example.client_secret = ""
    example.save()
    provider.secret = ""
    assert user_of(signed_in(provider)).is_authenticated


def test_two_organisations_have_two_providers(
    provider: Provider, example: IdentityProvider, organisation_b: Organisation, viewers: UserGroup, bob: User
) -> None:
    other = Provider()
    other.start()
    try:
        GroupMapping.objects.create(provider=example, value="Devs", group=viewers)
        known(other, organisation_b, slug="other")
        mine = user_of(signed_in(provider, groups=["Devs"], email=bob.email))
        theirs = user_of(signed_in(other, "other", groups=["Devs"], email=bob.email))
        assert mine == bob
        assert (theirs.pk, theirs.organisation_id, theirs.allows("analytics")) == (None, organisation_b.pk, False)
        browser = Client()
        brought = other.grant(sent_to(browser, "other"))
        assert back(browser, brought, "example") == "/sso/failed/state/"  # the one's answer is none to the other
    finally:
        other.stop()


@pytest.mark.parametrize("how", ["switched off", "deleted"])
def test_an_account_is_out_when_the_provider_goes(
    example: IdentityProvider, provider: Provider, bob: User, django_assert_num_queries: Any, how: str
) -> None:
    browser = signed_in(provider, email=bob.email)
    with django_assert_num_queries(3):  # the session, its account and its provider
        assert user_of(browser) == bob
    if how == "deleted":
        example.delete()
    else:
        IdentityProvider.objects.update(is_active=False)
    assert not user_of(browser).is_authenticated
    assert browser.get("/api/usage/1/1/2026/2/1/2026").status_code == 401
    assert browser.get("/", follow=True).redirect_chain[0][0].startswith("/login/")
    browser.post("/login/", {"username": bob.email, "password": PASSWORD})
    assert user_of(browser) == bob  # whom now nobody has to vouch for


def test_an_external_user_goes_when_the_provider_is_switched_off(
    provider: Provider, organisation_a: Organisation, viewers: UserGroup
) -> None:
    example = known(provider, organisation_a, default_group=viewers)
    browser = signed_in(provider)
    assert browser.get("/").status_code == 200
    IdentityProvider.objects.filter(pk=example.pk).update(is_active=False)
    assert browser.get("/").status_code == 302
    assert browser.get("/sso/example/").status_code == 404
    assert browser.get("/sso/example/callback/").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [("/pipeline/", "/pipeline/"), ("https://evil.example/", "/home/"), ("//evil.example", "/home/"), ("", "/home/")],
)
def test_it_goes_on_where_the_person_wanted_to_go(
    provider: Provider, organisation_a: Organisation, viewers: UserGroup, wanted: str, shown: str
) -> None:
    known(provider, organisation_a, default_group=viewers)
    browser = Client()
    assert back(browser, provider.grant(sent_to(browser, next=wanted))) == shown


def test_the_login_page_has_a_button_for_it(example: IdentityProvider) -> None:
    page = Client().get("/login/?next=/pipeline/%3Fa%3D1").content.decode()
    assert "Sign in with Example" in page
    assert 'href="/sso/example/?next=%2Fpipeline%2F%3Fa%3D1"' in page
    IdentityProvider.objects.update(is_listed=False)
    assert "Sign in with" not in Client().get("/login/").content.decode()
    IdentityProvider.objects.update(is_listed=True, is_active=False)
    assert "Sign in with" not in Client().get("/login/").content.decode()


def test_the_audit_log_tells_who_came_and_why_others_did_not(
    example: IdentityProvider, provider: Provider, bob: User
) -> None:
    signed_in(provider, email=bob.email)
    refused(provider, nonce="another")
    rows = AuditRecord.objects.filter(url__startswith="/sso/example/callback/").order_by("sequence")
    assert [(row.user, row.kind) for row in rows] == [(bob.email, "user"), ("", "single sign-on")]
    assert all("code=…" in row.url and "state=…" in row.url for row in rows)


def test_a_provider_does_not_choose_how_it_is_asked(example: IdentityProvider, provider: Provider) -> None:
    provider.metadata = {"verify": False, "client_secret": "x", "proxies": {"http": "http://127.0.0.1:1"}, "name": "x"}
    assert user_of(signed_in(provider)).is_authenticated
    assert Session.objects.count() == 1


def test_several_tabs_sign_in_at_once(example: IdentityProvider, provider: Provider, viewers: UserGroup) -> None:
    IdentityProvider.objects.update(default_group=viewers)
    browser = Client()
    pages = ["/pipeline/", "/activity/apis/", "/audit/"]
    brought = [provider.grant(sent_to(browser, next=page)) for page in pages]
    assert "sessionid" not in browser.cookies
    assert [back(browser, one) for one in reversed(brought)] == list(reversed(pages))
    assert back(browser, brought[0]) == "/sso/failed/state/"  # once each
    assert user_of(browser).is_authenticated


def test_what_waits_for_one_provider_is_nothing_to_another(
    example: IdentityProvider, provider: Provider, organisation_a: Organisation
) -> None:
    known(provider, organisation_a, slug="other")
    browser = Client()
    brought = provider.grant(sent_to(browser))
    for cookie in browser.cookies.values():
        cookie["path"] = "/"
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert back(browser, brought, "other") == "/sso/failed/state/"
    assert back(browser, {"code": "x", "state": "a; b"}) == "/sso/failed/state/"
    assert back(browser, {"code": "x"}) == "/sso/failed/state/"
