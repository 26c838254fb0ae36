from __future__ import annotations

import ipaddress
import re
from collections import Counter
from random import Random
from typing import Any

import msgpack
import pytest

from apps.demo.consumers import CRAWLER, KEY_HOLDERS
from apps.demo.demo_apis import APIS, PAYMENTS, SHIPPING, STOREFRONT, STORES
from apps.demo.gateway_records import NO_KEY
from apps.demo.load_profile import INCIDENT, Load
from apps.demo.outcomes import UPSTREAM_TIMEOUT
from apps.demo.traffic import ORGANISATION, request

MOMENT = 1_767_323_045_123_456_789
DOCUMENTATION = [
    ipaddress.ip_network(network) for network in ("198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "10.20.0.0/24")
]


def requests(count: int, load: Load | None = None, seed: str = "a") -> list[dict[str, Any]]:
    random = Random(seed)
    made = (request(random, MOMENT + n, load or Load(1.0)) for n in range(count))
    return [msgpack.unpackb(record.encode()) for record in made]


@pytest.fixture(scope="module")
def sample() -> list[dict[str, Any]]:
    return requests(8_000)


def of_api(sample: list[dict[str, Any]], api_id: str) -> list[dict[str, Any]]:
    return [fields for fields in sample if fields["APIID"] == api_id]


def test_it_makes_the_same_bytes_from_the_same_seed_and_others_from_another() -> None:
    assert requests(300) == requests(300)
    assert requests(300) != requests(300, seed="b")


def test_it_fills_the_35_fields_of_a_gateway_for_one_organisation(sample: list[dict[str, Any]]) -> None:
    assert {len(fields) for fields in sample} == {35}
    assert {fields["OrgID"] for fields in sample} == {ORGANISATION}
    assert re.fullmatch("[0-9a-f]{24}", ORGANISATION)
    assert {fields["APIID"] for fields in sample} == {api.api_id for api in APIS}
    assert all(re.fullmatch("[0-9a-f]{32}", api.api_id) for api in APIS)


def test_it_adds_up_latencies(sample: list[dict[str, Any]]) -> None:
    for fields in sample:
        latency = fields["Latency"]
        assert fields["RequestTime"] == latency["Total"] == latency["Upstream"] + latency["Gateway"]
        assert 0 <= latency["Upstream"] <= UPSTREAM_TIMEOUT


def test_it_records_patterns_of_tracked_endpoints_and_paths_as_called_of_others(sample: list[dict[str, Any]]) -> None:
    for fields in sample:
        assert "{" not in fields["RawPath"]
        pattern = re.escape(fields["Path"]).replace(re.escape("{id}"), r"\d+")
        assert re.fullmatch(pattern, fields["RawPath"])
        assert fields["OriginalPath"].startswith(fields["ListenPath"].rstrip("/"))
    assert {fields["TrackPath"] for fields in sample} == {True, False}
    assert not any("{" in fields["Path"] for fields in sample if not fields["TrackPath"])


def test_it_tags_as_a_gateway_does(sample: list[dict[str, Any]]) -> None:
    for fields in sample:
        ids = [f"key-{fields['APIKey']}", f"org-{ORGANISATION}", f"api-{fields['APIID']}"]
        assert fields["Tags"][-3:] == ids
        assert fields["Tags"].count("tyk-graph-analytics") == (fields["APIID"] == STOREFRONT.api_id)


def test_it_uses_hashed_keys_with_aliases_and_oauth_clients(sample: list[dict[str, Any]]) -> None:
    assert len(KEY_HOLDERS) == len({consumer.key for consumer in KEY_HOLDERS}) == 40
    assert all(re.fullmatch("[0-9a-f]{16}", consumer.key) and consumer.alias for consumer in KEY_HOLDERS)
    assert len({fields["OauthID"] for fields in sample} - {""}) == 5
    popular = Counter(fields["Alias"] for fields in sample if fields["Alias"]).most_common()
    assert popular[0][1] > 20 * popular[len(popular) * 3 // 4][1]
    assert {fields["APIKey"] for fields in of_api(sample, STORES.api_id)} == {NO_KEY}


def test_it_knows_no_key_of_whom_the_gateway_refuses_as_unknown(sample: list[dict[str, Any]]) -> None:
    unknown = [fields for fields in sample if fields["ResponseCode"] == 401]
    assert unknown
    for fields in unknown:
        assert (fields["APIKey"], fields["Alias"], fields["OauthID"]) == (NO_KEY, "", "")
        assert fields["Latency"]["Upstream"] == 0


def test_it_shows_ip_addresses_of_nobody(sample: list[dict[str, Any]]) -> None:
    for fields in sample:
        address = ipaddress.ip_address(fields["IPAddress"])
        assert any(address in network for network in DOCUMENTATION)
    assert len({fields["Geo"]["Country"]["ISOCode"] for fields in sample}) >= 15


def test_it_moves_consumers_to_the_newer_version() -> None:
    def newer(adoption: float) -> float:
        found = Counter(
            fields["APIVersion"] for fields in of_api(requests(4_000, Load(1.0, adoption=adoption)), SHIPPING.api_id)
        )
        assert set(found) == {"v1", "v2"}
        return found["v2"] / found.total()

    assert newer(0.0) < 0.25 < 0.7 < newer(1.0)


def test_it_shows_an_incident_of_one_api_in_its_errors_and_latency_only() -> None:
    def state(api_id: str, sample: list[dict[str, Any]]) -> tuple[float, float]:
        of = of_api(sample, api_id)
        passed = sorted(fields["Latency"]["Upstream"] for fields in of if fields["Latency"]["Upstream"])
        return sum(fields["ResponseCode"] >= 500 for fields in of) / len(of), passed[len(passed) // 2]

    calm, incident = requests(6_000), requests(6_000, Load(1.0, INCIDENT))
    calm_errors, calm_median = state(PAYMENTS.api_id, calm)
    errors, median = state(PAYMENTS.api_id, incident)
    assert calm_errors < 0.03
    assert 0.45 < errors < 0.65
    assert median > 4 * calm_median
    for api in APIS:
        if api is not PAYMENTS:
            errors, median = state(api.api_id, incident)
            assert errors < 0.03
            assert median < 1.5 * state(api.api_id, calm)[1]


def test_it_limits_the_rate_of_a_crawler() -> None:
    crawled = [fields for fields in requests(2_000, Load(1.0, crawler_share=0.6)) if fields["APIKey"] == CRAWLER.key]
    assert len(crawled) > 1_000
    assert sum(fields["ResponseCode"] == 429 for fields in crawled) > len(crawled) / 3


def test_it_records_whole_requests_of_detailed_apis_only(sample: list[dict[str, Any]]) -> None:
    for fields in sample:
        assert bool(fields["RawRequest"]) == bool(fields["RawResponse"]) == (fields["APIID"] == PAYMENTS.api_id)
