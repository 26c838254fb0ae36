"""Throttling: how often somebody may try a password, a code, or ask for a mail.

A try is counted before it is judged, and what was right is taken back afterwards: of twenty tries that come
at once, no more are judged than the limit says. Counts are kept in Redis, under digests, and forgotten
``LOGIN_FAILURE_EXPIRATION`` seconds after the first try. A count that *grows* asks for a wait after each try from its
limit on, which is doubled each time up to that many seconds, and is forgotten as many seconds after the last wait:
passwords are counted so for each name and client IP, for nobody is to be locked out by a stranger who knows their
name. Names that nobody has are counted like any other.

While Redis is away each process counts for itself: guessing stays slow (as many times faster as there are
processes), and nobody is kept out of the house in which the fault has to be found.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError
from rest_framework.request import Request

from apps.core.exceptions import ApplicationError
from apps.core.redis import own_redis
from apps.core.requests import client_ip

logger = logging.getLogger(__name__)

CODE_LIMIT = 5  # wrong codes of a second factor; there are a million codes, so this one cannot be switched off
MAIL_LIMIT = 3  # mails that one e-mail address is sent
MAIL_LIMIT_OF_IP = 20  # mails that one client IP asks for
IPV6_PREFIX = 64  # bits; whoever has an IPv6 address has all that begin with them

# How long to wait (0: not at all), and if not at all, one more of each. KEYS: counts; ARGV: window, and of each count
# its limit and whether it grows. What a count that grows has left to live beyond the window is the wait.
_ATTEMPT_SCRIPT = """
local window, wait = tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
    local left = redis.call('PTTL', key) / 1000
    if ARGV[2 * i + 1] == '1' then
        wait = math.max(wait, math.ceil(left - window))
    elseif tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[2 * i]) then
        wait = math.max(wait, math.ceil(left), 1)
    end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
    local tries, limit = redis.call('INCR', key), tonumber(ARGV[2 * i])
    if ARGV[2 * i + 1] == '1' then
        local pause = tries < limit and 0 or math.min(window, 2 ^ (tries - limit))
        redis.call('EXPIRE', key, window + pause)
    elseif tries == 1 then
        redis.call('EXPIRE', key, window)
    end
end
return 0
"""
# One less, if it is still counted; with that its wait. KEYS: a count; ARGV: window, and whether it grows.
_UNCOUNT_SCRIPT = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[2] == '1' then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return redis.call('DECR', KEYS[1])
"""


class TooManyAttempts(ApplicationError):
    """Somebody has tried too often; ``seconds`` is how long they have to wait."""

    status = 429

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many attempts. Retry in {seconds} seconds.")


@dataclass(frozen=True)
class Count:
    """Something that is counted: of what kind, of whom, up to how many (0: any number), and whether waits grow."""

    kind: str
    subject: str
    limit: int
    grows: bool = False

    @property
    def key(self) -> str:
        """Where it is kept: a digest, so that nobody reads from Redis who tried to log in."""
        digest = salted_hmac("apps.core.throttling", f"{self.kind}:{self.subject}", algorithm="sha256").hexdigest()
        return f"weir-throttle:{self.kind}:{digest}"


def name_count(email: str, ip: str) -> Count:
    """Count wrong passwords for an e-mail address, known or not, from a client IP ("" where none is known)."""
    return Count("name", f"{email.strip().lower()} {_network(ip)}", settings.LOGIN_FAILURE_USERNAME_LIMIT, grows=True)


def ip_count(ip: str) -> Count:
    """Count wrong passwords from a client IP; where none is known (a Unix socket) they are not counted."""
    return Count("ip", _network(ip), settings.LOGIN_FAILURE_IP_LIMIT)


def own_password_count(user_id: str) -> Count:
    """Count wrong passwords of a person who is logged in already: a session that was left open is no password."""
    return Count("own-password", user_id, settings.LOGIN_FAILURE_USERNAME_LIMIT)


def code_count(user_id: str) -> Count:
    """Count wrong codes for an account."""
    return Count("code", user_id, CODE_LIMIT)


def set_up_count(user_id: str) -> Count:
    """Count codes of a second factor that an account is to get: right ones too, for anybody can make them."""
    return Count("set-up-code", user_id, CODE_LIMIT)


def admin_secret_count(ip: str) -> Count:
    """Count wrong admin secrets from a client IP: people choose that secret, so it might be guessed."""
    return Count("admin-secret", _network(ip), settings.LOGIN_FAILURE_USERNAME_LIMIT, grows=True)


