"""Policies from elsewhere, and the catalogue of a portal that is not there."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from apps.keys.models import Policy
from apps.users.models import User
from tests.keys.bodies import PATH, SECRET, Rest, gold, make, operator, refusal, right

pytestmark = pytest.mark.django_db


def test_the_catalogue_of_the_portal_is_empty(rest: Rest, alice: User) -> None:
    for path in ("/api/portal/catalogue/", "/api/portal/catalogue"):
        answer = rest(alice).get(path)
        expected = {"apis": [], "id": "", "org_id": alice.organisation_id, "email": ""}
        assert (answer.status_code, answer.json()) == (200, expected)


def test_an_import_keeps_ids_and_goes_on_when_a_policy_cannot_be_taken(
    rest: Rest, alice: User, charlie: User, settings: Settings
) -> None:
    settings.ADMIN_SECRET = SECRET
    client = operator()
    org = {"org_id": alice.organisation_id}
    sent = [
        {**gold(), **org},
        {"_id": "", "name": "Silver", "access_rights": None, "smoothing": None, "meta_data": None, **org},
        {"_id": "b" * 24, "name": "Gold", **org},
        {"_id": "c" * 24, "name": "Nowhere", "org_id": "c" * 24},
        {"_id": "d" * 24, "name": "Odd", "quota_max": "much", **org},
        "text",
        {"_id": "e" * 24, "name": "Theirs", "org_id": charlie.organisation_id},
    ]
    answer = client.post("/admin/policies/import", {"Data": sent, "Pages": 0}, format="json")
    body = answer.json()
    silver = Policy.objects.get(name="Silver")
    assert (answer.status_code, body["Status"]) == (200, "OK")
    assert [*body["Meta"].values()] == [True, True, False, False, False, False, True]
    assert [*body["Meta"]][:5] == [gold()["_id"], silver.pk, "b" * 24, "c" * 24, "d" * 24]
    assert body["Message"].startswith("Policies imported; " + "b" * 24 + ": This policy name has already been used.")
    assert "d" * 24 + ": Request body malformed: quota_max: expected" in body["Message"]
    assert Policy.objects.count() == 3
    again = client.post("/admin/policies/import", {"Data": [{**sent[0], "rate": 5}]}, format="json")  # type: ignore[dict-item]
    assert again.json() == {"Status": "OK", "Message": "Policies imported", "Meta": {gold()["_id"]: True}}
    assert Policy.objects.get(policy_id="gold").definition["rate"] == 5


def test_what_the_list_gives_is_what_an_import_takes(rest: Rest, alice: User, settings: Settings) -> None:
    settings.ADMIN_SECRET = SECRET
    client = rest(alice)
    make(client, gold(unknown=[1, {"a": None}]))
    make(client, {"name": "Silver", "state": "draft", "access_rights": right("stock")})
    exported = client.get(f"{PATH}?p=-1").json()
    Policy.objects.all().delete()
    importer = operator()
    assert importer.post("/admin/policies/import", exported, format="json").json()["Message"] == "Policies imported"
    imported = client.get(f"{PATH}?p=-1").json()
    for one in (*exported["Data"], *imported["Data"]):
        del one["last_updated"]
    assert imported == exported


@pytest.mark.parametrize(("body", "status"), [("", 500), ("{", 403), ("[]", 403), ("{}", 403), ('{"Data": 7}', 403)])
def test_an_import_of_another_shape_is_malformed(body: str, status: int, settings: Settings) -> None:
    settings.ADMIN_SECRET = SECRET
    client = operator()
    answer = client.generic("POST", "/admin/policies/import", body, content_type="application/json")
    assert refusal(answer)[0] == status
