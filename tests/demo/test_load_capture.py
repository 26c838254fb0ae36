from __future__ import annotations

import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from redis import Redis

from apps.demo import shop
from apps.demo.capture_shift import last_time
from apps.demo.captures import RecordedList, read

pytestmark = pytest.mark.django_db

MAIN = Path(__file__).parent.parent / "data" / "captures" / "gateway-main"


def load(folder: Path, **options: Any) -> str:
    out = StringIO()
    call_command("load_capture", folder, stdout=out, **options)
    return out.getvalue()


def pushed(redis: Redis, prefix: str, folder: Path) -> list[RecordedList]:
    """The lists of a folder as they stand in Redis now."""
    return [
        RecordedList(one.name, tuple(redis.lrange(one.key(prefix), 0, -1)))  # type: ignore[arg-type]
        for one in read(folder)
    ]


def test_it_pushes_every_list_byte_for_byte_and_in_order(redis: Redis, settings: Any, folder: Path) -> None:
    load(folder)
    assert pushed(redis, settings.PUMP_KEY_PREFIX, folder) == read(folder)


def test_it_makes_the_last_record_now(redis: Redis, settings: Any, folder: Path) -> None:
    before = time.time_ns()
    load(folder, now=True)
    lists = pushed(redis, settings.PUMP_KEY_PREFIX, folder)
    assert before <= last_time(lists) <= time.time_ns()
    assert [len(one.payloads) for one in lists] == [len(one.payloads) for one in read(folder)]


def test_it_appends_to_what_is_in_the_list(redis: Redis, request_list: str) -> None:
    load(MAIN)
    load(MAIN)
    assert redis.llen(request_list) == 2 * 97


def test_it_gives_the_records_to_an_organisation(redis: Redis, request_list: str) -> None:
    organisation = shop.organisation()
    out = load(MAIN, organisation=organisation.pk)
    owner = b"\xa5OrgID\xb8" + organisation.pk.encode()
    assert all(owner in payload for payload in redis.lrange(request_list, 0, -1))  # type: ignore[union-attr]
    assert "only super users" not in out


def test_it_says_how_many_it_pushed_where_and_who_sees_them(redis: Redis, request_list: str) -> None:
    bar, note, *_ = load(MAIN).splitlines()
    assert bar == f"{request_list}: [{'#' * 30}] 97 of 97 records"
    assert "only super users see them" in note


def test_it_warns_of_records_that_are_too_old_for_the_pump(redis: Redis, settings: Any) -> None:
    settings.ANALYTICS_RAW_DAYS = -1
    assert "use --now" in load(MAIN)


def test_it_refuses_an_organisation_that_is_not_there(redis: Redis, request_list: str) -> None:
    organisation = shop.organisation()
    with pytest.raises(CommandError, match=rf"no organisation 'x'. Known: {organisation.pk} \(Demo shop\)"):
        load(MAIN, organisation="x")
    assert not redis.exists(request_list)


def test_it_names_what_it_expects_where_there_is_no_capture(redis: Redis, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"is no capture .* expected lists\.json and"):
        load(tmp_path)
