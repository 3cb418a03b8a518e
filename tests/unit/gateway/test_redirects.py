"""What is sent where a redirect leads."""

from __future__ import annotations

import pytest

from gatelog.catalog.catalog import build
from gatelog.catalog.entities import Backend, Configuration
from gatelog.gateway.backends import Destination, read_base
from gatelog.gateway.redirects import follow
from gatelog.policy.effects import PolicyError
from gatelog.record.exchange import Request, Url
from gatelog.record.headers import Headers

CATALOG = build(Configuration())
BACKEND = Backend(id="b", url="http://a/base")
SENT_TO = Destination(read_base("http://a/base", None, CATALOG), BACKEND)
LINES = [("Host", "a"), ("Authorization", "Bearer x"), ("api-key", "k"), ("Content-Type", "text/plain"), ("X-Other", "1")]


def request(method: str = "POST") -> Request:
    return Request(method, Url("http", "a", 80, "/x"), Headers(LINES), b"body")


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
        (302, "PUT", "PUT"),
    ],
)
def test_methods_and_bodies(status: int, method: str, expected: str) -> None:
    found = follow(request(method), SENT_TO, "http://a/base/x", status, "/y?z=1", CATALOG)
    assert found is not None
    destination, sent = found
    assert (sent.method, sent.body) == (expected, None if expected == "GET" else b"body")
    assert (sent.url.path, sent.url.query, destination.base.path) == ("/y", "z=1", "")
    assert ("content-type" in sent.headers) == (expected != "GET")
    assert sent.headers.get("authorization") == "Bearer x" and destination.backend is BACKEND


@pytest.mark.parametrize("location", ["http://other/y", "https://a/y", "http://a:81/y", "//other/y"])
def test_credentials_stay_behind(location: str) -> None:
    found = follow(request(), SENT_TO, "http://a/base/x", 307, location, CATALOG)
    assert found is not None
    assert list(found[1].headers) == [("Content-Type", "text/plain"), ("X-Other", "1")]
    assert found[0].backend is None


def test_what_is_not_followed() -> None:
    assert follow(request(), SENT_TO, "http://a/x", 200, "/y", CATALOG) is None
    assert follow(request(), SENT_TO, "http://a/x", 302, "", CATALOG) is None
    with pytest.raises(PolicyError):
        follow(request(), SENT_TO, "http://a/x", 302, "ftp://a/y", CATALOG)
