"""Tables as files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.core import exports
from apps.core.escaping import escape_controls
from apps.users.models import User
from tests.analytics.factories import RequestFactory, store_traffic

pytestmark = pytest.mark.django_db

FIGURES = [
    "hits", "success", "error", "last_hit", "request_time", "latency", "upstream_latency", "max_upstream_latency",
    "min_upstream_latency", "max_latency", "min_latency",
]  # fmt: skip


@pytest.fixture
def table(rest: Callable[..., APIClient], bob: User) -> Callable[..., list[list[str]]]:
    """Fetch a file as bob; gives its rows."""

    def rows(path: str, **query: str) -> list[list[str]]:
        response = rest(bob).get(path, {"type": "csv", **query})
        assert response.status_code == 200
        assert response.streaming
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].endswith('.csv"')
        return list(csv.reader(StringIO(response.getvalue().decode(), newline="")))

    return rows


@pytest.mark.usefixtures("traffic")
def test_a_file_has_what_is_shown_and_a_header(table: Callable[..., list[list[str]]], days: str, now: datetime) -> None:
    header, *rows = table(f"/api/usage/apis/{days}", by="hits", sort="1")
    assert header == ["api_id", "api_name", *FIGURES]
    assert [row[:5] for row in rows] == [["find", "Search", "4", "3", "0"], ["pay", "Payments", "6", "4", "2"]]
    header, *rows = table(f"/api/usage/{days}")
    assert header == ["day", "month", "year", *FIGURES]
    assert rows[-1][:4] == [str(now.day), str(now.month), str(now.year), "3"]
    assert table(f"/api/activity/keys/endpoint/k1/{days}")[0][:2] == ["path", "api_id"]


def test_a_file_has_all_rows_unless_a_page_is_asked_for(
    table: Callable[..., list[list[str]]], days: str, now: datetime
) -> None:
    store_traffic([RequestFactory(timestamp=now, key=f"many{number:02}") for number in range(23)])
    assert len(table(f"/api/activity/keys/{days}")) == 24
    assert len(table(f"/api/activity/keys/{days}", p="3")) == 4


def test_a_text_cannot_run_as_a_formula(table: Callable[..., list[list[str]]], days: str, now: datetime) -> None:
    aliases = {"k1": "=1+1", "k2": "+1", "k3": "-1", "k4": "@x", "k5": 'a,"b"\x1bc'}
    store_traffic([RequestFactory(timestamp=now, key=key, alias=alias) for key, alias in aliases.items()])
    shown = {row[0]: row[1] for row in table(f"/api/activity/keys/{days}")[1:]}
    assert shown == {"k1": "'=1+1", "k2": "'+1", "k3": "'-1", "k4": "'@x", "k5": 'a,"b"\\u001bc'}


def test_a_figure_may_be_negative() -> None:
    assert exports.cell(-1) == -1


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=3)))
def test_every_text_comes_back_in_print_and_none_is_a_formula(rows: list[list[str]]) -> None:
    _, *found = csv.reader(StringIO("".join(exports.csv_lines(["x"], rows)), newline=""))
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [
        [escape_controls(cell.removeprefix("'")) for cell in row] for row in rows
    ]
    assert not [cell for row in found for cell in row if cell.startswith(("=", "+", "-", "@"))]
