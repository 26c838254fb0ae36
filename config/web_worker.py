"""How the web server reads requests: heads and bodies whole, before a thread has anything to do with them.

gunicorn makes the processes, watches and ends them; in each of them waitress speaks HTTP. gunicorn's own threads read
from the connections themselves, so that a dozen clients who send nothing more are all it takes to stop it; see
decision 23.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask, Task, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import RequestEntityTooLarge

GLANCE = 0.5  # seconds between two looks at the signals and the connections
SECONDS_TO_SEND = 60  # that a request may take from its first byte to its last, and 60 more for each MEGABYTE of it
SECONDS_STUCK = 60  # that somebody who gets an answer may take nothing of it
SECONDS_IDLE = 60  # that a connection without a request is kept
MEGABYTE = 1 << 20
SECONDS_DROPPING = 30  # that somebody who was refused may go on sending
MOST_DROPPED = 1 << 28  # bytes
CONNECTIONS = 1000  # of one process; whoever comes then waits until one is closed
CROWDED, ROOMY = CONNECTIONS * 3 // 4, CONNECTIONS // 2  # from so many on, some are closed until so few are left
OPEN_FILES = 4096  # what so many connections and their buffers may need
MAX_HEAD = 1 << 16  # bytes
WAITING_ANSWER = 1 << 28  # bytes of an answer, most of them in a file, that wait for a client before a thread does


class _Logged(Task):  # type: ignore[misc]  # waitress ships no types
    """A task that is told to the access log when it is done."""

    sent = 0  # bytes of the body

    def write(self, data: bytes) -> None:
        """Send a piece."""
        super().write(data)
        self.sent += len(data)

    def service(self) -> None:
        """Answer."""
        try:
            super().service()
        finally:
            self.channel.server.tell(self)


class _Answer(_Logged, WSGITask):  # type: ignore[misc]
    """The answer of the application."""


class _Refusal(_Logged, ErrorTask):  # type: ignore[misc]
    """The answer to what is no request, or too large a one."""

    def execute(self) -> None:
        """Say what may be done about it."""
        from apps.core.envelope import TOO_LARGE, error, is_rest

        self.channel.is_refused = True
        refused = self.request.error
        is_large = isinstance(refused, RequestEntityTooLarge)
        if is_large:
            refused.body = "MAX_BODY_BYTES says how many bytes the body of a request may have."
        if not is_rest(getattr(self.request, "path", "")):
            super().execute()
            return
        body = json.dumps(error(TOO_LARGE if is_large else f"{refused.reason}: {refused.body}")).encode()
        self.status = f"{refused.code} {refused.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection. What somebody still sends who was refused is read and dropped before it is closed.

    Closed with something unread it would be reset, and they might never see why.
    """

    task_class = _Answer
    error_task_class = _Refusal
    request: Any = None
    close_when_flushed = False
    is_refused = False
    dropping_since = 0.0  # 0: not yet
    dropped = 0  # bytes

    def send_continue(self) -> None:
        """Ask for the body, unless it is refused already."""
        if self.request.error:
            self.request.expect_continue = False
        else:
            super().send_continue()

    def handle_write(self) -> None:
        """Send what waits; after a refusal, close one direction only."""
        is_last = self.close_when_flushed and self.is_refused
        self.close_when_flushed = self.close_when_flushed and not is_last
        super().handle_write()
        if is_last and self.total_outbufs_len:
            self.close_when_flushed = True
        elif is_last and self.connected:
            self.request, self.dropping_since = None, time.time()
            with suppress(OSError):  # they are gone
                self.socket.shutdown(socket.SHUT_WR)

    def received(self, data: bytes) -> bool:
        """Take what has come."""
        if not self.dropping_since:
            return bool(super().received(data))
        self.dropped += len(data)
        self.will_close = self.dropped > MOST_DROPPED
        return True


