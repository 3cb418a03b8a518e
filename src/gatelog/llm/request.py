"""What a request asks of the model, and the one change that the gate makes to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import msgspec
import orjson

from gatelog.llm.document import text_of
from gatelog.llm.operations import Kind


class _Head(msgspec.Struct):
    """The few fields that are read."""

    model: Any = None
    stream: Any = None
    stream_options: Any = None


_decoder = msgspec.json.Decoder(_Head)


@dataclass(frozen=True, slots=True)
class LlmRequest:
    """The fields of a request's body that the gate acts on."""

    model: str
    """As asked for; empty when the path's deployment decides."""
    stream: bool
    include_usage: bool
    """The caller itself wants the usage at the end of the stream."""


def read_request(body: bytes) -> LlmRequest | None:
    """The request in `body`; None when that is not a JSON object."""
    try:
        head = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    options = head.stream_options
    include = isinstance(options, dict) and options.get("include_usage") is True
    return LlmRequest(text_of(head.model), head.stream is True, include)


def api_version(query: str) -> str:
    """The `api-version` of a query string; empty when there is none."""
    return parse_qs(query).get("api-version", [""])[0]


def with_include_usage(kind: Kind, body: bytes) -> bytes:
    """The same request with `stream_options.include_usage` true; every other byte stays as the caller wrote it.

    Requests that do not stream, that ask already, and operations that always report usage come back unchanged.
    """
    request = read_request(body)
    if kind not in (Kind.CHAT, Kind.COMPLETIONS) or request is None or not request.stream or request.include_usage:
        return body
    spans = [span for span in _members(body) if span.key == "stream_options"] if b"stream_options" in body else []
    if not spans:
        end = body.rindex(b"}")
        return body[:end] + b',"stream_options":{"include_usage":true}' + body[end:]
    last = spans[-1]
    options = orjson.loads(body[last.start : last.end])
    if options is not None and not isinstance(options, dict):
        return body
    options = {**(options or {}), "include_usage": True}
    return body[: last.start] + orjson.dumps(options) + body[last.end :]


def refuses_include_usage(status: int, body: bytes) -> bool:
    """A backend that does not know `stream_options` yet (Azure's API versions before 2024-09-01): send the request as it was."""
    return status in (400, 422) and b"stream_options" in body


@dataclass(frozen=True, slots=True)
class _Member:
    key: str
    start: int
    end: int
    """The value is body[start:end]."""


_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]')


def _members(body: bytes) -> Iterator[_Member]:
    """The members of the object that valid JSON text holds."""
    depth, key, start = 0, "", 0
    expects_key = True
    for match in _TOKEN.finditer(body):
        token = match[0]
        if depth == 1 and token[:1] == b'"' and expects_key:
            key, expects_key = orjson.loads(token), False
        elif depth == 1 and token == b":":
            start = match.end()
        elif depth == 1 and token in (b",", b"}") and not expects_key:
            yield _Member(key, start, match.start())
            expects_key = True
        depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
