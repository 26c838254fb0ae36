"""What must be true afterwards, whatever was killed: counted by hand from the payloads that were sent."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, LiteralString

import msgpack

from tests.chaos.stack import Stack

#: A record as it was sent, by the names of the wire.
Sent = dict[str, Any]
Key = tuple[str, datetime, int, str, str]
_SUMS = ("hits", "successes", "errors", "latency")
_COLUMNS: LiteralString = "organisation, bucket, dimension, api, value, hits, successes, errors, latency"
_UNFOLDED: LiteralString = (
    f"SELECT {_COLUMNS} FROM analytics_minute WHERE slice IN (SELECT id FROM analytics_slice WHERE NOT folded)"
)
_PENDING_HOURS: LiteralString = f"SELECT {_COLUMNS} FROM analytics_hour WHERE pending"
_PENDING_DAYS: LiteralString = f"SELECT {_COLUMNS} FROM analytics_day WHERE pending"
#: Rows of each level, and the rows of finer levels that are not counted there yet.
_LEVELS: dict[LiteralString, LiteralString] = {
    "hour": f"SELECT {_COLUMNS} FROM analytics_hour UNION ALL {_UNFOLDED}",
    "day": f"SELECT {_COLUMNS} FROM analytics_day UNION ALL {_PENDING_HOURS} UNION ALL {_UNFOLDED}",
    "month": f"SELECT {_COLUMNS} FROM analytics_month UNION ALL {_PENDING_DAYS} UNION ALL {_PENDING_HOURS}"
    f" UNION ALL {_UNFOLDED}",
}
#: All that the database says about the number of requests stored, in one statement and so at one moment.
BALANCE: LiteralString = f"""
SELECT (SELECT count(*) FROM analytics_record),
       (SELECT coalesce(sum(stored), 0) FROM analytics_slice),
       (SELECT coalesce(sum(stored), 0) FROM analytics_ledgerentry),
       (SELECT coalesce(sum(hits), 0) FROM ({_LEVELS["hour"]}) AS rows WHERE dimension = 0),
       (SELECT coalesce(sum(hits), 0) FROM ({_LEVELS["day"]}) AS rows WHERE dimension = 0),
       (SELECT coalesce(sum(hits), 0) FROM ({_LEVELS["month"]}) AS rows WHERE dimension = 0)
