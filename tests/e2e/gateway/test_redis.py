"""Counters and cache in a real Redis, shared by two gateways."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatelog.gateway.shared import RedisCache, RedisCounters, RedisUnavailable, SharedStore
from gatelog.policy.effects import TakeWindow

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on this machine")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(10)


def test_two_gateways_share_windows(url: str) -> None:
    async def run() -> None:
        one, two = SharedStore(url), SharedStore(url)
        first, second = RedisCounters(one), RedisCounters(two)
        take = TakeWindow("shared", 3, 64.0)
        replies = [await counters.take(take, 1000.0) for counters in (first, second, first, second)]
        assert [reply.allowed for reply in replies] == [True, True, True, False]
        assert [reply.remaining for reply in replies] == [2, 1, 0, 0]
        assert 63.0 <= replies[3].retry_after <= 64.0
        assert (await first.take(take, 1064.5)).allowed
        await one.close()
        await two.close()

    asyncio.run(run())


def test_quotas_probes_and_settling(url: str) -> None:
    async def run() -> None:
        store = SharedStore(url)
        counters = RedisCounters(store)
        take = TakeWindow("quota", 100, 60.0, amount=80, sliding=False, first_period=30)
        probe = TakeWindow("quota", 100, 60.0, amount=80, sliding=False, first_period=30, probe=True)
        back = TakeWindow("quota", 100, 60.0, amount=-50, sliding=False, first_period=30, force=True)
        assert (await counters.take(probe, 100.0)).remaining == 20
        assert (await counters.take(take, 100.0)).remaining == 20
        refused = await counters.take(take, 100.0)
        assert (refused.allowed, refused.retry_after) == (False, 50.0)
        assert (await counters.take(back, 100.0)).remaining == 70
        assert (await counters.take(take, 151.0)).allowed
        await store.close()

    asyncio.run(run())


def test_cache(url: str) -> None:
    async def run() -> None:
        store = SharedStore(url)
        cache = RedisCache(store)
        assert await cache.get("k") is None
        await cache.put("k", "value", 0.2)
        assert await cache.get("k") == "value"
        await asyncio.sleep(0.3)
        assert await cache.get("k") is None
        await cache.put("k", b"other", 10)
        await cache.remove("k")
        assert await cache.get("k") is None
        await store.close()

    asyncio.run(run())


def test_a_redis_that_is_not_there() -> None:
    async def run() -> None:
        store = SharedStore("redis://127.0.0.1:1/0")
        with pytest.raises(RedisUnavailable):
            await RedisCounters(store).take(TakeWindow("k", 1, 1.0), 0.0)
        await store.close()

    asyncio.run(run())
