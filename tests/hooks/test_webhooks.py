"""Webhooks: what every resource keeps, and what is particular about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.apis.models import Api
from apps.hooks.models import Webhook
from apps.hooks.viewsets import WebhookViewSet
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.contracts import ResourceContract, error
from tests.factories import WebhookFactory

pytestmark = pytest.mark.django_db

Rest = Callable[..., APIClient]
BODY = {
    "name": "Pager", "method": "PUT", "target_path": "http://10.0.0.7:8080/hook?team=a", "template_path": "t.json",
    "header_map": {"X-Team": "payments"}, "event_timeout": 60, "webhook_id": "pager",
}  # fmt: skip
#: What strict clients take, and not one more.
MEMBERS = {*BODY, "api_model", "id", "org_id"}
INVALID = "Webhook object validation failed"
TOO_MANY_HEADERS = f"{INVALID}: header_map: at most 100 headers of 8,000 characters"


class TestWebhooks(ResourceContract):
    """The contract, for webhooks. Who makes one is not told its id."""

    viewset, factory = WebhookViewSet, WebhookFactory
    body = BODY
    changes = {"name": "Chat", "method": "PATCH", "target_path": "https://chat.example/", "event_timeout": 5}
    form = {"name": "Pager", "method": "POST", "target_path": "https://hooks.example.com/a", "event_timeout": "0"}
    form_changes = {"name": "Chat"}
    replaces = True
    pages, staff = "/webhooks/", "/staff/hooks/webhook/"

    def meta_of(self, row: Any) -> str | None:
        return None


def refusal(answer: Any) -> tuple[int, str]:
    assert answer.json() == error(answer.json()["Message"])
    return answer.status_code, answer.json()["Message"]


def test_it_is_read_with_the_members_that_clients_know(rest: Rest, alice: User) -> None:
    rest(alice).post("/api/hooks", BODY)
    [listed] = rest(alice).get("/api/hooks/").json()["hooks"]
    assert listed.keys() == MEMBERS
    assert rest(alice).get(f"/api/hooks/{listed['id']}").json() == listed


def test_a_change_empties_what_it_leaves_out(rest: Rest, alice: User) -> None:
    rest(alice).post("/api/hooks", BODY)
    row = Webhook.objects.get()
    rest(alice).put(f"/api/hooks/{row.pk}", {"method": "GET", "target_path": "https://x.example"})
    read = rest(alice).get(f"/api/hooks/{row.pk}").json()
    assert {name: read[name] for name in BODY} == {
        "name": "", "method": "GET", "target_path": "https://x.example", "template_path": "", "header_map": {},
        "event_timeout": 0, "webhook_id": "",
    }  # fmt: skip


@pytest.mark.parametrize("left_out", ["method", "target_path"])
def test_method_and_url_must_be_there(rest: Rest, alice: User, left_out: str) -> None:
    body = {name: value for name, value in BODY.items() if name != left_out}
    row = WebhookFactory(organisation=alice.organisation)
    for answer in (rest(alice).post("/api/hooks", body), rest(alice).put(f"/api/hooks/{row.pk}", body)):
        assert refusal(answer) == (400, INVALID)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"method": "TRACE"}, INVALID),
        ({"method": "post"}, INVALID),
        ({"event_timeout": -1}, INVALID),
        ({"event_timeout": 2**31}, INVALID),
        ({"event_timeout": "5"}, INVALID),
        ({"header_map": {"X": 1}}, INVALID),
        ({"header_map": ["X"]}, INVALID),
        ({"header_map": {"X": "a\nY: b"}}, f"{INVALID}: header_map: names and values are texts of one line"),
        ({"header_map": {f"X-{number}": "a" for number in range(101)}}, TOO_MANY_HEADERS),
        ({"header_map": {"X": "a" * 8_000}}, TOO_MANY_HEADERS),
        ({"header_map": {"X" * 8_000: "a"}}, TOO_MANY_HEADERS),
        *(
            ({"target_path": url}, f"{INVALID}: target_path: it is no address such as https://example.com/hook")
            for url in ("hook", "/hook", "ftp://a.example", "https://", "http://a b", "http://[::1", "http://a:x/")
        ),
    ],
)
def test_what_a_gateway_could_not_use_is_refused(rest: Rest, alice: User, changes: Any, told: str) -> None:
    assert refusal(rest(alice).post("/api/hooks", {**BODY, **changes})) == (400, told)
    assert not Webhook.objects.exists()


def test_a_webhook_id_is_taken_once_in_an_organisation(rest: Rest, alice: User, charlie: User) -> None:
    assert rest(alice).post("/api/hooks", BODY).status_code == 200
    assert rest(charlie).post("/api/hooks", BODY).status_code == 200
    assert refusal(rest(alice).post("/api/hooks", BODY)) == (409, "Duplicate webhook_id")
    for _ in range(2):
        assert rest(alice).post("/api/hooks", {**BODY, "webhook_id": ""}).status_code == 200


def reference(webhook: Webhook, **hook: Any) -> dict[str, Any]:
    return {"event_name": "AuthFailure", "event_timeout": 10, "hook": {**webhook.as_copy, **hook}}


def api_with(organisation: Organisation, *references: Any) -> Api:
    return Api.objects.create(organisation=organisation, name="Orders", hook_references=list(references))


def test_apis_have_it_as_it_is_now(rest: Rest, alice: User, organisation_b: Organisation) -> None:
    webhook, other = (WebhookFactory(organisation=alice.organisation) for _ in range(2))
    api = api_with(webhook.organisation, reference(webhook), reference(other))
    theirs = api_with(organisation_b, reference(webhook))
    rest(alice).put(f"/api/hooks/{webhook.pk}", {**BODY, "name": "Renamed"})
    api.refresh_from_db()
    theirs.refresh_from_db()
    assert [one["hook"]["name"] for one in api.hook_references] == ["Renamed", other.name]
    assert api.hook_references[0]["event_timeout"] == 10
    assert theirs.hook_references[0]["hook"]["name"] == webhook.name


def test_apis_keep_their_copy_of_one_that_is_deleted(rest: Rest, alice: User) -> None:
    webhook = WebhookFactory(organisation=alice.organisation)
    api = api_with(webhook.organisation, reference(webhook))
    rest(alice).delete(f"/api/hooks/{webhook.pk}")
    api.refresh_from_db()
    assert api.hook_references == [reference(webhook)]


def test_an_api_takes_over_what_it_names(rest: Rest, alice: User) -> None:
    webhook = WebhookFactory(organisation=alice.organisation)
    definition = {"name": "Orders"}
    body = {"api_definition": definition, "hook_references": [reference(webhook, name="Stale")]}
    made = rest(alice).post("/api/apis", body).json()
    read = rest(alice).get(f"/api/apis/{made['Meta']}").json()
    assert read["hook_references"] == [reference(webhook)]


@pytest.mark.parametrize("hook", [{}, {"method": "POST"}, {"target_path": "https://x.example"}, None])
def test_an_api_is_refused_whose_webhook_nobody_could_call(rest: Rest, alice: User, hook: Any) -> None:
    body = {"api_definition": {"name": "Orders"}, "hook_references": [{"event_name": "AuthFailure", "hook": hook}]}
    told = "hook_references.0: it needs event_name and a hook with method and target_path"
    assert refusal(rest(alice).post("/api/apis", body)) == (400, told)


@pytest.mark.parametrize(("sent", "kept"), [(60.0, 60), (60, 60), (1.5, None), ("60", None), (True, None)])
def test_seconds_are_a_whole_number_however_it_is_written(rest: Rest, alice: User, sent: Any, kept: int | None) -> None:
    answer = rest(alice).post("/api/hooks", {**BODY, "event_timeout": sent})
    assert answer.status_code == (400 if kept is None else 200)
    assert list(Webhook.objects.values_list("event_timeout", flat=True)) == ([] if kept is None else [kept])
