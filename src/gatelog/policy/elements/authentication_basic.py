"""`authentication-basic`: user name and password for the backend."""

from __future__ import annotations

import base64
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import Effect
from gatelog.policy.parts import attribute
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange
from gatelog.record.headers import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationBasic(Statement):
    """Set the `Authorization` header to HTTP basic credentials."""

    username: Slot[str] = attribute(LINE, required=True, doc="user name")
    password: Slot[str] = attribute(LINE, required=True, doc="password")

    def run(self, exchange: Exchange) -> Steps:
        self._set(exchange, exchange.request.headers)
        return None

    def authenticate(self, exchange: Exchange, headers: Headers) -> Generator[Effect, Any, None]:
        """Put the credentials into the headers."""
        self._set(exchange, headers)
        yield from ()

    def _set(self, exchange: Exchange, headers: Headers) -> None:
        pair = f"{self.username(exchange)}:{self.password(exchange)}".encode()
        headers.set("Authorization", f"Basic {base64.b64encode(pair).decode()}")
