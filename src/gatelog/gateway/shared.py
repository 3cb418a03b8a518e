"""Counters and cache that several gateways share, in Redis (setting `redis`; extra `gatelog[redis]`).

A Redis that does not answer in time fails the policy that asked, which goes to on-error: a limit that cannot be checked does not
let calls pass.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable
from typing import Any, Final

import msgspec

from gatelog.errors import GatelogError
from gatelog.policy.effects import TakeWindow, WindowReply
from gatelog.record.exchange import Response
from gatelog.record.headers import Headers

PREFIX: Final = "gatelog:"
SECONDS: Final = 2.0
"""How long Redis may take."""
SLOTS: Final = 64
"""A sliding window is counted in this many slots; an amount leaves up to one slot later than it would exactly."""

_TAKE: Final = """
local now, period, limit, amount = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local force, probe, sliding, first, slots = ARGV[5] == "1", ARGV[6] == "1", ARGV[7] == "1", tonumber(ARGV[8]), tonumber(ARGV[9])
local room = tonumber(ARGV[10])
if room == 0 then room = amount end
local total, width, slot, held = 0, 0, 0, {}
if sliding then
  width = period / slots
  slot = math.floor(now / width)
  local found = redis.call("HGETALL", KEYS[1])
  for i = 1, #found, 2 do
    local number, value = tonumber(found[i]), tonumber(found[i + 1])
    if number <= slot - slots then redis.call("HDEL", KEYS[1], found[i])
    else total = total + value; held[#held + 1] = {number, value} end
  end
else
  slot = period > 0 and math.floor((now - first) / period) or 0
  total = tonumber(redis.call("HGET", KEYS[1], tostring(slot)) or "0")
end
local over = total + room - limit
local counted = over <= 0 or force
if counted and not probe then
  redis.call("HINCRBY", KEYS[1], string.format("%d", slot), amount)
  if period > 0 then redis.call("PEXPIRE", KEYS[1], math.ceil(period * 1000 * 2)) end
end
if counted then total = total + room end
local wait = 0
if over > 0 then
  wait = period
  if sliding then
    table.sort(held, function(a, b) return a[1] < b[1] end)
    local freed = 0
    for _, entry in ipairs(held) do
      freed = freed + entry[2]
      if freed >= over then wait = (entry[1] + slots) * width - now; break end
    end
  elseif period > 0 then
    wait = first + (slot + 1) * period - now
  else
    wait = 0
  end
end
return {over <= 0 and 1 or 0, math.max(0, limit - total), tostring(math.max(0, wait))}
"""


class RedisUnavailable(GatelogError):
    """Redis does not answer, or is not installed."""


class SharedStore:
    """One connection pool to Redis; made once for each worker, connects on first use."""

    def __init__(self, url: str) -> None:
        """Raises `RedisUnavailable` when the client library is missing."""
        try:
            library = importlib.import_module("redis.asyncio")
        except ImportError as error:
            raise RedisUnavailable("the setting 'redis' needs the redis library: install gatelog[redis]") from error
        self._error: type[Exception] = importlib.import_module("redis.exceptions").RedisError
        self._client = library.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
        self._take = self._client.register_script(_TAKE)

    async def take(self, effect: TakeWindow, now: float) -> WindowReply:
        """Count in a window of all gateways."""
        arguments = (
            repr(now),
            repr(float(effect.period)),
            effect.limit,
            effect.amount,
            int(effect.force),
            int(effect.probe),
            int(effect.sliding),
            effect.first_period,
            SLOTS,
            effect.room,
        )
        kind = "s" if effect.sliding else "f"
        allowed, remaining, wait = await self.ask(self._take([f"{PREFIX}w:{kind}:{effect.period}:{effect.key}"], arguments))
        return WindowReply(bool(allowed), int(remaining), float(wait))

    async def ask(self, work: Awaitable[Any]) -> Any:
        """The reply. Raises `RedisUnavailable`."""
        try:
            return await work
        except (self._error, OSError, TimeoutError) as error:
            raise RedisUnavailable(f"redis does not answer: {error}") from error

    @property
    def client(self) -> Any:
        """The library's client."""
        return self._client

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class RedisCounters:
    """`gatelog.gateway.counters.Counters` that all gateways share."""

    def __init__(self, store: SharedStore) -> None:
        self._store = store

    def take(self, effect: TakeWindow, now: float) -> Awaitable[WindowReply]:
        """See `Counters`."""
        return self._store.take(effect, now)


class RedisCache:
    """The external cache: texts, bytes, numbers, whole answers."""

    def __init__(self, store: SharedStore) -> None:
        self._store = store

    async def get(self, key: str) -> Any | None:
        """The stored value or None."""
        data = await self._store.ask(self._store.client.get(f"{PREFIX}c:{key}"))
        return None if data is None else unpack(data)

    async def put(self, key: str, value: Any, seconds: float) -> None:
        """Store a value. Raises `TypeNotShared` for one that only lives in a process."""
        await self._store.ask(self._store.client.set(f"{PREFIX}c:{key}", pack(value), px=max(1, int(seconds * 1000))))

    async def remove(self, key: str) -> None:
        """Forget a value."""
        await self._store.ask(self._store.client.delete(f"{PREFIX}c:{key}"))


class TypeNotShared(GatelogError):
    """A value of a type that cannot leave the process."""


def pack(value: Any) -> bytes:
    """A cache value as bytes. Raises `TypeNotShared`."""
    if isinstance(value, Response):
        form: Any = {"$": "response", "v": [value.status, value.reason, list(value.headers), value.body]}
    elif value is None or type(value) in (str, bytes, int, float, bool):
        form = {"$": "plain", "v": value}
    else:
        raise TypeNotShared(f"a value of type {type(value).__name__} cannot be kept in the external cache")
    return msgspec.msgpack.encode(form)


def unpack(data: bytes) -> Any:
    """The value that `pack` made bytes of."""
    form = msgspec.msgpack.decode(data)
    if form["$"] == "plain":
        return form["v"]
    status, reason, headers, body = form["v"]
    return Response(status, reason, Headers([(name, value) for name, value in headers]), body)
