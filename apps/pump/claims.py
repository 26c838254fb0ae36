"""The gateway's Redis lists: claim, read, release, recover. The only file that knows their keys.

A claim is a list renamed to a name of our own: nothing is read out of Redis before it is safe,
and nothing is deleted before it is committed. Whatever Redis refuses about one of these keys is
remembered by its name, and the others go on. The name carries the list's own in braces, so both
lie in the same slot of a cluster. The gateway gives its lists 60 seconds to live and RPUSH does
not renew them, so a claim is also what saves records from vanishing: claims live for ever.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from redis import Redis
from redis.exceptions import ResponseError

from apps.core.redis import gateway_redis

from .records import MAX_RECORD_BYTES, Oversized
from .wire import PROTOBUF_SUFFIX

log = logging.getLogger(__name__)

#: Written by every gateway's host checker, never sharded, always MessagePack.
UPTIME_LIST = "host-checker:tyk-uptime-analytics"
_NAME = "tyk-system-analytics"
#: Most records asked for at a time: Redis does nothing else meanwhile, and gateways write to it.
_RECORDS_PER_CALL = 250
#: How the key of a claim ends: the nanosecond of its time, and what tells it from others.
_CLAIM_NAME = re.compile(r"\d{20}-[0-9a-f]{8}")

#: Rename and PERSIST in one step: a rename keeps the time to live. Answers with the length. What is no list is refused
#: before anything is changed, and a list that cannot be noted gets its name back.
_CLAIM = """
local length = redis.call('LLEN', KEYS[1])
if length == 0 then return 0 end
redis.call('RENAMENX', KEYS[1], KEYS[2])
local noted = redis.pcall('SADD', KEYS[3], KEYS[2])
if type(noted) == 'table' and noted.err then
  redis.call('RENAMENX', KEYS[2], KEYS[1])
  return noted
