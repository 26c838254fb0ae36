"""Two writers do not overwrite each other unknowingly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils.html import escape
from rest_framework.test import APIClient

from apps.apis.api_templates.models import ApiTemplate
from apps.apis.api_templates.services import change_template
from apps.apis.models import Api
from apps.apis.services import change_api
from apps.core.resources import Resource
from apps.history.models import Version
from apps.users.models import User
from apps.users.services import reset_access_key
from tests.contracts.base import BrowserOf, Rest, error
from tests.factories import ApiTemplateFactory, UserFactory
from tests.history.test_versions import DOCUMENT, KINDS, MODELS, kinds

pytestmark = pytest.mark.django_db


@kinds
def test_rest_gives_a_tag_and_holds_a_write_to_it(rest: Rest, alice: User, kind: str) -> None:
    path, body, changes, _ = KINDS[kind]
    client = rest(alice)
    client.post(path, body)
    url = f"{path}/{MODELS[kind].objects.get().pk}"
    assert client.get(url)["ETag"] == '"1"'
    assert client.put(url, changes, headers={"If-Match": '"1"'})["ETag"] == '"2"'
    told = f"{alice.email} changed it meanwhile: it is version 2 now, not 1. Read it again before you change it"
    late = {"If-Match": '"1"'}
    for answer in (client.put(url, body, headers=late), client.delete(url, headers=late)):
        assert (answer.status_code, answer.json()) == (412, error(told))
    assert MODELS[kind].objects.get().revision == 2
    assert client.put(url, body, headers={"If-Match": 'W/"2", "7"'}).status_code == 200
    assert client.put(url, changes, headers={"If-Match": "*"}).status_code == 200
    assert client.put(url, body).status_code == 200
    assert client.delete(url, headers={"If-Match": client.get(url)["ETag"]}).status_code == 200


def test_documents_have_a_tag_too(rest: Rest, alice: User) -> None:
    client = rest(alice)
    made = client.post("/api/apis/oas", DOCUMENT)
    url = f"/api/apis/oas/{made.json()['Meta']}"
    read = client.get(url)
    assert read["ETag"] == '"1"'
    renamed = {**read.json(), "info": {"title": "Other", "version": "1"}}
    assert client.put(url, renamed, headers={"If-Match": '"1"'})["ETag"] == '"2"'
    late = {"If-Match": '"1"'}
    plain = {name: value for name, value in DOCUMENT.items() if not name.startswith("x-")}
    answers = [client.put(url, read.json(), headers=late), client.patch(url, plain, headers=late)]
    for answer in (*answers, client.delete(url, headers=late)):
        assert answer.status_code == 412
    assert client.get(url).json()["info"]["title"] == "Other"


@pytest.mark.parametrize("tag", ["1", "nonsense", '"'])
def test_a_header_without_a_tag_is_refused_with_an_example(rest: Rest, alice: User, tag: str) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation)
    answer = rest(alice).put(f"/api/assets/{row.pk}", {"name": "x"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["Message"]) == (
        412, 'If-Match must hold ETags in double quotes, such as "1"',
    )  # fmt: skip


@pytest.mark.parametrize("tag", ['"no number"', '"99999999999999999999"', '"2"', '"٣"'])
def test_a_tag_of_nothing_is_refused(rest: Rest, alice: User, tag: str) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation)
    answer = rest(alice).put(f"/api/assets/{row.pk}", {"name": "x"}, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert "it is version 1 now" in answer.json()["Message"] or "If-Match must hold" in answer.json()["Message"]


def form(row: Any, **given: Any) -> dict[str, Any]:
    return {"name": row.name, "description": "d", "template_id": row.template_id, "document": "{}", **given}


@pytest.mark.parametrize("door", ["/templates/{}/", "/staff/apis/apitemplate/{}/change/"])
def test_people_are_told_who_changed_it_meanwhile_and_what(
    rest: Rest, browser_of: BrowserOf, alice: User, door: str
) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation, name="Old")
    other = UserFactory(organisation=alice.organisation)
    browser, url = browser_of(alice), door.format(row.pk)
    hidden = '<input type="hidden" name="revision" value="&quot;{}&quot;" id="id_revision">'
    assert hidden.format(1) in browser.get(url).content.decode()
    rest(other).put(f"/api/assets/{row.pk}", {"name": "Theirs", "description": "Said by them"})
    page = browser.post(url, form(row, name="Mine", revision='"1"')).content.decode()
    for told in (f"{other.email} changed it meanwhile", "name: “Old” → “Theirs”", "description: “” → “Said by them”"):
        assert escape(told) in page
    assert 'value="Mine"' in page
    assert ApiTemplate.objects.get().name == "Theirs"
    assert hidden.format(2) in page
    assert browser.post(url, form(row, name="Mine", revision='"2"')).status_code == 302
    assert ApiTemplate.objects.get().name == "Mine"


def test_a_form_that_says_no_version_is_held_to_what_it_is_compared_with(
    rest: Rest, browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation, name="Old")
    assert browser_of(alice).post(f"/templates/{row.pk}/", form(row, name="Mine")).status_code == 302
    admitted = Resource.admit_update

    def overtaken(resource: Resource, *args: Any, **options: Any) -> Any:
        change_template(ApiTemplate.objects.get(), {"name": "Theirs"})
        return admitted(resource, *args, **options)

    monkeypatch.setattr(Resource, "admit_update", overtaken)
    page = browser_of(alice).post(f"/templates/{row.pk}/", form(row, name="Late")).content.decode()
    assert "changed it meanwhile: it is version 3 now, not 2" in page


def test_the_switches_of_an_api_are_held_to_the_definition_that_they_were_read_from(
    rest: Rest, browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pk = rest(alice).post("/api/apis", KINDS["api"][1]).json()["Meta"]
    admitted = Resource.admit_update

    def overtaken(resource: Resource, *args: Any, **options: Any) -> Any:
        change_api(Api.objects.get(), {"name": "Theirs"})
        return admitted(resource, *args, **options)

    monkeypatch.setattr(Resource, "admit_update", overtaken)
    page = browser_of(alice).post(f"/apis/{pk}/active/", {"active": "false"}, follow=True).content.decode()
    assert "changed it meanwhile" in page
    assert (Api.objects.get().name, Api.objects.get().active) == ("Theirs", True)


def test_nothing_is_deleted_that_was_changed_since_it_was_asked_for(
    rest: Rest, browser_of: BrowserOf, alice: User
) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation)
    url = f"/templates/{row.pk}/delete/"
    assert 'name="revision" value="&quot;1&quot;"' in browser_of(alice).get(url).content.decode()
    rest(alice).put(f"/api/assets/{row.pk}", {"name": "Theirs"})
    page = browser_of(alice).post(url, {"revision": '"1"'}, follow=True).content.decode()
    assert f"{alice.email} changed it meanwhile" in page
    assert browser_of(alice).post(url, {"revision": '"2"'}).status_code == 302
    assert not ApiTemplate.objects.exists()


def test_restoring_is_held_to_the_version_that_was_shown(rest: Rest, browser_of: BrowserOf, alice: User) -> None:
    row = ApiTemplateFactory(organisation=alice.organisation, name="Old")
    for name in ("b", "c"):
        rest(alice).put(f"/api/assets/{row.pk}", {"name": name})
    page = browser_of(alice).post(f"/templates/{row.pk}/history/1/", {"revision": '"2"'}, follow=True)
    assert "changed it meanwhile" in page.content.decode()
    assert ApiTemplate.objects.get().name == "c"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_at_the_same_moment_one_is_told(django_db_serialized_rollback: None) -> None:
    writers = [UserFactory(), UserFactory()]
    User.objects.update(organisation=writers[0].organisation)
    row = ApiTemplateFactory(organisation=writers[0].organisation, name="Old")
    keys, barrier = [reset_access_key(user=writer) for writer in writers], Barrier(2)

    def write(number: int) -> tuple[int, str]:
        try:
            client = APIClient(headers={"Authorization": keys[number]})
            barrier.wait(timeout=10)
            answer = client.put(
                f"/api/assets/{row.pk}", {"name": f"By {number}"}, format="json", headers={"If-Match": '"1"'}
            )
            return answer.status_code, answer.json()["Message"]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(write, range(2)))
    assert sorted(status for status, _ in answers) == [200, 412]
    winner = next(number for number, (status, _) in enumerate(answers) if status == 200)
    assert f"{writers[winner].email} changed it meanwhile" in answers[1 - winner][1]
    assert (ApiTemplate.objects.get().name, ApiTemplate.objects.get().revision) == (f"By {winner}", 2)
    assert list(Version.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
