"""The steps of a log-in: the organisation, a new password, and that nothing opens before they are done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.audit.models import AuditRecord
from apps.organisations.models import Organisation
from apps.users import backends, services
from apps.users.models import User
from apps.users.services import login as login_service
from tests.architecture.routes import templates
from tests.audit.minutes import end_minute
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
NEW = "a wholly new one"


@pytest.fixture
def bob_of_b(settings: Settings, bob: User, organisation_b: Organisation) -> User:
    """Bob's account in another organisation, with the same password."""
    settings.ENABLE_MULTI_ORG_USERS = True
    return account(bob.email, organisation_b, PASSWORD)


def account(email: str, organisation: Organisation, password: str) -> User:
    user = UserFactory.build(email=email, organisation=organisation, user_permissions={"analytics": "read"})
    user.set_password(password)
    user.save()
    return user


def login(client: Client, user: User, password: str = PASSWORD, **more: str) -> str:
    """Give credentials; gives the address that is gone to."""
    response = client.post("/login/", {"username": user.email, "password": password, **more})
    assert response.status_code == 302, response.content.decode()
    return response["Location"]


def user_of(client: Client) -> str | None:
    """Give the id of the account that a client's session is of."""
    return client.session.get(SESSION_KEY)


def whose(client: Client) -> str:
    """Give what the profile page says of the organisation, or where it sends to."""
    response = client.get("/profile/")
    return response["Location"] if response.status_code == 302 else response.context["person"].organisation.owner_name


# One address, several organisations ---------------------------------------------------------------


def test_it_asks_which_organisation(bob: User, bob_of_b: User) -> None:
    client = Client()
    assert login(client, bob, next="/profile/") == "/login/organisation/"
    page = client.get("/login/organisation/").content.decode()
    assert ("Alpha" in page, "Beta" in page) == (True, True)
    assert client.post("/login/organisation/", {"account": bob_of_b.pk})["Location"] == "/profile/"
    assert (user_of(client), whose(client)) == (bob_of_b.pk, "Beta")


def test_nothing_opens_before_the_organisation_is_chosen(bob: User, bob_of_b: User) -> None:
    client = Client()
    login(client, bob)
    assert user_of(client) is None
    assert client.get("/profile/")["Location"].startswith("/login/")
    assert client.get("/api/users/me").status_code == 401


def test_only_organisations_that_the_password_opens_are_offered(
    bob: User, bob_of_b: User, organisation_b: Organisation, settings: Settings
) -> None:
    services.set_password(user=bob_of_b, password=NEW)
    client = Client()
    assert login(client, bob) == "/home/"
    assert user_of(client) == bob.pk
    assert "Switch organisation" not in client.get("/profile/").content.decode()
    assert client.post("/profile/organisation/", {"account": bob_of_b.pk}).status_code == 200
    assert user_of(client) == bob.pk


def test_nobody_chooses_without_credentials(bob: User, bob_of_b: User, alice: User) -> None:
    client = Client()
    for answer in (client.get("/login/organisation/"), client.post("/login/organisation/", {"account": bob.pk})):
        assert answer["Location"] == "/login/"
    login(client, bob)
    for other in (alice.pk, "", "x"):
        assert client.post("/login/organisation/", {"account": other}).status_code == 200
        assert user_of(client) is None