def access_key_count(ip: str) -> Count:
    """Count access keys that nobody has from a client IP."""
    return Count("access-key", _network(ip), settings.LOGIN_FAILURE_IP_LIMIT)


def mail_counts(email: str, ip: str) -> list[Count]:
    """Count mails that were asked for: to an e-mail address, from a client IP."""
    return [Count("mail", email.strip().lower(), MAIL_LIMIT), Count("mail-from", _network(ip), MAIL_LIMIT_OF_IP)]


def throttled_ip(request: HttpRequest | Request) -> str:
    """Give the IP address that wrong credentials are counted by."""
    return client_ip(request, directly=settings.LOGIN_DISALLOW_FORWARD_PROXY)


def count_attempt(*counts: Count) -> None:
    """Count one try, or raise ``TooManyAttempts`` and count nothing."""
    limited = [count for count in counts if count.limit > 0 and count.subject]
    if not limited:
        return
    window = settings.LOGIN_FAILURE_EXPIRATION
    try:
        script: Any = own_redis().register_script(_ATTEMPT_SCRIPT)
        rules = [rule for count in limited for rule in (count.limit, int(count.grows))]
        wait = int(script(keys=[count.key for count in limited], args=[window, *rules]))
    except RedisError:
        logger.warning("Redis is away: this process counts log-ins for itself")
        wait = _local.count_attempt(limited, window)
    if wait:
        raise TooManyAttempts(wait)


def reset_counts(*counts: Count) -> None:
    """Forget all tries: the last was right."""
    _local.reset_counts(counts)
    try:
        own_redis().delete(*(count.key for count in counts))
    except RedisError:
        logger.warning("Redis is away: what it counted stands")


def uncount(count: Count) -> None:
    """Uncount one try that was right, where others' are counted too."""
    _local.uncount(count)
    try:
        script: Any = own_redis().register_script(_UNCOUNT_SCRIPT)
        script(keys=[count.key], args=[settings.LOGIN_FAILURE_EXPIRATION, int(count.grows)])
    except RedisError:
        logger.warning("Redis is away: what it counted stands")


def _network(ip: str) -> str:
    """Give what stands for a client IP: itself, or of IPv6 the network that one customer has."""
    if ip and isinstance(ip_address(ip), IPv6Address):
        return str(ip_network(f"{ip}/{IPV6_PREFIX}", strict=False))
    return ip


class _LocalCounts:
    """The counts of one process, for as long as Redis is away."""

    MOST = 10_000  # counts; beyond, all are forgotten rather than memory filled

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, tuple[int, float]] = {}  # key → tries, and when they are forgotten

    def count_attempt(self, counts: Sequence[Count], window: int) -> int:
        """Count one try, or give the seconds to wait."""
        now = time.monotonic()
        with self._lock:
            known = {count: self._counts.get(count.key, (0, 0.0)) for count in counts}
            fresh = {count: (0, now + window) if end <= now else (tries, end) for count, (tries, end) in known.items()}
            waits = [self._wait(count, tries, end - now, window) for count, (tries, end) in fresh.items()]
            if not any(waits):
                self._write({count.key: self._more(count, *known, now, window) for count, known in fresh.items()})
        return max(waits, default=0)

    @staticmethod
    def _wait(count: Count, tries: int, left: float, window: int) -> int:
        if count.grows:
            return max(0, math.ceil(left - window))
        return math.ceil(left) if tries >= count.limit else 0

    @staticmethod
    def _more(count: Count, tries: int, end: float, now: float, window: int) -> tuple[int, float]:
        if count.grows:
            pause = 0 if tries + 1 < count.limit else min(window, 2 ** (tries + 1 - count.limit))
            end = now + window + pause
        return tries + 1, end

    def _write(self, tries: dict[str, tuple[int, float]]) -> None:
        if len(self._counts) >= self.MOST:
            self._counts.clear()
        self._counts.update(tries)

    def uncount(self, count: Count) -> None:
        """Uncount one try."""
        with self._lock:
            if count.key in self._counts:
                tries, end = self._counts[count.key]
                window = time.monotonic() + settings.LOGIN_FAILURE_EXPIRATION
                self._counts[count.key] = (max(0, tries - 1), min(end, window) if count.grows else end)

    def reset_counts(self, counts: Sequence[Count]) -> None:
        """Forget all tries."""
        with self._lock:
            for count in counts:
                self._counts.pop(count.key, None)


_local = _LocalCounts()
