"""Documents behind links: from allowed hosts only, with a limit on size and time; `builtin:` names one of our own."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from importlib.resources import files
from urllib.parse import urlsplit

import httpx

from gatelog.catalog.openapi.reading import LARGEST
from gatelog.errors import InvalidDocument, Problem

DEFAULT_HOSTS = ("raw.githubusercontent.com",)
"""Hosts that links may name when the service says nothing (`gatelog.import-hosts`)."""

_SECONDS = 20.0
_REDIRECTS = 5

Fetch = Callable[[str], str]
"""Link -> text; raises `InvalidDocument`."""

BUILTIN = ("azure-openai-2023-05-15", "azure-openai-current", "openai-v1")


def builtin_document(name: str) -> str:
    """The text of one of our own documents. Raises `InvalidDocument`."""
    if name not in BUILTIN:
        raise InvalidDocument([Problem(f"expected one of {', '.join(BUILTIN)}, found {name!r}", place=f"builtin:{name}")])
    return files("gatelog.catalog.openapi.documents").joinpath(f"{name}.yaml").read_text(encoding="utf-8")


class LinkFetcher:
    """Fetches links whose host is on a list."""

    def __init__(self, hosts: tuple[str, ...] = DEFAULT_HOSTS, transport: httpx.BaseTransport | None = None) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._transport = transport

    def __call__(self, link: str) -> str:
        if link.startswith("builtin:"):
            return builtin_document(link.removeprefix("builtin:"))
        try:
            with httpx.Client(transport=self._transport, timeout=_SECONDS, follow_redirects=False, trust_env=False) as client:
                return self._follow(client, link)
        except httpx.HTTPError as error:
            raise _refusal(link, f"cannot be fetched: {type(error).__name__} {error}") from None

    def _follow(self, client: httpx.Client, link: str) -> str:
        address = link
        for _ in range(_REDIRECTS):
            self._check(link, address)
            with client.stream("GET", address) as response:
                if response.has_redirect_location:
                    address = str(response.url.join(response.headers["location"]))
                    continue
                if response.status_code != 200:
                    raise _refusal(link, f"answered {response.status_code}")
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > LARGEST:
                        raise _refusal(link, f"is larger than {LARGEST >> 20} MiB")
                return body.decode("utf-8", errors="replace")
        raise _refusal(link, "redirects too often")

    def _check(self, link: str, address: str) -> None:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("https", "http") or not host:
            raise _refusal(link, "expected an https:// link")
        if host not in self._hosts:
            allowed = ", ".join(sorted(self._hosts)) or "none"
            raise _refusal(link, f"host {host!r} is not allowed; allowed: {allowed} (service property gatelog.import-hosts)")
        if parts.scheme == "http" and not _is_loopback(host):
            raise _refusal(link, "expected an https:// link")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(link: str, message: str) -> InvalidDocument:
    return InvalidDocument([Problem(f"{link[:200]} {message}", place="$.properties.value", code="ImportLinkRefused")])
