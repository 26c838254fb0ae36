"""The gateway's Redis lists: claim, read, release, recover. The only file that knows their keys.

A claim is a list renamed to a name of our own: nothing is read out of Redis before it is safe,
and nothing is deleted before it is committed. The name carries the list's own in braces, so both
lie in the same slot of a cluster. The gateway gives its lists 60 seconds to live and RPUSH does
not renew them, so a claim is also what saves records from vanishing: claims live for ever.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.conf import settings
from redis import Redis

from apps.core.redis import gateway_redis

from .wire import PROTOBUF_SUFFIX

#: Written by every gateway's host checker, never sharded, always MessagePack.
UPTIME_LIST = "host-checker:tyk-uptime-analytics"
_NAME = "tyk-system-analytics"
#: Most records asked for at a time: Redis does nothing else meanwhile, and gateways write to it.
_RECORDS_PER_CALL = 250

#: Rename and PERSIST in one step: a rename keeps the time to live. Answers with the new length.
_CLAIM = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RENAMENX', KEYS[1], KEYS[2])
redis.call('PERSIST', KEYS[2])
redis.call('SADD', KEYS[3], KEYS[2])
return redis.call('LLEN', KEYS[2])
"""
#: Records from one to another, both inclusive, as long as they are within so many bytes; at least so many of them.
#: Redis looks at their sizes, so that large ones after small ones never come here by the hundred, and takes up a few at
#: a time itself.
_READ = """
local found, left = {}, tonumber(ARGV[3])
for at = tonumber(ARGV[1]), tonumber(ARGV[2]), 50 do
  for _, record in ipairs(redis.call('LRANGE', KEYS[1], at, math.min(at + 49, ARGV[2]))) do
    left = left - #record
    if left < 0 and #found >= tonumber(ARGV[4]) then return found end
    found[#found + 1] = record
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
    """What lies in Redis: unclaimed records by list, and open claims."""

    lists: dict[str, int]
    claims: list[Claim]


class Claims:
    """The claims of one Redis, usually the gateway's own."""

    def __init__(self, client: Redis | None = None) -> None:
        self._redis = client or gateway_redis()
        self._claim: Any = self._redis.register_script(_CLAIM)
        self._read: Any = self._redis.register_script(_READ)
        self._release: Any = self._redis.register_script(_RELEASE)

    def claim_all(self) -> int:
        """Claim every list that has records; the number of records claimed."""
        lists = self._sources()
        with self._redis.pipeline(transaction=False) as pipe:
            for name in lists:
                pipe.exists(name)
            filled = [name for name, found in zip(lists, pipe.execute(), strict=True) if found]
        return sum(self.claim(name) for name in filled)

    def claim(self, source: str) -> int:
        """Claim one list by atomic rename; the number of its records, 0 when there are none."""
        # In order of time when sorted, so that the oldest claim is drained first.
        key = f"{{{source}}}:claim:{time.time_ns():020d}-{secrets.token_hex(4)}"
        return int(self._claim(keys=[source, key, _claims_key(source)]))

    def unreleased(self) -> list[Claim]:
        """All claims that were not released, oldest first: also those of drains that died."""
        sources = self._sources()
        with self._redis.pipeline(transaction=False) as pipe:
            for source in sources:
                pipe.smembers(_claims_key(source))
            members = pipe.execute()
        keys = [(key.decode(), source) for source, found in zip(sources, members, strict=True) for key in found]
        return [claim for claim in self._measured(keys) if claim.length or self._forget_lost(claim)]

    def _measured(self, keys: list[tuple[str, str]]) -> list[Claim]:
        with self._redis.pipeline(transaction=False) as pipe:
            for key, _ in keys:
                pipe.llen(key)
            lengths = pipe.execute()
        claims = (Claim(key, source, length) for (key, source), length in zip(keys, lengths, strict=True))
        return sorted(claims, key=lambda claim: claim.key.rsplit(":", 1)[1])

    def _forget_lost(self, claim: Claim) -> bool:
        """A name without a list: its records are gone from Redis, there is nothing to drain."""
        self._redis.srem(_claims_key(claim.source), claim.key)
        return False

    def read(self, claim: Claim, start: int, stop: int, max_bytes: int) -> list[bytes]:
        """Records ``start`` to ``stop`` (exclusive), fewer when they pass ``max_bytes``; at least one."""
        payloads: list[bytes] = []
        left = max_bytes
        while (at := start + len(payloads)) < stop:
            last = min(at + _RECORDS_PER_CALL, stop) - 1
            found: list[bytes] = self._read(keys=[claim.key], args=[at, last, left, int(not payloads)])
            payloads += found
            left -= sum(map(len, found))
            if at + len(found) <= last:
                break
        return payloads

    def release(self, claim: Claim) -> None:
        """Delete a claim whose last record is committed."""
        self._release(keys=[claim.key, _claims_key(claim.source)])

    def backlog(self) -> Backlog:
        """Lengths of lists and claims, for people."""
        lists = self._sources()
        with self._redis.pipeline(transaction=False) as pipe:
            for name in lists:
                pipe.llen(name)
            lengths = pipe.execute()
        return Backlog({name: n for name, n in zip(lists, lengths, strict=True) if n}, self.unreleased())

    def peek(self, key: str, index: int = 0) -> bytes | None:
        """One record of a list or claim, None when it is not there."""
        return cast("bytes | None", self._redis.lindex(key, index))

    def _sources(self) -> list[str]:
        uptime = [] if settings.PUMP_DONT_PURGE_UPTIME_DATA else [UPTIME_LIST]
        return [*list_names(), *uptime]


def _claims_key(source: str) -> str:
    return f"{{{source}}}:claims"
