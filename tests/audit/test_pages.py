"""The audit pages and the staff site: who sees what, state in the address, the diff."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.audit import models, services
from apps.audit.models import AuditRecord
from apps.audit.views import PAGE_SIZE
from apps.users.models import User
from tests.audit.conftest import A, B, record

pytestmark = pytest.mark.django_db

BrowserOf = Callable[[User], Client]
LIST = "/audit/records/"
STAFF = "/staff/audit/auditrecord/"


def text(response: Any) -> str:
    """Give the page."""
    body: str = response.content.decode()
    return body


def shown(browser: Client, query: str = "") -> list[str]:
    """Give the actions of the list."""
    cells = re.findall(
        r"<tr>\s*<td>.*?</td>\s*<td>.*?</td>\s*<td>([^<]*?)</td>", text(browser.get(f"{LIST}{query}")), re.DOTALL
    )
    return [cell.strip() for cell in cells]


def test_it_says_which_permission_is_missing_and_who_gives_it(browser_of: BrowserOf, bob: User, alice: User) -> None:
    User.objects.filter(pk=bob.pk).update(user_permissions={"analytics": "read"})
    refused = text(browser_of(bob).get("/audit/"))
    assert "<code>audit_logs</code>" in refused
    assert alice.email in refused


def test_the_rail_leads_there_for_those_who_may(browser_of: BrowserOf, bob: User) -> None:
    assert 'href="/audit/" aria-current="page"' in text(browser_of(bob).get("/audit/"))
    User.objects.filter(pk=bob.pk).update(user_permissions={"analytics": "read"})
    assert 'href="/audit/"' not in text(browser_of(bob).get("/pipeline/"))


def test_organisations_see_their_own(browser_of: BrowserOf, bob: User, charlie: User, dora: User) -> None:
    of_a, of_b, of_none = record(action="of A"), record(B, action="of B"), record("", action="of none")
    assert shown(browser_of(bob)) == ["of A"]
    assert shown(browser_of(charlie)) == ["of B"]
    assert browser_of(charlie).get(f"/audit/{of_a.pk}/").status_code == 404
    assert len(json.loads(b"".join(browser_of(bob).get("/audit/records.json").streaming_content))) == 1  # type: ignore[attr-defined]
    for made in (of_a, of_b, of_none):
        assert browser_of(dora).get(f"/audit/{made.pk}/").status_code == 200
    assert shown(browser_of(dora)) == ["of none", "of B", "of A"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?user=ALICE@", ["one"]),
        ("?action=tw", ["two"]),
        ("?method=put", ["two"]),
        ("?status=404", ["two"]),
        ("?url=/api/x", ["two"]),
        ("?ip=203.0.113.9", ["one"]),
        ("?user=nobody", []),
        ("?status=x&method=1&user=%00", ["two", "one"]),
    ],
)
def test_it_filters(browser_of: BrowserOf, bob: User, query: str, found: list[str]) -> None:
    record(action="one", ip="203.0.113.9")
    record(action="two", user="bob@example.com", method="PUT", status=404, url="/api/x?y=1")
    assert shown(browser_of(bob), query) == found


def test_times_are_in_the_persons_zone(browser_of: BrowserOf, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Asia/Kolkata")
    with monkeypatch.context() as then:
        then.setattr(models.timezone, "now", lambda: datetime(2026, 3, 4, 20, 0, tzinfo=UTC))
        made = record(action="late")
    browser = browser_of(bob)
    assert "5 Mar 2026 01:30:00" in text(browser.get(LIST))
    assert shown(browser, "?from=2026-03-05&to=2026-03-05") == ["late"]
    assert shown(browser, "?from=2026-03-04&to=2026-03-04") == []
    assert shown(browser, "?from=2026-03-05T01:30") == ["late"]
    assert shown(browser, "?to=2026-03-05T01:30") == []
    page = text(browser.get("/audit/?from=2026-03-05&to=2026-03-05"))
    assert 'value="2026-03-05T00:00"' in page
    assert 'value="2026-03-06T00:00"' in page
    assert "Times are in Asia/Kolkata" in page
    assert "5 March 2026 01:30:00" in text(browser.get(f"/audit/{made.pk}/"))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
@pytest.mark.parametrize(
    "moment",
    [
        *("9999-12-31T23:30-05:00", "0001-01-01", "0001-01-01T00:30+05:00", "9999-12-31T23:59", "9999-12-31"),
        *("0001-01-01T00:00-05:00", "9999-12-31T18:00Z", "0001-01-01T12:00+12:00"),
    ],
)
def test_a_moment_at_the_end_of_the_calendar_is_no_error(
    browser_of: BrowserOf, bob: User, zone: str, moment: str
) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone=zone)
    browser, query = browser_of(bob), urlencode({"from": moment, "to": moment})
    assert {browser.get(f"{page}?{query}").status_code for page in ("/audit/", LIST)} == {200}


def test_the_state_is_the_address(browser_of: BrowserOf, bob: User) -> None:
    page = text(browser_of(bob).get("/audit/?user=a%26b&status=403&before=x&new=1"))
    assert escape("/audit/records/?user=a%26b&status=403") in page
    assert escape("/audit/records.csv?user=a%26b&status=403") in page
    assert escape("/audit/?status=403") in page  # without the user
    assert "“new” is not known here." in page
    assert "“before” was left out" in page


def test_a_form_leads_to_the_shortest_address(browser_of: BrowserOf, bob: User) -> None:
    answer = browser_of(bob).get("/audit/?user=bob&action=&method=&from=")
    assert (answer.status_code, answer["Location"]) == (302, "/audit/?user=bob")
    assert browser_of(bob).get("/audit/?user=&action=")["Location"] == "/audit/"


def test_it_pages_by_key_both_ways(browser_of: BrowserOf, bob: User) -> None:
    for number in range(2 * PAGE_SIZE + 5):
        record(action=f"number {number}")
    browser = browser_of(bob)
    address, seen, ways = LIST, [], []
    while address:
        page = text(browser.get(address))
        seen += re.findall(r"number (\d+)", page)
        links = dict(re.findall(r'rel="(\w+)" href="/audit/(\?[^"]+)"', page))
        ways.append(sorted(links))
        address = LIST + links["next"] if "next" in links else ""
    assert [int(number) for number in seen] == list(range(2 * PAGE_SIZE + 4, -1, -1))
    assert ways == [["next"], ["next", "prev"], ["prev"]]
    back = text(browser.get(LIST + links["prev"]))
    assert re.findall(r"number (\d+)", back)[0] == str(PAGE_SIZE + 4)
    first = dict(re.findall(r'rel="(\w+)" href="/audit/(\?[^"]+)"', back))["prev"]
    assert re.findall(r"number (\d+)", text(browser.get(LIST + first)))[0] == str(2 * PAGE_SIZE + 4)


def test_a_list_costs_the_same_queries_however_long(
    browser_of: BrowserOf, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = browser_of(bob)
    for more in (1, 20):
        for _ in range(more):
            record()
        with django_assert_num_queries(6):  # session, user, records and what bounds them
            browser.get(LIST)


def test_it_says_why_there_is_nothing(browser_of: BrowserOf, bob: User, settings: Settings) -> None:
    browser = browser_of(bob)
    assert "Nothing recorded yet" in text(browser.get(LIST))
    record()
    assert "No record passes the filters" in text(browser.get(f"{LIST}?user=nobody"))
    assert "No records in this time" in text(browser.get(f"{LIST}?to=2020-01-01"))
    settings.AUDIT_STORE_TYPE = "file"
    assert "AUDIT_STORE_TYPE" in text(browser.get(f"{LIST}?user=nobody"))


def test_a_record_shows_its_diff(browser_of: BrowserOf, bob: User) -> None:
    services.record_event(
        action="Update <User>",
        kind="user",
        id="u1",
        organisation=A,
        before={"email": "old@example.com", "name": None, "limits": {"rate": 1}},
        after={"email": "<new>@example.com", "name": "Al", "limits": {"rate": 2}, "active": True},
    )
    page = text(browser_of(bob).get(f"/audit/{AuditRecord.objects.get().pk}/"))
    rows = re.findall(
        r'<th scope="row">(.*?)</th>.*?class="before">(.*?)</td>.*?class="after">(.*?)</td>', page, re.DOTALL
    )
    cells = {field: [re.sub("<[^>]*>", "", cell) for cell in pair] for field, *pair in rows}
    assert cells == {
        "email": ["old@example.com", "&lt;new&gt;@example.com"],
        "name": ["nothing", "Al"],
        "limits.rate": ["1", "2"],
        "active": ["nothing", "true"],
    }
    assert "Update &lt;User&gt;" in page


def test_files_hold_what_is_looked_for(browser_of: BrowserOf, bob: User) -> None:
    record(action="one")
    record(action="two")
    for query in ("action=tw", f"action=tw&before={'0' * 24}", "action=tw&after=x"):  # wherever the page was
        answer: Any = browser_of(bob).get(f"/audit/records.csv?{query}")
        rows = csv.DictReader(b"".join(answer.streaming_content).decode().splitlines())
        assert [row["action"] for row in rows] == ["two"]
    assert browser_of(bob).get("/audit/records.xml").status_code == 404


@pytest.mark.parametrize("query", ["from=garbage", "status=x&action=one", "usr=bob"])
@pytest.mark.parametrize("kind", ["csv", "json"])
def test_a_file_of_something_else_than_was_looked_for_is_refused(
    browser_of: BrowserOf, bob: User, kind: str, query: str
) -> None:
    record(action="one")
    refused = browser_of(bob).get(f"/audit/records.{kind}?{query}")
    assert (refused.status_code, refused["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert f"“{query.partition('=')[0]}”" in text(refused)


def test_staff_read_and_change_nothing(browser_of: BrowserOf, alice: User, charlie: User) -> None:
    made = record(action="of A", diff="")
    browser = browser_of(alice)
    assert "of A" in text(browser.get(STAFF))
    assert "of A" in text(browser.get(f"{STAFF}?q=alice"))
    assert "of A" not in text(browser.get(f"{STAFF}?q=nobody"))
    assert "of A" in text(browser.get(f"{STAFF}?method=GET&status=200"))
    change = browser.get(f"{STAFF}{made.pk}/change/")
    assert change.status_code == 200
    assert 'name="_save"' not in text(change)
    for path in ("add/", f"{made.pk}/delete/"):
        assert browser.get(STAFF + path).status_code == 403
    assert browser.post(f"{STAFF}{made.pk}/change/", {"action": "x"}).status_code == 403
    assert "of A" not in text(browser_of(charlie).get(STAFF))
    assert browser_of(charlie).get(f"{STAFF}{made.pk}/change/").status_code == 302


def test_staff_see_the_diff(browser_of: BrowserOf, alice: User) -> None:
    services.record_event(action="x", kind="user", id="u1", organisation=A, before={"a": "<b>"}, after={"a": "c"})
    page = text(browser_of(alice).get(f"{STAFF}{AuditRecord.objects.get().pk}/change/"))
    assert "<td>user/u1</td><td>a</td><td>&lt;b&gt;</td><td>c</td>" in page


def test_the_staff_list_costs_the_same_queries_however_long(
    browser_of: BrowserOf, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = browser_of(alice)
    record()
    browser.get(STAFF)
    for more in (0, 20):
        for _ in range(more):
            record()
        with django_assert_num_queries(9):
            browser.get(STAFF)
