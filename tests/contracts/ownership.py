"""What two owners see and do of rows that hang on their APIs, with ``ENABLE_OWNERSHIP``."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.apis.services import set_owners
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.contracts.base import BrowserOf, Contract, Rest, error
from tests.factories import UserFactory


@pytest.mark.django_db
class OwnershipContract(Contract):
    """Each owner has the rows of their API, at every door and in the audit log, and nobody else's."""

    @pytest.fixture
    def owner(self, organisation_a: Organisation, settings: Settings) -> User:
        """Somebody who may write such rows, and owns an API."""
        settings.ENABLE_OWNERSHIP = True
        permissions = {str(self.resource.permission_object): "write", "audit_logs": "read", "apis": "read"}
        return UserFactory(organisation=organisation_a, user_permissions=permissions, is_staff=True)

    def row_of(self, owner: User, name: str) -> Any:
        """Make a row that hangs on an API of an owner."""
        api = Api.objects.create(organisation=owner.organisation, name=name, api_id=f"{name}-api")
        set_owners(api=api, users=[owner])
        about = self.about(api)
        if about is None:
            pytest.skip("hangs on no API")
        return self.factory(organisation=owner.organisation, **about)

    @pytest.fixture
    def mine(self, owner: User) -> Any:
        return self.row_of(owner, "mine")

    @pytest.fixture
    def hidden(self, alice: User, mine: Any) -> Any:
        """A row of another owner's API."""
        return self.row_of(alice, "hidden")

    def test_rest_has_the_rows_of_ones_own_apis(self, rest: Rest, owner: User, mine: Any, hidden: Any) -> None:
        client, changes = rest(owner), self.changes_for(mine.organisation)
        listed = self.listed(client.get(f"{self.resource.path}?p=0"))
        assert [row.get(self.id_member) for row in listed] == [mine.pk]
        assert client.get(self.url(mine)).status_code == 200
        for answer in (
            client.get(self.url(hidden)),
            client.put(self.url(hidden), changes),
            client.delete(self.url(hidden)),
        ):
            assert (answer.status_code, answer.json()) == (401, error("Not authorised"))
        assert self.rows.filter(pk=hidden.pk).exists()

    def test_pages_and_staff_site_have_the_rows_of_ones_own_apis(
        self, browser_of: BrowserOf, owner: User, mine: Any, hidden: Any
    ) -> None:
        browser, before = browser_of(owner), self.rows.filter(pk=hidden.pk).values().get()
        form = self.changed_form_for(mine.organisation)
        for base in filter(None, (self.pages, self.staff)):
            listed = browser.get(base).content.decode()
            assert (mine.pk in listed, hidden.pk in listed) == (True, False)
            for end in ("/", "/delete/") if base == self.pages else ("/change/", "/delete/"):
                for answer in (browser.get(f"{base}{hidden.pk}{end}"), browser.post(f"{base}{hidden.pk}{end}", form)):
                    assert answer.status_code == (404 if base == self.pages else 302)
        assert self.rows.filter(pk=hidden.pk).values().get() == before

    def test_the_audit_log_tells_of_the_rows_of_ones_own_apis(
        self, rest: Rest, alice: User, owner: User, mine: Any, hidden: Any
    ) -> None:
        ids = {mine.pk, hidden.pk}
        for row in (mine, hidden):
            rest(alice).put(self.url(row), self.changes_of(row))
            rest(alice).delete(self.url(row))
        kind = self.resource.model.audit_kind()
        for person, told in ((alice, ids), (owner, {mine.pk})):
            records = rest(person).get("/api/audit-logs?p=0").json()["audit_logs"]
            assert {pk for pk in ids for record in records if f"{kind}/{pk}" in record.get("diff", {})} == told

    def test_an_api_that_is_hidden_is_answered_like_one_that_is_not_there(
        self, rest: Rest, owner: User, hidden: Any
    ) -> None:
        if self.body_about("hidden-api") is None:
            pytest.skip("bodies name no API")
        before, answers = self.rows.count(), []
        for api_id in ("hidden-api", "nobody-api"):
            body = {**self.body_for(hidden.organisation), **(self.body_about(api_id) or {})}
            answer = rest(owner).post(self.resource.path, body)
            answers.append((answer.status_code, answer.content.decode().replace(api_id, "")))
        assert answers[0] == answers[1]
        assert (answers[0][0] >= 400, self.rows.count()) == (True, before)
