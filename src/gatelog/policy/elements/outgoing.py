"""The children that `send-request` and `send-one-way-request` share: how a request of the policy's own is put together."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult

from gatelog.policy.binding import Binder
from gatelog.policy.effects import Effect, PolicyError
from gatelog.policy.elements.authentication_basic import AuthenticationBasic
from gatelog.policy.elements.authentication_certificate import AuthenticationCertificate
from gatelog.policy.elements.authentication_managed_identity import AuthenticationManagedIdentity
from gatelog.policy.elements.proxy import Proxy
from gatelog.policy.elements.set_backend_service import split_url
from gatelog.policy.elements.set_body import SetBody
from gatelog.policy.elements.set_header import SetHeader
from gatelog.policy.parts import attribute, node, nodes, text
from gatelog.policy.reader import Node
from gatelog.policy.slots import SECONDS, Constant, Slot, one_of
from gatelog.policy.statement import Statement
from gatelog.record.exchange import Exchange, Request, Url
from gatelog.record.headers import Headers

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing(Statement):
    """A request of the policy's own."""

    mode: Slot[str] = attribute(
        one_of("new", "copy"), default="new", doc="start from nothing, or from a copy of the call's request"
    )
    timeout: Slot[float] = attribute(SECONDS, default="60", doc="seconds to wait for the answer")
    url: Slot[str] | None = text("set-url", doc="absolute URL; needed when `mode` is `new`")
    method: Slot[str] | None = text("set-method", doc="HTTP method; GET when absent")
    headers: tuple[SetHeader, ...] = nodes("set-header", SetHeader, doc="headers")
    body: SetBody | None = node("set-body", SetBody, doc="the body")
    certificate: AuthenticationCertificate | None = node(
        "authentication-certificate", AuthenticationCertificate, doc="client certificate"
    )
    identity: AuthenticationManagedIdentity | None = node(
        "authentication-managed-identity", AuthenticationManagedIdentity, doc="token of the managed identity"
    )
    basic: AuthenticationBasic | None = node("authentication-basic", AuthenticationBasic, doc="user name and password")
    proxy: Proxy | None = node("proxy", Proxy, doc="HTTP proxy to send it through")

    def check(self, binder: Binder, node: Node) -> None:
        if isinstance(self.mode, Constant) and self.mode.value == "new" and self.url is None:
            binder.problem(node, f"'{node.name}' needs the element 'set-url' when its mode is 'new'")

    def make(self, exchange: Exchange) -> Generator[Effect, Any, Request]:
        """The request, with its credentials."""
        request = self._start(exchange)
        if self.method is not None:
            request.method = self.method(exchange).upper()
        for header in self.headers:
            header.apply(request.headers, exchange)
        if self.body is not None:
            request.body = self.body.text(exchange, request.body)
            request.headers.remove("Content-Length")
        for credentials in (self.identity, self.basic):
            if credentials is not None:
                yield from credentials.authenticate(exchange, request.headers)
        return request

    def _start(self, exchange: Exchange) -> Request:
        url = self._url(exchange)
        if self.mode(exchange) == "new":
            return Request("GET", url, Headers())
        headers = exchange.request.headers.copy()
        headers.remove("Host")
        return Request(exchange.request.method, url, headers, exchange.request.body)

    def _url(self, exchange: Exchange) -> Url:
        if self.url is not None:
            return _absolute(split_url(self.url(exchange), self.place.element))
        if self.mode(exchange) == "new":
            raise PolicyError(self.place.element, "InvalidUrl", "set-url is needed when the mode is 'new'")
        base = exchange.backend_url or (exchange.api.service_url if exchange.api is not None else "")
        if not base:
            return replace(exchange.request.url)
        url = _absolute(split_url(base, self.place.element))
        url.path = url.path.rstrip("/") + exchange.request.url.path
        url.query = exchange.request.url.query
        return url


def _absolute(parts: SplitResult) -> Url:
    return Url(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme], parts.path or "/", parts.query)
