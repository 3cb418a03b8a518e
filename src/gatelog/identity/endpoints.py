"""The local issuer's HTTP answers, without HTTP: metadata, keys, tokens, sign-in (OpenID Connect Core, RFC 6749, RFC 7636).

`api/issuer.py` mounts `Endpoints.answer` under the path of `LocalIssuer.issuer`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from gatelog.identity.keyring import Client
from gatelog.identity.local import LIFETIME, LocalIssuer, Subject

CODE_SECONDS = 60
PENDING_CODES = 1000


@dataclass(frozen=True, slots=True)
class IssuerRequest:
    """One call to the issuer."""

    method: str
    path: str
    """Below the issuer's URL: `/oauth2/v2.0/token`."""
    query: str = ""
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names."""


@dataclass(frozen=True, slots=True)
class IssuerReply:
    """Its answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    nonce: str
    challenge: str
    scope: str
    subject: Subject
    expires: int


class OAuthError(Exception):
    """An error answer of RFC 6749, 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


CheckUser = Callable[[str, str], Subject | None]
"""User name and password -> who that is; None: wrong."""


class Endpoints:
    """Answers for one issuer; holds the codes of sign-ins that are under way."""

    def __init__(self, issuer: LocalIssuer, check_user: CheckUser) -> None:
        self._issuer = issuer
        self._check_user = check_user
        self._codes: dict[str, _Code] = {}

    def answer(self, request: IssuerRequest) -> IssuerReply:
        """The answer to one call; 404 for paths that are not the issuer's."""
        routes = {
            ("GET", "/.well-known/openid-configuration"): self._metadata,
            ("GET", "/v2.0/.well-known/openid-configuration"): self._metadata,
            ("GET", "/discovery/v2.0/keys"): self._keys,
            ("POST", "/oauth2/v2.0/token"): self._token,
            ("POST", "/oauth2/token"): self._token,
            ("GET", "/metadata/identity/oauth2/token"): self._managed_identity,
            ("GET", "/oauth2/v2.0/authorize"): self._sign_in_page,
            ("POST", "/oauth2/v2.0/authorize"): self._sign_in,
        }
        route = routes.get((request.method, request.path))
        if route is None:
            return _json({"error": "not_found", "error_description": f"no {request.method} {request.path} here"}, 404)
        try:
            return route(request)
        except OAuthError as error:
            return _json({"error": error.error, "error_description": str(error)}, error.status)

    def _metadata(self, request: IssuerRequest) -> IssuerReply:
        url = self._issuer.issuer
        return _json(
            {
                "issuer": url,
                "authorization_endpoint": url + "/oauth2/v2.0/authorize",
                "token_endpoint": url + "/oauth2/v2.0/token",
                "jwks_uri": url + "/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "client_credentials"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
                "scopes_supported": ["openid", "profile"],
            }
        )

    def _keys(self, request: IssuerRequest) -> IssuerReply:
        return _json({"keys": list(self._issuer.keyring.public_keys())})

    def _token(self, request: IssuerRequest) -> IssuerReply:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        grant = form.get("grant_type")
        if grant == "client_credentials":
            return self._client_credentials(form, request)
        if grant == "authorization_code":
            return self._redeem(form, request)
        raise OAuthError("unsupported_grant_type", f"grant_type {grant!r} is not client_credentials or authorization_code")

    def _client_credentials(self, form: Mapping[str, str], request: IssuerRequest) -> IssuerReply:
        client = self._authenticated(form, request)
        audience = form.get("resource") or form.get("scope", "").removesuffix("/.default")
        if not audience:
            raise OAuthError("invalid_scope", "expected scope=<resource>/.default")
        token = self._issuer.mint(audience, Subject(client.object_id, client.id, client.name, client.roles))
        return _token_reply({"token_type": "Bearer", "expires_in": LIFETIME, "access_token": token.text})

    def _managed_identity(self, request: IssuerRequest) -> IssuerReply:
        """The instance metadata service's shape; its header keeps browsers and naive forwarders away."""
        if request.headers.get("metadata", "").lower() != "true" or "x-forwarded-for" in request.headers:
            raise OAuthError("invalid_request", "required metadata header not specified")
        query = dict(parse_qsl(request.query))
        if not query.get("resource"):
            raise OAuthError("invalid_request", "required query variable 'resource' is missing")
        subject = Subject(str(self._issuer.keyring.tenant), query.get("client_id", "system-assigned"), "managed identity")
        token = self._issuer.mint(query["resource"], subject)
        fields = {"access_token": token.text, "expires_in": str(LIFETIME), "expires_on": str(token.expires)}
        return _token_reply({**fields, "resource": query["resource"], "token_type": "Bearer"})

    def _sign_in_page(self, request: IssuerRequest) -> IssuerReply:
        query = dict(parse_qsl(request.query))
        client = self._sign_in_client(query)
        return _page(client.name, request.query, "")

    def _sign_in(self, request: IssuerRequest) -> IssuerReply:
        query = dict(parse_qsl(request.query))
        client = self._sign_in_client(query)
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        subject = self._check_user(form.get("username", ""), form.get("password", ""))
        if subject is None:
            return _page(client.name, request.query, "That name or password is not right.", 401)
        code = secrets.token_urlsafe(32)
        self._forget_old_codes()
        self._codes[code] = _Code(
            client.id,
            query["redirect_uri"],
            query.get("nonce", ""),
            query["code_challenge"],
            query.get("scope", "openid"),
            subject,
            self._issuer.now() + CODE_SECONDS,
        )
        answer = {"code": code, **({"state": query["state"]} if "state" in query else {})}
        target = query["redirect_uri"]
        joiner = "&" if urlsplit(target).query else "?"
        return IssuerReply(302, b"", (("Location", target + joiner + urlencode(answer)), ("Cache-Control", "no-store")))

    def _sign_in_client(self, query: Mapping[str, str]) -> Client:
        """Errors stay on our own page: nothing is sent to an address that the client did not register."""
        client = self._issuer.keyring.client(query.get("client_id", ""))
        if client is None or query.get("redirect_uri") not in client.redirect_uris:
            raise OAuthError("invalid_request", "client_id or redirect_uri is not registered")
        if query.get("response_type") != "code":
            raise OAuthError("unsupported_response_type", "expected response_type=code")
        if not query.get("code_challenge") or query.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "expected a code_challenge with method S256")
        return client

    def _redeem(self, form: Mapping[str, str], request: IssuerRequest) -> IssuerReply:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.expires < self._issuer.now():
            raise OAuthError("invalid_grant", "the code is unknown, used or too old")
        if code.client_id != form.get("client_id") or code.redirect_uri != form.get("redirect_uri"):
            raise OAuthError("invalid_grant", "the code was made for another client or redirect_uri")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if not hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), code.challenge):
            raise OAuthError("invalid_grant", "the code_verifier does not match")
        if "client_secret" in form or "authorization" in request.headers:
            self._authenticated(form, request)
        nonce = {"nonce": code.nonce} if code.nonce else {}
        access = self._issuer.mint(code.client_id, code.subject, extra={"scp": code.scope})
        identity = self._issuer.mint(code.client_id, code.subject, extra=nonce)
        fields = {"token_type": "Bearer", "expires_in": LIFETIME, "scope": code.scope}
        return _token_reply({**fields, "access_token": access.text, "id_token": identity.text})

    def _authenticated(self, form: Mapping[str, str], request: IssuerRequest) -> Client:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            client_id, secret = _basic(encoded)
        client = self._issuer.keyring.client(client_id)
        if client is None or not client.accepts(secret):
            raise OAuthError("invalid_client", "the client is unknown or its secret is wrong", 401)
        return client

    def _forget_old_codes(self) -> None:
        now = self._issuer.now()
        self._codes = {key: code for key, code in self._codes.items() if code.expires >= now}
        while len(self._codes) >= PENDING_CODES:
            self._codes.pop(next(iter(self._codes)))


