"""Forgotten passwords."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.core.throttling import MAIL_LIMIT, MAIL_LIMIT_OF_IP
from apps.organisations.models import Organisation
from apps.outbox import attempts
from apps.outbox.models import Delivery
from apps.users import services
from apps.users.checks import check_settings
from apps.users.models import User
from apps.users.services.passwords import ResetLinkExpired, reset_code, reset_password
from tests.factories import UserFactory
from tests.plugins.cast import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("worker_at_hand")]

NEW = "a wholly new one"


def ask(email: str, **headers: Any) -> Any:
    return Client(**headers).post("/password/forgotten/", {"email": email})


def links_in(mail: EmailMessage) -> list[str]:
    return re.findall(r"https?://\S+", str(mail.body))


def use(link: str, password: str = NEW) -> Any:
    """Open a link as a browser does: what stands behind the # stays there, and the script puts it into the form."""
    path, _, code = link.removeprefix("http://testserver").partition("#")
    client = Client()
    assert client.get(path).status_code == 200
    return client.post(path, {"code": code, "new_password1": password, "new_password2": password})


def test_a_mail_that_cannot_be_sent_is_tried_again(
    bob: User, mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: Any) -> None:
        raise SMTPServerDisconnected("the mail server restarts")

    with monkeypatch.context() as away:
        away.setattr("apps.users.services.passwords.send_mail", gone)
        assert ask(bob.email).status_code == 302
    delivery = Delivery.objects.get()
    assert (delivery.about, delivery.last_error) == (bob.email, "SMTPServerDisconnected: the mail server restarts")
    Delivery.objects.update(available_at=timezone.now())
    attempts.deliver(delivery.pk)
    [mail] = mailoutbox
    assert use(links_in(mail)[0])["Location"] == "/login/"


def logs_in(user: User, password: str) -> bool:
    return Client().post("/login/", {"username": user.email, "password": password}).status_code == 302


def test_a_link_comes_by_mail_and_gives_a_new_password(
    bob: User, mailoutbox: list[EmailMessage], browser_of: Callable[[User], Client]
) -> None:
    inside = browser_of(bob)
    assert ask(" BOB@example.com ")["Location"] == "/password/forgotten/sent/"
    [mail] = mailoutbox
    [link] = links_in(mail)
    assert mail.to == [bob.email]
    assert link.startswith("http://testserver/password/new/#")
    assert "Alpha" in str(mail.body)
    assert "within 16 minutes" in str(mail.body)
    assert use(link)["Location"] == "/login/"
    assert (logs_in(bob, NEW), logs_in(bob, PASSWORD)) == (True, False)
    assert inside.get("/profile/").status_code == 302


def test_the_answer_does_not_tell_whether_the_address_is_known(bob: User, mailoutbox: list[EmailMessage]) -> None:
    answers = {(answer.status_code, answer["Location"]) for answer in map(ask, [bob.email, "nobody@example.com"])}
    assert len(answers) == 1
    assert len(mailoutbox) == 1


