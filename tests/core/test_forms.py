"""Forms of rows of an organisation."""

from __future__ import annotations

from typing import Any

import pytest
from django.forms import ModelChoiceField

from apps.core.forms import ActorModelForm
from apps.organisations.models import Organisation
from apps.users.models import User
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