"""
#: Errors that belong to the game: a resend, a slice that a drain which died in its COMMIT has stored, two roll-ups
#: that note the same proof, a killed client.
_EXPECTED_ERRORS = (
    'duplicate key value violates unique constraint "analytics_record',
    'duplicate key value violates unique constraint "analytics_slice_once"',
    'duplicate key value violates unique constraint "analytics_closed_hour_once"',
    "unexpected EOF on client connection with an open transaction",
)


def received(stack: Stack) -> int:
    """Records taken in so far, resent ones too."""
    return int(stack.query("SELECT coalesce(sum(received), 0) FROM analytics_slice")[0][0])


def wait_for(stack: Stack, pushed: int, seconds: float = 120) -> None:
    """Wait until as many records were received as were pushed, and nothing is left in Redis."""
    deadline = time.monotonic() + seconds
    with stack.redis() as client:
        while left := client.keys("*") or received(stack) < pushed:
            if time.monotonic() > deadline:
                raise AssertionError(f"{pushed} pushed, {received(stack)} received, left in Redis: {left}")
            time.sleep(0.02)


def check(stack: Stack, payloads: Iterable[bytes]) -> None:
    """Compare everything that is stored with the payloads that were sent; raises AssertionError.

    Nothing may run any more, and what is closed must be rolled up and proved.
    """
    records = [msgpack.unpackb(payload, raw=False) for payload in payloads]
    _check_records(stack, records)
    hours = count_by_key(records)
    for unit in _LEVELS:
        _check_level(stack, unit, _coarser(hours, unit))
    _check_ledger(stack, len(records))
    _check_proofs(stack)
    _check_left_overs(stack)


def _check_records(stack: Stack, records: Iterable[Sent]) -> None:
    texts: LiteralString = "organisation, api_id, key, path, status, latency"
    microseconds: LiteralString = "(extract(epoch FROM timestamp) * 1000000)::bigint"
    stored = Counter(stack.query(f"SELECT {microseconds}, {texts} FROM analytics_record"))
    sent = Counter(map(_stored_row, records))
    lost, doubled = sent - stored, stored - sent
    assert not lost, f"{lost.total()} records lost, as {next(iter(lost))}"
    assert not doubled, f"{doubled.total()} records too many, as {next(iter(doubled))}"


def _stored_row(record: Sent) -> tuple[Any, ...]:
    seconds, nanoseconds = record["TimeStamp"]
    values = (record[name] for name in ("OrgID", "APIID", "APIKey", "Path", "ResponseCode"))
    return seconds * 1_000_000 + nanoseconds // 1000, *values, record["Latency"]["Total"]


def count_by_key(records: Iterable[Sent]) -> dict[Key, tuple[int, ...]]:
    """Hits, successes, errors and latency by organisation, hour, dimension, API and value."""
    sums: dict[Key, list[int]] = {}
    for record in records:
        status, latency = record["ResponseCode"], record["Latency"]["Total"]
        values = (1, 200 <= status < 300, status >= 400, latency)
        hour = datetime.fromtimestamp(record["TimeStamp"][0] // 3600 * 3600, UTC)
        for place in _aggregate_keys(record):
            row = sums.setdefault((record["OrgID"], hour, *place), [0, 0, 0, 0])
            for number, value in enumerate(values):
                row[number] += value
    return {key: tuple(row) for key, row in sums.items()}


def _aggregate_keys(record: Sent) -> Iterator[tuple[int, str, str]]:
    """Dimension (up to 12), API and value of all rows that a record counts in, when all paths are tracked."""
    api, status, key = record["APIID"], record["ResponseCode"], record["APIKey"]
    yield 0, "", ""
    # Total, version, endpoint, status, key, key×endpoint; the rest is in the row's detail.
    for dimension, value in enumerate(("", record["APIVersion"], record["Path"], str(status), key, key), 1):
        yield dimension, api, value
    if status >= 400:
        yield 7, api, key
    for tag in record["Tags"]:
        if not tag.startswith("key-"):
            yield 12, api, tag


def _coarser(hours: dict[Key, tuple[int, ...]], unit: str) -> dict[Key, tuple[int, ...]]:
    starts: dict[str, dict[str, int]] = {"hour": {}, "day": {"hour": 0}, "month": {"hour": 0, "day": 1}}
    sums: dict[Key, tuple[int, ...]] = {}
    for (organisation, hour, *place), values in hours.items():
        key = (organisation, hour.replace(**starts[unit]), *place)
        sums[key] = tuple(map(sum, zip(values, sums.get(key, (0, 0, 0, 0)), strict=True)))
    return sums


def _check_level(stack: Stack, unit: LiteralString, wanted: dict[Key, tuple[int, ...]]) -> None:
    sums: LiteralString = ", ".join(f"sum({name})::bigint" for name in _SUMS)
    rows = stack.query(
        f"SELECT organisation, date_trunc('{unit}', bucket, 'UTC'), dimension, api, value, {sums}"
        f" FROM ({_LEVELS[unit]}) AS rows WHERE dimension <= 12 GROUP BY 1, 2, 3, 4, 5"
    )
    found = {(row[0], row[1].astimezone(UTC), *row[2:5]): row[5:] for row in rows}
    wrong = {key: (found.get(key), wanted.get(key)) for key in found | wanted if found.get(key) != wanted.get(key)}
    assert not wrong, f"{len(wrong)} of {len(wanted)} figures by {unit} are wrong, as {next(iter(wrong.items()))}"


def _check_ledger(stack: Stack, records: int) -> None:
    sums: LiteralString = "sum(received), sum(stored), sum(duplicates), sum(rejected), sum(filtered)"
    [by_slice] = stack.query(f"SELECT {sums} FROM analytics_slice")
    [by_hour] = stack.query(f"SELECT {sums} FROM analytics_ledgerentry")
    assert by_slice == by_hour, f"slices say {by_slice}, the ledger says {by_hour}"
    taken, stored, duplicates, rejected, filtered = by_slice
    assert (stored, rejected, filtered) == (records, 0, 0)
    assert taken == stored + duplicates
    # Each claim is covered from its first record to its last, and no part of it twice.
    patchy = stack.query("SELECT claim FROM analytics_slice GROUP BY 1 HAVING sum(stop - start) <> max(stop)")
    assert not patchy
    overlapping = stack.query(
        "SELECT a.claim FROM analytics_slice a JOIN analytics_slice b"
        " ON a.claim = b.claim AND a.id < b.id AND a.start < b.stop AND b.start < a.stop"
    )
    assert not overlapping


def _check_proofs(stack: Stack) -> None:
    unproved = stack.query(
        "SELECT hour FROM (SELECT organisation, hour, sum(stored) AS stored FROM analytics_ledgerentry GROUP BY 1, 2)"
        " AS l LEFT JOIN analytics_closedhour c USING (organisation, hour) WHERE c.records IS DISTINCT FROM l.stored"
    )
    assert not unproved
    # No proof ever found a difference, at no moment.
    assert not stack.query("SELECT hour FROM analytics_closedhour WHERE repaired_at IS NOT NULL OR hits <> records")


def _check_left_overs(stack: Stack) -> None:
    with stack.redis() as client:
        assert client.keys("*") == []
    assert stack.query("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == [(0,)]
    assert not stack.query("SELECT * FROM pg_locks WHERE locktype = 'advisory'")
    unexpected = {error for error in stack.errors() if not error.startswith(_EXPECTED_ERRORS)}
    assert not unexpected, sorted(unexpected)
