"""The exchange that a call begins with: request, route and catalog as policies see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatelog.gateway.attempt import Client
from gatelog.gateway.heads import RequestHead
from gatelog.gateway.routing import Route
from gatelog.record.exchange import Exchange, Request, Url

if TYPE_CHECKING:
    from gatelog.gateway.gate import Gate


def open_exchange(gate: Gate, client: Client, head: RequestHead, body: bytes, route: Route, times: tuple[int, int]) -> Exchange:
    """A call's exchange. `times`: when the first byte came and when the last, monotonic ns."""
    first_byte, received = times
    match = route.match
    service = gate.catalog.service
    query = match.query
    if query and route.key and match.api is not None and match.api.key_header.lower() not in head.headers.keys:
        query = _without_parameter(query, match.api.key_query)
    headers = head.headers.copy()
    if route.bearer_key:
        headers.remove("authorization")
    started = gate.clock.now() - (received - first_byte)
    backend = gate.service_url(match.api)
    tracer = gate.tracer(head, match) if "apim-debug-authorization" in head.headers.keys else None
    return Exchange(
        id=gate.new_id(),
        started=started,
        started_monotonic=first_byte,
        client_ip=gate.client_ip(client),
        original_url=gate.original_url(head, match),
        request=Request(head.method, Url(backend[0], backend[1], backend[2], match.rest, query), headers, body or None),
        service=service,
        api=match.api,
        operation=match.operation,
        product=route.product,
        subscription=route.subscription,
        user=route.user,
        matched_parameters=match.parameters.copy(),
        tracing=tracer is not None,
        tracer=tracer,
        tls_version=gate.tls_of(client),
        protocol="HTTP/1.1" if head.minor else "HTTP/1.0",
    )


def _without_parameter(query: str, name: str) -> str:
    wanted = name.lower()
    return "&".join(part for part in query.split("&") if part.partition("=")[0].lower() != wanted)
