"""`cache-lookup` and `cache-store`: whole answers, kept by what they may depend on."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

from gatelog.policy.effects import CacheGet, CachePut, Effect
from gatelog.policy.elements.cache_values import CACHING_TYPE
from gatelog.policy.parts import attribute, texts
from gatelog.policy.slots import BOOLEAN, SECONDS, Slot, one_of
from gatelog.policy.statement import ServedFromCache, Statement, Steps
from gatelog.record.exchange import Exchange, Response

_NOTE: Final = "cache-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLookup(Statement):
    """Answer a GET from the cache. A hit skips the backend; outbound goes on after `cache-store`."""

    vary_by_developer: Slot[bool] = attribute(BOOLEAN, default="false", doc="keep answers for each subscription key")
    vary_by_developer_groups: Slot[bool] = attribute(BOOLEAN, default="false", doc="keep answers for each set of user groups")
    downstream_caching_type: Slot[str] = attribute(
        one_of("none", "private", "public"), default="none", doc="whether caches of the caller's side may keep the answer"
    )
    must_revalidate: Slot[bool] = attribute(BOOLEAN, default="true", doc="those caches must ask when it is stale")
    allow_private_response_caching: Slot[bool] = attribute(
        BOOLEAN, default="false", doc="keep answers of calls with an Authorization header too"
    )
    caching_type: Slot[str] = attribute(CACHING_TYPE, default="prefer-external", doc="which cache")
    headers: tuple[Slot[str], ...] = texts("vary-by-header", doc="keep answers for each value of the request header")
    parameters: tuple[Slot[str], ...] = texts(
        "vary-by-query-parameter", doc="keep answers for each value (names split by `;`); none: for each query"
    )

    def run(self, exchange: Exchange) -> Steps:
        private = "Authorization" in exchange.request.headers and not self.allow_private_response_caching(exchange)
        if exchange.request.method.upper() != "GET" or private:
            return None
        return self._lookup(exchange)

    def _lookup(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        key = self._key(exchange)
        exchange.notes[_NOTE] = key
        self._tell_downstream(exchange)
        kept: Response | None = yield CacheGet(key, self.caching_type(exchange) != "internal")
        if kept is None:
            exchange.cache = "miss"
            return
        exchange.cache = "hit"
        exchange.response = replace(kept, headers=kept.headers.copy())
        raise ServedFromCache

    def _key(self, exchange: Exchange) -> str:
        request = exchange.request
        url = exchange.original_url
        parts = [url.host, url.path.lower(), self._query(url.query, exchange)]
        parts += [f"{slot(exchange).lower()}={request.headers.all(slot(exchange))}" for slot in self.headers]
        if self.vary_by_developer(exchange) and exchange.subscription is not None:
            parts.append(f"subscription={exchange.subscription.id}")
        if self.vary_by_developer_groups(exchange) and exchange.user is not None:
            parts.append(f"groups={sorted(exchange.user.groups)}")
        return "response:" + "\n".join(parts)

    def _query(self, query: str, exchange: Exchange) -> str:
        pairs = parse_qsl(query, keep_blank_values=True)
        if self.parameters:
            names = {name.strip().lower() for slot in self.parameters for name in slot(exchange).split(";")}
            pairs = [(name, value) for name, value in pairs if name.lower() in names]
        else:
            hidden = exchange.api.key_query.lower() if exchange.api is not None else "subscription-key"
            pairs = [(name, value) for name, value in pairs if name.lower() != hidden]
        return repr(sorted(pairs))

    def _tell_downstream(self, exchange: Exchange) -> None:
        kind = self.downstream_caching_type(exchange)
        if kind == "none":
            return
        value = f"{kind}, must-revalidate" if self.must_revalidate(exchange) else kind

        def mark(finished: Exchange) -> Steps:
            if finished.response is not None:
                finished.response.headers.set("Cache-Control", value)
            return None

        exchange.on_answer.append(mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStore(Statement):
    """Keep the answer of a call that passed `cache-lookup`."""

    reads_response_body: ClassVar[bool] = True

    duration: Slot[float] = attribute(SECONDS, required=True, doc="seconds to keep it")
    cache_response: Slot[bool] | None = attribute(
        BOOLEAN, doc="true: keep it whatever its status is; false: do not; absent: keep a 200"
    )
    caching_type: Slot[str] = attribute(CACHING_TYPE, default="prefer-external", doc="which cache")

    def run(self, exchange: Exchange) -> Steps:
        key = exchange.notes.get(_NOTE)
        response = exchange.response
        if key is None or response is None or response.body is None:
            return None
        wanted = self.cache_response(exchange) if self.cache_response else response.status == 200
        return self._store(exchange, key, response) if wanted else None

    def _store(self, exchange: Exchange, key: str, response: Response) -> Generator[Effect, Any, None]:
        kept = replace(response, headers=response.headers.copy())
        yield CachePut(key, kept, self.duration(exchange), self.caching_type(exchange) != "internal")
