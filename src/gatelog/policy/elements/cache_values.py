"""`cache-lookup-value`, `cache-store-value`, `cache-remove-value`: values by key, shared by all calls."""

from __future__ import annotations

import copy
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import CacheGet, CachePut, CacheRemove, Effect
from gatelog.policy.parts import attribute
from gatelog.policy.slots import ANY, LINE, SECONDS, Slot, one_of
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange

CACHING_TYPE = one_of("internal", "external", "prefer-external")
_IMMUTABLE = (str, int, float, bool, bytes, type(None))


def _own(value: Any) -> Any:
    """A value that no other call can change."""
    return value if isinstance(value, _IMMUTABLE) else copy.deepcopy(value)


def value_key(key: str) -> str:
    """Values have a room of their own in the cache."""
    return f"value:{key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLookupValue(Statement):
    """Put a kept value into a variable; without one, the default, or the variable stays as it is."""

    key: Slot[str] = attribute(LINE, required=True, doc="the key")
    variable_name: Slot[str] = attribute(LINE, required=True, doc="variable that takes the value")
    default_value: Slot[Any] | None = attribute(ANY, doc="value when nothing is kept; absent: the variable is not set")
    caching_type: Slot[str] = attribute(CACHING_TYPE, default="prefer-external", doc="which cache")

    def run(self, exchange: Exchange) -> Steps:
        return self._lookup(exchange)

    def _lookup(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        external = self.caching_type(exchange) != "internal"
        value = yield CacheGet(value_key(self.key(exchange)), external)
        name = self.variable_name(exchange)
        if value is not None:
            exchange.variables[name] = _own(value)
        elif self.default_value is not None:
            exchange.variables[name] = self.default_value(exchange)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStoreValue(Statement):
    """Keep a value for a while. It keeps its type."""

    key: Slot[str] = attribute(LINE, required=True, doc="the key")
    value: Slot[Any] = attribute(ANY, required=True, doc="the value")
    duration: Slot[float] = attribute(SECONDS, required=True, doc="seconds to keep it")
    caching_type: Slot[str] = attribute(CACHING_TYPE, default="prefer-external", doc="which cache")

    def run(self, exchange: Exchange) -> Steps:
        return self._store(exchange)

    def _store(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        value = self.value(exchange)
        if value is None:
            return
        external = self.caching_type(exchange) != "internal"
        yield CachePut(value_key(self.key(exchange)), _own(value), self.duration(exchange), external)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRemoveValue(Statement):
    """Forget a kept value."""

    key: Slot[str] = attribute(LINE, required=True, doc="the key")
    caching_type: Slot[str] = attribute(CACHING_TYPE, default="prefer-external", doc="which cache")

    def run(self, exchange: Exchange) -> Steps:
        return self._remove(exchange)

    def _remove(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        yield CacheRemove(value_key(self.key(exchange)), self.caching_type(exchange) != "internal")
