"""A change and its audit record are written together: ``audited``."""

from __future__ import annotations

import pytest
from django.core.exceptions import FieldError
from pytest_django.fixtures import Settings

from apps.apis.models import Api
from apps.audit.checks import audited_field_errors
from apps.audit.models import AuditRecord
from apps.audit.services import Deleted, audited
from apps.core.tenancy import scopes_kept
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.querysets import UserGroupQuerySet

pytestmark = pytest.mark.django_db


@pytest.fixture
def stale(readers: UserGroup) -> UserGroup:
    """A group as somebody loaded it before it got another description."""
    loaded = UserGroup.objects.get(pk=readers.pk)
    UserGroup.objects.filter(pk=readers.pk).update(description="newer")
    return loaded


def last_diff() -> dict[str, dict[str, list[object]]]:
    record = AuditRecord.objects.latest("id")
    return record.changes


def test_it_writes_what_is_changed_and_keeps_what_others_wrote_since(stale: UserGroup) -> None:
    with audited(stale, "Update", {"name": "Crew"}) as before:
        assert before is not None
        assert (before.name, stale.name, stale.description) == ("Readers", "Crew", "newer")
    stale.refresh_from_db()
    assert (stale.name, stale.description) == ("Crew", "newer")
    assert last_diff() == {f"user group/{stale.pk}": {"name": ["Readers", "Crew"]}}


def test_what_the_block_puts_in_order_is_what_is_stored_and_recorded(stale: UserGroup) -> None:
    with audited(stale, "Update", {"name": " Crew "}):
        stale.name = stale.name.strip()
    assert UserGroup.objects.get(pk=stale.pk).name == "Crew"
    assert last_diff()[f"user group/{stale.pk}"]["name"] == ["Readers", "Crew"]


def test_a_refusal_leaves_neither_change_nor_record(stale: UserGroup) -> None:
    records = AuditRecord.objects.count()
    with pytest.raises(ZeroDivisionError), audited(stale, "Update", {"name": "Crew"}):
        raise ZeroDivisionError
    assert UserGroup.objects.get(pk=stale.pk).name == "Readers"
    assert AuditRecord.objects.count() == records


def test_a_change_that_nobody_would_write_is_a_fault(stale: UserGroup) -> None:
    with pytest.raises(FieldError, match="created_at"), audited(stale, "Update", {"created_at": None}):
        pass


@pytest.mark.parametrize("delete", [True, False])
def test_a_row_that_somebody_else_deleted_is_told(stale: UserGroup, delete: bool) -> None:
    UserGroup.objects.all().delete()
    with pytest.raises(Deleted), audited(stale, "Update", delete=delete):
        pass


def test_a_deletion_keeps_what_there_was(stale: UserGroup) -> None:
    subject = f"user group/{stale.pk}"
    with audited(stale, "Delete", delete=True, also={"owned_apis": ["a"]}):
        pass
    assert not UserGroup.objects.exists()
    diff = last_diff()[subject]
    assert (diff["name"], diff["owned_apis"]) == (["Readers", None], [["a"], None])


def test_the_log_calls_rows_by_their_verbose_name() -> None:
    assert (UserGroup.audit_kind(), UserGroup.audit_action("Update")) == ("user group", "Update User Group")


@pytest.mark.parametrize(("name", "problem"), [("members", "audit.E004"), ("colour", "audit.E003")])
def test_fields_that_it_cannot_write_are_told_at_start(
    monkeypatch: pytest.MonkeyPatch, name: str, problem: str
) -> None:
    assert list(audited_field_errors(UserGroup)) == []
    monkeypatch.setattr(UserGroup, "audit_fields", ["name", name])
    assert [message.id for message in audited_field_errors(UserGroup)] == [problem]


@pytest.mark.parametrize("delete", [True, False])
def test_a_row_that_went_out_of_sight_is_gone(
    stale: UserGroup, alice: User, organisation_b: Organisation, delete: bool
) -> None:
    UserGroup.objects.filter(pk=stale.pk).update(organisation=organisation_b)
    with pytest.raises(Deleted), audited(stale, "Update", {}, actor=alice, delete=delete):
        pass
    assert UserGroup.objects.filter(pk=stale.pk, organisation=organisation_b).exists()


def test_a_row_whose_api_was_closed_since_is_gone(
    stale: UserGroup, alice: User, bob: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENABLE_OWNERSHIP = True
    monkeypatch.setattr(UserGroupQuerySet, "api_lookup", "description")
    api = Api.objects.create(organisation=alice.organisation, name="Payments", api_id="newer")
    with scopes_kept():
        assert UserGroup.objects.visible_to(bob).exists()
        with audited(stale, "Update", {"name": "Crew"}, actor=bob):
            pass
    with scopes_kept():
        assert UserGroup.objects.visible_to(bob).exists()
        Api.objects.filter(pk=api.pk).update(is_owned=True)
        with pytest.raises(Deleted), audited(stale, "Update", {"name": "Team"}, actor=bob):
            pass


def test_what_a_deletion_takes_along_is_recorded_too(alice: User, stale: UserGroup) -> None:
    organisation = alice.organisation
    assert organisation
    api = Api.objects.create(organisation=organisation, name="Payments", api_id="payments")
    ids = [organisation.pk, alice.pk, stale.pk, api.pk]
    with audited(organisation, "Delete", delete=True):
        pass
    assert not UserGroup.objects.exists()
    gone = {record.subject: record for record in AuditRecord.objects.filter(action__startswith="Delete")}
    assert gone.keys() >= {*ids}
    assert gone[ids[1]].changes[f"user/{ids[1]}"]["email_address"] == ["alice@example.com", None]
    assert (gone[ids[2]].action, gone[ids[3]].api_ids) == ("Delete User Group", ["payments"])