def test_a_choice_does_not_wait_for_ever(bob: User, bob_of_b: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    login(client, bob)
    monkeypatch.setattr(login_service, "PENDING_LIFETIME", -1)
    assert client.post("/login/organisation/", {"account": bob.pk})["Location"] == "/login/"
    assert user_of(client) is None


def test_an_account_that_was_closed_meanwhile_cannot_be_chosen(bob: User, bob_of_b: User) -> None:
    client = Client()
    login(client, bob)
    User.objects.filter(pk=bob_of_b.pk).update(is_active=False)
    assert client.post("/login/organisation/", {"account": bob_of_b.pk}).status_code == 200
    assert user_of(client) is None


def test_people_switch_between_their_organisations(bob: User, bob_of_b: User) -> None:
    client = Client()
    login(client, bob)
    client.post("/login/organisation/", {"account": bob.pk})
    assert "Switch organisation" in client.get("/profile/").content.decode()
    for target, name in ((bob_of_b, "Beta"), (bob, "Alpha")):
        before = client.session.session_key
        assert client.post("/profile/organisation/", {"account": target.pk})["Location"] == "/home/"
        assert (user_of(client), whose(client)) == (target.pk, name)
        assert client.session.session_key != before


def test_nobody_switches_to_others(bob: User, bob_of_b: User, charlie: User) -> None:
    client = Client()
    login(client, bob)
    client.post("/login/organisation/", {"account": bob.pk})
    assert client.post("/profile/organisation/", {"account": charlie.pk}).status_code == 200
    assert user_of(client) == bob.pk


def test_a_new_password_there_ends_switching_to_it(bob: User, bob_of_b: User) -> None:
    client = Client()
    login(client, bob)
    client.post("/login/organisation/", {"account": bob.pk})
    services.set_password(user=bob_of_b, password=NEW)
    assert "Beta" not in client.get("/profile/organisation/").content.decode()
    client.post("/profile/organisation/", {"account": bob_of_b.pk})
    assert user_of(client) == bob.pk


def test_switching_works_on_after_one_s_own_password_changed(bob: User, bob_of_b: User) -> None:
    client = Client()
    login(client, bob)
    client.post("/login/organisation/", {"account": bob.pk})
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/password/", form).status_code == 302
    client.post("/profile/organisation/", {"account": bob_of_b.pk})
    client.post("/profile/organisation/", {"account": bob.pk})
    assert user_of(client) == bob.pk


def test_switching_makes_no_session_last_longer(settings: Settings, bob: User, bob_of_b: User) -> None:
    client = Client()
    login(client, bob)
    client.post("/login/organisation/", {"account": bob.pk})
    session = client.session
    session["began"] -= 1000
    session.save()
    client.post("/profile/organisation/", {"account": bob_of_b.pk})
    assert whose(client) == "Beta"
    settings.SESSION_LIFETIME = 999
    assert whose(client).startswith("/login/")


def test_switching_comes_to_the_new_password_that_is_due_there(bob: User, bob_of_b: User) -> None:
    client = Client()
    login(client, bob)
    client.post("/login/organisation/", {"account": bob.pk})
    User.objects.filter(pk=bob_of_b.pk).update(must_change_password=True)
    assert client.post("/profile/organisation/", {"account": bob_of_b.pk})["Location"] == "/password/?next=/home/"
    assert client.get("/api/users/me").status_code == 401


# A new password is due ----------------------------------------------------------------------------


@pytest.fixture(params=["first log-in", "too old"])
def due(request: pytest.FixtureRequest, alice: User) -> User:
    """Alice, who has to choose a new password."""
    if request.param == "first log-in":
        alice.must_change_password = True
    else:
        alice.password_max_days, alice.password_updated = 30, timezone.now() - timedelta(days=31)
    alice.save()
    return alice


def choose(client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW, path: str = "/password/") -> int:
    form = {"old_password": old, "new_password1": new, "new_password2": again, "next": "/staff/"}
    return client.post(path, form).status_code


def test_it_asks_for_a_new_password_and_goes_on(due: User) -> None:
    client = Client()
    assert login(client, due, next="/staff/") == "/password/?next=/staff/"
    assert "Choose a new password" in client.get("/password/?next=/staff/").content.decode()
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, "next": "/staff/"}
    assert client.post("/password/", form)["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200


def test_nothing_else_opens_before(due: User, rest: Rest) -> None:
    client = Client()
    login(client, due)
    asked = [path for path in templates() if "{" not in path]
    assert {"/", "/staff/", "/profile/", "/pipeline/", "/two-factor/", "/staff/users/user/"} <= set(asked)
    opened = {path: client.get(path).status_code for path in asked if path.startswith(("/staff", "/profile", "/two"))}
    assert set(opened.values()) <= {302, 404}, opened
    for path in asked:
        answer = client.get(path)
        body = b"" if answer.streaming else answer.content
        assert due.email not in body.decode(errors="replace"), path
    assert client.get("/api/users/me").status_code == 401
    assert rest(due).get("/api/users/me").status_code != 401  # a key is no log-in


def test_every_way_leads_to_it_and_none_in_a_circle(due: User) -> None:
    client = Client()
    login(client, due)
    for path in ("/", "/staff/", "/profile/", "/login/", "/login/organisation/", "/login/code/", "/two-factor/"):
        chain = client.get(path, follow=True).redirect_chain
        assert chain[-1][0].startswith("/password/"), (path, chain)
        assert len(chain) <= 3


def test_a_refused_password_changes_nothing(due: User) -> None:
    client = Client()
    login(client, due)
    for old, new, again in (("wrong", NEW, NEW), (PASSWORD, NEW, "another"), (PASSWORD, PASSWORD, PASSWORD)):
        assert choose(client, old, new, again) == 200
    assert client.get("/staff/").status_code == 302
    assert choose(client) == 302
    assert client.get("/staff/").status_code == 200


def test_it_does_not_ask_twice(due: User) -> None:
    client = Client()
    login(client, due)
    choose(client)
    other = Client()
    assert login(other, due, NEW) == "/home/"
    assert other.get("/staff/").status_code == 200


def test_a_password_that_grows_too_old_during_a_session_is_asked_for(
    browser_of: Callable[[User], Client], alice: User, settings: Settings
) -> None:
    client = browser_of(alice)
    assert client.get("/staff/").status_code == 200
    User.objects.update(password_updated=timezone.now() - timedelta(days=2), created_at=timezone.now())
    settings.USER_PASSWORD_MAX_DAYS = 1
    assert client.get("/staff/", follow=True).redirect_chain[-1][0] == "/password/?next=/staff/"


def test_whoever_does_not_want_to_can_leave(due: User) -> None:
    client = Client()
    login(client, due)
    client.post("/logout/")
    assert client.get("/password/")["Location"] == "/login/?next=/password/"


# What a sceptic asks ------------------------------------------------------------------------------


def test_the_session_gets_a_new_key_when_somebody_logs_in(bob: User, bob_of_b: User) -> None:
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["authorisation"] = session.session_key
    keys = [session.session_key]
    login(client, bob)
    keys.append(client.session.session_key)
    client.post("/login/organisation/", {"account": bob.pk})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


def test_an_address_takes_as_much_hashing_whether_it_is_known_or_not(
    bob: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hashing takes nearly all of the time of a log-in, so what is counted is that."""
    hashed: list[str] = []
    hasher = backends.make_password.__globals__["get_hasher"]().__class__
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda self, *args: hashed.append("") or encode(self, *args))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    nopass = UserFactory(organisation=bob.organisation, email="nopass@example.com")
    counts = {}
    for email in (bob.email, "nobody@example.com", alice.email, nopass.email):
        hashed.clear()
        answer = Client().post("/login/", {"username": email, "password": "wrong"})
        counts[email] = (answer.status_code, len(hashed))
    assert len(set(counts.values())) == 1, counts
    assert counts[bob.email][1] > 0


def test_pages_of_wrong_passwords_are_the_same(bob: User) -> None:
    pages = set()
    for email in (bob.email, "bxb@example.com"):
        client = Client(enforce_csrf_checks=False)
        page = client.post("/login/", {"username": email, "password": "wrong"}).content.decode()
        token = client.cookies["csrftoken"].value
        pages.add("\n".join(line for line in page.replace(email, "").splitlines() if "csrfmiddlewaretoken" not in line))
        assert token
    assert len(pages) == 1


FORMS = [
    "/login/",
    "/logout/",
    "/login/organisation/",
    "/login/code/",
    "/password/",
    "/password/forgotten/",
    "/password/new/",
    "/two-factor/",
    "/two-factor/codes/",
    "/two-factor/off/",
    "/profile/",
    "/profile/access-key/",
    "/profile/sessions/",
    "/profile/organisation/",
]


def test_every_form_wants_its_token(bob: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    assert {path: client.post(path).status_code for path in FORMS} == dict.fromkeys(FORMS, 403)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_step_leads_elsewhere(due: User, bob: User, bob_of_b: User, elsewhere: str) -> None:
    client = Client()
    assert login(client, due, next=elsewhere) == "/password/?next=/home/"
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, "next": elsewhere}
    assert client.post("/password/", form)["Location"] == "/profile/"
    client = Client()
    login(client, bob, next=elsewhere)
    assert client.post("/login/organisation/", {"account": bob.pk, "next": elsewhere})["Location"] == "/home/"


def test_pages_of_the_way_in_are_kept_nowhere(bob: User) -> None:
    for path in ("/login/", "/password/forgotten/", "/password/new/"):
        assert "no-store" in Client().get(path)["Cache-Control"], path


def test_the_audit_log_says_who_came_and_went(bob: User) -> None:
    client = Client()
    login(client, bob)
    client.post("/logout/")
    records = list(AuditRecord.objects.order_by("sequence").values_list("action", "user", "organisation", "subject"))
    assert records == [("Log In", bob.email, "a" * 24, bob.pk), ("Log Out", bob.email, "a" * 24, bob.pk)]


def test_the_audit_log_keeps_failed_logins_without_the_password(bob: User) -> None:
    Client().post("/login/", {"username": bob.email, "password": "my secret words"})
    end_minute()
    record = AuditRecord.objects.get()
    assert (record.action, record.user, record.method) == ("Log In", "", "POST")
    assert "my secret words" not in f"{record.__dict__}"
