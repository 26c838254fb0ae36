"""Definitions, documents, templates and policies that nobody could load again are refused; real ones are not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from apps.apis.models import Api
from apps.apis.oas.validation import check_document
from apps.core.json_values import size_fault
from apps.keys.models import Policy
from apps.users.models import User
from tests.apis.oas.documents import document
from tests.apis.test_classic import definition
from tests.contracts.base import BrowserOf
from tests.factories import PolicyFactory
from tests.keys.bodies import FORM, PATH, Rest, gold, refusal, right

MANY = {f"m{number}": number for number in range(500_000)}
SPREAD = {f"m{number}": [0] * 1_000 for number in range(1_000)}
TOO_MANY = "an object or list has more than 20,000 members"
TOO_MUCH = "there are more than 600,000 values"
sizes = pytest.mark.parametrize(("members", "fault"), [(MANY, TOO_MANY), (SPREAD, TOO_MUCH)], ids=["flat", "spread"])


def rights(number: int) -> dict[str, Any]:
    return {name: inner for step in range(number) for name, inner in right(f"api-{step}").items()}


@pytest.mark.parametrize("opened", [rights(5_001), {f"a{n}": {} for n in range(400_000)}], ids=["one more", "400,000"])
@pytest.mark.django_db
def test_a_policy_opens_no_more_apis_than_anybody_has(
    rest: Rest, browser_of: BrowserOf, alice: User, opened: Any
) -> None:
    answer = rest(alice).post(PATH, gold(access_rights=opened))
    assert refusal(answer) == (403, "Request body malformed: access_rights: there are more than 5,000 APIs")
    page = browser_of(alice).post("/policies/new/", {**FORM, "access_rights": json.dumps(opened)})
    assert page.context["form"].errors == {"access_rights": ["access_rights: there are more than 5,000 APIs"]}
    assert not Policy.objects.exists()


@sizes
@pytest.mark.django_db
def test_a_policy_is_no_larger_than_any(rest: Rest, alice: User, members: Any, fault: str) -> None:
    answer = rest(alice).post(PATH, gold(meta_data=members))
    assert refusal(answer)[1].endswith(f"policy: {fault}")


@pytest.mark.django_db
def test_the_page_of_a_policy_shows_the_first_of_many(browser_of: BrowserOf, alice: User) -> None:
    policy = PolicyFactory(organisation=alice.organisation, definition={"name": "Many", "access_rights": rights(4_000)})
    page = browser_of(alice).get(f"/policies/{policy.pk}/")
    assert (len(page.context["limits"]), page.context["others"]) == (100, 3_900)
    assert "and 3900 more" in page.content.decode()


@sizes
@pytest.mark.django_db
def test_a_classic_definition_is_no_larger_than_any(rest: Rest, alice: User, members: Any, fault: str) -> None:
    answer = rest(alice).post("/api/apis", {"api_definition": definition(config_data=members)})
    assert refusal(answer) == (400, f"api_definition: {fault}")
    assert not Api.objects.exists()


@sizes
@pytest.mark.django_db
def test_documents_and_templates_are_no_larger_than_any(rest: Rest, alice: User, members: Any, fault: str) -> None:
    client = rest(alice)
    made = client.post("/api/apis/oas", {**document(), "x-data": members})
    assert (made.status_code, made.json()["Message"]) == (400, f"The document is not valid: {fault}")
    made = client.post("/api/assets", {"name": "a", "kind": "oas-template", "data": {"x-data": members}})
    assert (made.status_code, made.json()["Message"]) == (422, f"data: {fault}")


def test_a_real_document_of_ten_megabytes_is_taken() -> None:
    schema = {"schema": {"type": "string", "description": "What it is, in the words of who wrote it."}}
    operation = {"parameters": [{"name": f"p{n}", "in": "query", **schema} for n in range(12)]}
    operation |= {"responses": {"200": {"description": "d" * 100}}}
    large = document({f"/path/{step}": {"get": {"operationId": f"o{step}", **operation}} for step in range(6_500)})
    assert len(json.dumps(large)) > 10_000_000
    started = time.perf_counter()
    assert size_fault(large) == ""
    assert time.perf_counter() - started < 1
    check_document(large, "oas")
