"""`authentication-managed-identity`: a token of the gateway's own identity for the backend."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.effects import Effect, FetchToken, PolicyError
from gatelog.policy.parts import attribute
from gatelog.policy.slots import BOOLEAN, LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange
from gatelog.record.headers import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationManagedIdentity(Statement):
    """Fetch an access token of the managed identity, kept until it expires. It goes into the `Authorization` header, or
    into a variable and nowhere else when one is named."""

    resource: Slot[str] = attribute(LINE, required=True, doc="what the token is for (its audience)")
    client_id: Slot[str] | None = attribute(LINE, doc="a user-assigned identity; absent: the system-assigned one")
    output_token_variable_name: Slot[str] | None = attribute(LINE, doc="variable that takes the token, a string")
    ignore_error: Slot[bool] = attribute(BOOLEAN, default="false", doc="go on without a token when there is none")

    def run(self, exchange: Exchange) -> Steps:
        return self.authenticate(exchange, exchange.request.headers)

    def authenticate(self, exchange: Exchange, headers: Headers) -> Generator[Effect, Any, None]:
        """Put the token into the headers or the variable."""
        effect = FetchToken(self.resource(exchange), self.client_id(exchange) if self.client_id else "")
        try:
            token: str = yield effect
        except PolicyError:
            if self.ignore_error(exchange):
                return
            raise
        if self.output_token_variable_name is not None:
            exchange.variables[self.output_token_variable_name(exchange)] = token
        else:
            headers.set("Authorization", f"Bearer {token}")
