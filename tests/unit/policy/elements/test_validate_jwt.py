"""validate-jwt and validate-azure-ad-token: what is let through, and what is refused for which reason."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gatelog.catalog.entities import Service
from gatelog.policy.compile import PolicySource, compile_pipeline
from gatelog.policy.effects import FetchCertificate, FetchKeys, Forward
from gatelog.record.exchange import Exchange, Request, Response, Url
from gatelog.record.headers import Headers

NOW = 1_700_000_000
TENANT = "11112222-3333-4444-5555-666677778888"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
SECRET = b"0123456789abcdef0123456789abcdef"
CLAIMS = {
    "iss": "https://issuer.example/",
    "aud": "api://app",
    "exp": NOW + 60,
    "nbf": NOW - 60,
    "sub": "ann",
    "roles": ["reader", "writer"],
}


def jwk(key: Any, kid: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


METADATA = {"issuer": "https://issuer.example/", "keys": [jwk(KEY, "k1"), jwk(CURVE, "k2")]}


def token(claims: dict[str, Any] | None = None, key: Any = KEY, algorithm: str = "RS256", kid: str | None = "k1") -> str:
    return jwt.encode(claims or CLAIMS, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def run(xml: str, headers: list[tuple[str, str]], query: str = "", metadata: Any = METADATA) -> tuple[Exchange, list[Any]]:
    pipeline = compile_pipeline([PolicySource("api", f"<policies><inbound>{xml}</inbound></policies>")])
    url = Url("https", "gate.example", 443, "/a", query)
    exchange = Exchange(
        id="11111111-2222-4333-8444-555555555555", started=NOW * 10**9, started_monotonic=0, client_ip="::1", original_url=url,
        request=Request("GET", url, Headers(headers)), service=Service(),
    )  # fmt: skip
    steps, effects, reply = pipeline.run(exchange), [], None
    try:
        while True:
            effect = steps.send(reply)
            effects.append(effect)
            reply = None
            if isinstance(effect, FetchKeys):
                reply = metadata(effect) if callable(metadata) else metadata
            elif isinstance(effect, FetchCertificate):
                reply = certificate()
            elif isinstance(effect, Forward):
                exchange.response = Response(200, "OK", Headers(), b"")
    except StopIteration:
        return exchange, effects


def certificate() -> str:
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(1)
    built = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
    return built.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def outcome(xml: str, text: str, **how: Any) -> str:
    exchange, _ = run(xml, [("Authorization", f"Bearer {text}")] if text else [], **how)
    assert exchange.response is not None
    return exchange.last_error.reason if exchange.last_error else str(exchange.response.status)


OPENID = "<openid-config url='https://issuer.example/.well-known/openid-configuration'/>"


def rule(content: str = OPENID, attributes: str = "") -> str:
    return f"<validate-jwt header-name='Authorization' {attributes}>{content}</validate-jwt>"


def changed(**claims: Any) -> str:
    return token({name: value for name, value in {**CLAIMS, **claims}.items() if value is not None})


@pytest.mark.parametrize(
    ("xml", "text", "expected"),
    [
        (rule(), token(), "200"),
        (rule(), token(key=CURVE, algorithm="ES256", kid="k2"), "200"),
        (rule(), token(algorithm="PS384"), "200"),
        (rule(), token(kid=None), "200"),
        (rule(), "", "TokenNotPresent"),
        (rule(), "not.a.token", "JwtInvalid"),
        (rule(), "x", "JwtInvalid"),
        (rule(), token(key=OTHER), "TokenSignatureInvalid"),
        (rule(), token(key=OTHER, kid="k9"), "TokenSignatureKeyNotFound"),
        (rule(), token()[:-6] + "AAAAAA", "TokenSignatureInvalid"),
        (rule(), jwt.encode(CLAIMS, SECRET, algorithm="HS256", headers={"kid": "k1"}), "TokenSignatureKeyNotFound"),
        (rule(), jwt.encode(CLAIMS, None, algorithm="none"), "TokenSignatureInvalid"),
        (rule(), changed(exp=NOW - 1), "TokenExpired"),
        (rule(attributes="clock-skew='5'"), changed(exp=NOW - 1), "200"),
        (rule(), changed(exp=None), "TokenNoExpirationTime"),
        (rule(attributes="require-expiration-time='false'"), changed(exp=None), "200"),
        (rule(), changed(nbf=NOW + 30), "TokenNotYetValid"),
        (rule(), changed(exp="soon"), "JwtInvalid"),
        (rule(), changed(iss="https://other.example/"), "TokenIssuerNotAllowed"),
        (
            rule(OPENID + "<issuers><issuer>https://other.example/</issuer></issuers>"),
            changed(iss="https://other.example/"),
            "200",
        ),
        (rule(OPENID + "<audiences><audience>api://app</audience></audiences>"), token(), "200"),
        (rule(OPENID + "<audiences><audience>api://x</audience></audiences>"), token(), "TokenAudienceNotAllowed"),
        (rule(OPENID + "<audiences><audience>api://x</audience></audiences>"), changed(aud=["y", "api://x"]), "200"),
        (rule(attributes="require-scheme='Bearer'"), token(), "200"),
        (rule(attributes="require-scheme='Token'"), token(), "TokenNotPresent"),
    ],
)
def test_checks(xml: str, text: str, expected: str) -> None:
    assert outcome(xml, text) == expected


def claims_rule(name: str, values: str, attributes: str = "") -> str:
    inner = "".join(f"<value>{value}</value>" for value in values.split())
    return rule(f"{OPENID}<required-claims><claim name='{name}' {attributes}>{inner}</claim></required-claims>")


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (claims_rule("roles", "reader"), "200"),
        (claims_rule("roles", "reader writer"), "200"),
        (claims_rule("roles", "reader admin"), "TokenClaimValueNotAllowed"),
        (claims_rule("roles", "reader admin", "match='any'"), "200"),
        (claims_rule("roles", ""), "200"),
        (claims_rule("groups", "a"), "TokenClaimNotFound"),
        (claims_rule("sub", "ann"), "200"),
        (claims_rule("aud", "api://app"), "200"),
    ],
)
def test_required_claims(xml: str, expected: str) -> None:
    assert outcome(xml, token()) == expected


def test_claims_split_by_a_separator() -> None:
    text = changed(scp="read write")
    assert outcome(claims_rule("scp", "write", "separator=' ' match='any'"), text) == "200"
    assert outcome(claims_rule("scp", "write"), text) == "TokenClaimValueNotAllowed"


def test_inline_keys() -> None:
    shared = f"<issuer-signing-keys><key id='s'>{base64.b64encode(SECRET).decode()}</key></issuer-signing-keys>"
    numbers = KEY.public_key().public_numbers()
    n, e = (base64.urlsafe_b64encode(value.to_bytes(256).lstrip(b"\0")).rstrip(b"=").decode() for value in (numbers.n, numbers.e))
    public = f"<issuer-signing-keys><key n='{n}' e='{e}'/></issuer-signing-keys>"
    by_certificate = "<issuer-signing-keys><key certificate-id='c'/></issuer-signing-keys>"
    signed = jwt.encode(CLAIMS, SECRET, algorithm="HS256")
    assert outcome(rule(shared), signed) == "200"
    assert outcome(rule(shared), jwt.encode(CLAIMS, SECRET + b"x", algorithm="HS256")) == "TokenSignatureInvalid"
    assert outcome(rule(public), token(kid=None)) == "200"
    assert outcome(rule(public), signed) == "TokenSignatureInvalid"
    assert outcome(rule(by_certificate), token()) == "200"


def test_answer_and_output_variable() -> None:
    attributes = "failed-validation-httpcode='403' failed-validation-error-message='Forbidden' output-token-variable-name='t'"
    exchange, _ = run(rule(attributes=attributes), [])
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (403, b'{ "statusCode": 403, "message": "Forbidden" }')
    exchange, _ = run(rule(), [])
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (401, b'{ "statusCode": 401, "message": "JWT not present." }')
    kept = rule(attributes=attributes) + "<set-variable name='s' value='@(((Jwt)context.Variables[\"t\"]).Subject)'/>"
    exchange, _ = run(kept, [("Authorization", f"Bearer {token()}")])
    assert exchange.variables["s"] == "ann"


def test_token_in_query_or_value() -> None:
    in_query = f"<validate-jwt query-parameter-name='access'>{OPENID}</validate-jwt>"
    exchange, _ = run(in_query, [], query=f"a=1&access={token()}")
    assert exchange.last_error is None
    value = f'<validate-jwt token-value=\'@(context.Request.Headers.GetValueOrDefault("X-T",""))\'>{OPENID}</validate-jwt>'
    exchange, _ = run(value, [("X-T", token())])
    assert exchange.last_error is None


def test_keys_are_fetched_again_once_for_an_unknown_id() -> None:
    def fetched(effect: FetchKeys) -> dict[str, Any]:
        return METADATA if effect.refresh else {**METADATA, "keys": []}

    exchange, effects = run(rule(), [("Authorization", token())], metadata=fetched)
    assert exchange.last_error is None
    assert [effect.refresh for effect in effects if isinstance(effect, FetchKeys)] == [False, True]


ENTRA = {"iss": f"https://sts.windows.net/{TENANT}/", "tid": TENANT, "aud": "api://app", "exp": NOW + 60, "appid": "client-1"}


def entra(content: str, tenant: str = TENANT) -> str:
    return f"<validate-azure-ad-token tenant-id='{tenant}'>{content}</validate-azure-ad-token>"


CLIENT = "<client-application-ids><application-id>client-1</application-id></client-application-ids>"


def entra_metadata(tenant: str) -> Callable[[FetchKeys], dict[str, Any]]:
    def fetched(effect: FetchKeys) -> dict[str, Any]:
        assert effect.url == f"https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration"
        named = "{tenantid}" if tenant in ("common", "organizations") else TENANT
        return {"issuer": f"https://login.microsoftonline.com/{named}/v2.0", "keys": METADATA["keys"]}

    return fetched


@pytest.mark.parametrize(
    ("content", "tenant", "claims", "expected"),
    [
        (CLIENT, TENANT, {}, "200"),
        (CLIENT, TENANT, {"iss": f"https://login.microsoftonline.com/{TENANT}/v2.0", "appid": None, "azp": "CLIENT-1"}, "200"),
        (CLIENT, TENANT, {"appid": "stranger"}, "TokenClaimValueNotAllowed"),
        (CLIENT, TENANT, {"iss": "https://sts.windows.net/other/", "tid": "other"}, "TokenIssuerNotAllowed"),
        (CLIENT, "organizations", {"iss": "https://sts.windows.net/other/", "tid": "other"}, "200"),
        (CLIENT, "contoso.example", {}, "200"),
        (CLIENT, "contoso.example", {"iss": "https://sts.windows.net/other/", "tid": "other"}, "TokenIssuerNotAllowed"),
        (CLIENT + "<audiences><audience>api://x</audience></audiences>", TENANT, {}, "TokenAudienceNotAllowed"),
        (CLIENT + "<backend-application-ids><application-id>app</application-id></backend-application-ids>", TENANT, {}, "200"),
        (CLIENT, TENANT, {"exp": NOW - 1}, "TokenExpired"),
    ],
)
def test_entra_tokens(content: str, tenant: str, claims: dict[str, Any], expected: str) -> None:
    given = {name: value for name, value in {**ENTRA, **claims}.items() if value is not None}
    assert outcome(entra(content, tenant), token(given), metadata=entra_metadata(tenant)) == expected
