"""The dimensions of the aggregates, each named once: what is counted under which value.

The pump writes aggregates from this table and the queries read by it. Every dimension but
:data:`OVERALL` and :data:`OVERALL_ERROR` is kept per API, so that a person limited to some APIs can be
shown all of them.
Rules of what counts where follow the gateway's own pump (one difference: endpoints keep their
API): network statistics (status −1) are no hits, GraphQL and MCP records are requests like any
other, endpoints count when they are tracked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Field of a record that fills a column of an aggregate row; "" leaves it empty.
Field = Literal["", "api_id", "api_version", "status", "method", "path", "key", "oauth_client", "country", "tag"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to count requests.

    ``code`` is the number stored in the tables; ``value`` and ``detail`` are the record's fields
    that fill those columns, ``name`` the one that says them to people. A record counts when all
    fields of ``value`` and ``detail`` are filled, and when it is tracked or an error if
    ``tracked`` or ``errors`` ask for that.
    """

    code: int
    slug: str
    value: Field = ""
    detail: Field = ""
    name: Literal["", "api_name", "alias"] = ""
    per_api: bool = True
    tracked: bool = False
    errors: bool = False


OVERALL = Dimension(0, "overall", per_api=False)
TOTAL = Dimension(1, "total", name="api_name")
VERSION = Dimension(2, "version", "api_version")
ENDPOINT = Dimension(3, "endpoint", "path", "method", tracked=True)
STATUS = Dimension(4, "status", "status")
KEY = Dimension(5, "key", "key", name="alias")
KEY_ENDPOINT = Dimension(6, "key_endpoint", "key", "path", tracked=True)
KEY_STATUS = Dimension(7, "key_status", "key", "status", errors=True)
OAUTH_CLIENT = Dimension(8, "oauth_client", "oauth_client")
CLIENT_ENDPOINT = Dimension(9, "client_endpoint", "oauth_client", "path", tracked=True)
CLIENT_STATUS = Dimension(10, "client_status", "oauth_client", "status", errors=True)
COUNTRY = Dimension(11, "country", "country")
TAG = Dimension(12, "tag", "tag")
OVERALL_ERROR = Dimension(13, "overall_error", "status", per_api=False, errors=True)

ALL: tuple[Dimension, ...] = (
    OVERALL,
    TOTAL,
    VERSION,
    ENDPOINT,
    STATUS,
    KEY,
    KEY_ENDPOINT,
    KEY_STATUS,
    OAUTH_CLIENT,
    CLIENT_ENDPOINT,
    CLIENT_STATUS,
    COUNTRY,
    TAG,
    OVERALL_ERROR,
)
