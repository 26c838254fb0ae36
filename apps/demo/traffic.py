"""Made-up requests of the demo organisation, as records of a gateway.

Pure: the same random source, moment and load give the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from math import log
from random import Random

from apps.demo.consumers import CONSUMERS, CRAWLER, ApiConsumer
from apps.demo.demo_apis import APIS, CATALOGUE, DemoApi, Endpoint
from apps.demo.gateway_records import UNVERSIONED, GatewayRecord, GraphQLError, GraphQLStats
from apps.demo.load_profile import Load
from apps.demo.outcomes import Outcome, outcome_of
from apps.demo.sampling import WeightedChoice, choice

#: The demo organisation's id; its first eight characters spell "demo".
ORGANISATION = "64656d6f0000000000000001"
#: Seconds after which a record expires: the gateway's 36500 days, for APIs that set nothing.
LIFETIME = 36_500 * 86_400
GRAPHQL_SCHEMA = b64encode(
    b"type Query { products(first: Int): [Product] } type Mutation { addToBasket(sku: ID!): Basket }"
    b" type Product { id: ID name: String price: Float } type Basket { id: ID total: Float }"
).decode()
#: The share of consumers that have moved to the newer version of an API: when the history began, and now.
FIRST_ADOPTION, LAST_ADOPTION = 0.1, 0.85

_apis = WeightedChoice((api, api.weight) for api in APIS)
_endpoints = {api.api_id: WeightedChoice((one, one.weight) for one in api.endpoints) for api in APIS}


def request(random: Random, nanoseconds: int, load: Load, organisation: str = ORGANISATION) -> GatewayRecord:
    """One request that was answered at a moment (nanoseconds since 1970)."""
    api, consumer = _call(random, load)
    endpoint = _endpoints[api.api_id].pick(random)
    version, factor = _version(random, api, load.adoption)
    outcome = outcome_of(random, api, endpoint, consumer, load, factor)
    record = _record(random, api, endpoint, outcome, organisation)
    record.APIVersion = version
    record.stamp(nanoseconds, LIFETIME)
    if api.detailed:
        _detail(record)
    return record


def _call(random: Random, load: Load) -> tuple[DemoApi, ApiConsumer]:
    if load.crawler_share and random.random() < load.crawler_share:
        return CATALOGUE, CRAWLER
    api = _apis.pick(random)
    return api, CONSUMERS[api.api_id].pick(random)


def _version(random: Random, api: DemoApi, adoption: float) -> tuple[str, float]:
    """The version that is called, and how its latency compares."""
    if not api.versions:
        return UNVERSIONED, 1.0
    share = FIRST_ADOPTION + (LAST_ADOPTION - FIRST_ADOPTION) * adoption
    return api.versions[random.random() < share]


def _record(random: Random, api: DemoApi, endpoint: Endpoint, outcome: Outcome, organisation: str) -> GatewayRecord:
    consumer = outcome.consumer
    place = consumer.places.pick(random)
    called = _called_path(random, endpoint.path)
    record = GatewayRecord(
        Method=endpoint.method,
        Host=api.host,
        Path=endpoint.path if endpoint.tracked else called,
        RawPath=called,
        ContentLength=_body(random, endpoint),
        UserAgent=choice(random, consumer.agents),
        ResponseCode=outcome.status,
        APIKey=consumer.key,
        APIName=api.name,
        APIID=api.api_id,
        OrgID=organisation,
        OauthID=consumer.oauth_client,
        IPAddress=choice(random, place.ip_addresses),
        Geo=place.geo,
        Alias=consumer.alias,
        TrackPath=endpoint.tracked,
        OriginalPath=called,
        ListenPath=api.listen_path,
    )
    if endpoint.graphql:
        record.ApiSchema = GRAPHQL_SCHEMA
        record.GraphQLStats = _graphql(endpoint.graphql, outcome.status)
    record.measure(outcome.upstream, outcome.gateway)
    record.tag(_own_tags(api, endpoint, outcome))
    return record


def _own_tags(api: DemoApi, endpoint: Endpoint, outcome: Outcome) -> tuple[str, ...]:
    """Tags in the gateway's order: policies and session, API, then marks of the request."""
    cached = ("cached-response",) if outcome.cached else ()
    graphql = ("tyk-graph-analytics",) if endpoint.graphql else ()
    return (*outcome.consumer.tags, *api.tags, *cached, *graphql)


def _called_path(random: Random, pattern: str) -> str:
    while "{id}" in pattern:
        # The product of two numbers: some ids are asked for far more often than others.
        number = 1_000 + int(90_000 * random.random() * random.random())
        pattern = pattern.replace("{id}", str(number), 1)
    return pattern


def _body(random: Random, endpoint: Endpoint) -> int:
    return int(random.lognormvariate(log(endpoint.body), 0.4)) if endpoint.body else 0


def _graphql(stats: GraphQLStats, status: int) -> GraphQLStats:
    if status < 400:
        return stats
    return GraphQLStats(
        stats.Variables,
        stats.RootFields,
        stats.Types,
        [GraphQLError("The upstream could not answer.", list(stats.RootFields or ()))],
        stats.OperationType,
        HasErrors=True,
        IsGraphQL=True,
    )


def _detail(record: GatewayRecord) -> None:
    """Detailed recording: the request and the response as they went over the wire, in base64."""
    body = '{"amount":4990,"currency":"EUR","order":"A-1042"}' if record.ContentLength else ""
    request = (
        f"{record.Method} {record.OriginalPath} HTTP/1.1\r\nHost: api.shop.example\r\n"
        f"User-Agent: {record.UserAgent}\r\nAuthorization: Bearer made-up-token\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    answer = f'{{"status":{record.ResponseCode}}}'
    response = (
        f"HTTP/1.1 {record.ResponseCode}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(answer)}\r\n\r\n{answer}"
    )
    record.RawRequest, record.RawResponse = (b64encode(text.encode()).decode() for text in (request, response))
