"""`jsonp`: a JSON answer as a call of a script's function."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import parse_qs

from gatelog.policy.elements.messages import response_of
from gatelog.policy.parts import attribute
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange

_IDENTIFIER: Final = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jsonp(Statement):
    """Wrap a JSON answer into a call of the function that a query parameter names; without it nothing happens."""

    reads_response_body: ClassVar[bool] = True

    callback_parameter_name: Slot[str] = attribute(LINE, required=True, doc="query parameter with the function's name")

    def run(self, exchange: Exchange) -> Steps:
        name = self.callback_parameter_name(exchange)
        callback = parse_qs(exchange.original_url.query).get(name, [""])[0]
        if not callback:
            return None
        if not _IDENTIFIER.fullmatch(callback):
            text = f"Value of callback parameter {name} is not a valid JavaScript identifier."
            raise self.error("CallbackParameterInvalid", text, status=400, body_message=text)
        response = response_of(exchange, self.place)
        response.body = callback.encode() + b"(" + (response.body or b"null") + b")"
        response.headers.set("Content-Type", "application/javascript")
        response.headers.remove("Content-Length")
        return None
