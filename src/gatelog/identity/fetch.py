"""Reading a small JSON document from an address that someone configured, without being led into the local network.

Only https (http to loopback when that is allowed), no redirects, public addresses only unless the host is trusted, the
connection goes to the very address that was checked, and an answer has a size and a time limit.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from gatelog.identity.interface import IdentityError


class FetchRefused(IdentityError):
    """An address that must not be read, or an answer that is not what was expected."""


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What may be read."""

    allow_loopback: bool = False
    """Plain http and https to this machine: demos and tests."""
    trusted_hosts: frozenset[str] = frozenset()
    """Host names whose private addresses are fine: an issuer in one's own network."""
    max_bytes: int = 1 << 20
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    host: str
    server_name: str


async def fetch_json(
    client: httpx.AsyncClient,
    url: str,
    policy: FetchPolicy,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The JSON object at `url` (GET, or POST of `form`). Raises `FetchRefused`."""
    target = await _resolve(url, policy)
    request = client.build_request(
        "POST" if form is not None else "GET",
        target.url,
        data=dict(form) if form is not None else None,
        headers={**(headers or {}), "Host": target.host, "Accept": "application/json"},
        extensions={"sni_hostname": target.server_name},
        timeout=policy.seconds,
    )
    try:
        async with asyncio.timeout(policy.seconds):
            status, body = await _read(client, request, policy)
    except (httpx.HTTPError, TimeoutError) as error:
        raise FetchRefused(f"{url}: {type(error).__name__}: {error}") from error
    return _object(url, status, body)


async def _read(client: httpx.AsyncClient, request: httpx.Request, policy: FetchPolicy) -> tuple[int, bytes]:
    response = await client.send(request, stream=True, follow_redirects=False)
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > policy.max_bytes:
                raise FetchRefused(f"the answer is larger than {policy.max_bytes} bytes")
    finally:
        await response.aclose()
    return response.status_code, bytes(body)


def _object(url: str, status: int, body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if status != 200:
        described = document.get("error_description") or document.get("error") if isinstance(document, dict) else None
        raise FetchRefused(f"{url}: status {status}: {described or 'no description'}")
    if not isinstance(document, dict):
        raise FetchRefused(f"{url}: expected a JSON object")
    return document


async def _resolve(url: str, policy: FetchPolicy) -> _Target:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not host or parts.username is not None:
        raise FetchRefused(f"{url}: expected an https URL without credentials")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise FetchRefused(f"{url}: {error}") from error
    address = await _allowed_address(url, host, port, parts.scheme, policy)
    literal = f"[{address}]" if ":" in address else address
    netloc = f"{literal}:{port}"
    return _Target(urlunsplit((parts.scheme, netloc, parts.path, parts.query, "")), parts.netloc, host)


async def _allowed_address(url: str, host: str, port: int, scheme: str, policy: FetchPolicy) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchRefused(f"{url}: cannot resolve {host}: {error}") from error
    for *_, place in found:
        address = str(place[0])
        parsed = ipaddress.ip_address(address.partition("%")[0])
        loopback = parsed.is_loopback and policy.allow_loopback
        public = parsed.is_global and not parsed.is_multicast
        if loopback or (scheme == "https" and (public or host in policy.trusted_hosts)):
            return address
    reason = "plain http is only for loopback" if scheme == "http" else "its address is not public"
    raise FetchRefused(f"{url}: {reason}")