class BufferingWorker(Worker):  # type: ignore[misc]  # gunicorn ships no types
    """A process of gunicorn's in which waitress answers, with as many threads as gunicorn is told.

    Two kinds of request have threads of their own, for all others may wait for PostgreSQL at once: whether the process
    is alive, and how Weir is doing.
    """

    def run(self) -> None:
        """Answer until gunicorn says that it is over or is gone, then finish what was begun."""
        _raise_limit_of_files()
        self._since: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
        self._next_glance = 0.0
        self._map: dict[int, Any] = {}
        dispatchers = self._listen()
        while self.alive and self.ppid == os.getppid():
            self._go_on()
        for listening in self._servers():
            wasyncore.dispatcher.close(listening)  # and not what wakes this thread when an answer is ready
        deadline = time.monotonic() + self.cfg.graceful_timeout - GLANCE
        while self._busy_channels() and time.monotonic() < deadline:
            self._go_on()
        for dispatcher in dispatchers:
            dispatcher.shutdown(timeout=GLANCE)

    def _listen(self) -> list[ThreadedTaskDispatcher]:
        """Have waitress listen; give what hands requests to the threads."""
        from django.conf import settings

        from apps.core.health import ALIVE_PATHS, MONITORING_PATHS

        server = create_server(
            self.wsgi,
            map=self._map,
            sockets=[listener.sock for listener in self.sockets],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=CONNECTIONS,
            channel_timeout=SECONDS_IDLE,
            cleanup_interval=5,
            max_request_header_size=MAX_HEAD,
            max_request_body_size=settings.MAX_BODY_BYTES + 1,
            outbuf_high_watermark=WAITING_ANSWER,
            asyncore_use_poll=True,
            # What X-Forwarded-… is worth is for Weir's own settings to say.
            clear_untrusted_proxy_headers=False,
            ident="weir",
        )
        for listening in self._servers():
            listening.channel_class = _Channel
            listening.tell = self._tell
            listening.add_task = self._hand_over
        self._common = server.task_dispatcher
        self._reserved = {
            **dict.fromkeys(ALIVE_PATHS, _dispatcher(threads=1)),
            **dict.fromkeys(MONITORING_PATHS, _dispatcher(threads=2)),
        }
        return [self._common, *dict.fromkeys(self._reserved.values())]

    def _hand_over(self, channel: Any) -> None:
        """Have the next request of a connection answered by a thread."""
        path = getattr(channel.requests[0], "path", "").rstrip("/")
        self._reserved.get(path, self._common).add_task(channel)

    def _go_on(self) -> None:
        """Read and write for a moment; whoever keeps others waiting is sent away."""
        wasyncore.loop(timeout=GLANCE, use_poll=True, map=self._map, count=1)
        now = time.time()
        if now < self._next_glance:
            return
        self._next_glance = now + GLANCE
        self.notify()
        for channel in self._channels():
            if self._is_too_slow(channel, now):
                channel.will_close = True
        self._make_room()

    def _is_too_slow(self, channel: Any, now: float) -> bool:
        """Tell whether somebody takes too long to take an answer, or to send a request."""
        if channel.dropping_since:
            return bool(now - channel.dropping_since > SECONDS_DROPPING)
        if channel.total_outbufs_len:
            waiting = max(self._since.setdefault(channel, now), channel.last_activity)
            return bool(now - waiting > SECONDS_STUCK)
        self._since.pop(channel, None)
        if channel.request is None:
            return False
        granted = SECONDS_TO_SEND * (1 + channel.request.body_bytes_received / MEGABYTE)
        return bool(now - self._since.setdefault(channel.request, now) > granted)

    def _make_room(self) -> None:
        """When it is crowded, close what waits for a request: of the address that has most of it, the oldest first."""
        channels = self._channels()
        if len(channels) < CROWDED:
            return
        unfinished = [channel for channel in channels if not (channel.requests or channel.total_outbufs_len)]
        held = Counter(channel.addr[0] for channel in unfinished)
        unfinished.sort(key=lambda channel: (-held[channel.addr[0]], channel.creation_time))
        for channel in unfinished[: len(channels) - ROOMY]:
            channel.will_close = True

    def _busy_channels(self) -> list[Any]:
        """Close what has no whole request and no answer left; give the others."""
        channels = self._channels()
        busy = [channel for channel in channels if channel.requests or channel.total_outbufs_len]
        for channel in set(channels) - set(busy):
            channel.will_close = True
        return busy

    def _channels(self) -> list[Any]:
        return [known for known in list(self._map.values()) if isinstance(known, HTTPChannel)]

    def _servers(self) -> Iterable[Any]:
        return [known for known in self._map.values() if hasattr(known, "channel_class")]

    def _tell(self, task: Any) -> None:
        """Write a line of the access log."""
        if not self.log.access_log_enabled:
            return
        answered = SimpleNamespace(
            status=task.status, headers=task.response_headers, sent=max(task.sent, task.content_bytes_written)
        )
        environ = task.get_environment() if isinstance(task, WSGITask) else _unread(task)
        took = timedelta(seconds=time.time() - task.start_time)
        request = SimpleNamespace(headers=task.request.headers)
        self.log.access(answered, request, {**environ, "RAW_URI": environ["PATH_INFO"]}, took)


def _dispatcher(threads: int) -> ThreadedTaskDispatcher:
    made = ThreadedTaskDispatcher()
    made.set_thread_count(threads)
    return made


def _raise_limit_of_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _unread(task: Any) -> dict[str, str]:
    """What the access log tells of a request that was not taken."""
    request = task.request
    return {
        "REMOTE_ADDR": task.channel.addr[0],
        "REQUEST_METHOD": getattr(request, "command", "-"),
        "PATH_INFO": getattr(request, "path", "-"),
        "SERVER_PROTOCOL": f"HTTP/{task.version}",
        "HTTP_USER_AGENT": request.headers.get("USER_AGENT", "-"),
    }