def test_the_page_looks_nobody_up(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that takes time for known addresses only is the worker's, so the times are the same."""
    monkeypatch.setattr("apps.outbox.services._wake_on_commit", lambda _: None)
    for email in (bob.email, "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            ask(email)
        assert not [query for query in queries if "users_" in query["sql"]]
    assert sorted(Delivery.objects.values_list("about", flat=True)) == [bob.email, "nobody@example.com"]


def test_a_link_works_once(bob: User, mailoutbox: list[EmailMessage]) -> None:
    ask(bob.email)
    [link] = links_in(mailoutbox[0])
    use(link)
    again = use(link, "and yet another one")
    assert "no longer good" in again.content.decode()
    assert logs_in(bob, NEW)


def test_all_links_die_with_the_password(bob: User, mailoutbox: list[EmailMessage]) -> None:
    ask(bob.email)
    ask(bob.email)
    first, second = (links_in(mail)[0] for mail in mailoutbox)
    use(second)
    assert "no longer good" in use(first, "and yet another one").content.decode()


def test_a_link_dies_after_1000_seconds(bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    code = reset_code(bob)
    made = datetime.now()  # noqa: DTZ005  (as Django has it)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _: made + timedelta(seconds=1002))
    with pytest.raises(ResetLinkExpired):
        reset_password(code=code, password=NEW)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _: made + timedelta(seconds=990))
    reset_password(code=code, password=NEW)


def test_a_link_dies_when_the_account_is_closed_or_its_sessions_are_ended(bob: User, alice: User) -> None:
    codes = [reset_code(bob), reset_code(alice)]
    User.objects.filter(pk=bob.pk).update(is_active=False)
    services.end_sessions(user=alice)
    for code in codes:
        with pytest.raises(ResetLinkExpired):
            reset_password(code=code, password=NEW)


@pytest.mark.parametrize("code", ["", "x", "-", "a" * 24, "a" * 24 + "-", "a" * 24 + "-abc-def", "\0" * 24 + "-x"])
def test_other_codes_are_refused(bob: User, code: str) -> None:
    with pytest.raises(ResetLinkExpired):
        reset_password(code=code, password=NEW)


def test_a_code_of_one_is_nothing_for_another(bob: User, alice: User) -> None:
    token = reset_code(bob).partition("-")[2]
    with pytest.raises(ResetLinkExpired):
        reset_password(code=f"{alice.pk}-{token}", password=NEW)


def test_the_rules_for_passwords_hold(bob: User, mailoutbox: list[EmailMessage]) -> None:
    ask(bob.email)
    [link] = links_in(mailoutbox[0])
    assert "at least 6 characters" in use(link, "short").content.decode()
    assert use(link).status_code == 302


def test_a_link_does_not_open_an_account_with_a_second_factor(bob: User, mailoutbox: list[EmailMessage]) -> None:
    from tests.users.test_two_factor import set_up

    set_up(bob)
    ask(bob.email)
    use(links_in(mailoutbox[0])[0])
    answer = Client().post("/login/", {"username": bob.email, "password": NEW})
    assert answer["Location"] == "/login/code/"


def test_one_mail_lists_every_account_of_an_address(
    settings: Settings, bob: User, organisation_b: Organisation, mailoutbox: list[EmailMessage]
) -> None:
    settings.ENABLE_MULTI_ORG_USERS = True
    there = UserFactory.build(email=bob.email, organisation=organisation_b)
    there.set_password(PASSWORD)
    there.save()
    ask(bob.email)
    [mail] = mailoutbox
    links = links_in(mail)
    assert len(links) == 2
    assert ("Alpha" in str(mail.body), "Beta" in str(mail.body)) == (True, True)
    use(next(link for link in links if there.pk in link))
    there.refresh_from_db()
    bob.refresh_from_db()
    assert (there.check_password(NEW), bob.check_password(PASSWORD)) == (True, True)


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}])
def test_closed_accounts_and_those_without_password_get_none(
    bob: User, change: dict[str, Any], mailoutbox: list[EmailMessage]
) -> None:
    User.objects.filter(pk=bob.pk).update(**change)
    assert ask(bob.email).status_code == 302
    assert mailoutbox == []


@pytest.mark.parametrize("email", ["bob@example.com", "nobody@example.com"])
def test_nobody_is_flooded(bob: User, email: str, mailoutbox: list[EmailMessage]) -> None:
    assert [ask(email).status_code for _ in range(MAIL_LIMIT)] == [302] * MAIL_LIMIT
    refused = ask(email)
    assert (refused.status_code, "Retry in" in refused.content.decode()) == (429, True)
    assert len(mailoutbox) in {0, MAIL_LIMIT}


def test_nobody_floods_others_from_one_place() -> None:
    answers = [ask(f"{number}@example.com").status_code for number in range(MAIL_LIMIT_OF_IP + 1)]
    assert answers == [302] * MAIL_LIMIT_OF_IP + [429]


def test_links_begin_with_the_public_address(settings: Settings, bob: User, mailoutbox: list[EmailMessage]) -> None:
    settings.PUBLIC_URL = "https://weir.example.com"
    settings.ALLOWED_HOSTS = ["*"]
    ask(bob.email, HTTP_HOST="evil.example")
    assert links_in(mailoutbox[0])[0].startswith("https://weir.example.com/password/new/#")


def test_a_host_that_anybody_may_name_is_in_no_link(
    settings: Settings, bob: User, mailoutbox: list[EmailMessage]
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answer = ask(bob.email, HTTP_HOST="evil.example")
    assert (answer.status_code, "PUBLIC_URL" in answer.content.decode()) == (503, True)
    settings.ALLOWED_HOSTS = ["weir.example.com"]
    assert ask(bob.email, HTTP_HOST="evil.example").status_code == 400
    assert mailoutbox == []


def test_the_start_warns_of_it(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert [message.id for message in check_settings(None)] == ["users.W001"]
    settings.PUBLIC_URL = "https://weir.example.com"
    assert check_settings(None) == []


def test_it_is_in_the_outbox_when_the_queue_is_away(
    bob: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("apps.outbox.wakeups._silent_until", time.monotonic() + 60)
    with django_capture_on_commit_callbacks(execute=True):
        answers = [ask(email) for email in (bob.email, "nobody@example.com")]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Delivery.objects.due().count() == 2


def test_the_code_is_in_no_record_and_no_path(
    bob: User, mailoutbox: list[EmailMessage], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ask(bob.email)
    [link] = links_in(mailoutbox[0])
    code = link.partition("#")[2]
    use(link)
    assert code not in caplog.text
    assert not [record for record in AuditRecord.objects.all() if code in f"{record.__dict__}"]
    assert {"Send Password Link", "Recover Password"} <= set(AuditRecord.objects.values_list("action", flat=True))


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_same_link_one_sets_the_password(bob: User) -> None:
    code = reset_code(bob)

    def is_set(number: int) -> bool:
        try:
            reset_password(code=code, password=f"{NEW} {number}")
        except ResetLinkExpired:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(is_set, range(4))) == 1
