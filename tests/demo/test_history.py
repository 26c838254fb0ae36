from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgpack
import pytest

from apps.demo import history, shop
from apps.demo.load_profile import DAY, HistoryProfile
from apps.demo.models import History

#: 2026-11-20 12:02 UTC, a Friday.
UNTIL = 1_795_176_120


def times(payloads: list[bytes]) -> list[float]:
    records: list[dict[str, Any]] = [msgpack.unpackb(payload) for payload in payloads]
    return [record["TimeStamp"][0] + record["TimeStamp"][1] / 1e9 for record in records]


def test_it_writes_the_same_bytes_again() -> None:
    profile = HistoryProfile(UNTIL, 90)
    assert list(history.day(profile, 40)) == list(history.day(profile, 40))


def test_it_makes_every_record_once() -> None:
    payloads = [payload for days_ago in range(3) for payload in history.day(HistoryProfile(UNTIL, 90), days_ago)]
    assert len(set(payloads)) == len(payloads) > 5_000


def test_it_keeps_to_the_day_and_to_the_order_of_time() -> None:
    found = times(list(history.day(HistoryProfile(UNTIL, 90), 1)))
    midnight = UNTIL // DAY * DAY
    assert midnight - DAY <= found[0] < found[-1] < midnight
    assert all(earlier <= later for earlier, later in pairwise(found))
    assert {datetime.fromtimestamp(time, UTC).hour for time in found} == set(range(24))


def test_it_ends_where_live_traffic_begins() -> None:
    found = times(list(history.day(HistoryProfile(UNTIL, 90, 5.0), 0)))
    assert UNTIL - 10 < found[-1] < UNTIL


def test_it_leaves_what_was_before_as_it_is_when_it_ends_earlier_on_that_day() -> None:
    whole, part = (list(history.day(HistoryProfile(end, 90), 0)) for end in (UNTIL // DAY * DAY + 3_600, UNTIL))
    # An hour's records do not hang on those of another hour; only the profile around the end do.
    assert times(whole)[0] == pytest.approx(times(part)[0], abs=60)


@pytest.mark.django_db
def test_it_begins_once() -> None:
    organisation = shop.organisation()
    begun = history.begin(organisation, UNTIL, 90, 5.0)
    assert history.begin(organisation, UNTIL + 999, 30, 1.0) == begun
    again = History.objects.get()
    assert (again.until, again.days, again.live_rate) == (UNTIL, 90, 5.0)


@pytest.mark.django_db
def test_it_goes_on_with_the_last_day_that_was_written() -> None:
    begun = history.begin(shop.organisation(), UNTIL, 90, 5.0)
    assert history.remaining(begun) == range(91)
    begun.mark_written(1)
    assert history.remaining(begun) == range(91)
    begun.mark_written(40)
    assert history.remaining(begun) == range(39, 91)
    assert not begun.is_complete
    begun.mark_written(91)
    assert begun.is_complete
    assert not history.remaining(begun)


@pytest.mark.django_db
def test_it_is_forgotten_with_its_organisation() -> None:
    organisation = shop.organisation()
    history.begin(organisation, UNTIL, 90, 5.0)
    organisation.delete()
    assert not History.objects.exists()
