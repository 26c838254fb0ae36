"""The consumers of the demo's APIs: access keys with aliases, OAuth clients with tokens, and the public.

Popularity is skewed as everywhere: a few consumers make most of the requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from apps.demo.demo_apis import APIS, DemoApi
from apps.demo.gateway_records import NO_KEY
from apps.demo.places import COMPANY_NETWORK, PLACES, Place
from apps.demo.sampling import WeightedChoice

_ENGINE = "AppleWebKit/537.36 (KHTML, like Gecko)"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_ENGINE} Chrome/141.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Version/18.5 Safari/605.1.15",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) {_SAFARI} Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    f"Mozilla/5.0 (Linux; Android 15; Pixel 8) {_ENGINE} Chrome/141.0.0.0 Mobile Safari/537.36",
)


@dataclass(frozen=True, slots=True)
class ApiConsumer:
    """A key (hashed, as the gateway records it) with what its session says, and where it calls from."""

    key: str
    alias: str
    oauth_client: str
    tags: tuple[str, ...]
    agents: tuple[str, ...]
    places: WeightedChoice[Place]


def _anonymous() -> ApiConsumer:
    return ApiConsumer(NO_KEY, "", "", (), (*BROWSERS, "curl/8.14.1", "python-requests/2.32.5"), _everywhere())


def _everywhere() -> WeightedChoice[Place]:
    return WeightedChoice((place, place.weight) for place in PLACES)


#: The company's own applications: alias, user agent ("" = browsers), plan, whether run inside the company.
_OWN = (
    ("shop-web", "", "platinum", False),
    ("shop-ios", "Shop/7.4.1 (iPhone; iOS 18.5)", "platinum", False),
    ("shop-android", "Shop/7.4.0 (Android 15)", "platinum", False),
    ("checkout", "checkout/3.18 (go1.25)", "platinum", True),
    ("warehouse", "warehouse-sync/2.2 Java/21", "gold", True),
    ("back-office", "", "gold", False),
    ("recommendations", "recommender/0.9 python-httpx/0.28", "gold", True),
    ("newsletter", "newsletter/1.4 (node)", "silver", True),
)
#: Business partners, each calling from one place.
_PARTNERS = (
    *(
        "acorn-retail",
        "bluebird-travel",
        "cedar-logistics",
        "dune-analytics",
        "ember-pay",
        "fjord-foods",
        "grove-market",
    ),
    *("harbour-books", "iris-fashion", "juniper-home", "kestrel-air", "lumen-media", "maple-toys", "north-parcel"),
    *("opal-jewels", "pine-outdoors", "quartz-tools", "raven-games", "sable-design", "tern-courier", "umber-coffee"),
    *(
        "vale-pharmacy",
        "willow-garden",
        "xenon-lights",
        "yarrow-health",
        "zephyr-bikes",
        "price-compare",
        "deal-finder",
    ),
    *("qa-suite", "load-test", "status-monitor", "price-crawler"),
)
_CLIENT_AGENTS = ("okhttp/4.12.0", "python-requests/2.32.5", "axios/1.12.2", "Go-http-client/2.0", "GuzzleHttp/7")
_PLANS = ("gold", "silver", "silver", "free", "free")
#: OAuth clients by id, and how many of their tokens are about.
_OAUTH_CLIENTS = (("shop-app", 14), ("loyalty-app", 8), ("kiosk", 4), ("voice-assistant", 3), ("partner-portal", 3))


def key_hash(name: str) -> str:
    """A made-up hash of a key: 16 hex characters, as of murmur64."""
    return blake2b(name.encode(), digest_size=8).hexdigest()


def _plan_tags(plan: str) -> tuple[str, ...]:
    """The tag of a policy by its id, then the policy's own."""
    return (f"pol-{blake2b(plan.encode(), digest_size=12).hexdigest()}", f"plan-{plan}")


def _own(alias: str, agent: str, plan: str, internal: bool) -> ApiConsumer:
    places = WeightedChoice([(COMPANY_NETWORK, 1.0)]) if internal else _everywhere()
    return ApiConsumer(key_hash(alias), alias, "", _plan_tags(plan), (agent,) if agent else BROWSERS, places)


def _partner(alias: str) -> ApiConsumer:
    random = Random(alias)
    place = random.choices(PLACES, [place.weight for place in PLACES])[0]
    home = Place(place.geo, 1, tuple(random.sample(place.ip_addresses, 2)))
    plan, agent = random.choice(_PLANS), random.choice(_CLIENT_AGENTS)
    return ApiConsumer(
        key_hash(alias), alias, "", (*_plan_tags(plan), "partner"), (agent,), WeightedChoice([(home, 1.0)])
    )


def _tokens() -> list[tuple[ApiConsumer, float]]:
    """Callers with an OAuth token: the session of a token has no alias."""
    tags = _plan_tags("oauth")
    return [
        (ApiConsumer(key_hash(f"{client} {number}"), "", client, tags, BROWSERS, _everywhere()), 1 / (number + 1))
        for client, tokens in _OAUTH_CLIENTS
        for number in range(tokens)
    ]


#: Whoever sends no key, or one the gateway does not know.
ANONYMOUS = _anonymous()
KEY_HOLDERS: tuple[ApiConsumer, ...] = (*(_own(*own) for own in _OWN), *(_partner(alias) for alias in _PARTNERS))


def _with_keys(api: DemoApi) -> list[tuple[ApiConsumer, float]]:
    """Each key's share of an API: by rank, and not everybody uses everything."""
    random = Random(api.slug)
    return [
        (consumer, random.choice((0.0, 0.5, 1.0, 1.5)) / rank if rank > len(_OWN) else 1 / rank)
        for rank, consumer in enumerate(KEY_HOLDERS, start=1)
    ]


def _consumers(api: DemoApi) -> WeightedChoice[ApiConsumer]:
    if api.access == "open":
        return WeightedChoice([(ANONYMOUS, 1.0)])
    return WeightedChoice(_tokens() if api.access == "oauth" else _with_keys(api))


#: Who calls an API, by its id.
CONSUMERS: dict[str, WeightedChoice[ApiConsumer]] = {api.api_id: _consumers(api) for api in APIS}
CRAWLER = next(consumer for consumer in KEY_HOLDERS if consumer.alias == "price-crawler")