end
redis.call('PERSIST', KEYS[2])
return length
"""
#: Records from one to another, both inclusive, as long as they are within so many bytes; at least so many of them.
#: Redis looks at their sizes, so that large ones after small ones never come here by the hundred, and takes up a few at
#: a time itself. Of one that is too large it gives the size and the beginning.
_READ = """
local found, left = {}, tonumber(ARGV[3])
for at = tonumber(ARGV[1]), tonumber(ARGV[2]), 50 do
  for _, record in ipairs(redis.call('LRANGE', KEYS[1], at, math.min(at + 49, ARGV[2]))) do
    local size = #record
    if size > tonumber(ARGV[5]) then record = string.sub(record, 1, 1000) end
    left = left - #record
    if left < 0 and #found >= tonumber(ARGV[4]) then return found end
    found[#found + 1] = #record < size and {size, record} or record
  end
end
return found
"""
_RELEASE = """
redis.call('SREM', KEYS[2], KEYS[1])
return redis.call('UNLINK', KEYS[1])
"""


def list_names(prefix: str | None = None) -> list[str]:
    """The 22 lists gateways write requests to: whole or in ten shards, MessagePack or protobuf."""
    stem = (settings.PUMP_KEY_PREFIX if prefix is None else prefix) + _NAME
    shards = [stem, *(f"{stem}_{shard}" for shard in range(10))]
    return [*shards, *(f"{shard}{PROTOBUF_SUFFIX}" for shard in shards)]


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed list: its key, the list it came from, its number of records."""

    key: str
    source: str
    length: int

    @property
    def claimed_at(self) -> datetime:
        """When it was claimed; its key says so."""
        nanoseconds = int(self.key.rsplit(":", 1)[1].partition("-")[0])
        return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What lies in Redis: unclaimed records by list, open claims, and why the keys of some names are neither."""

    lists: dict[str, int]
    claims: list[Claim]
    refused: dict[str, str]


class Claims:
    """The claims of one Redis, usually the gateway's own.

    ``refused`` says by the name of a key why it was passed over, until somebody clears it.
    """

    def __init__(self, client: Redis | None = None) -> None:
        self._redis = client or gateway_redis()
        self.refused: dict[str, str] = {}
        self._claim: Any = self._redis.register_script(_CLAIM)
        self._read: Any = self._redis.register_script(_READ)
        self._release: Any = self._redis.register_script(_RELEASE)

    def claim_all(self) -> int:
        """Claim every list that has records; the number of records claimed."""
        filled = [name for name, found in self._ask("EXISTS", self._sources()) if found]
        return sum(self._claim_or_refuse(name) for name in filled)

    def _claim_or_refuse(self, source: str) -> int:
        try:
            return self.claim(source)
        except ResponseError as error:
            self.refuse(source, error)
            return 0

    def refuse(self, name: str, error: Exception) -> None:
        """Remember why a key is passed over: in words where Redis said it, for others quote what is in a record."""
        if name not in self.refused:
            log.warning("%s is passed over: %s", name, error)
        is_told = isinstance(error, ResponseError)
        self.refused[name] = str(error) if is_told else f"{type(error).__name__}, as the worker’s log tells"

    def _ask(self, command: str, keys: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """The answers to a command about each key, but for those that Redis refuses."""
        queue: Any
        with self._redis.pipeline(transaction=False) as queue:
            for key in keys:
                queue.execute_command(command, key)
            answers = queue.execute(raise_on_error=False)
        for key, answer in zip(keys, answers, strict=True):
            if isinstance(answer, ResponseError):
                self.refuse(key, answer)
            elif isinstance(answer, Exception):
                raise answer
            else:
                yield key, answer

    def claim(self, source: str) -> int:
        """Claim one list by atomic rename; the number of its records, 0 when there are none.

        Raises:
            redis.ResponseError: when Redis refuses; the list is where it was.
        """
        # In order of time when sorted, so that the oldest claim is drained first.
        key = f"{{{source}}}:claim:{time.time_ns():020d}-{secrets.token_hex(4)}"
        return int(self._claim(keys=[source, key, _claims_key(source)]))

    def unreleased(self) -> list[Claim]:
        """All claims that were not released, oldest first: also those of drains that died."""
        sources = {_claims_key(source): source for source in self._sources()}
        keys = {
            key: sources[noted]
            for noted, members in self._ask("SMEMBERS", list(sources))
            for member in members
            if (key := self._claim_key(member, sources[noted]))
        }
        claims = (Claim(key, keys[key], length) for key, length in self._ask("LLEN", list(keys)))
        found = [claim for claim in claims if claim.length or self._forget_lost(claim)]
        return sorted(found, key=lambda claim: claim.key.rsplit(":", 1)[1])

    def _claim_key(self, member: bytes, source: str) -> str:
        """A member of the set of claims as a key; "" when it is none that was given here."""
        key = member.decode(errors="replace")
        if key.startswith(f"{{{source}}}:claim:") and _CLAIM_NAME.fullmatch(key.rsplit(":", 1)[1]):
            return key
        self.refuse(f"{_claims_key(source)} → {key[:100]!r}", ResponseError("it names no claim"))
        return ""

    def _forget_lost(self, claim: Claim) -> bool:
        """A name without a list: its records are gone from Redis, there is nothing to drain."""
        try:
            self._redis.srem(_claims_key(claim.source), claim.key)
        except ResponseError as error:
            self.refuse(claim.key, error)
        return False

    def read(self, claim: Claim, start: int, stop: int, max_bytes: int) -> list[bytes]:
        """Records ``start`` to ``stop`` (exclusive), fewer when they pass ``max_bytes``; at least one.

        Raises:
            redis.ResponseError: when Redis refuses.
        """
        payloads: list[bytes] = []
        left = max_bytes
        while (at := start + len(payloads)) < stop:
            last = min(at + _RECORDS_PER_CALL, stop) - 1
            limits = [left, int(not payloads), MAX_RECORD_BYTES]
            found = list(map(_payload, self._read(keys=[claim.key], args=[at, last, *limits])))
            payloads += found
            left -= sum(map(len, found))
            if at + len(found) <= last:
                break
        return payloads

    def release(self, claim: Claim) -> None:
        """Delete a claim whose last record is committed; one that Redis keeps is tried again by the next run."""
        try:
            self._release(keys=[claim.key, _claims_key(claim.source)])
        except ResponseError as error:
            self.refuse(claim.key, error)

    def backlog(self) -> Backlog:
        """Lengths of lists and claims, for people."""
        lists = {name: length for name, length in self._ask("LLEN", self._sources()) if length}
        return Backlog(lists, self.unreleased(), self.refused)

    def peek(self, key: str, index: int = 0) -> bytes | None:
        """One record of a list or claim, None when it is not there or Redis refuses."""
        try:
            return cast("bytes | None", self._redis.lindex(key, index))
        except ResponseError as error:
            self.refuse(key, error)
            return None

    def _sources(self) -> list[str]:
        uptime = [] if settings.PUMP_DONT_PURGE_UPTIME_DATA else [UPTIME_LIST]
        return [*list_names(), *uptime]


def _payload(answer: bytes | tuple[int, bytes]) -> bytes:
    if isinstance(answer, bytes):
        return answer
    oversized = Oversized(answer[1])
    oversized.size = answer[0]
    return oversized


def _claims_key(source: str) -> str:
    return f"{{{source}}}:claims"
