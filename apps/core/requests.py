"""What requests say: who asks, from where, and with which body: JSON, whatever it says it is."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from ipaddress import ip_address
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from apps.core.exceptions import MALFORMED, ApplicationError, Refusal
from apps.core.tenancy import Caller

if TYPE_CHECKING:
    from apps.users.models import User

S = TypeVar("S", bound=BaseSerializer[Any])

DEEPEST = 100  # objects and lists inside each other
UNSTORABLE = "This is nested too deep, or has a null character, half of a letter or a number beyond all."

#: What is answered to a write without body, and to one whose body is no JSON, unless an endpoint documents otherwise.
EMPTY: Refusal = (500, "Failed to read response body, body empty")
UNREADABLE: Refusal = (403, MALFORMED)


def user_of(request: HttpRequest | Request) -> User:
    """Give the user of a request that only users who are known get to make."""
    return cast("User", request.user)


def public_url(request: HttpRequest) -> str:
    """Give what links to Weir begin with, without a final slash; "" when only the caller says so.

    It is ``PUBLIC_URL``, or else the host that was asked for. Django has compared that with ``ALLOWED_HOSTS``, which
    says nothing where it allows every host, and nothing of the port ever: only the one that Weir listens on is ours.
    """
    if settings.PUBLIC_URL or "*" in settings.ALLOWED_HOSTS:
        return str(settings.PUBLIC_URL)
    _, port = split_domain_port(request.get_host())
    is_ours = port in {"", str(request.META.get("SERVER_PORT", ""))}
    return f"{request.scheme}://{request.get_host()}" if is_ours else ""


def client_ip(request: HttpRequest, *, directly: bool = False) -> str:
    """Give the caller's IP address; "" when it is not known, as on a Unix socket without a proxy.

    With ``TRUST_FORWARDED_FOR`` it is the first one of ``X-Forwarded-For``, if that is one: a proxy
    must be there that sets the header itself, or callers write what they like. ``directly`` asks who
    connects, whatever the settings say.
    """
    believed = settings.TRUST_FORWARDED_FOR and not directly
    claimed = request.headers.get("X-Forwarded-For", "").split(",")[0] if believed else ""
    return _ip_address(claimed) or _ip_address(request.META.get("REMOTE_ADDR", ""))


def _ip_address(text: str) -> str:
    """Give an IP address without port and brackets, in its shortest form; "" for anything else.

    A socket that takes both kinds shows IPv4 addresses inside IPv6 ones (``::ffff:192.0.2.1``): they are themselves.
    """
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def validated_body(
    request: Request,
    shape: type[S],
    malformed: Refusal,
    *,
    empty: Refusal = EMPTY,
    unreadable: Refusal = UNREADABLE,
    actor: Caller | None = None,
) -> S:
    """Give the body of a request in a shape. Rows that it names are those that the ``actor`` sees.

    Raises:
        ApplicationError: ``empty`` when there is none, ``unreadable`` when it is no JSON, ``malformed`` when it has
            another shape.
    """
    return validated(json_body(request, empty=empty, unreadable=unreadable), shape, malformed, actor=actor)


def json_body(request: Request, *, empty: Refusal = EMPTY, unreadable: Refusal = UNREADABLE) -> Any:
    """Give the JSON document of a request. Raises ``ApplicationError``: ``empty`` or ``unreadable``."""
    if not request.body:
        raise ApplicationError.documented(empty)
    try:
        return request.data
    except (ParseError, UnsupportedMediaType) as error:
        raise ApplicationError.documented(unreadable) from error


def validated(body: Any, shape: type[S], malformed: Refusal, *, actor: Caller | None = None) -> S:
    """Give a body in a shape. Raises ``ApplicationError`` with status and text of ``malformed`` when it has another."""
    read = shape(data=body, context={"actor": actor})
    if not read.is_valid():
        raise ApplicationError.documented(malformed)
    return read


class AnyTypeJSONParser(JSONParser):
    """Reads JSON whatever the content type says: scripts post it with curl's form default.

    JSON can say what cannot be stored: ``is_storable`` tells. Such a document is malformed, and so is one that is
    nested deeper than Python reads.
    """

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Give the document; raises ``ParseError``."""
        try:
            document = super().parse(stream, media_type, parser_context)
            if not is_storable(document):
                raise ParseError
        except RecursionError as error:
            raise ParseError from error
        return document


class Unstorable(ValueError):
    """A text is no JSON that can be kept; the message says why to people."""


def read_json(text: str) -> Any:
    """Give the JSON that a person wrote. Raises ``Unstorable`` for what is none, or is not ``is_storable``."""
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise Unstorable("This is nested too deep.") from error
    except json.JSONDecodeError as error:
        raise Unstorable(f"This is no JSON: {error.msg}, line {error.lineno}, column {error.colno}.") from error
    except ValueError as error:
        raise Unstorable("This has a number with too many digits.") from error
    if not is_storable(document):
        raise Unstorable(UNSTORABLE)
    return document


def is_storable(value: Any, depth: int = DEEPEST) -> bool:
    """Tell whether what was read from JSON can be stored and shown.

    PostgreSQL takes neither NUL nor half of a surrogate pair nor numbers beyond every float; and what is nested
    deeper than ``depth`` may be read once and never again, for that depends on how deep Python is already.
    """
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value))
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return depth > 0 and all(is_storable(name) and is_storable(inner, depth - 1) for name, inner in value.items())
    return not isinstance(value, list) or (depth > 0 and all(is_storable(inner, depth - 1) for inner in value))


def made_storable(value: Any, depth: int = DEEPEST) -> Any:
    """Give what was read from JSON as something that ``is_storable``, for what was kept before anybody asked.

    Numbers beyond every float are texts (``"NaN"``, ``"Infinity"``), what no text can have is replaced, and what is
    nested deeper than ``depth`` is ``"…"``.
    """
    if isinstance(value, str):
        return value if is_storable(value) else value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, float):
        return value if math.isfinite(value) else json.dumps(value)
    if isinstance(value, dict | list) and not depth:
        return "…"
    if isinstance(value, dict):
        return {made_storable(name): made_storable(inner, depth - 1) for name, inner in value.items()}
    return [made_storable(inner, depth - 1) for inner in value] if isinstance(value, list | tuple) else value
