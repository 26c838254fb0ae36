"""The state of a list, which is its URL: filters, search, sort and page; whatever the URL says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, QueryDict
from django.test import Client
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter, ModelMultipleChoiceFilter
from hypothesis import given
from hypothesis import strategies as st

from apps.core.filters import IntegerFilter, SearchFilter, SearchFilterSet, TenantFilterSet, TimeFilter
from apps.core.ids import is_object_id
from apps.core.list_state import MAX_LENGTH, ROWS, SHOWN, ListState
from apps.organisations.models import Organisation
from apps.users.models import User, UserGroup
from apps.users.resources import USERS
from apps.users.views.users import UserPages
from tests.factories import UserGroupFactory

LONG = "x" * (MAX_LENGTH + 1)
SORTS: Mapping[str, Sequence[str]] = {"name": ["name"], "days": ["password_max_days"]}


class GroupFilter(TenantFilterSet):
    """Every kind of filter that lists have."""

    q = SearchFilter()
    text = CharFilter(field_name="description", lookup_expr="icontains", label="Text has")
    active = ChoiceFilter(label="State is", choices=[("True", "In use"), ("False", "Not in use")])
    days = IntegerFilter(field_name="password_max_days", label="Days are", min_value=0, max_value=999)
    since = TimeFilter(field_name="created_at", lookup_expr="gte", label="Since")
    until = TimeFilter(field_name="created_at", lookup_expr="lt", label="Until", is_end=True)

    class Meta:
        model = UserGroup
        fields: Sequence[str] = ()


def state_of(query: str, user: Any = None, **options: Any) -> ListState:
    """Give the state that a query string asks for."""
    request = HttpRequest()
    request.GET, request.user = QueryDict(query), user or AnonymousUser()
    return ListState(request, options.pop("filterset_class", GroupFilter), **{"sorts": SORTS, **options})


@pytest.fixture
def groups(organisation_a: Organisation) -> list[UserGroup]:
    """Groups whose order by name is not that by days."""
    made = [("b", 1, True), ("a", 2, False), ("c", 0, True), ("d", 2, True)]
    return [
        UserGroupFactory(
            id=str(number) * 24, organisation=organisation_a, name=name, password_max_days=days, active=active
        )
        for number, (name, days, active) in zip(range(9, 0, -1), made, strict=False)
    ]


def names(state: ListState) -> str:
    return "".join(state.rows(UserGroup.objects.all()).values_list("name", flat=True))


def test_what_is_not_known_is_named_and_left_out() -> None:
    state = state_of(f"zone=x&days=7&{LONG}=1&color=")
    assert state.notices == [f"“{name}” is not known here." for name in ("color", "x" * SHOWN, "zone")]
    assert state.query_string() == "?days=7"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("days", value) for value in ("x", "1.5", "-1", "1000", "9" * 5000, "7\0")),
        *(("text", value) for value in (LONG, "a\0b")),
        *(("active", value) for value in ("maybe", "In use", "\0")),
        *(("since", value) for value in ("yesterday", "2026-13-01", "2026-01-01T25:00", "0", "\0")),
        *(("until", value) for value in ("9999-12-31", "9999-12-31T23:30-05:00", "0001-01-01T00:30+05:00")),
        *(("sort", value) for value in ("active", "-active", "--name", "-", "password_max_days", "?", "\0")),
    ],
)
def test_what_cannot_be_read_is_named_and_left_out(name: str, value: str) -> None:
    query = QueryDict(mutable=True)
    query.update({"q": "team", name: value})
    state = state_of(query.urlencode())
    assert state.notices == [f"“{name}” was left out: “{value[:SHOWN]}” cannot be looked for."]
    assert state.query_string() == "?q=team"


def test_what_is_empty_is_left_out() -> None:
    state = state_of("q=&days=++&sort=&p=&active=False")
    assert (state.query_string(), state.notices, state.filters) == ("?active=False", [], ["active"])
    assert state_of("days=&q=%00").query_string() == ""


def test_of_a_repeated_parameter_the_last_counts() -> None:
    assert state_of("days=1&days=2&q=a&q=").query_string() == "?days=2"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "abcd"),
        ("active=False", "a"),
        ("days=2", "ad"),
        ("days=2&active=True", "d"),
        ("q=C", "c"),
        ("q=%00c+", "c"),
        ("days=x", "abcd"),
        ("since=2020-01-01", "abcd"),
        ("until=2020-01-01", ""),
    ],
)
def test_it_filters(groups: list[UserGroup], query: str, found: str) -> None:
    assert names(state_of(query)) == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "found"), [("", "abcd"), ("sort=-name", "dcba"), ("sort=days", "cbda"), ("sort=-days", "dabc")]
)
def test_it_sorts_and_equal_ones_come_by_their_ids(groups: list[UserGroup], query: str, found: str) -> None:
    assert names(state_of(query)) == found


def test_sorting_again_turns_the_order_round_and_begins_at_the_first_page() -> None:
    assert [state_of(query).sorted_by("days") for query in ("q=a&p=3", "q=a&sort=days", "q=a&sort=-days")] == [
        "?q=a&sort=days",
        "?q=a&sort=-days",
        "?q=a&sort=days",
    ]
    assert [state_of(query).sorted_by("name") for query in ("", "sort=-name", "sort=days")] == ["?sort=-name", "", ""]
    turned = state_of("sort=-days")
    assert (turned.column, turned.is_descending) == ("days", True)
    assert (state_of("").column, state_of("").is_descending) == ("name", False)


@pytest.mark.django_db
def test_a_list_that_cannot_be_sorted_keeps_its_order(groups: list[UserGroup]) -> None:
    state = state_of("sort=name&days=2", sorts=None)
    assert state.notices == ["“sort” is not known here."]
    assert [group.name for group in state.rows(UserGroup.objects.order_by("-pk"))] == ["a", "d"]


def test_chips_say_what_is_filtered_by_and_lead_to_the_first_page_without_it() -> None:
    state = state_of("until=2026-03-05T01:30&active=False&q=team&days=7&p=4&sort=days")
    assert [(chip.label, chip.value) for chip in state.chips] == [
        ("State is", "Not in use"),
        ("Days are", "7"),
        ("Until", "2026-03-05 01:30"),
    ]
    days = state.chips[1].without
    assert QueryDict(days[1:]).dict() == {
        "until": "2026-03-05T01:30",
        "active": "False",
        "q": "team",
        "sort": "days",
    }
    assert [chip.without for chip in state_of("days=7").chips] == [""]


def test_times_are_in_the_readers_zone_and_a_day_is_whole() -> None:
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        state = state_of("since=2026-03-05&until=2026-03-05")
        times = state.form.fields["since"].clean("2026-03-05"), state.form.fields["until"].clean("2026-03-05")
        assert times == (datetime(2026, 3, 4, 18, 30, tzinfo=UTC), datetime(2026, 3, 5, 18, 30, tzinfo=UTC))
        assert (state.form["since"].value(), state.form["until"].value()) == ("2026-03-05T00:00", "2026-03-06T00:00")
        assert state_of("until=2026-03-05T12:00Z").form["until"].value() == "2026-03-05T17:30"
        assert state.form["days"].value() is None


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Asia/Kolkata", "9999-12-31T23:59Z"),
        ("America/New_York", "0001-01-01T00:30Z"),
        ("America/New_York", "9999-12-31T23:30"),
    ],
)
def test_a_moment_that_no_calendar_has_in_every_zone_is_left_out(zone: str, moment: str) -> None:
    with timezone.override(ZoneInfo(zone)):
        assert state_of(f"since={moment}").filters == []


@pytest.mark.django_db
def test_a_page_past_the_end_is_the_last_one(organisation_a: Organisation) -> None:
    UserGroupFactory.create_batch(ROWS + 1, organisation=organisation_a)
    numbers = {text: state_of(f"p={text}").page(UserGroup.objects.all()).number for text in ("2", "99", "-1", "x", "")}
    assert numbers == {"2": 2, "99": 2, "-1": 2, "x": 1, "": 1}
    assert state_of("q=a&p=2").query_string(p=1) == "?q=a&p=1"


def test_a_list_may_go_on_from_a_row_instead() -> None:
    paging = {"before": is_object_id}
    state = state_of(f"q=a&before={'5' * 24}&p=2", paging=paging)
    assert (state.notices, state.filters) == (["“p” is not known here."], ["q"])
    assert (state.query_string(), state.restarted()) == (f"?q=a&before={'5' * 24}", "?q=a")
    assert state.restarted(before="6" * 24) == f"?q=a&before={'6' * 24}"
    assert state_of("before=5", paging=paging).notices == ["“before” was left out: “5” cannot be looked for."]


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\0", "a\0b", "x" * 10_000, "%", "a\nb", "  \0  x", "x" * 253 + " y"])
def test_whatever_is_typed_is_searched_for(text: str) -> None:
    query = QueryDict(mutable=True)
    query["q"] = text
    state = state_of(query.urlencode())
    assert (state.notices, state.chips) == ([], [])
    assert (len(state.search) <= SearchFilter.MAX_LENGTH, "\0" in state.search) == (True, False)
    assert state_of(state.query_string()[1:]).search == state.search
    assert list(state.page(UserGroup.objects.all())) == []


class MemberFilter(TenantFilterSet):
    """Filters by related rows."""

    q = SearchFilter()
    group = ModelChoiceFilter(queryset=UserGroup.objects.all(), label="Group is")
    groups = ModelMultipleChoiceFilter(field_name="group", queryset=UserGroup.objects.all(), label="Groups are")

    class Meta:
        model = User
        fields: Sequence[str] = ()


@pytest.mark.django_db
def test_related_rows_that_the_caller_does_not_see_are_neither_offered_nor_named(
    alice: User, dora: User, organisation_b: Organisation
) -> None:
    ours = UserGroupFactory(organisation=alice.organisation, name="Ours")
    theirs = UserGroupFactory(organisation=organisation_b, name="Theirs")
    for user, seen in ((alice, {ours}), (dora, {ours, theirs}), (None, set())):
        for group in (ours, theirs):
            state = state_of(f"group={group.pk}", user, filterset_class=MemberFilter)
            chips = [("Group is", group.name)] if group in seen else []
            assert [(chip.label, chip.value) for chip in state.chips] == chips
            assert bool(state.notices) == (group not in seen)
        offered: Any = state_of("", user, filterset_class=MemberFilter).form.fields
        assert {*offered["group"].queryset} == {*offered["groups"].queryset} == seen


@pytest.mark.django_db
def test_pages_offer_the_filters_that_are_declared(
    browser_of: Callable[[User], Client],
    alice: User,
    bob: User,
    organisation_b: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = UserGroupFactory(organisation=alice.organisation, name="Ours")
    UserGroupFactory(organisation=organisation_b, name="Theirs")
    monkeypatch.setattr(UserPages, "resource", replace(USERS, filterset_class=MemberFilter))
    page = browser_of(alice).get(f"/users/?group={ours.pk}&sort=-name&q=bob").content.decode()
    assert f'<option value="{ours.pk}" selected>Ours</option>' in page
    assert ('type="hidden" name="sort"' in page, 'type="hidden" name="group"' in page) == (True, False)
    assert ("Group is Ours" in page, "Theirs" in page, "bob@" in page) == (True, False, False)
    assert "bob@" in browser_of(alice).get("/users/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("declared", "is_searched"), [(SearchFilterSet, True), (None, False)])
def test_a_list_says_no_more_than_that_it_is_searched_or_nothing(
    browser_of: Callable[[User], Client],
    alice: User,
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
    declared: Any,
    is_searched: bool,
) -> None:
    monkeypatch.setattr(UserPages, "resource", replace(USERS, filterset_class=declared))
    page = browser_of(alice).get("/users/?q=nobody-at-all").content.decode()
    assert ('id="search"' in page, "bob@" in page, "is not known here" in page) == (
        *(is_searched, not is_searched, not is_searched),
    )


VALUES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["True", "7", "2026-03-05", "2026-03-05T01:30", "name", "-days", " 2 ", "\0 a", LONG]),
    st.tuples(st.sampled_from("x \0"), st.integers(190, 300)).map(lambda pair: pair[0] * pair[1] + "y"),
    st.integers().map(str),
    st.datetimes().map(str),
)
NAMES = st.one_of(st.sampled_from([*GroupFilter.base_filters, "sort", "p"]), st.text(max_size=5))


@pytest.mark.django_db
@given(pairs=st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_any_query_string_gives_a_page_and_a_url_that_means_the_same(pairs: list[tuple[str, str]]) -> None:
    query = QueryDict(mutable=True)
    for name, value in pairs:
        query.appendlist(name, value.encode("utf-8", "replace").decode())
    state = state_of(query.urlencode())
    state.page(UserGroup.objects.all()).object_list.exists()  # type: ignore[union-attr]
    urls = [state.query_string(), state.restarted(), *(chip.without for chip in state.chips)]
    for url in [*urls, *(state.sorted_by(column) for column in SORTS)]:
        again = state_of(url.removeprefix("?"))
        assert (again.notices, again.query_string()) == ([], url)
