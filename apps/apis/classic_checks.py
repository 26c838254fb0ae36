"""Whether gateways and clients can decode a classic definition; ``classic_members`` declares what it may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from django.core.exceptions import ValidationError

from apps.apis.classic import is_reserved
from apps.apis.classic_members import BESIDE, DEFINITION, HOOK_REFERENCES
from apps.apis.expiry import EXPIRY_EXPECTED, is_expiry, is_time
from apps.apis.member_types import Schema
from apps.apis.oas.extension import section
from apps.apis.oas.reading import in_words
from apps.core.exceptions import ApplicationError
from apps.core.json_values import size_fault, type_of, whole

if TYPE_CHECKING:
    from apps.apis.models import Api

SCHEMAS = {"api_definition": DEFINITION, "hook_references": HOOK_REFERENCES, "": BESIDE}
FORMATS = {"expiry": is_expiry, "time": is_time}
#: What a text should have been.
FORMS = {
    "expiry": EXPIRY_EXPECTED,
    "time": "expected a time such as 2030-01-31T12:00:00Z",
}
OTHER_CASE = "gateways do not tell capital letters in this name: spell it as documented"
AS_DOCUMENT = "an API that is kept as an OpenAPI document is made and changed through /api/apis/oas"
#: The handler that needs a file, without which gateways break off (gateway 5.x).
DYNAMIC = "eh_dynamic_handler"


class InvalidApi(ApplicationError):
    """A value of the definition is none; the message says which."""

    status = 400
    message = "The API definition is not valid"


def checked(definition: Mapping[str, Any], *, is_classic: bool) -> dict[str, Any]:
    """Give a definition with whole numbers where gateways need them (``8080.0`` is 8080).

    Raises ``InvalidApi`` with the place of what a gateway cannot decode.
    """
    read: dict[str, Any] = _checked("api_definition", definition)
    if is_classic and read.get("is_oas") is True:
        raise InvalidApi(f"api_definition.is_oas: {AS_DOCUMENT}")
    for event, handlers in section(read, "event_handlers", "events").items():
        _check_handlers(("api_definition", "event_handlers", "events", event), handlers or ())
    return read


def checked_references(references: Any) -> Any:
    """Do the same with what names webhooks beside a definition."""
    return _checked("hook_references", references)


def check_beside(members: Mapping[str, Any]) -> None:
    """Do the same with what else stands beside a definition."""
    _checked("", members)


def check_row(api: Api) -> None:
    """Raise ``InvalidApi`` for what no column takes, and for a public id below which other endpoints are."""
    try:
        api.clean_fields(exclude=["organisation", "base"])
    except ValidationError as error:
        problems = (f"{name}: {text}" for name, texts in error.message_dict.items() for text in texts)
        raise InvalidApi("; ".join(problems)) from error
    if is_reserved(api.api_id):
        raise InvalidApi(f"api_id: {api.api_id} belongs to another endpoint of /api/apis: choose another")


def _check_handlers(place: tuple[str, ...], handlers: Iterable[Any]) -> None:
    for step, handler in enumerate(handlers):
        if (handler or {}).get("handler_name") == DYNAMIC:
            path = section(handler, "handler_meta").get("path")
            if not isinstance(path, str) or not path:
                where = in_words((*place, step, "handler_meta", "path"))
                raise InvalidApi(f"{where}: gateways break without the file of the function")


def _checked(name: str, value: Any) -> Any:
    if fault := size_fault(value):
        raise InvalidApi(f"{name}: {fault}" if name else fault)
    read = _with_whole_numbers(SCHEMAS[name], value)
    if error := next(iter(_validator(name).iter_errors(read)), None):
        raise InvalidApi(f"{in_words((*filter(None, [name]), *error.instance_path))}: {_fault(error)}")
    return read


@cache
def _validator(name: str) -> Any:
    """Give what checks by a declaration; made once, for it is compiled. To Draft 4 a whole number has no point."""
    return jsonschema_rs.Draft4Validator(SCHEMAS[name], formats=FORMATS, validate_formats=True)


def _fault(error: Any) -> str:
    kinds, kind = jsonschema_rs.ValidationErrorKind, error.kind
    if isinstance(kind, kinds.Type):
        wanted = next(one for one in kind.types if one != "null")
        return f"expected {wanted}, got {type_of(error.instance)}"
    if isinstance(kind, kinds.Format):
        return FORMS[kind.format]
    return OTHER_CASE if isinstance(kind, kinds.Not) else str(error.message)


def _with_whole_numbers(schema: Schema, value: Any) -> Any:
    """Write whole numbers without a point where the declaration has integers."""
    if isinstance(value, Mapping):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        return {name: _with_whole_numbers(known.get(name, others), inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(schema.get("items", {}), inner) for inner in value]
    return whole(value) if "integer" in schema.get("type", ()) else value
