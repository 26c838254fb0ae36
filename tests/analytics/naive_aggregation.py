"""Requests aggregate one by one, as slowly and as plainly as can be, to compare with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.analytics import histogram
from tests.analytics.stored_aggregates import Key, Sums


@dataclass(frozen=True)
class Hit:
    """One record, as far as it is aggregate. Times are in milliseconds."""

    organisation: str = "org1"
    timestamp: datetime = datetime(2026, 11, 21, 10, 20, 30, tzinfo=UTC)
    api_id: str = "api1"
    api_name: str = ""
    api_version: str = ""
    method: str = "GET"
    path: str = "/"
    status: int = 200
    key: str = ""
    alias: str = ""
    oauth_client: str = ""
    country: str = ""
    request_time: int = 1
    latency: int = 1
    upstream_latency: int = 1
    tracked: bool = False
    tags: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it was answered with an error."""
        return self.status >= 400


#: Code of a dimension → value and detail of the keys a request counts under.
DIMENSIONS: dict[int, Callable[[Hit], Iterable[tuple[str, str]]]] = {
    0: lambda hit: [("", "")],
    1: lambda hit: [("", "")],
    2: lambda hit: [(hit.api_version, "")] if hit.api_version else [],
    3: lambda hit: [(hit.path, hit.method)] if hit.tracked and hit.path and hit.method else [],
    4: lambda hit: [(str(hit.status), "")],
    5: lambda hit: [(hit.key, "")] if hit.key else [],
    6: lambda hit: [(hit.key, hit.path)] if hit.tracked and hit.key and hit.path else [],
    7: lambda hit: [(hit.key, str(hit.status))] if hit.failed and hit.key else [],
    8: lambda hit: [(hit.oauth_client, "")] if hit.oauth_client else [],
    9: lambda hit: [(hit.oauth_client, hit.path)] if hit.tracked and hit.oauth_client and hit.path else [],
    10: lambda hit: [(hit.oauth_client, str(hit.status))] if hit.failed and hit.oauth_client else [],
    11: lambda hit: [(hit.country, "")] if hit.country else [],
    12: lambda hit: [(tag, "") for tag in countable_tags(hit.tags)],
    13: lambda hit: [(str(hit.status), "")] if hit.failed else [],
}
#: Those that are not kept by API.
NOT_PER_API = {0, 13}


def countable_tags(tags: Sequence[str], ignored: Sequence[str] = ()) -> set[str]:
    """The tags of a record that count."""
    kept = [tag for tag in tags if not tag.startswith(("key-", *ignored))]
    return {tag.strip(" ") for tag in kept} - {""}


def aggregate(hits: Iterable[Hit]) -> dict[Key, Sums]:
    """What readers must find, by key, all buckets together."""
    groups: dict[Key, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.status != -1:
            for key in keys(hit):
                groups[key].append(hit)
    return {key: sum_hits(group) for key, group in groups.items()}


def keys(hit: Hit) -> Iterator[Key]:
    """All keys that a request counts under."""
    for code, values in DIMENSIONS.items():
        for value, detail in values(hit):
            yield Key(hit.organisation, code, "" if code in NOT_PER_API else hit.api_id, value, detail)


def sum_hits(hits: Sequence[Hit]) -> Sums:
    """What the requests of one key add up to."""
    fine = [hit for hit in hits if not hit.failed] or hits
    return Sums(
        hits=len(hits),
        successes=sum(200 <= hit.status <= 299 for hit in hits),
        errors=sum(hit.failed for hit in hits),
        request_time=sum(hit.request_time for hit in hits),
        latency=sum(hit.latency for hit in hits),
        upstream_latency=sum(hit.upstream_latency for hit in hits),
        min_latency=min(hit.latency for hit in fine),
        max_latency=max(hit.latency for hit in hits),
        min_upstream_latency=min(hit.upstream_latency for hit in fine),
        max_upstream_latency=max(hit.upstream_latency for hit in hits),
        last_hit=max(hit.timestamp for hit in hits),
        histogram=histogram.from_values(hit.latency for hit in hits),
    )
