from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import msgpack
import pytest
from django.core.management import CommandError, call_command
from redis import Redis

from apps.demo.list_writer import ListWriter
from apps.demo.models import History
from apps.demo.traffic import ORGANISATION

ROOT = Path(__file__).parent.parent.parent


def write_history(days: int = 1) -> str:
    out = StringIO()
    call_command("demo_traffic", once=True, history_days=days, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("_signals")
@pytest.mark.django_db
class TestHistory:
    def test_it_writes_the_history_once(self, redis: Redis, request_list: str) -> None:
        write_history()
        written = redis.llen(request_list)
        assert written > 5_000
        write_history()
        assert redis.llen(request_list) == written
        assert History.objects.get().is_complete

    def test_it_ends_now_and_belongs_to_the_demo_organisation(self, redis: Redis, request_list: str) -> None:
        began = time.time()
        write_history()
        records = [msgpack.unpackb(payload) for payload in redis.lrange(request_list, 0, -1)]  # type: ignore[union-attr]
        times = [record["TimeStamp"][0] for record in records]
        assert began - 600 < max(times) <= time.time()
        assert min(times) // 86_400 == int(began) // 86_400 - 1
        assert {record["OrgID"] for record in records} == {ORGANISATION}

    def test_it_writes_the_same_bytes_when_it_was_killed(
        self, redis: Redis, request_list: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(writer: ListWriter, payloads: Iterator[bytes]) -> Iterator[int]:
            for count in push(writer, payloads):
                yield count
                if (redis.llen(request_list) or 0) > 3_000:  # type: ignore[operator]
                    raise SystemExit(0)

        push = ListWriter.push
        with monkeypatch.context() as patch:
            patch.setattr(ListWriter, "push", killed)
            with pytest.raises(SystemExit):
                write_history()
        assert not History.objects.get().is_complete
        write_history()
        payloads: list[bytes] = redis.lrange(request_list, 0, -1)  # type: ignore[assignment]
        distinct = set(payloads)
        assert len(payloads) > len(distinct)
        redis.delete(request_list)
        History.objects.update(written=0)
        write_history()
        assert set(redis.lrange(request_list, 0, -1)) == distinct  # type: ignore[arg-type]

    def test_it_writes_no_more_days_than_are_kept(self, redis: Redis, settings: Any) -> None:
        settings.ANALYTICS_RAW_DAYS = 1
        assert "Only 1 days of history" in write_history(days=90)
        assert History.objects.get().days == 1


@pytest.mark.parametrize("options", [{"history_days": -1}, {"rate": 0.0}, {"rate": -1.0}])
def test_it_refuses_impossible_options(options: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="must not be negative"):
        call_command("demo_traffic", once=True, **options)


@pytest.mark.processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_writes_live_traffic_until_a_signal_ends_it(redis: Redis, request_list: str, number: int) -> None:
    command = [sys.executable, "manage.py", "demo_traffic", "--history-days", "0", "--rate", "200"]
    prefix = request_list.removesuffix("tyk-system-analytics")
    environment = {**os.environ, "PUMP_KEY_PREFIX": prefix, "SECRET_KEY": secrets.token_urlsafe(50)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as live:
        try:
            _wait_for(lambda: live.poll() is not None or bool(redis.exists(request_list)))
            assert live.poll() is None, live.communicate()[0]
            newest = msgpack.unpackb(redis.lindex(request_list, -1))
            assert abs(newest["TimeStamp"][0] - time.time()) < 5
            live.send_signal(number)
            began = time.monotonic()
            output, _ = live.communicate(timeout=10)
        finally:
            live.kill()
    assert (live.returncode, output.decode()) == (0, "Live: about 200 requests per second.\n")
    assert time.monotonic() - began < 3


def _wait_for(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