def _basic(encoded: str) -> tuple[str, str]:
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise OAuthError("invalid_client", "the Authorization header is not Basic credentials", 401) from error
    return unquote(name), unquote(secret)


def _json(document: object, status: int = 200) -> IssuerReply:
    return IssuerReply(status, json.dumps(document).encode())


def _token_reply(document: object) -> IssuerReply:
    return IssuerReply(200, json.dumps(document).encode(), (("Cache-Control", "no-store"), ("Pragma", "no-cache")))


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title>
<meta name="viewport" content="width=device-width"><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:22rem;margin:15vh auto;padding:0 1rem}}
label,input,button{{display:block;width:100%;box-sizing:border-box;font:inherit}}input{{margin:.25rem 0 1rem;padding:.4rem}}
button{{padding:.5rem}}.error{{color:#a4262c}}</style></head><body><h1>Sign in</h1><p>to {name}</p>
<p class="error" role="alert">{error}</p><form method="post" action="?{query}">
<label>Name<input name="username" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></form></body></html>"""


def _page(name: str, query: str, error: str, status: int = 200) -> IssuerReply:
    text = _PAGE.format(name=html.escape(name), query=html.escape(query), error=html.escape(error))
    headers = (
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        ("Cache-Control", "no-store"),
    )
    return IssuerReply(status, text.encode(), headers, "text/html; charset=utf-8")
