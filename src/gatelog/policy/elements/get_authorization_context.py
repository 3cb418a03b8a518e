"""`get-authorization-context`: a token of a configured OAuth authorization."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from gatelog.policy.dotnet.values import Authorization
from gatelog.policy.effects import Effect, FetchAuthorization, PolicyError
from gatelog.policy.parts import attribute
from gatelog.policy.slots import BOOLEAN, LINE, Slot, one_of
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class GetAuthorizationContext(Statement):
    """Put an `Authorization` (its `AccessToken`) of a credential provider into a variable."""

    provider_id: Slot[str] = attribute(LINE, required=True, doc="id of the credential provider")
    authorization_id: Slot[str] = attribute(LINE, required=True, doc="id of the authorization (connection)")
    context_variable_name: Slot[str] = attribute(LINE, required=True, doc="variable that takes it")
    identity_type: Slot[str] = attribute(one_of("managed", "jwt"), default="managed", doc="whose authorization it is")
    identity: Slot[str] | None = attribute(LINE, doc="the caller's token, when `identity-type` is `jwt`")
    ignore_error: Slot[bool] = attribute(BOOLEAN, default="false", doc="a failure makes the variable null instead of an error")

    def run(self, exchange: Exchange) -> Steps:
        return self._fetch(exchange)

    def _fetch(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        name = self.context_variable_name(exchange)
        identity = self.identity(exchange) if self.identity and self.identity_type(exchange) == "jwt" else ""
        try:
            token: str = yield FetchAuthorization(self.provider_id(exchange), self.authorization_id(exchange), identity)
        except PolicyError:
            if not self.ignore_error(exchange):
                raise
            exchange.variables[name] = None
            return
        exchange.variables[name] = Authorization(token)
