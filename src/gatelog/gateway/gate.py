"""What all calls of one worker share: catalog and router, ledger, upstream pool, counters, caches, identity."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from gatelog.catalog.catalog import Catalog
from gatelog.catalog.entities import Account, Api
from gatelog.clock import Clock
from gatelog.errors import GatelogError
from gatelog.gateway.backends import Backends, read_base
from gatelog.gateway.cache import LocalCache, VectorCache
from gatelog.gateway.client import Pool
from gatelog.gateway.counters import Counters, LocalCounters, Places
from gatelog.gateway.driver import Performer
from gatelog.gateway.heads import FieldMemo, RequestHead
from gatelog.gateway.ledger import Action, Ledger
from gatelog.gateway.outgoing import Fields, SentHeads
from gatelog.gateway.perform import performers_of
from gatelog.gateway.recording import Plan, model_of, needs_estimate, plans_of
from gatelog.gateway.routing import Match, Router
from gatelog.gateway.tasks import Tasks
from gatelog.llm.request import read_request
from gatelog.llm.tokens import estimate_usage
from gatelog.policy.effects import Effect, PolicyError
from gatelog.policy.tracing import Tracer
from gatelog.record.events import ResponseEvent, Usage
from gatelog.record.exchange import Url

if TYPE_CHECKING:
    from gatelog.gateway.call import Call
    from gatelog.identity.interface import Identity

log = logging.getLogger("gatelog.gateway")

Result = TypeVar("Result")

EARLY_SECONDS = 300
"""A token is renewed this long before it runs out."""


class Peer(Protocol):
    """What the gate asks a client connection."""

    client_ip: str
    tls_version: str


class Gate:
    """One worker's shared parts. Made by `gatelog.gateway.worker`."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        ledger: Ledger,
        pool: Pool,
        memo: FieldMemo,
        tasks: Tasks,
        identity: Identity | None = None,
        counters: Counters | None = None,
        shared_cache: Any = None,
        max_body_bytes: int = 32 << 20,
        check_trace_token: Callable[[str, str], bool] = lambda token, api_id: False,
    ) -> None:
        self.clock = clock
        self.ledger = ledger
        self.pool = pool
        self.memo = memo
        self.tasks = tasks
        self.identity = identity
        self.counters: Counters = counters or LocalCounters()
        self.fields = Fields()
        self.sent_heads = SentHeads()
        self.places = Places()
        self.cache = LocalCache()
        self.vectors = VectorCache()
        self.shared_cache = shared_cache
        """A cache that several gateways share (`gatelog.gateway.shared.RedisCache`), or None."""
        self.max_body_bytes = max_body_bytes
        self.check_trace_token = check_trace_token
        self.call_later = loop.call_later
        self.time = loop.time
        self.without_usage: set[tuple[str, str]] = set()
        """Backends (authority, api-version) that do not know `stream_options`."""
        self.calls = 0
        """Calls that have ended."""
        self.performers: dict[type[Effect], Performer] = performers_of(self)
        self.loop = loop
        self._tokens: dict[tuple[str, str], tuple[str, int]] = {}
        self._public: dict[str, tuple[str, str, int]] = {}
        self._service_urls: dict[str, tuple[str, str, int]] = {}
        self._accounts: dict[str, Account | None] = {}
        self._public_urls: dict[tuple[str, str], tuple[Url, str]] = {}
        self._date = (0, "")
        self._next_id = 0
        self._id_stem = ""
        self.install(catalog)

    def install(self, catalog: Catalog) -> None:
        """Use another catalog from now on; calls keep what they started with."""
        previous = getattr(self, "backends", None)
        self.catalog = catalog
        self.router = Router(catalog)
        self.backends = Backends(catalog, self.time, previous)
        self._plans: dict[str, Plan] = plans_of(catalog)
        self._public = {}
        self._service_urls = {}
        self._accounts = {}
        self._public_urls = {}

    # -- facts about calls -----------------------------------------------------------------------------------------------

    def plan_of(self, match: Match) -> Plan:
        """What is recorded of calls to that API."""
        return self._plans.get(match.api.id if match.api is not None else "", self._plans[""])

    def public_parts(self, host: str) -> tuple[str, str, int]:
        """Scheme, host and port that callers use, from their Host field."""
        known = self._public.get(host)
        if known is None:
            if len(self._public) > 256:
                self._public.clear()
            scheme = urlsplit(self.catalog.service.gateway_url).scheme or "http"
            parts = urlsplit(f"{scheme}://{host}" if host else self.catalog.service.gateway_url)
            default = 443 if scheme == "https" else 80
            known = self._public[host] = (scheme, parts.hostname or "", parts.port or default)
        return known

    def service_url(self, api: Api | None) -> tuple[str, str, int]:
        """Scheme, host and port of an API's web service; the gate's own where there is none."""
        url = api.service_url if api is not None else ""
        known = self._service_urls.get(url)
        if known is None:
            try:
                origin = read_base(url, None, self.catalog).origin
                known = (origin.scheme, origin.host, origin.port)
            except PolicyError:
                known = self.public_parts("")
            self._service_urls[url] = known
        return known

    def client_ip(self, client: Any) -> str:
        """The caller's address."""
        return str(client.client_ip)

    def tls_of(self, client: Any) -> str:
        """TLS version of the caller's connection; empty without TLS."""
        return str(client.tls_version)

    def original_url(self, head: RequestHead, match: Match) -> Url:
        """The caller's URL; calls to the same one share it, and nobody changes it."""
        return self._public_url(head, match)[0]

    def recorded_url(self, head: RequestHead, match: Match) -> str:
        """The caller's URL for the record, without credentials."""
        return self._public_url(head, match)[1]

    def _public_url(self, head: RequestHead, match: Match) -> tuple[Url, str]:
        key = (head.host, head.target)
        known = self._public_urls.get(key)
        if known is None:
            plan = self.plan_of(match)
            url = Url(*self.public_parts(head.host), match.path, match.query)
            known = (url, plan.url(str(url), plan.diagnostic.frontend_request))
            if len(self._public_urls) >= 1024:
                self._public_urls.clear()
            self._public_urls[key] = known
        return known

    def new_id(self) -> str:
        """A GUID (version 4) in D form: random for each block of 65,536 calls, then counted. Unique, not secret."""
        number = self._next_id & 0xFFFF
        if not number:
            block = uuid4().hex
            self._id_stem = f"{block[:8]}-{block[8:12]}-{block[12:16]}-{block[16:20]}-{block[20:28]}"
        self._next_id += 1
        return f"{self._id_stem}{number:04x}"

    def tracer(self, head: RequestHead, match: Match) -> Tracer | None:
        """Takes a request trace, for callers with a debug credential of that API."""
        token = head.headers.get("apim-debug-authorization") or ""
        api_id = match.api.id if match.api is not None else ""
        return Tracer(self.clock.monotonic) if token and self.check_trace_token(token, api_id) else None

    def account_of(self, url: str) -> Account | None:
        """The Azure OpenAI account that a backend's URL belongs to."""
        if url not in self._accounts:
            if len(self._accounts) >= 1024:
                self._accounts.clear()
            self._accounts[url] = self.catalog.account_of(url)
        return self._accounts[url]

    def date(self) -> str:
        """The Date field of now."""
        second = self.clock.now() // 1_000_000_000
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    # -- tokens ----------------------------------------------------------------------------------------------------------

    def known_token(self, resource: str, client_id: str = "") -> str | None:
        """A managed-identity token that is good for a while, if one is at hand."""
        entry = self._tokens.get((resource, client_id))
        if entry is None or entry[1] - EARLY_SECONDS <= self.clock.now() // 1_000_000_000:
            return None
        return entry[0]

    def fetch_token(
        self, resource: str, then: Callable[[str], None], fail: Callable[[PolicyError], None], client_id: str = ""
    ) -> None:
        """Get a token and go on."""
        self.tasks.start(self._fetch_token(resource, client_id, then, fail))

    async def _fetch_token(
        self, resource: str, client_id: str, then: Callable[[str], None], fail: Callable[[PolicyError], None]
    ) -> None:
        source = "authentication-managed-identity"
        if self.identity is None:
            fail(PolicyError(source, "ManagedIdentityUnavailable", "no identity is configured"))
            return
        try:
            token = await self.identity.token(resource, client_id)
        except (GatelogError, OSError) as error:
            fail(PolicyError(source, "ManagedIdentityUnavailable", f"no token for {resource}: {error}"))
            return
        if len(self._tokens) > 256:
            self._tokens.clear()
        self._tokens[(resource, client_id)] = (token.text, token.expires)
        then(token.text)

    # -- the record ------------------------------------------------------------------------------------------------------

    def conclude(self, call: Call, make: Callable[..., ResponseEvent], release: Action | None) -> None:
        """Append the response event, then `release` the answer's end.

        Where the model gave no count, ours is made first, in a thread.
        """
        self.calls += 1
        event = make(call)
        if needs_estimate(call, event):
            self.tasks.start(self._estimate(call, event, make, release))
            return
        self.ledger.append(event)
        if release is not None:
            self.ledger.then(release)

    async def _estimate(
        self, call: Call, event: ResponseEvent, make: Callable[..., ResponseEvent], release: Action | None
    ) -> None:
        usage = await self.in_thread(self.estimate, call, event.backend_body)
        self.ledger.append(make(call, usage))
        if release is not None:
            self.ledger.then(release)

    def estimate(self, call: Call, answer: bytes) -> Usage:
        """Our own count of a call's tokens; slow the first time."""
        llm = call.route.match.llm
        if llm is None:
            return Usage()
        return estimate_usage(llm.kind, call.body, answer, model_of(call))

    def asked_model(self, call: Call) -> str:
        """The model or deployment that the request names."""
        llm = call.route.match.llm
        asked = read_request(call.body)
        return (asked.model if asked is not None else "") or (llm.deployment if llm is not None else "")

    async def in_thread(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Run what takes long beside the loop."""
        return await self.loop.run_in_executor(None, partial(work, *arguments))

    def note_without_usage(self, key: tuple[str, str]) -> None:
        """A backend refused `stream_options`: do not ask it again."""
        if len(self.without_usage) >= 256:
            self.without_usage.clear()
        self.without_usage.add(key)

    def note_after(self, error: PolicyError | None) -> None:
        """Steps that ran after an answer have ended."""
        if error is not None:
            log.warning("a policy that runs after the answer failed: %s: %s", error.source, error.message)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that this worker owns."""
        self.tasks.start(work)
