from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from apps.demo.list_writer import BATCH_SIZE, ListWriter
from launching.places import Places
from launching.valkey import Valkey


def test_it_pushes_in_order_and_says_how_many_went_in_each_batch(redis: Redis, request_list: str) -> None:
    payloads = [b"%d" % number for number in range(2 * BATCH_SIZE + 5)]
    counts = list(ListWriter(redis, request_list).push(iter(payloads)))
    assert counts == [BATCH_SIZE, BATCH_SIZE, 5]
    assert redis.lrange(request_list, 0, -1) == payloads


def test_it_pushes_nothing_for_no_records(redis: Redis, request_list: str) -> None:
    assert list(ListWriter(redis, request_list).push([])) == []
    assert not redis.exists(request_list)


def test_it_waits_until_the_pump_has_taken_enough(redis: Redis, request_list: str) -> None:
    redis.rpush(request_list, *(b"x" for _ in range(20)))
    taker = threading.Timer(0.3, redis.delete, [request_list])
    taker.start()
    began = time.monotonic()
    ListWriter(redis, request_list).wait_until_below(20)
    assert 0.2 < time.monotonic() - began < 5
    taker.join()
    ListWriter(redis, request_list).wait_until_below(20)


def test_it_raises_what_another_try_cannot_mend(redis: Redis, request_list: str) -> None:
    redis.set(request_list, "no list")
    with pytest.raises(ResponseError):
        list(ListWriter(redis, request_list).push([b"x"]))


@pytest.mark.processes
def test_it_goes_on_after_a_restart_of_redis_and_says_once_that_it_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    valkey = Valkey(Places(home=tmp_path, venv=Path(sys.prefix)))
    valkey.places.prepare()
    server = valkey.start()
    client = Redis.from_url(valkey.url)
    writer = ListWriter(client, "list")
    pushing = threading.Thread(target=lambda: list(writer.push([b"2", b"3"])))
    try:
        assert list(writer.push([b"1"])) == [1]
        server.stop()
        pushing.start()
        time.sleep(2.2)  # two tries at least
        server = valkey.start()  # by the thread that lives on: the server ends with it
        pushing.join(timeout=10)
        assert client.lrange("list", 0, -1) == [b"1", b"2", b"3"]
    finally:
        client.close()
        server.stop()
    messages = [record.getMessage() for record in caplog.records if record.name == "apps.demo.list_writer"]
    assert len(messages) == 1
    assert messages[0].startswith("Redis does not answer, trying again:")
