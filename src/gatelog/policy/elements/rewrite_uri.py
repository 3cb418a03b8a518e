"""`rewrite-uri`: the path that the backend sees."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus

from gatelog.policy.effects import PolicyError
from gatelog.policy.parts import attribute
from gatelog.policy.slots import BOOLEAN, LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange

_PARAMETER = re.compile(r"\{\*?([^{}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteUri(Statement):
    """Replace path and query of the request, below the backend's base URL. `{name}` stands for a parameter of the
    operation's own template."""

    template: Slot[str] = attribute(LINE, required=True, doc="path with an optional query")
    copy_unmatched_params: Slot[bool] = attribute(
        BOOLEAN, default="true", doc="keep query parameters that the operation's template does not name"
    )

    def run(self, exchange: Exchange) -> Steps:
        filled = self._filled(self.template(exchange), exchange)
        path, _, query = filled.partition("?")
        url = exchange.request.url
        if self.copy_unmatched_params(exchange):
            query = "&".join(text for text in (query, _unmatched(exchange, query)) if text)
        url.path = path if path.startswith("/") else f"/{path}"
        url.query = query
        return None

    def _filled(self, template: str, exchange: Exchange) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            found = exchange.matched_parameters.get(name)
            if found is None:
                raise PolicyError(
                    self.place.element, "TemplateParameterNotFound", f"the URL template names no parameter '{name}'"
                )
            return quote(found, safe="/-_.~!$'()*,;:@=+")

        return _PARAMETER.sub(value, template)


def _unmatched(exchange: Exchange, rewritten: str) -> str:
    """The query parameters that neither the operation's template nor the new query names."""
    template = exchange.operation.url_template if exchange.operation is not None else ""
    named = {_name(text) for text in template.partition("?")[2].split("&")}
    named |= {_name(text) for text in rewritten.split("&")}
    return "&".join(text for text in exchange.request.url.query.split("&") if text and _name(text) not in named)


def _name(text: str) -> str:
    return unquote_plus(text.partition("=")[0]).lower()
