"""A walk through Weir on every way that takes or gives a secret."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pyotp
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.analytics import partitions
from apps.analytics.models import AnalyticsRecord
from apps.users import services
from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic
from tests.governance.client import new_client, session_of
from tests.governance.roles import READER
from tests.sso.conftest import known
from tests.sso.provider import Provider

WRONG = "canary-Wrong%password1"
FIRST, SECOND, THIRD = "canary-First%word5", "canary-Second%word5", "canary-Third%word5"
ADMIN_SECRET, WRONG_ADMIN_SECRET = "canary-admin-secret", "canary-other-admin-secret"
NODE_SECRET, CLIENT_SECRET = "canary-node-secret", "canary-client-secret"
FOREIGN_KEY = "canary0access0key0of0elsewhere00"
RECORDED, GATEWAY_KEY = "canary-4111-1111-1111-1111", "canary0key0of0a0gateway00000000"
DATES = r"\d+(/\d+){5}"


@dataclass
class SecretWalk:
    """What was kept secret, by name, and every answer: where it came from, and its head and body."""

    secrets: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str]] = field(default_factory=list)

    def call(self, client: Client, method: str, url: str, data: Any = None, **more: Any) -> Any:
        """Make a call and keep the answer."""
        kind = {} if data is None or "headers" not in more else {"content_type": "application/json"}
        answer = getattr(client, method)(url, data, **kind, **more)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        head = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
        path = url.partition("?")[0]
        for written, shown in ((GATEWAY_KEY, "{key}"), (r"\b[0-9a-f]{24}\b", "{user}"), (DATES, "{dates}")):
            path = re.sub(written, shown, path)
        self.answers.append((f"answer of {path}", f"{head} {body.decode(errors='replace')}"))
        self.answers.append((f"cookie of {path}", answer.cookies.output()))
        return answer


def walk_every_way(admin: User, provider: Provider) -> SecretWalk:
    """Take every way that a secret takes."""
    walk = SecretWalk({"wrong password": WRONG, "admin secret": ADMIN_SECRET, "node secret": NODE_SECRET})
    person = _made_over_rest(walk, admin)
    browser = _logged_in(walk, person)
    _vouched(walk, admin)
    _administered(walk, admin)
    _failed(walk, browser)
    _recorded(walk, admin)
    _came_with_key(walk, browser)
    _recovered(walk, person)
    _signed_in(walk, admin, provider)
    return walk


def _made_over_rest(walk: SecretWalk, admin: User) -> User:
    """An account is made, read, given another password and another key."""
    keys, client = {"Authorization": services.reset_access_key(user=admin)}, new_client()
    walk.secrets |= {"key of the admin": keys["Authorization"], "first password": FIRST, "second password": SECOND}
    person = {"first_name": "New", "last_name": "Person", "email_address": "new@example.com", "active": True}
    body = {**person, "password": FIRST, "user_permissions": READER}
    pk = walk.call(client, "post", "/api/users", body, headers=keys).json()["Meta"]
    walk.secrets["access key"] = walk.call(client, "get", f"/api/users/{pk}", headers=keys).json()["access_key"]
    assert walk.call(client, "get", f"/api/users/{pk}", headers=keys).json()["access_key"] == ""
    given = {"new_password": SECOND}
    assert walk.call(client, "post", f"/api/users/{pk}/actions/reset", given, headers=keys).status_code == 200
    own = {"Authorization": f"Bearer {walk.secrets['access key']}"}
    assert walk.call(client, "get", f"/api/users/me?key={FOREIGN_KEY}", headers=own).status_code == 200
    walk.secrets["foreign access key"] = FOREIGN_KEY
    return User.objects.get(pk=pk)


def _logged_in(walk: SecretWalk, person: User) -> Client:
    """They log in, set up a second factor, and log in with a recovery code."""
    browser = new_client()
    walk.call(browser, "post", "/login/", {"username": person.email, "password": WRONG})
    walk.call(browser, "post", "/login/", {"username": person.email, "password": SECOND})
    page = walk.call(browser, "get", "/two-factor/").content.decode()
    seed = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page)
    assert seed
    walk.secrets["seed"] = seed[0].replace(" ", "")
    code = pyotp.TOTP(walk.secrets["seed"]).at(timezone.now())
    page = walk.call(browser, "post", "/two-factor/", {"code": code}).content.decode()
    codes = re.findall(r"[a-z0-9]{4}(?:-[a-z0-9]{4}){3}", page)
    walk.secrets["recovery code"] = codes[0]
    walk.call(browser, "post", "/logout/")
    walk.call(browser, "post", "/login/", {"username": person.email, "password": SECOND})
    assert walk.call(browser, "post", "/login/code/", {"code": codes[0]}).status_code == 302
    walk.secrets["session cookie"] = session_of(browser)
    page = walk.call(browser, "post", "/profile/access-key/").content.decode()
    walk.secrets["own access key"] = re.findall(r"\b[0-9a-f]{32}\b", page)[0]
    assert walk.call(browser, "get", "/profile/").status_code == 200
    return browser


def _recovered(walk: SecretWalk, person: User) -> None:
    """They forget the password and take a link."""
    client = new_client()
    walk.call(client, "post", "/password/forgotten/", {"email": person.email})
    path, _, code = re.findall(r"https?://testserver(\S+)", str(mail.outbox[-1].body))[0].partition("#")
    walk.secrets |= {"code of a link": code, "third password": THIRD}
    walk.call(client, "get", path)
    given = {"code": code, "new_password1": THIRD, "new_password2": THIRD}
    assert walk.call(client, "post", path, given).status_code == 302
    assert walk.call(client, "post", path, given).status_code == 200  # it is over


def _vouched(walk: SecretWalk, admin: User) -> None:
    """A broker gets a nonce for somebody, who comes in with it."""
    client, keys = new_client(), {"Authorization": walk.secrets["key of the admin"]}
    body = {"ForSection": "dashboard", "OrgID": admin.organisation_id, "EmailAddress": "external@example.com"}
    nonce = walk.call(client, "post", "/api/sso", body, headers=keys).json()["Meta"]
    walk.secrets["sso nonce"] = nonce
    assert walk.call(client, "get", f"/tap?nonce={quote(nonce)}").status_code == 302
    assert walk.call(client, "get", f"/tap?nonce={quote(nonce)}")["Location"].startswith("/sso/failed/")


def _administered(walk: SecretWalk, admin: User) -> None:
    """Staff set up an identity provider; the operator makes an account."""
    staff, walk.secrets["client secret"] = new_client(), CLIENT_SECRET
    staff.force_login(admin)
    form = {
        "name": "Example", "slug": "example", "issuer": "https://id.example.com", "client_id": "weir",
        "secret": CLIENT_SECRET, "scopes": "openid", "email_claim": "email", "group_claim": "groups",
        "default_group": "", "mappings-TOTAL_FORMS": "0", "mappings-INITIAL_FORMS": "0",
    }  # fmt: skip
    added = walk.call(staff, "post", "/staff/sso/identityprovider/add/", form)
    assert added.status_code == 302
    walk.call(staff, "get", f"{added['Location']}")
    operator = new_client()
    walk.secrets["other admin secret"] = WRONG_ADMIN_SECRET
    body = {"email_address": "second@example.com", "org_id": "a" * 24, "active": True, "user_permissions": READER}
    assert (
        walk.call(operator, "post", "/admin/users", body, headers={"admin-auth": WRONG_ADMIN_SECRET}).status_code == 401
    )
    made = walk.call(operator, "post", "/admin/users", body, headers={"admin-auth": ADMIN_SECRET}).json()
    walk.secrets["access key by the operator"] = made["Message"]


def _failed(walk: SecretWalk, browser: Client) -> None:
    """What is refused is written down too."""
    client, keys = new_client(), {"Authorization": walk.secrets["key of the admin"]}
    walk.call(client, "post", "/api/users", {"password": WRONG}, headers=keys)
    walk.call(client, "get", "/api/users", headers={"Authorization": FOREIGN_KEY})
    walk.call(client, "get", f"/api/no-such-path?access_key={FOREIGN_KEY}", headers=keys)
    walk.call(browser, "get", "/staff/")
    walk.call(client, "get", "/api/audit-logs?p=-1", headers=keys)
    walk.call(client, "get", "/api/audit-logs?download=true&type=csv", headers=keys)
    for name in ("/users/", "/groups/", "/audit/", "/audit/records/", "/profile/"):
        walk.call(browser, "get", name)


def _recorded(walk: SecretWalk, admin: User) -> None:
    """A gateway recorded a request whose body has a secret, and somebody reads it."""
    walk.secrets["recorded body"] = RECORDED
    partitions.maintain()
    store_traffic([RequestFactory(organisation=admin.organisation_id, timestamp=timezone.now() - timedelta(minutes=2))])
    message = base64.b64encode(f'POST /cards HTTP/1.1\r\n\r\n{{"number": "{RECORDED}"}}'.encode()).decode()
    AnalyticsRecord.objects.update(raw_request=message, raw_response=message)
    now = int(timezone.now().timestamp())
    given = {"start": now - 3600, "end": now + 3600}
    keys = {"Authorization": walk.secrets["key of the admin"]}
    answer = walk.call(new_client(), "get", f"/api/logs?{urlencode(given)}", headers=keys)
    assert message in answer.content.decode()


def _came_with_key(walk: SecretWalk, browser: Client) -> None:
    """A key of a gateway stands in paths and in the URL where somebody came from."""
    walk.secrets["key of a gateway"] = GATEWAY_KEY
    keys = {"Authorization": walk.secrets["key of the admin"]}
    today = "/".join(str(part) for part in (timezone.now().day, timezone.now().month, timezone.now().year))
    came = {"Referer": f"https://weir.example.com/keys/{GATEWAY_KEY}/?token={GATEWAY_KEY}"}
    for path in ("activity/keys", "activity/keys/endpoint"):
        url = f"/api/{path}/{GATEWAY_KEY}/{today}/{today}"
        assert walk.call(new_client(), "get", url, headers=keys | came).status_code == 200
    for method in ("get", "put", "delete"):
        assert walk.call(new_client(), method, f"/api/keys/{GATEWAY_KEY}", headers=keys | came).status_code == 404
    walk.call(browser, "post", "/profile/", headers=came)


def _signed_in(walk: SecretWalk, admin: User, provider: Provider) -> None:
    """Somebody signs in with an identity provider, and once more with what was used already."""
    known(provider, admin.organisation, slug="canary")
    browser = new_client()
    sent = walk.call(browser, "get", "/sso/canary/")["Location"]
    brought = provider.grant(sent)
    params = {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}
    walk.secrets |= {"code of a provider": brought["code"], "state": brought["state"], "nonce": params["nonce"]}
    came = f"/sso/canary/callback/?{urlencode(brought)}"
    assert not walk.call(browser, "get", came)["Location"].startswith("/sso/failed/")
    walk.secrets["id token"] = provider.told[-1]["id_token"]
    walk.call(browser, "get", "/profile/")
    assert walk.call(browser, "get", came)["Location"].startswith("/sso/failed/")
