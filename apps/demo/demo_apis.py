"""What the demo organisation offers: eight APIs and their endpoints, with how often and how fast.

A shop of no particular kind. The ids are fixed, so that API definitions can be made to match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.demo.gateway_records import GraphQLStats

#: Share of requests that an endpoint answers with a status, besides its usual one.
ErrorRates = tuple[tuple[int, float], ...]
Access = Literal["key", "oauth", "open"]

READ_ERRORS: ErrorRates = ((404, 0.012), (400, 0.004), (500, 0.002), (502, 0.001))
LIST_ERRORS: ErrorRates = ((400, 0.006), (500, 0.0015), (502, 0.0008))
WRITE_ERRORS: ErrorRates = ((400, 0.018), (422, 0.012), (409, 0.006), (404, 0.004), (500, 0.003), (504, 0.0008))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation.

    ``median`` and ``spread`` describe a log-normal upstream latency (milliseconds, and the
    standard deviation of its logarithm); ``body`` is the median size of a request in bytes.
    An untracked endpoint is recorded by its path as called.
    """

    method: str
    path: str
    weight: float
    median: float
    spread: float = 0.45
    status: int = 200
    error_rates: ErrorRates = READ_ERRORS
    body: int = 0
    tracked: bool = True
    graphql: GraphQLStats | None = None


@dataclass(frozen=True, slots=True)
class DemoApi:
    """One API. ``cached`` is the share of its GET requests that the gateway answers from its cache.

    ``versions`` are names with their medians' factor, the older first; none means unversioned.
    ``detailed`` APIs record whole requests and responses.
    """

    slug: str
    api_id: str
    name: str
    weight: float
    endpoints: tuple[Endpoint, ...]
    access: Access = "key"
    tags: tuple[str, ...] = ()
    versions: tuple[tuple[str, float], ...] = ()
    cached: float = 0.0
    detailed: bool = False

    @property
    def listen_path(self) -> str:
        """Where the gateway listens; it is not stripped."""
        return f"/{self.slug}/"

    @property
    def host(self) -> str:
        """The upstream."""
        return f"{self.slug}.shop.internal:8080"


_PRODUCTS = GraphQLStats(
    '{"first":20}', ["products"], {"Product": ["id", "name", "price"]}, None, OperationType=1, IsGraphQL=True
)
_BASKET = GraphQLStats(
    '{"sku":"A-1042"}', ["addToBasket"], {"Basket": ["id", "total"]}, None, OperationType=2, IsGraphQL=True
)

ORDERS = DemoApi(
    "orders",
    "3f1c8e0a5d7b4c2e9a6f0b1d2c3e4f50",
    "Orders",
    24,
    (
        Endpoint("GET", "/orders", 22, 48, error_rates=LIST_ERRORS),
        Endpoint("GET", "/orders/{id}", 44, 22),
        Endpoint("POST", "/orders", 16, 95, 0.5, 201, WRITE_ERRORS, 640),
        Endpoint("PATCH", "/orders/{id}", 7, 70, 0.5, 200, WRITE_ERRORS, 180),
        Endpoint("DELETE", "/orders/{id}", 1.5, 55, status=204, error_rates=WRITE_ERRORS),
        Endpoint("GET", "/orders/{id}/items", 9.5, 31),
    ),
    tags=("team-checkout",),
)
CATALOGUE = DemoApi(
    "catalogue",
    "8b2d4f6a1c3e4d5f8091a2b3c4d5e6f7",
    "Catalogue",
    26,
    (
        Endpoint("GET", "/catalogue/products", 34, 36, error_rates=LIST_ERRORS),
        Endpoint("GET", "/catalogue/products/{id}", 46, 18),
        Endpoint("GET", "/catalogue/products/{id}/reviews", 12, 64, 0.6),
        Endpoint("GET", "/catalogue/categories", 8, 9, error_rates=LIST_ERRORS),
    ),
    tags=("team-catalogue",),
    cached=0.3,
)
PAYMENTS = DemoApi(
    "payments",
    "c4e5f60718293a4b5c6d7e8f90a1b2c3",
    "Payments",
    13,
    (
        Endpoint("POST", "/payments", 46, 240, 0.5, 201, ((402, 0.03), *WRITE_ERRORS), 820),
        Endpoint("GET", "/payments/{id}", 38, 40),
        Endpoint("POST", "/payments/{id}/refunds", 4, 310, 0.5, 202, WRITE_ERRORS, 210),
        Endpoint("GET", "/payments/methods", 12, 15, error_rates=LIST_ERRORS),
    ),
    tags=("team-checkout", "pci"),
    detailed=True,
)
SEARCH = DemoApi(
    "search",
    "5a6b7c8d9e0f41528374a5b6c7d8e9f0",
    "Search",
    17,
    (
        Endpoint("GET", "/search", 46, 88, 0.7, error_rates=LIST_ERRORS),
        Endpoint("GET", "/search/suggest", 48, 12, 0.5, error_rates=LIST_ERRORS),
        Endpoint("POST", "/search/similar", 6, 260, 0.6, error_rates=LIST_ERRORS, body=1400),
    ),
    tags=("team-catalogue",),
)
ACCOUNTS = DemoApi(
    "accounts",
    "e1f203142536475869708192a3b4c5d6",
    "Accounts",
    8,
    (
        Endpoint("GET", "/accounts/me", 58, 20, error_rates=LIST_ERRORS),
        Endpoint("GET", "/accounts/{id}/addresses", 22, 26),
        Endpoint("PUT", "/accounts/{id}/addresses/{id}", 8, 60, error_rates=WRITE_ERRORS, body=260),
        Endpoint("GET", "/accounts/{id}/avatar", 12, 14, tracked=False),
    ),
    access="oauth",
    tags=("team-identity",),
)
SHIPPING = DemoApi(
    "shipping",
    "7d8e9fa0b1c2d3e4f5061728394a5b6c",
    "Shipping",
    6,
    (
        Endpoint("GET", "/shipping/rates", 34, 130, 0.5, error_rates=LIST_ERRORS),
        Endpoint("GET", "/shipping/parcels/{id}", 52, 46),
        Endpoint("POST", "/shipping/labels", 14, 420, 0.4, 201, WRITE_ERRORS, 950),
    ),
    tags=("team-logistics",),
    versions=(("v1", 1.8), ("v2", 0.8)),
)
STORES = DemoApi(
    "stores",
    "19a8b7c6d5e4f3021122334455667788",
    "Stores (public)",
    4,
    (
        Endpoint("GET", "/stores", 40, 16, error_rates=LIST_ERRORS),
        Endpoint("GET", "/stores/{id}", 40, 11),
        Endpoint("GET", "/stores/near/{id}", 20, 34, error_rates=((404, 0.09), (400, 0.03)), tracked=False),
    ),
    access="open",
)
STOREFRONT = DemoApi(
    "storefront",
    "aa55bb66cc77dd88ee99ff0011223344",
    "Storefront GraphQL",
    5,
    (
        Endpoint("POST", "/storefront/graphql", 80, 72, 0.6, 200, LIST_ERRORS, 540, graphql=_PRODUCTS),
        Endpoint("POST", "/storefront/graphql", 20, 105, 0.5, 200, LIST_ERRORS, 380, graphql=_BASKET),
    ),
    tags=("team-checkout",),
)

APIS: tuple[DemoApi, ...] = (ORDERS, CATALOGUE, PAYMENTS, SEARCH, ACCOUNTS, SHIPPING, STORES, STOREFRONT)
