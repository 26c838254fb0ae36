"""What requests say: who asks, and with which body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.http import HttpRequest
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from apps.core.envelope import MALFORMED
from apps.core.exceptions import ApplicationError, Refusal

if TYPE_CHECKING:
    from apps.users.models import User

S = TypeVar("S", bound=BaseSerializer[Any])

#: What is answered to a write without body, and to one whose body is no JSON, unless an endpoint documents otherwise.
EMPTY: Refusal = (500, "Failed to read response body, body empty")
UNREADABLE: Refusal = (403, MALFORMED)


def user_of(request: HttpRequest | Request) -> User:
    """Give the user of a request that only users who are known get to make."""
    return cast("User", request.user)


def validated_body(
    request: Request, shape: type[S], malformed: Refusal, *, empty: Refusal = EMPTY, unreadable: Refusal = UNREADABLE
) -> S:
    """Give the body of a request in a shape.

    Raises:
        ApplicationError: ``empty`` when there is none, ``unreadable`` when it is no JSON, ``malformed`` when it has
            another shape.
    """
    return validated(json_body(request, empty=empty, unreadable=unreadable), shape, malformed)


def json_body(request: Request, *, empty: Refusal = EMPTY, unreadable: Refusal = UNREADABLE) -> Any:
    """Give the JSON document of a request. Raises ``ApplicationError``: ``empty`` or ``unreadable``."""
    if not request.body:
        raise ApplicationError.documented(empty)
    try:
        return request.data
    except (ParseError, UnsupportedMediaType) as error:
        raise ApplicationError.documented(unreadable) from error


def validated(body: Any, shape: type[S], malformed: Refusal) -> S:
    """Give a body in a shape. Raises ``ApplicationError`` with status and text of ``malformed`` when it has another."""
    read = shape(data=body)
    if not read.is_valid():
        raise ApplicationError.documented(malformed)
    return read
