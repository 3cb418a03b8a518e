"""`set-query-parameter`: set, add or delete a parameter of the request's query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus

from gatelog.policy.elements.set_header import EXISTS_ACTION
from gatelog.policy.parts import attribute, texts
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQueryParameter(Statement):
    """Set, add or delete a query parameter of the request that goes to the backend."""

    name: Slot[str] = attribute(LINE, required=True, doc="the parameter's name")
    exists_action: Slot[str] = attribute(EXISTS_ACTION, default="override", doc="what to do when the parameter is there already")
    values: tuple[Slot[str], ...] = texts("value", doc="one parameter for each")

    def run(self, exchange: Exchange) -> Steps:
        name, action = self.name(exchange), self.exists_action(exchange)
        url = exchange.request.url
        pairs = list(_pairs(url.query))
        found = any(_same(key, name) for key, _ in pairs)
        if action == "skip" and found:
            return None
        kept = pairs if action == "append" else [pair for pair in pairs if not _same(pair[0], name)]
        texts = [text for _, text in kept]
        if action != "delete":
            texts += [f"{quote(name, safe='-_.~$')}={quote(value(exchange), safe='-_.~')}" for value in self.values]
        url.query = "&".join(texts)
        return None


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    """Name of each parameter and its text as sent."""
    for text in query.split("&") if query else ():
        yield unquote_plus(text.partition("=")[0]), text


def _same(left: str, right: str) -> bool:
    return left.lower() == right.lower()
