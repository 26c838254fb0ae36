"""Who sees which policies, and what becomes of those of an API that goes."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.keys.models import Policy
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.factories import UserFactory
from tests.keys.bodies import PATH, Rest, ids, make, refusal, right

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(organisation_a: Organisation, settings: Settings) -> User:
    """Somebody who owns ``mine`` and not ``hidden``."""
    settings.ENABLE_OWNERSHIP = True
    rights = {"policies": "write", "apis": "write"}
    user: User = UserFactory(organisation=organisation_a, user_permissions=rights)
    other = UserFactory(organisation=organisation_a)
    for name, person in (("mine", user), ("hidden", other)):
        api = Api.objects.create(organisation=organisation_a, name=name, api_id=name, auth_type=f"by {name}")
        set_owners(api=api, users=[person])
    return user


def test_who_owns_one_api_of_a_policy_reads_and_changes_that_and_the_others_stay(
    rest: Rest, alice: User, owner: User
) -> None:
    both = {**right("mine"), **right("hidden", limit={"rate": 7})}
    pk = make(rest(alice), {"name": "Both", "access_rights": both})
    make(rest(alice), {"name": "Hidden", "access_rights": right("hidden")})
    client = rest(owner)
    listed = client.get(PATH).json()["Data"]
    assert [(policy["_id"], policy["access_rights"]) for policy in listed] == [(pk, right("mine"))]
    assert client.get(f"{PATH}/{pk}").json() == listed[0]
    changed = {**listed[0], "access_rights": right("mine", limit={"rate": 1}), "rate": 3}
    assert client.put(f"{PATH}/{pk}", changed).status_code == 200
    stored = Policy.objects.get(pk=pk).definition
    assert stored["access_rights"] == {**right("mine", limit={"rate": 1}), **right("hidden", limit={"rate": 7})}
    text = "User does not have permission to add API to policy Access Rights: hidden"
    assert refusal(client.put(f"{PATH}/{pk}", {**changed, "access_rights": both})) == (403, text)
    for query in ("api_id=hidden", "auth_type=by hidden"):
        assert ids(client.get(f"{PATH}/search?{query}")) == []
    assert ids(client.get(f"{PATH}/search?api_id=mine&auth_type=by mine")) == [pk]


def test_a_policy_none_of_whose_apis_is_there_is_for_everybody_with_the_permission(
    rest: Rest, alice: User, owner: User
) -> None:
    pk = make(rest(alice), {"name": "Left", "access_rights": right("hidden")})
    client = rest(owner)
    assert client.get(f"{PATH}/{pk}").status_code == 401
    rest(alice).delete("/api/apis/hidden")
    assert client.get(f"{PATH}/{pk}").json()["access_rights"] == right("hidden"), "its last API stays in it"
    assert client.put(f"{PATH}/{pk}", client.get(f"{PATH}/{pk}").json()).status_code == 200
    assert client.delete(f"{PATH}/{pk}").json()["Message"] == "Data deleted"


def test_an_api_that_is_deleted_is_taken_out_of_the_policies_that_have_others(
    rest: Rest, alice: User, charlie: User
) -> None:
    client = rest(alice)
    for name in ("orders", "stock"):
        Api.objects.create(organisation=alice.organisation, api_id=name, name=name)
    both = {**right("orders"), **right("stock")}
    make(client, {"name": "Both", "id": "both", "access_rights": both, "access_rights_array": list(both.values())})
    make(client, {"name": "One", "id": "one", "access_rights": right("orders")})
    make(rest(charlie), {"name": "Theirs", "id": "theirs", "access_rights": both})
    assert client.delete("/api/apis/orders").status_code == 200
    kept = {policy.policy_id: sorted(policy.definition["access_rights"]) for policy in Policy.objects.all()}
    assert kept == {"both": ["stock"], "one": ["orders"], "theirs": ["orders", "stock"]}
    assert client.get(f"{PATH}/both").json()["access_rights_array"] == list(right("stock").values())
    assert ids(client.get(f"{PATH}/search?api_id=orders")) == ["one"]
