"""What every resource keeps at its three doors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from apps.audit.models import AuditRecord
from apps.core import admission
from apps.core.admission import AdmissionRequest
from apps.core.exceptions import ApplicationError, Refusal
from apps.organisations.models import Organisation
from apps.users.models import User
from tests.contracts.base import BrowserOf, Rest, error
from tests.contracts.ownership import OwnershipContract
from tests.factories import UserFactory


@pytest.mark.django_db
class ResourceContract(OwnershipContract):
    """What is the same of all resources: the doors, who may come in by which, audit, admission, cost."""

    def shown(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give the members of a body that are read back as they were sent."""
        return dict(body)

    def made(self, row: Any) -> dict[str, Any]:
        """Give the answer to the call that made a row."""
        return {"Status": "OK", "Message": self.viewset.done["create"], "Meta": self.meta_of(row)}

    def changed(self, row: Any) -> dict[str, Any]:
        """Give the answer to the call that changed a row."""
        return {"Status": "OK", "Message": self.viewset.done["update"], "Meta": None}

    def deleted(self) -> dict[str, Any]:
        """Give the answer to the call that deleted a row."""
        return {"Status": "OK", "Message": self.viewset.done["destroy"], "Meta": None}

    @pytest.fixture
    def row(self, organisation_a: Organisation) -> Any:
        return self.factory(organisation=organisation_a)

    @pytest.fixture
    def other(self, organisation_b: Organisation) -> Any:
        """A row of another organisation."""
        return self.factory(organisation=organisation_b)

    @pytest.fixture
    def reader(self, organisation_a: Organisation) -> User:
        permissions = {str(self.resource.permission_object): "read"}
        return UserFactory(organisation=organisation_a, user_permissions=permissions)

    # REST

    def test_it_is_made_read_and_listed(self, rest: Rest, alice: User, other: Any) -> None:
        client, body = rest(alice), self.body_for(alice.organisation)
        made = client.post(self.resource.path, {**body, "org_id": other.organisation_id})
        row = self.rows.get(organisation=alice.organisation)
        assert made.json() == self.made(row)
        read = client.get(self.url(row)).json()
        assert {name: read[name] for name in self.shown(body)} == self.shown(body)
        assert read[self.id_member] == row.pk
        assert self.listed(client.get(self.resource.path)) == [read]

    def test_a_super_user_says_whose_it_is(self, rest: Rest, dora: User, organisation_b: Organisation) -> None:
        client, (status, message) = rest(dora), self.malformed("create")
        body = self.body_for(organisation_b)
        for unknown, fault in (({}, "is missing"), ({"org_id": "c" * 24}, "names no organisation")):
            answer = client.post(self.resource.path, {**body, **unknown})
            assert (answer.status_code, answer.json()) == (status, error(f"{message}: org_id {fault}"))
        assert client.post(self.resource.path, {**body, "org_id": organisation_b.pk}).status_code in {200, 201}
        assert self.rows.get().organisation == organisation_b

    def test_a_change_keeps_what_it_does_not_name(self, rest: Rest, alice: User, row: Any) -> None:
        client = rest(alice)
        before = client.get(self.url(row)).json()
        changed = client.put(self.url(row), {**self.changes_for(alice.organisation), "org_id": None})
        assert changed.json() == self.changed(row)
        left_out = {*self.stamps, *(self.body if self.replaces else ())}
        kept = {name: value for name, value in before.items() if name not in left_out}
        expected, after = {**kept, **self.changes_for(alice.organisation)}, client.get(self.url(row)).json()
        assert {name: after[name] for name in expected} == expected

    def test_it_is_deleted(self, rest: Rest, alice: User, row: Any) -> None:
        client = rest(alice)
        gone = client.delete(self.url(row))
        assert gone.json() == self.deleted()
        assert not self.rows.exists()

    def test_what_is_not_there_is_answered_as_documented(self, rest: Rest, alice: User) -> None:
        client, nowhere = rest(alice), f"{self.resource.path}/{'c' * 24}"
        for action, call in (("retrieve", client.get), ("update", client.put), ("destroy", client.delete)):
            status, message = self.viewset.missing.get(action, self.viewset.missing[""])
            answer = call(nowhere, self.changes_for(alice.organisation)) if action == "update" else call(nowhere)
            assert (answer.status_code, answer.json()) == (status, error(message))

    def test_an_id_with_a_null_character_is_nobody_s(self, rest: Rest, alice: User, row: Any) -> None:
        status, message = self.viewset.missing.get("destroy", self.viewset.missing[""])
        answer = rest(alice).delete(f"{self.url(row)}%00")
        assert (answer.status_code, answer.json()) == (status, error(message))
        assert self.rows.exists()

    def test_what_another_organisation_has_is_neither_shown_nor_touched(
        self, rest: Rest, alice: User, other: Any
    ) -> None:
        client, changes = rest(alice), self.changes_for(alice.organisation)
        unknown = self.url(other).replace(other.pk, "0" * 24)
        for ask in (client.get, lambda url: client.put(url, changes), client.delete):
            answer, nothing = ask(self.url(other)), ask(unknown)
            assert (answer.status_code, answer.json()) == (nothing.status_code, nothing.json())
            assert answer.status_code in {400, 404}
        assert self.rows.filter(pk=other.pk).exists()

    def test_a_reader_reads_and_somebody_without_permission_does_not(
        self, rest: Rest, organisation_a: Organisation, reader: User, row: Any
    ) -> None:
        client, stranger = (
            rest(reader),
            rest(UserFactory(organisation=organisation_a, user_permissions={"none": "read"})),
        )
        assert [client.get(path).status_code for path in (self.resource.path, self.url(row))] == [200, 200]
        assert stranger.get(self.url(row)).status_code == 403
        writes = (
            client.post(self.resource.path, self.body_for(row.organisation)),
            client.put(self.url(row), self.changes_for(row.organisation)),
        )
        assert [answer.status_code for answer in (*writes, client.delete(self.url(row)))] == [403, 403, 403]

    @pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", '{"org_id": {}}', "{"])
    def test_a_body_of_another_shape_is_malformed(self, rest: Rest, alice: User, row: Any, body: str) -> None:
        for method, path, action in (("POST", self.resource.path, "create"), ("PUT", self.url(row), "update")):
            refusals = self.viewset.unreadable if body == "{" else self.viewset.malformed
            status, message = refusals.get(action, refusals[""])
            answer = rest(alice).generic(method, path, body)
            assert (answer.status_code, answer.json()) == (status, error(message))

    def test_what_a_row_must_not_be_is_refused_when_it_is_made_and_when_it_is_changed(
        self, rest: Rest, alice: User, row: Any
    ) -> None:
        client, body, before = rest(alice), self.body_for(alice.organisation), self.rows.values().get()
        for wrong, refusal in self.refused:
            for action, answer in (
                ("create", client.post(self.resource.path, {**body, **wrong})),
                ("update", client.put(self.url(row), dict(wrong))),
            ):
                status, message = refusal or self.malformed(action)
                assert (answer.status_code, answer.json()) == (status, error(message)), (action, wrong)
        for name in self.resource.update_input.required_when_new:
            for lacking in ({**body, name: None}, {known: body[known] for known in body if known != name}):
                status, message = self.malformed("create")
                answer = client.post(self.resource.path, lacking)
                assert (answer.status_code, answer.json()) == (status, error(message)), name
        assert self.rows.values().get() == before

    def malformed(self, action: str) -> Refusal:
        """What an action answers to a body that it cannot read."""
        return self.viewset.malformed.get(action, self.viewset.malformed[""])

    def test_a_write_without_body_says_so(self, rest: Rest, alice: User, row: Any) -> None:
        for answer in (rest(alice).post(self.resource.path), rest(alice).put(self.url(row))):
            assert (answer.status_code, answer.json()["Message"]) == (500, "Failed to read response body, body empty")

    def test_the_list_costs_the_same_however_long(
        self, rest: Rest, alice: User, organisation_a: Organisation, settings: Settings
    ) -> None:
        settings.AUDIT_ENABLED = False
        client = rest(alice)
        client.get(self.resource.path)
        costs = []
        for _ in range(2):
            self.factory.create_batch(4, organisation=organisation_a)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(self.resource.path)
            costs.append(len(queries))
        assert costs[0] == costs[1]

    # Audit and admission

    def test_every_change_is_in_the_audit_log(self, rest: Rest, alice: User, row: Any) -> None:
        client, model = rest(alice), self.resource.model
        subject = f"{model.audit_kind()}/{row.pk}"  # type: ignore[attr-defined]
        client.put(self.url(row), self.changes_for(alice.organisation))
        client.delete(self.url(row))
        changed, deleted = AuditRecord.objects.filter(subject=row.pk, method__in=["PUT", "DELETE"]).order_by("id")
        assert changed.action == model.audit_action("Update")  # type: ignore[attr-defined]
        assert changed.changes[subject].keys() >= {*self.audited_changes()}
        assert deleted.action == model.audit_action("Delete")  # type: ignore[attr-defined]
        assert all(new is None for _, new in deleted.changes[subject].values())

    def audited_changes(self) -> set[str]:
        """Name the fields that the audit log calls changed."""
        return set(self.changes)

    def test_admission_sees_every_door_as_rest_and_what_it_gives_is_stored(
        self, rest: Rest, browser_of: BrowserOf, alice: User, row: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[AdmissionRequest] = []
        changes = self.changes_for(alice.organisation)

        def patch(request: AdmissionRequest) -> Any:
            asked.append(request)
            return {**(request.body or {}), **changes} if request.method != "DELETE" else None

        monkeypatch.setattr(admission, "_controllers", [patch])
        rest(alice).post(self.resource.path, self.body_for(alice.organisation))
        if self.pages:
            browser_of(alice).post(f"{self.pages}new/", self.form_for(alice.organisation))
            browser_of(alice).post(f"{self.pages}{row.pk}/", self.changed_form_for(alice.organisation))
        if self.staff:
            browser_of(alice).post(f"{self.staff}add/", self.form_for(alice.organisation))
        paths = {(request.method, request.path) for request in asked}
        assert {request.actor.pk for request in asked} == {alice.pk}  # type: ignore[attr-defined]
        assert paths == {("POST", self.resource.path), *([("PUT", self.url(row))] if self.pages else [])}
        shown = [rest(alice).get(self.url(stored)).json() for stored in self.rows.all()]
        assert len(shown) == 2 + bool(self.pages) + bool(self.staff)
        for stored in shown if self.pages else shown[1:]:
            assert {name: stored[name] for name in changes} == changes

    def test_what_admission_takes_away_is_not_stored(
        self, browser_of: BrowserOf, alice: User, row: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not self.pages:
            pytest.skip("no pages")
        monkeypatch.setattr(admission, "_controllers", [lambda request: {}])
        fields = [one.attname for one in self.rows.model._meta.concrete_fields if not getattr(one, "auto_now", False)]
        before = self.rows.values(*fields).get()
        browser_of(alice).post(f"{self.pages}{row.pk}/", self.changed_form_for(alice.organisation))
        assert self.rows.values(*fields).get() == before

    def test_what_admission_refuses_is_not_done(
        self, rest: Rest, browser_of: BrowserOf, alice: User, row: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def deny(request: AdmissionRequest) -> Any:
            raise ApplicationError("access denied: Not on Mondays", 403)

        monkeypatch.setattr(admission, "_controllers", [deny])
        form = {**self.form_for(row.organisation), "post": "yes"}
        before = self.rows.values().get()
        refused = [
            rest(alice).put(self.url(row), self.changes_for(row.organisation)),
            rest(alice).delete(self.url(row)),
        ]
        assert [answer.status_code for answer in refused] == [403, 403]
        for base, end in ((self.pages, "/delete/"), (self.staff, "/delete/"), (self.pages, "/")):
            if base:
                page = browser_of(alice).post(f"{base}{row.pk}{end}", form, follow=True)
                assert "Not on Mondays" in page.content.decode()
        assert self.rows.values().get() == before

    # Pages and staff site

    def test_the_pages_list_make_change_and_delete_it(self, browser_of: BrowserOf, alice: User, other: Any) -> None:
        if not self.pages:
            pytest.skip("no pages")
        browser = browser_of(alice)
        assert browser.post(f"{self.pages}new/", self.form_for(alice.organisation)).status_code == 302
        row = self.rows.get(organisation=alice.organisation)
        listed = browser.get(self.pages).content.decode()
        assert (f"{self.pages}{row.pk}/" in listed, f"{self.pages}{other.pk}/" in listed) == (True, False)
        assert browser.get(f"{self.pages}{other.pk}/").status_code == 404
        form = self.changed_form_for(alice.organisation)
        assert browser.post(f"{self.pages}{row.pk}/", form).status_code == 302
        assert browser.get(f"{self.pages}{row.pk}/delete/").status_code == 200
        assert browser.post(f"{self.pages}{row.pk}/delete/").status_code == 302
        assert list(self.rows.all()) == [other]
        actions = AuditRecord.objects.filter(method="POST").order_by("id").values_list("action", flat=True)
        assert list(actions) == [self.resource.model.audit_action(verb) for verb in ("Create", "Update", "Delete")]  # type: ignore[attr-defined]

    def test_a_super_user_says_on_the_staff_site_whose_it_is(
        self, browser_of: BrowserOf, dora: User, organisation_b: Organisation
    ) -> None:
        if not self.staff:
            pytest.skip("not on the staff site")
        browser_of(dora).post(f"{self.staff}add/", {**self.form_for(organisation_b), "organisation": organisation_b.pk})
        assert self.rows.get().organisation == organisation_b

    def test_a_reader_changes_nothing_on_pages_and_staff_site(
        self, browser_of: BrowserOf, reader: User, row: Any
    ) -> None:
        reader.is_staff = True
        reader.save()
        browser = browser_of(reader)
        for base, change in ((self.pages, f"{row.pk}/"), (self.staff, f"{row.pk}/change/")):
            if base:
                answers = (
                    browser.get(f"{base}{change}"),
                    browser.post(f"{base}{change}", self.form_for(row.organisation)),
                )
                assert [answer.status_code for answer in answers] == [200, 403]

    def test_pages_and_staff_list_cost_the_same_however_long(
        self, browser_of: BrowserOf, alice: User, organisation_a: Organisation
    ) -> None:
        browser, costs = browser_of(alice), []
        for _ in range(2):
            self.factory.create_batch(4, organisation=organisation_a)
            with CaptureQueriesContext(connection) as queries:
                shown = [browser.get(base).status_code for base in (self.pages, self.staff) if base]
            costs.append((shown, len(queries)))
        assert costs[0] == costs[1]

    def test_the_staff_site_lists_makes_changes_and_deletes_it(
        self, browser_of: BrowserOf, alice: User, other: Any
    ) -> None:
        if not self.staff:
            pytest.skip("not on the staff site")
        browser = browser_of(alice)
        browser.post(f"{self.staff}add/", {**self.form_for(alice.organisation), "organisation": other.organisation_id})
        row = self.rows.get(organisation=alice.organisation)
        listed = browser.get(self.staff).content.decode()
        assert (row.pk in listed, other.pk in listed) == (True, False)
        browser.post(f"{self.staff}{row.pk}/change/", self.changed_form_for(alice.organisation))
        browser.post(f"{self.staff}{row.pk}/delete/", {"post": "yes"})
        assert list(self.rows.all()) == [other]
        actions = AuditRecord.objects.filter(method="POST").order_by("id").values_list("action", flat=True)
        assert list(actions) == [self.resource.model.audit_action(verb) for verb in ("Create", "Update", "Delete")]  # type: ignore[attr-defined]
