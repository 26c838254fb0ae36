"""What REST refuses to store is refused by every form, and what was stored once is read all the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from django.test import Client

from apps.audit.diff import as_text
from apps.core.forms import StrictJSONField
from apps.core.requests import is_storable
from apps.keys.models import Policy
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.audit.conftest import record
from tests.contracts.base import BrowserOf
from tests.factories import PolicyFactory
from tests.keys.bodies import Rest

FORM = {"name": "Gold", "rate": "1", "per": "1", "quota_max": "-1"}
OPTIONS = {"owner_name": "Gamma", "owner_slug": "gamma", "developer_quota": "0"}
HOSTILE = {
    "no number": '{"a": {"x": NaN}}',
    "minus infinity": '{"a": {"x": -Infinity}}',
    "beyond every float": '{"a": {"x": 1e999}}',
    "NUL": '{"a": {"x": "\\u0000"}}',
    "NUL in a name": '{"\\u0000": {}}',
    "half a letter": '{"a": {"x": "\\ud800"}}',
    "half a letter in a name": '{"\\ud800": "\\udfff"}',
    "300 lists": '{"a": {"x": ' + "[" * 300 + "]" * 300 + "}}",
    "100,000 lists": '{"a": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}",
    "5,000 digits": '{"a": {"x": ' + "9" * 5_000 + "}}",
    "no JSON": '{"a": ',
}
POISONS = {"no number": float("nan"), "infinity": float("-inf"), "half a letter": "\ud800", "in a name": {"\udfff": 1}}
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
poisons = pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS.keys())


@hostile
@pytest.mark.django_db
def test_the_form_of_a_policy_refuses_it_and_shows_it_again(browser_of: BrowserOf, alice: User, text: str) -> None:
    client: Client = browser_of(alice)
    for path in ("/policies/new/", "/staff/keys/policy/add/"):
        answer = client.post(path, {**FORM, "access_rights": text})
        assert answer.status_code == 200
        form = answer.context["form"] if "new" in path else answer.context["adminform"].form
        assert list(form.errors) == ["access_rights"]
    assert not Policy.objects.exists()


@hostile
@pytest.mark.parametrize("field", ["open_policy", "ui", "org_options_meta", "additional_permissions"])
@pytest.mark.django_db
def test_the_form_of_an_organisation_refuses_it(browser_of: BrowserOf, dora: User, field: str, text: str) -> None:
    answer = browser_of(dora).post("/staff/organisations/organisation/add/", {**OPTIONS, field: text})
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not Organisation.objects.filter(owner_slug="gamma").exists()


@pytest.mark.parametrize("digits", ["9" * 20, "9" * 4_000, "9" * 5_000])
@pytest.mark.django_db
def test_a_number_that_no_gateway_decodes_is_refused(browser_of: BrowserOf, alice: User, digits: str) -> None:
    answer = browser_of(alice).post("/policies/new/", {**FORM, "quota_max": digits})
    assert list(answer.context["form"].errors) == ["quota_max"]


def test_every_form_reads_json_strictly() -> None:
    ours = [kind for kind in forms.JSONField.__subclasses__() if kind.__module__.startswith("apps.")]
    assert ours == [StrictJSONField]


@pytest.mark.parametrize("poison", [float("nan"), float("-inf")])
@pytest.mark.django_db
def test_policies_stored_with_it_are_read(rest: Rest, browser_of: BrowserOf, alice: User, poison: float) -> None:
    policy = PolicyFactory(organisation=alice.organisation)
    held = {**policy.definition, "meta_data": {"x": poison}, "access_rights": {"a": {"x": poison}}}
    Policy.objects.filter(pk=policy.pk).update(definition=held)
    client = rest(alice)
    for path in ("/api/portal/policies", "/api/portal/policies?p=0", f"/api/portal/policies/{policy.pk}"):
        answer = client.get(path)
        assert answer.status_code == 200
        json.loads(answer.content, parse_constant=pytest.fail)
    assert browser_of(alice).get(f"/policies/{policy.pk}/").status_code == 200


@poisons
def test_a_record_holds_only_what_json_can_say(poison: Any) -> None:
    text = as_text({"policy/1": {"x": [None, {"y": [poison]}]}})
    assert is_storable(json.loads(text, parse_constant=pytest.fail))


@poisons
@pytest.mark.django_db
def test_a_record_that_holds_more_is_read(
    rest: Rest, browser_of: BrowserOf, alice: User, monkeypatch: pytest.MonkeyPatch, poison: Any
) -> None:
    text = json.dumps({"policy/1": {"x": [None, {"y": poison}]}})
    with monkeypatch.context() as patch:
        patch.setattr("apps.audit.services.as_text", lambda diffs: text)
        poisoned = record(alice.organisation_id)
    client = rest(alice)
    for path in ("", "?p=0", f"/{poisoned.pk}", "?download=true"):
        answer: Any = client.get(f"/api/audit-logs{path}")
        assert answer.status_code == 200
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"policy/1" in content
        json.loads(content, parse_constant=pytest.fail)
    assert browser_of(alice).get(f"/audit/{poisoned.pk}/").status_code == 200
