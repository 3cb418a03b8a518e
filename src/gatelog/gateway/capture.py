"""What of a call is put on record: fields without credentials, bodies as the diagnostic wants them.

Pure: exchange and diagnostic in, fields and bytes out. Credentials never pass, whatever the diagnostic says.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Collection
from typing import Final, cast
from urllib.parse import unquote

import zstandard

from gatelog.catalog.entities import Capture
from gatelog.gateway.sieve import Sieve
from gatelog.policy.effects import PolicyError
from gatelog.record.events import Failure, Fields, Trace
from gatelog.record.exchange import LastError, TraceRecord
from gatelog.record.headers import Headers

SECRET_FIELDS: Final = frozenset(
    (
        "api-key",
        "apikey",
        "apim-debug-authorization",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "ocp-apim-trace",
        "proxy-authorization",
        "set-cookie",
        "sec-websocket-protocol",
        "x-amz-security-token",
        "x-api-key",
        "x-functions-key",
        "x-goog-api-key",
        "x-ms-authorization-auxiliary",
        "x-zumo-auth",
    )
)
"""Fields that carry credentials. `sec-websocket-protocol`: browsers put OpenAI keys there for realtime."""
SECRET_QUERY: Final = frozenset(("api-key", "apikey", "subscription-key", "access_token", "code", "key", "sig", "token"))
MASK: Final = "***"
DECODED_BYTES: Final = 64 << 20
"""Most that a compressed body may grow to for the record."""

_SECRET_NAME = re.compile(r"(?:^|[-_])(?:api-?key|secret|password|access-?token|subscription-key)(?:$|[-_])")


def is_secret(key: str, more: Collection[str] = ()) -> bool:
    """The field of this lower-case name carries a credential."""
    return key in SECRET_FIELDS or key in more or _SECRET_NAME.search(key) is not None


class FieldFilter:
    """Keeps the fields of one direction that a diagnostic wants."""

    __slots__ = ("_hidden", "_masked", "_secret", "_sieve", "_wanted")

    def __init__(self, capture: Capture, secret: Collection[str] = ()) -> None:
        self._wanted = frozenset(name.lower() for name in capture.headers)
        self._masked = frozenset(name.lower() for name in capture.masked_headers)
        self._hidden = frozenset(name.lower() for name in capture.hidden_headers)
        self._secret = frozenset(name.lower() for name in secret)
        self._sieve = Sieve(self._keeps)

    def __call__(self, headers: Headers, secret_value: str = "") -> Fields:
        """The fields for the record; a field that holds `secret_value` is left out under any name."""
        kept = self._sieve(headers).items
        if secret_value and secret_value in "\0".join([value for _, value in kept]):
            kept = [item for item in kept if secret_value not in item[1]]
        if self._masked:
            return [(name, MASK if name.lower() in self._masked else value) for name, value in kept]
        return cast(Fields, kept)

    def _keeps(self, key: str) -> bool:
        if is_secret(key, self._secret) or key in self._hidden:
            return False
        return not self._wanted or key in self._wanted or key in self._masked


def masked_url(url: str, capture: Capture, secret: Collection[str] = ()) -> str:
    """The URL with the values of credential parameters replaced."""
    stem, mark, query = url.partition("?")
    if not mark:
        return url
    masked = SECRET_QUERY.union(name.lower() for name in (*secret, *capture.masked_query))
    hidden = {name.lower() for name in capture.hidden_query}
    parts = []
    for part in query.split("&"):
        name, equals, _ = part.partition("=")
        plain = unquote(name).lower()
        if plain not in hidden:
            parts.append(f"{name}={MASK}" if equals and plain in masked else part)
    return f"{stem}?{'&'.join(parts)}" if parts else stem


def cut(body: bytes, capture: Capture) -> bytes:
    """The body up to the diagnostic's limit."""
    limit = capture.body_bytes
    return body if limit is None else body[:limit]


def decoded(body: bytes, encoding: str | None) -> bytes:
    """The body without its content coding; as it is when the coding is unknown or broken."""
    name = (encoding or "").strip().lower()
    if not body or name in ("", "identity"):
        return body
    try:
        if name in ("gzip", "x-gzip"):
            return _inflate(body, 31)
        if name == "deflate":
            return _inflate(body, 15)
        if name == "zstd":
            return zstandard.ZstdDecompressor().decompress(body, max_output_size=DECODED_BYTES, allow_extra_data=False)
    except (zlib.error, gzip.BadGzipFile, zstandard.ZstdError):
        return body
    return body


def _inflate(body: bytes, window: int) -> bytes:
    engine = zlib.decompressobj(window)
    plain = engine.decompress(body, DECODED_BYTES)
    return body if engine.unconsumed_tail or not engine.eof else plain


def failure_of(error: LastError) -> Failure:
    """`context.LastError` for the record."""
    return Failure(
        source=error.source,
        reason=error.reason,
        message=error.message,
        scope=error.scope,
        section=error.section,
        path=error.path,
        policy_id=error.policy_id,
        elapsed_ns=error.elapsed_ns,
    )


def failure_from(error: PolicyError, elapsed_ns: int) -> Failure:
    """An error that no pipeline has seen, for the record."""
    return Failure(source=error.source, reason=error.reason, message=error.message, elapsed_ns=elapsed_ns)


def traces_of(records: list[TraceRecord]) -> list[Trace]:
    """Trace records of the call, for the record."""
    return [
        Trace(
            source=record.source,
            severity=record.severity,
            message=record.message,
            metadata=list(record.metadata),
            elapsed_ns=record.elapsed_ns,
        )
        for record in records
    ]
