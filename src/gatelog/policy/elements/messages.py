"""Which message a statement works on: the request before there is an answer, the response after."""

from __future__ import annotations

from gatelog.policy.effects import PolicyError
from gatelog.policy.statement import Place
from gatelog.record.exchange import Exchange, Request, Response

_REQUEST_SECTIONS = frozenset({"inbound", "backend"})


def message_of(exchange: Exchange, place: Place) -> Request | Response:
    """The request in inbound and backend, the response in outbound and on-error."""
    if place.section in _REQUEST_SECTIONS:
        return exchange.request
    if place.section and exchange.response is not None:
        return exchange.response
    return exchange.response or exchange.request


def response_of(exchange: Exchange, place: Place) -> Response:
    """The response; a failure when there is none yet."""
    if exchange.response is None:
        raise PolicyError(place.element, "ResponseNotAvailable", f"{place.element} needs a response and there is none yet")
    return exchange.response
