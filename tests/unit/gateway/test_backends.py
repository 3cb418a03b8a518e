"""Choosing backends: base URLs, entities, pools by priority and weight."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from gatelog.catalog.catalog import build
from gatelog.catalog.entities import Backend, CircuitBreaker, Configuration, PoolMember
from gatelog.gateway.backends import Backends, read_base
from gatelog.policy.effects import PolicyError
from gatelog.record.exchange import Exchange, Request, Url
from gatelog.record.headers import Headers

RULE = CircuitBreaker(count=1, interval=10.0, status_ranges=((500, 599),), trip_duration=30.0)


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def make(*backends: Backend) -> tuple[Backends, Time, Any]:
    time = Time()
    catalog = build(Configuration(backends=backends))
    return Backends(catalog, time), time, catalog


def exchange(backend_id: str = "", backend_url: str = "") -> Exchange:
    url = Url("http", "gate", 80, "/")
    found = Exchange(
        id="1",
        started=0,
        started_monotonic=0,
        client_ip="",
        original_url=url,
        request=Request("GET", url, Headers()),
        service=None,
    )
    found.backend_id, found.backend_url = backend_id, backend_url
    return found


def pool(*members: tuple[str, int, int]) -> list[Backend]:
    singles = [Backend(id=name, url=f"http://{name}", circuit_breaker=RULE) for name, _, _ in members]
    group = tuple(PoolMember(backend_id=name, priority=priority, weight=weight) for name, priority, weight in members)
    return [*singles, Backend(id="pool", pool=group)]


def chosen(backends: Backends, count: int) -> Counter[str]:
    return Counter(backends.choose(exchange("pool")).backend.id for _ in range(count))  # type: ignore[union-attr]


def test_weights() -> None:
    backends, _, _ = make(*pool(("a", 1, 3), ("b", 1, 1)))
    assert chosen(backends, 40) == {"a": 30, "b": 10}


def test_priorities_and_trips() -> None:
    backends, time, catalog = make(*pool(("a", 1, 1), ("b", 2, 1), ("c", 2, 1)))
    assert chosen(backends, 5) == {"a": 5}
    breaker = backends.breaker(catalog.backend("a"))
    assert breaker is not None
    breaker.answered(0.0, 503, 0.0)
    assert chosen(backends, 10) == {"b": 5, "c": 5}
    time.now = 31.0
    assert chosen(backends, 5) == {"a": 5}


def test_all_tripped_is_503_with_the_time_to_wait() -> None:
    backends, time, catalog = make(*pool(("a", 1, 1), ("b", 2, 1)))
    for name in ("a", "b"):
        breaker = backends.breaker(catalog.backend(name))
        assert breaker is not None
        breaker.broke(0.0, "Timeout")
    time.now = 10.0
    with pytest.raises(PolicyError) as raised:
        backends.choose(exchange("pool"))
    assert (raised.value.status, raised.value.retry_after) == (503, 20)


def test_a_tripped_single_backend_is_503() -> None:
    backends, _, catalog = make(*pool(("a", 1, 1)))
    breaker = backends.breaker(catalog.backend("a"))
    assert breaker is not None
    breaker.answered(0.0, 500, 0.0)
    with pytest.raises(PolicyError) as raised:
        backends.choose(exchange("a"))
    assert raised.value.status == 503


def test_breakers_outlive_a_change_of_other_things() -> None:
    backends, time, catalog = make(*pool(("a", 1, 1), ("b", 2, 1)))
    breaker = backends.breaker(catalog.backend("a"))
    assert breaker is not None
    breaker.answered(0.0, 500, 0.0)
    assert chosen(Backends(catalog, time, backends), 2) == {"b": 2}


def test_zero_weights_are_equal() -> None:
    backends, _, _ = make(*pool(("a", 1, 0), ("b", 1, 0)))
    assert chosen(backends, 10) == {"a": 5, "b": 5}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a/base/", ("http", "a", 80, "a", "/base")),
        ("https://a:8443", ("https", "a", 8443, "a:8443", "")),
        ("wss://a/x", ("https", "a", 443, "a", "/x")),
        ("http://[::1]:81/x", ("http", "::1", 81, "[::1]:81", "/x")),
    ],
)
def test_base_urls(url: str, expected: tuple[str, str, int, str, str]) -> None:
    base = read_base(url, None, build(Configuration()))
    assert (base.origin.scheme, base.origin.host, base.origin.port, base.authority, base.path) == expected


@pytest.mark.parametrize("url", ["", "ftp://a", "http://", "http://a:99999", "nonsense"])
def test_bad_base_urls(url: str) -> None:
    backends, _, _ = make()
    with pytest.raises(PolicyError):
        backends.choose(exchange(backend_url=url))


def test_unknown_certificates_are_refused() -> None:
    backends, _, _ = make()
    assert backends.certificate("") == ""
    for reference in ("nobody", "thumbprint:AA:BB"):
        with pytest.raises(PolicyError):
            backends.certificate(reference)
