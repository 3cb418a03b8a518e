"""Following a backend's redirect (`forward-request follow-redirects="true"`; RFC 9110 section 15.4)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin, urlsplit

from gatelog.catalog.catalog import Catalog
from gatelog.gateway.backends import Destination, read_base
from gatelog.gateway.capture import is_secret
from gatelog.record.exchange import Request, Url

REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
MOST_HOPS: Final = 10


def follow(
    request: Request, sent_to: Destination, url: str, status: int, location: str, catalog: Catalog
) -> tuple[Destination, Request] | None:
    """Where the redirect leads and what is sent there; None when it cannot be followed.

    Credentials stay behind when it leads to another origin. Raises `PolicyError` for a location that is no http(s) URL.
    """
    if status not in REDIRECTS or not location:
        return None
    parts = urlsplit(urljoin(url, location))
    base = read_base(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", None, catalog)
    same_origin = (base.origin.scheme, base.origin.host, base.origin.port) == (
        sent_to.base.origin.scheme,
        sent_to.base.origin.host,
        sent_to.base.origin.port,
    )
    headers = request.headers.copy()
    headers.remove("host")
    becomes_get = status == 303 or (status in (301, 302) and request.method == "POST")
    for name in set(headers.keys):
        if (becomes_get and name.startswith("content-")) or (not same_origin and is_secret(name)):
            headers.remove(name)
    target = Url(base.origin.scheme, base.origin.host, base.origin.port, parts.path or "/", parts.query)
    method = "GET" if becomes_get and request.method != "HEAD" else request.method
    body = None if becomes_get else request.body
    return Destination(base, sent_to.backend if same_origin else None), Request(method, target, headers, body)
