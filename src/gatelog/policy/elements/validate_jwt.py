"""`validate-jwt`: let a call through only with a good JSON Web Token."""

from __future__ import annotations

import base64
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from gatelog.policy.binding import WARNING, Binder
from gatelog.policy.dotnet.jwt import Jwt
from gatelog.policy.effects import Effect, FetchCertificate
from gatelog.policy.elements.token_validation import (
    Key,
    Metadata,
    RequiredClaim,
    Token,
    TokenError,
    TokenMemory,
    bearer,
    check_audience,
    check_claims,
    check_issuer,
    check_signature,
    check_times,
    fetch_metadata,
    refusal,
)
from gatelog.policy.parts import attribute, content, nodes, texts
from gatelog.policy.reader import Node
from gatelog.policy.slots import BOOLEAN, LINE, SECONDS, STATUS, Constant, Slot
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdConfig(Part):
    """An OpenID provider."""

    url: Slot[str] = attribute(LINE, required=True, doc="URL of its configuration document")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey(Part):
    """A key that may sign tokens."""

    key_id: Slot[str] | None = attribute(LINE, name="id", doc="the key's id (`kid`)")
    certificate_id: Slot[str] | None = attribute(LINE, doc="id of a configured certificate")
    n: Slot[str] | None = attribute(LINE, doc="modulus of an RSA key, base64url")
    e: Slot[str] | None = attribute(LINE, doc="exponent of an RSA key, base64url")
    secret: Slot[str] | None = content(LINE, doc="a shared secret, base64")


