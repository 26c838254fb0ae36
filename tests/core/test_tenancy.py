"""Which rows a caller may see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps
from django.utils import timezone

from apps.analytics.models import NetworkStatistic, RejectedRecord
from apps.apis.models import Api, GroupOwner, UserOwner
from apps.apis.services import set_owners
from apps.core import tenancy
from apps.core.authentication import AdminCaller
from apps.core.checks import api_lookup_errors, check_api_lookups
from apps.core.tenancy import EVERYTHING, NOTHING, Scope, TenantQuerySet, scope_of
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup

pytestmark = pytest.mark.django_db
FORGOTTEN = object()


def test_a_user_s_scope_is_their_organisation(bob: User) -> None:
    assert scope_of(bob) == Scope(organisation="a" * 24, apis=None)


def test_the_scope_of_a_super_user_and_of_the_admin_secret_is_everything(dora: User) -> None:
    assert scope_of(dora) == EVERYTHING
    assert scope_of(AdminCaller()) == EVERYTHING


def test_the_scope_of_nobody_is_nothing(dora: User) -> None:
    dora.is_active = False
    assert scope_of(AnonymousUser()) == NOTHING
    assert scope_of(dora) == NOTHING


def test_it_shows_users_of_one_s_own_organisation_only(alice: User, bob: User, charlie: User, dora: User) -> None:
    assert set(User.objects.visible_to(bob)) == {alice, bob}
    assert set(User.objects.visible_to(charlie)) == {charlie}
    assert set(User.objects.visible_to(dora)) == {alice, bob, charlie, dora}
    assert set(User.objects.visible_to(AnonymousUser())) == set()


def test_it_shows_one_s_own_organisation_only(alice: User, charlie: User, dora: User) -> None:
    assert [each.pk for each in Organisation.objects.visible_to(alice)] == ["a" * 24]
    assert Organisation.objects.visible_to(dora).count() == 2


def test_it_keeps_rows_that_name_an_organisation_as_text_apart(alice: User, charlie: User, dora: User) -> None:
    for organisation in ("a" * 24, "b" * 24, ""):
        RejectedRecord.objects.create(organisation=organisation, reason="refused", payload=b"")
    assert {row.organisation for row in RejectedRecord.objects.visible_to(alice)} == {"a" * 24}
    assert {row.organisation for row in RejectedRecord.objects.visible_to(charlie)} == {"b" * 24}
    assert RejectedRecord.objects.visible_to(dora).count() == 3


def test_a_scope_of_no_api_is_empty_whatever_its_organisation() -> None:
    assert replace(EVERYTHING, apis=frozenset()).is_empty
    assert not replace(EVERYTHING, apis=frozenset({"one"})).is_empty
    assert not EVERYTHING.is_empty


@pytest.mark.parametrize(("apis", "seen"), [(None, {"one", "two"}), (frozenset({"two", "three"}), {"two"})])
def test_rows_that_name_an_api_depend_on_the_scope_s_apis(apis: frozenset[str] | None, seen: set[str]) -> None:
    counts = dict.fromkeys(("records", "open_connections", "closed_connections", "bytes_in", "bytes_out"), 1)
    for organisation, api in (("a" * 24, "one"), ("a" * 24, "two"), ("b" * 24, "two"), ("b" * 24, "three")):
        NetworkStatistic.objects.create(organisation=organisation, api=api, bucket=timezone.now(), **counts)
    rows = NetworkStatistic.objects.all().within(Scope(organisation="a" * 24, apis=apis))
    assert {row.api for row in rows} == seen
    assert {row.organisation for row in rows} == {"a" * 24}


class OwnerRows(TenantQuerySet[UserOwner]):
    """Rows with a foreign key to an API."""

    organisation_field = "content_object__organisation"
    api_lookup = "content_object__api_id"


class GroupRows(TenantQuerySet[UserGroup]):
    """Rows that name several APIs, and are for those who see all of them."""

    def api_lookup(self, apis: frozenset[str]) -> Self:
        """Leave out the rows that name another API too."""
        others = GroupOwner.objects.exclude(content_object__api_id__in=apis)
        return self.exclude(pk__in=others.values("group"))


class UserRows(TenantQuerySet[User]):
    """Rows that hang on no API, on purpose."""

    api_lookup = None


class ForgetfulRows(TenantQuerySet[User]):
    """Rows of which nobody has said how they hang on APIs."""


def two_apis(organisation: Organisation) -> list[Api]:
    return [Api.objects.create(organisation=organisation, name=name, api_id=name) for name in ("one", "two")]


def test_rows_with_a_foreign_key_to_an_api_are_kept_by_its_public_id(alice: User, bob: User, charlie: User) -> None:
    one, two = two_apis(alice.organisation)
    set_owners(api=one, users=[alice])
    set_owners(api=two, users=[bob])
    foreign = Api.objects.create(organisation=charlie.organisation, name="three", api_id="three")
    set_owners(api=foreign, users=[charlie])
    rows = OwnerRows(UserOwner)
    assert [row.user for row in rows.within(Scope("a" * 24, frozenset({"two", "three"})))] == [bob]
    assert {row.user for row in rows.within(Scope("a" * 24))} == {alice, bob}
    assert not rows.within(Scope("a" * 24, frozenset()))


def test_rows_that_name_several_apis_are_kept_as_their_method_says(alice: User) -> None:
    one, two = two_apis(alice.organisation)
    groups = [UserGroup.objects.create(organisation=alice.organisation, name=name) for name in ("Both", "One", "None")]
    set_owners(api=one, groups=groups[:2])
    set_owners(api=two, groups=groups[:1])
    shown = {
        apis: {group.name for group in GroupRows(UserGroup).within(Scope("a" * 24, apis))}
        for apis in (None, frozenset({"one", "two"}), frozenset({"one"}), frozenset[str]())
    }
    assert list(shown.values()) == [{"Both", "One", "None"}, {"Both", "One", "None"}, {"One", "None"}, {"None"}]


def test_rows_that_hang_on_no_api_do_not_depend_on_the_scope_s_apis(alice: User, charlie: User) -> None:
    for apis in (frozenset[str](), frozenset({"one"})):
        assert list(UserRows(User).within(Scope("a" * 24, apis))) == [alice]


@pytest.mark.parametrize("scope", [EVERYTHING, NOTHING, Scope("a" * 24)])
def test_rows_of_which_nobody_has_said_how_they_hang_on_apis_cannot_be_asked_for(scope: Scope) -> None:
    with pytest.raises(ImproperlyConfigured, match="ForgetfulRows does not declare api_lookup"):
        ForgetfulRows(User).within(scope)


def test_every_set_of_an_organisation_s_rows_says_how_they_hang_on_apis() -> None:
    assert check_api_lookups(None) == []


@isolate_apps("apps.core")
@pytest.mark.parametrize(
    ("lookup", "problem"),
    [
        ("text", None),
        ("api__api_id", None),
        (None, None),
        (lambda rows, apis: rows, None),
        (FORGOTTEN, ("core.E006", "Rows does not declare api_lookup.")),
        ("api", ("core.E007", "not at its public id: api__api_id.")),
        ("api_id", ("core.E007", "not at its public id: api__api_id.")),
        ("apis__api_id", ("core.E007", "leads to several APIs")),
        ("nonsense", ("core.E007", "no way through its fields")),
        ("text__api_id", ("core.E007", "no way through its fields")),
    ],
)
def test_start_up_refuses_a_lookup_that_leads_to_no_public_id(lookup: Any, problem: tuple[str, str] | None) -> None:
    rows = type("Rows", (TenantQuerySet,), {} if lookup is FORGOTTEN else {"api_lookup": lookup})

    class Note(models.Model):  # noqa: DJ008  (nobody reads it)
        text = models.TextField()
        api = models.ForeignKey(Api, on_delete=models.CASCADE, related_name="+")
        apis = models.ManyToManyField(Api, related_name="+")
        objects = rows.as_manager()

        class Meta:
            app_label = "core"

    found = list(api_lookup_errors(Note))
    assert [error.id for error in found] == ([problem[0]] if problem else [])
    assert all(problem[1] in error.msg and "None for rows that hang on no API" in error.hint for error in found)


def test_nobody_is_asked_for_owners_before_the_app_that_knows_them_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenancy, "_ownership", None)
    with pytest.raises(ImproperlyConfigured, match="register_ownership"):
        tenancy.ownership()
