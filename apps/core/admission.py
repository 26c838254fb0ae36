"""The one place that every change passes: after authentication and permission, before validation and its service.

Whichever door a change comes through, it is looked at as the REST call that it is or that does the same: a page and the
staff site say which one that would be (``apps.core.resources``). Controllers may refuse the change, or give the
body another content: what is stored is what they gave. The term is Kubernetes' own (admission controllers).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from apps.core.tenancy import Caller


@dataclass(frozen=True)
class AdmissionRequest:
    """A change that somebody asks for: who, and the method, path and JSON body it has or would have by REST."""

    actor: Caller
    method: str
    path: str
    body: Any = None


#: Gives the body that goes on, changed or not. Raises what refuses: ``ApplicationError`` or ``PermissionDenied``.
Controller = Callable[[AdmissionRequest], Any]

_controllers: list[Controller] = []


def register(controller: Controller) -> None:
    """Let a controller look at every change; an app does so in its ``AppConfig.ready``."""
    _controllers.append(controller)


def unregister(controller: Controller) -> None:
    """Take a controller away again."""
    _controllers.remove(controller)


def has_controllers() -> bool:
    """Tell whether anybody looks: writing out what a form changes as a REST body is for them only."""
    return bool(_controllers)


def admit(request: AdmissionRequest) -> Any:
    """Show a change to every controller, in the order of their registration; give the body that is left."""
    body = deepcopy(request.body)  # a controller may write into what it is given
    for controller in _controllers:
        body = controller(replace(request, body=body))
    return body
