"""Everything that Weir fetches from others: identity providers, documents by URL, deliveries to webhooks.

One place decides what may be fetched, because whoever gives an address may be a tenant, and must not lead Weir to
what only Weir can reach. Decision 20 has the rules and the reasons.
"""

from apps.core.fetching.connections import CheckedAdapter, TooBig, check_out, deadline, fetch
from apps.core.fetching.rules import FetchError, FetchFailed, FetchRefused, check_url

__all__ = [
    "CheckedAdapter",
    "FetchError",
    "FetchFailed",
    "FetchRefused",
    "TooBig",
    "check_out",
    "check_url",
    "deadline",
    "fetch",
]
