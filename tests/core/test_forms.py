"""Forms of rows of an organisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django import forms
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import ModelChoiceField
from django.http import QueryDict
from django.test import Client, RequestFactory

from apps.audit.models import AuditRecord
from apps.core.forms import ActorModelForm, changes_of
from apps.organisations.models import Organisation
from apps.users.admin import UserGroupAdmin
from apps.users.models import User, UserGroup
from tests.factories import UserGroupFactory

pytestmark = pytest.mark.django_db


class MemberForm(ActorModelForm):
    """A form with a relation, and nothing done about it."""

    organisation_required = False

    class Meta:
        model = User
        fields = ["organisation", "group"]


def offered(form: ActorModelForm, name: str) -> set[Any]:
    field = form.fields[name]
    assert isinstance(field, ModelChoiceField)
    return set(field.queryset)


def test_a_form_offers_related_rows_that_the_actor_may_see(
    alice: User, dora: User, organisation_a: Organisation, organisation_b: Organisation
) -> None:
    ours, theirs = UserGroupFactory(organisation=organisation_a), UserGroupFactory(organisation=organisation_b)
    assert offered(MemberForm(actor=alice), "group") == {ours}
    assert offered(MemberForm(actor=dora), "group") == {ours, theirs}
    assert not MemberForm({"group": theirs.pk}, actor=alice).is_valid()


def test_only_a_super_user_says_whose_something_new_is(alice: User, dora: User, organisation_b: Organisation) -> None:
    assert "organisation" not in MemberForm(actor=alice).fields
    assert "organisation" in MemberForm(actor=dora).fields
    assert "organisation" not in MemberForm(actor=dora, instance=alice).fields
    form = MemberForm({"organisation": organisation_b.pk}, actor=alice)
    assert form.is_valid()
    assert form.instance.organisation == alice.organisation


class NotesForm(ActorModelForm):
    """A form with a text of several lines."""

    class Meta:
        model = UserGroup
        fields = ["name", "description"]
        widgets = {"description": forms.Textarea}


@pytest.mark.parametrize(
    ("stored", "sent", "changes"),
    [
        ("one\ntwo", "one\r\ntwo", {}),
        ("one\r\ntwo", "one\r\ntwo", {}),
        ("  one ", "  one ", {}),
        ("one\ntwo", "one\r\nthree", {"description": "one\nthree"}),
        ("one", "\r\n", {"description": ""}),
    ],
)
def test_line_ends_of_browsers_are_no_change_and_not_stored(
    alice: User, stored: str, sent: str, changes: dict[str, str]
) -> None:
    group = UserGroupFactory(organisation=alice.organisation, name="Team", description=stored)
    form = NotesForm(QueryDict(urlencode({"name": "Team", "description": sent})), instance=group, actor=alice)
    assert form.is_valid()
    assert changes_of(form) == changes


@pytest.mark.parametrize("path", ["/groups/{}/", "/staff/users/usergroup/{}/change/"])
def test_a_change_of_something_else_leaves_a_text_alone(
    browser_of: Callable[[User], Client], alice: User, path: str
) -> None:
    group = UserGroupFactory(organisation=alice.organisation, description="one\ntwo")
    form = {"description": "one\r\ntwo", "name": "Crew", "password_max_days": "0", "user_permissions_apis": "read"}
    browser_of(alice).post(path.format(group.pk), form)
    diff = AuditRecord.objects.get(action="Update User Group").changes[f"user group/{group.pk}"]
    assert "name" in diff
    assert "description" not in diff


@pytest.mark.parametrize("field", ["organisation", "created_at"])
def test_what_is_wrong_with_a_field_that_is_not_shown_is_told(alice: User, field: str) -> None:
    form = NotesForm({"name": "Team"}, actor=alice)
    assert form.is_valid()
    form._update_errors(ValidationError({field: "Not this one.", "name": "Nor this."}))
    assert form.errors == {"__all__": ["Not this one."], "name": ["Nor this."]}


def test_the_staff_site_offers_many_rows_that_the_actor_may_see(
    rf: RequestFactory, alice: User, organisation_b: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = UserGroupFactory(organisation=alice.organisation)
    UserGroupFactory(organisation=organisation_b)
    request = rf.get("/")
    request.user = alice
    many: Any = models.ManyToManyField(UserGroup)
    many.name, many.remote_field.through = "groups", UserGroup
    monkeypatch.setattr(UserGroup._meta, "auto_created", True)
    for relation, ask in (
        (many, "formfield_for_manytomany"),
        (models.ForeignKey(UserGroup, models.CASCADE), "formfield_for_foreignkey"),
    ):
        field = getattr(UserGroupAdmin(UserGroup, site), ask)(relation, request)
        assert set(field.queryset) == {ours}
