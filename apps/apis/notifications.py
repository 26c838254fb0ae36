"""What gateways are told by Redis: signed commands on the channel that they listen to (gateway 5.x).

A command is put into the outbox with the change that it is about, so that gateways never hear of what was rolled back.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.conf import settings

from apps.core.redis import gateway_redis
from apps.outbox.services import put

KIND = "gateway notification"
CHANNEL = "tyk.cluster.notifications"
SHA256 = 5  # Go's number of the algorithm
FORGET_JWKS = "InvalidateJWKSCacheForAPI"


def notify(command: str, payload: str, *, organisation: str) -> None:
    """Have gateways told something once the open transaction is committed."""
    put(KIND, {"command": command, "payload": payload}, organisation=organisation, about=f"{command} {payload}")


def deliver(told: dict[str, Any]) -> None:
    """Tell the gateways that listen now; those that do not read everything anew when they are back."""
    gateway_redis().publish(CHANNEL, json.dumps(message(told["command"], told["payload"])))


def message(command: str, payload: str) -> dict[str, Any]:
    """Give a command with the signature by which gateways believe it."""
    signed = f"{command}{payload}{settings.NODE_SECRET}".encode()
    return {
        "command": command,
        "payload": payload,
        "signature": hashlib.sha256(signed).hexdigest(),
        "algorithm": SHA256,
    }