class Presented(Statement):
    """Where the token of a call stands, and what is answered when it is no good."""

    __slots__ = ()

    memory: TokenMemory
    header_name: Slot[str] | None
    query_parameter_name: Slot[str] | None
    token_value: Slot[str] | None
    failed_validation_httpcode: Slot[int]
    failed_validation_error_message: Slot[str] | None
    output_token_variable_name: Slot[str] | None

    def token(self, exchange: Exchange, scheme: str = "") -> Token:
        """Raises TokenError when there is none."""
        text = self._text(exchange, scheme)
        if not text:
            raise TokenError("TokenNotPresent", "JWT not present.")
        return self.memory.parse(text)

    def _text(self, exchange: Exchange, scheme: str) -> str:
        if self.token_value is not None:
            return bearer(self.token_value(exchange), "")
        if self.query_parameter_name is not None:
            found = parse_qs(exchange.request.url.query).get(self.query_parameter_name(exchange))
            return found[0] if found else ""
        name = self.header_name(exchange) if self.header_name is not None else "Authorization"
        return bearer(exchange.request.headers.get(name) or "", scheme)

    def guarded(self, exchange: Exchange, steps: Generator[Effect, Any, Token]) -> Generator[Effect, Any, None]:
        """Run the checks: the token becomes the output variable, or the call is refused."""
        try:
            token = yield from steps
        except TokenError as error:
            message = self.failed_validation_error_message(exchange) if self.failed_validation_error_message else ""
            raise refusal(self.place.element, error, self.failed_validation_httpcode(exchange), message) from error
        if self.output_token_variable_name is not None:
            exchange.variables[self.output_token_variable_name(exchange)] = Jwt.parse(token.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateJwt(Presented):
    """Check the token of a call: signature, times, audience, issuer and claims."""

    memory: TokenMemory = field(default_factory=TokenMemory, repr=False, compare=False)

    header_name: Slot[str] | None = attribute(LINE, doc="header with the token")
    query_parameter_name: Slot[str] | None = attribute(LINE, doc="query parameter with the token")
    token_value: Slot[str] | None = attribute(LINE, doc="the token itself")
    failed_validation_httpcode: Slot[int] = attribute(STATUS, default="401", doc="status code of the refusal")
    failed_validation_error_message: Slot[str] | None = attribute(LINE, doc="message of the refusal; absent: what was wrong")
    require_expiration_time: Slot[bool] = attribute(BOOLEAN, default="true", doc="the token must have `exp`")
    require_scheme: Slot[str] | None = attribute(LINE, doc="scheme that must stand before the token, such as `Bearer`")
    require_signed_tokens: Slot[bool] = attribute(BOOLEAN, default="true", doc="the token must be signed")
    clock_skew: Slot[float] = attribute(SECONDS, default="0", doc="seconds by which clocks may differ")
    output_token_variable_name: Slot[str] | None = attribute(LINE, doc="variable that takes the token (`Jwt`)")
    providers: tuple[OpenIdConfig, ...] = nodes("openid-config", OpenIdConfig, doc="providers whose keys and issuer are good")
    keys: tuple[SigningKey, ...] = nodes("issuer-signing-keys/key", SigningKey, doc="keys that may sign")
    audiences: tuple[Slot[str], ...] = texts("audiences/audience", doc="allowed audiences; none: any")
    issuers: tuple[Slot[str], ...] = texts("issuers/issuer", doc="allowed issuers, beside those of the providers")
    claims: tuple[RequiredClaim, ...] = nodes("required-claims/claim", RequiredClaim, doc="claims that must be there")

    def check(self, binder: Binder, node: Node) -> None:
        given = sum(slot is not None for slot in (self.header_name, self.query_parameter_name, self.token_value))
        if given != 1:
            binder.problem(node, "'validate-jwt' needs one of 'header-name', 'query-parameter-name' and 'token-value'")
        for key in self.keys:
            if not key.secret and not key.certificate_id and not (key.n and key.e):
                binder.problem(node, "a key of 'validate-jwt' needs a secret, 'certificate-id', or 'n' and 'e'")
            if isinstance(key.certificate_id, Constant):
                binder.refer("certificate", key.certificate_id.value, node)
        signed = not isinstance(self.require_signed_tokens, Constant) or self.require_signed_tokens.value
        if signed and not self.keys and not self.providers:
            text = "'validate-jwt' needs 'openid-config' or 'issuer-signing-keys' to check signatures; it refuses every call"
            binder.problem(node, text, WARNING)

    def run(self, exchange: Exchange) -> Steps:
        return self.guarded(exchange, self._check(exchange))

    def _check(self, exchange: Exchange) -> Generator[Effect, Any, Token]:
        scheme = self.require_scheme(exchange) if self.require_scheme else ""
        token = self.token(exchange, scheme)
        metadata = yield from fetch_metadata([entry.url(exchange) for entry in self.providers], token, self.memory)
        if self.require_signed_tokens(exchange) or token.algorithm.lower() != "none":
            own = yield from self._own_keys(exchange)
            check_signature(token, (*own, *metadata.keys), self.memory)
        elif token.text.rpartition(".")[2]:
            raise TokenError("TokenSignatureInvalid", "The token names no algorithm and has a signature. Access denied.")
        self._check_content(exchange, token, metadata)
        return token

    def _check_content(self, exchange: Exchange, token: Token, metadata: Metadata) -> None:
        now, skew = exchange.started // 1_000_000_000, self.clock_skew(exchange)
        check_times(token, now, skew, require_expiration=self.require_expiration_time(exchange))
        check_audience(token, [slot(exchange) for slot in self.audiences])
        check_issuer(token, [*(slot(exchange) for slot in self.issuers), *metadata.issuers])
        check_claims(token, self.claims, exchange)

    def _own_keys(self, exchange: Exchange) -> Generator[Effect, Any, list[Key]]:
        keys: list[Key] = []
        for entry in self.keys:
            name = entry.key_id(exchange) if entry.key_id else ""
            if entry.certificate_id is not None:
                pem: str = yield FetchCertificate(entry.certificate_id(exchange))
                keys.append(Key(x509.load_pem_x509_certificate(pem.encode()).public_key(), name))
            elif entry.n is not None and entry.e is not None:
                numbers = RSAPublicNumbers(_integer(entry.e(exchange)), _integer(entry.n(exchange)))
                keys.append(Key(numbers.public_key(), name))
            elif entry.secret is not None:
                keys.append(Key(self._secret(entry.secret(exchange)), name, symmetric=True))
        return keys

    def _secret(self, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise self.error("InvalidKey", "a key of validate-jwt is not valid base64") from None


def _integer(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
