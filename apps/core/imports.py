"""Imports of many things at once: each is written whole or not at all, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from rest_framework.exceptions import ValidationError

from apps.core.envelope import ok, status_and_message
from apps.core.exceptions import ApplicationError, conflicts_told


def import_each(
    sent: Iterable[Any], write: Callable[[Any], str], *, id_of: Callable[[Any], str], noun: str
) -> dict[str, str]:
    """Write each of some documents; gives for each id why it is not here, or "".

    ``write`` gives the id that one has afterwards; ``id_of`` gives that of one that was refused, for the answer.
    """
    return dict(_imported(document, write, id_of, noun) for document in sent)


def imported(what: str, problems: dict[str, str]) -> dict[str, Any]:
    """Give the answer to an import: ``Meta`` says for each id whether it is here; the message, why not."""
    reasons = "".join(f"; {one}: {problem}" for one, problem in problems.items() if problem)
    return ok(f"{what} imported{reasons}", {one: not problem for one, problem in problems.items()})


def _imported(document: Any, write: Callable[[Any], str], id_of: Callable[[Any], str], noun: str) -> tuple[str, str]:
    try:
        with conflicts_told(noun), transaction.atomic():
            return write(document), ""
    except (ApplicationError, ValidationError) as error:
        return id_of(document), status_and_message(error, "")[1]
