"""What a request is called when no service says what it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

STAFF_VERBS = {"add": "Create", "change": "Update", "delete": "Delete"}


def title_of(request: HttpRequest) -> str:
    """Give the title of what was asked for, such as ``List APIs``; "" when the view declares none.

    A view declares ``audit_actions``: from an action of a viewset (``list``), else a method in lower case
    (``post``), to a title. Pages of the staff site are named for their verb and model.
    """
    match = request.resolver_match
    if match is None:
        return ""
    view: Any = match.func
    declared: Mapping[str, str] = getattr(class_of(view), "audit_actions", {})
    method = (request.method or "").lower()
    method = "get" if method == "head" else method
    return declared.get(getattr(view, "actions", {}).get(method, method), "") or _of_staff(view, match.url_name or "")


def class_of(view: Any) -> Any:
    """Give the class that a view function was made of, ``None`` for a plain function."""
    return getattr(view, "cls", None) or getattr(view, "view_class", None)


def _of_staff(view: Any, url_name: str) -> str:
    model_admin = getattr(view, "model_admin", None)
    verb = STAFF_VERBS.get(url_name.rpartition("_")[2])
    if model_admin is None or verb is None:
        return ""
    return f"{verb} {str(model_admin.opts.verbose_name).title()}"
