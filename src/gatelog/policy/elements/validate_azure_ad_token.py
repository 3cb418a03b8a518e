"""`validate-azure-ad-token`: let a call through only with a token of Microsoft Entra ID."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Final

from gatelog.policy.binding import Binder
from gatelog.policy.effects import Effect
from gatelog.policy.elements.token_validation import (
    Metadata,
    RequiredClaim,
    Token,
    TokenError,
    TokenMemory,
    check_audience,
    check_claims,
    check_issuer,
    check_signature,
    check_times,
    fetch_metadata,
)
from gatelog.policy.elements.validate_jwt import Presented
from gatelog.policy.parts import attribute, nodes, texts
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, STATUS, Slot
from gatelog.policy.statement import Steps
from gatelog.record.exchange import Exchange

_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AUTHORITY: Final = "https://login.microsoftonline.com"
_ISSUERS: Final = ("https://sts.windows.net/{tenantid}/", "https://login.microsoftonline.com/{tenantid}/v2.0")
_ANY_TENANT: Final = frozenset({"common", "organizations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateAzureAdToken(Presented):
    """Check an Entra token (v1 or v2): signature, times, tenant, calling application, audience and claims."""

    memory: TokenMemory = field(default_factory=TokenMemory, repr=False, compare=False)

    tenant_id: Slot[str] = attribute(LINE, required=True, doc="tenant id or domain, `organizations` or `common`")
    header_name: Slot[str] | None = attribute(LINE, doc="header with the token; `Authorization` when nothing else is named")
    query_parameter_name: Slot[str] | None = attribute(LINE, doc="query parameter with the token")
    token_value: Slot[str] | None = attribute(LINE, doc="the token itself")
    failed_validation_httpcode: Slot[int] = attribute(STATUS, default="401", doc="status code of the refusal")
    failed_validation_error_message: Slot[str] | None = attribute(LINE, doc="message of the refusal; absent: what was wrong")
    output_token_variable_name: Slot[str] | None = attribute(LINE, doc="variable that takes the token (`Jwt`)")
    clients: tuple[Slot[str], ...] = texts(
        "client-application-ids/application-id", doc="applications that may call (`appid` or `azp`); `*`: any"
    )
    backends: tuple[Slot[str], ...] = texts(
        "backend-application-ids/application-id", doc="applications that the token may be for, beside `audiences`"
    )
    audiences: tuple[Slot[str], ...] = texts("audiences/audience", doc="allowed audiences; none: any")
    claims: tuple[RequiredClaim, ...] = nodes("required-claims/claim", RequiredClaim, doc="claims that must be there")

    def check(self, binder: Binder, node: Node) -> None:
        given = sum(slot is not None for slot in (self.header_name, self.query_parameter_name, self.token_value))
        if given > 1:
            binder.problem(
                node, "'validate-azure-ad-token' takes only one of 'header-name', 'query-parameter-name' and 'token-value'"
            )

    def run(self, exchange: Exchange) -> Steps:
        return self.guarded(exchange, self._check(exchange))

    def _check(self, exchange: Exchange) -> Generator[Effect, Any, Token]:
        token = self.token(exchange)
        tenant = self.tenant_id(exchange)
        metadata = yield from fetch_metadata([f"{_AUTHORITY}/{tenant}/v2.0/.well-known/openid-configuration"], token, self.memory)
        check_signature(token, metadata.keys, self.memory)
        check_times(token, exchange.started // 1_000_000_000, 0, require_expiration=True)
        check_issuer(token, _issuers(tenant, metadata))
        self._check_caller(token, [slot(exchange) for slot in self.clients])
        audiences = [slot(exchange) for slot in self.audiences]
        for application in (slot(exchange) for slot in self.backends):
            audiences += [application, f"api://{application}"]
        check_audience(token, audiences)
        check_claims(token, self.claims, exchange)
        return token

    @staticmethod
    def _check_caller(token: Token, allowed: list[str]) -> None:
        caller = str(token.claims.get("appid") or token.claims.get("azp") or "")
        if allowed and "*" not in allowed and caller.lower() not in {entry.lower() for entry in allowed}:
            name = "appid" if "appid" in token.claims else "azp"
            raise TokenError("TokenClaimValueNotAllowed", f"Claim {name} value of {caller} is not allowed. Access denied.")


def _issuers(tenant: str, metadata: Metadata) -> list[str]:
    """Who may issue the token: both versions of one tenant, or of the token's own where any tenant will do."""
    if tenant.lower() in _ANY_TENANT:
        return [*_ISSUERS, *metadata.issuers]
    ids = (
        [tenant.lower()]
        if _GUID.fullmatch(tenant)
        else [match[0].lower() for issuer in metadata.issuers if (match := _GUID.search(issuer))]
    )
    return [*metadata.issuers, *(issuer.replace("{tenantid}", id) for id in ids for issuer in _ISSUERS)]
