"""Which backend a call goes to: base URL, backend entity or pool, with the breakers' say."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from gatelog.catalog.catalog import Catalog
from gatelog.catalog.entities import Backend, PoolMember
from gatelog.gateway.breaker import Breaker
from gatelog.gateway.client import Origin
from gatelog.policy.effects import PolicyError
from gatelog.record.exchange import Exchange

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Base:
    """A base URL, taken apart."""

    origin: Origin
    authority: str
    """Value of the Host field."""
    path: str
    """Without a slash at its end."""
    text: str
    """The URL without a slash at its end."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one attempt goes."""

    base: Base
    backend: Backend | None = None


class Backends:
    """Chooses destinations in one catalog; breakers and turns live as long as their backend is unchanged."""

    def __init__(self, catalog: Catalog, time: Clock, previous: Backends | None = None) -> None:
        self._catalog = catalog
        self._time = time
        self._bases: dict[tuple[str, str], Base] = {}
        self._turns: dict[tuple[str, int], dict[str, int]] = {}
        self._breakers: dict[str, tuple[Backend, Breaker]] = {}
        if previous is not None:
            kept = previous._breakers.items()
            self._breakers = {name: entry for name, entry in kept if catalog.backend(name) == entry[0]}

    def choose(self, exchange: Exchange) -> Destination:
        """The destination of the next attempt. Raises `PolicyError` (503) when every candidate is tripped."""
        if exchange.backend_id:
            found = self._of_backend(exchange.backend_id)
        else:
            url = exchange.backend_url or (exchange.api.service_url if exchange.api is not None else "")
            found = Destination(self._base(url, None))
        if exchange.client_certificate:
            origin = replace(found.base.origin, certificate=self.certificate(exchange.client_certificate))
            return replace(found, base=replace(found.base, origin=origin))
        return found

    def certificate(self, reference: str) -> str:
        """PEM of a client certificate: by id, by `thumbprint:{hex}`, or the PEM itself; empty for an empty reference.

        Raises `PolicyError` when there is none.
        """
        if not reference or reference.lstrip().startswith("-----BEGIN"):
            return reference
        if reference.startswith("thumbprint:"):
            wanted = reference.partition(":")[2].replace(":", "").lower()
            found = next((pem for pem in self._catalog.configuration.certificates.values() if thumbprint(pem) == wanted), None)
        else:
            found = self._catalog.certificate(reference)
        if found is None:
            raise PolicyError("authentication-certificate", "CertificateNotFound", f"no certificate {reference!r} is configured")
        return found

    def entity(self, backend_id: str) -> Destination:
        """A backend entity (or a pool's next member) by its id."""
        return self._of_backend(backend_id)

    def breaker(self, backend: Backend | None) -> Breaker | None:
        """The backend's breaker, if it has one."""
        if backend is None or backend.circuit_breaker is None:
            return None
        entry = self._breakers.get(backend.id)
        if entry is None:
            entry = self._breakers[backend.id] = (backend, Breaker(backend.circuit_breaker))
        return entry[1]

    def _of_backend(self, backend_id: str) -> Destination:
        backend = self._catalog.backend(backend_id)
        if backend is None:
            raise PolicyError("forward-request", "BackendNotFound", f"backend {backend_id!r} is not configured")
        if backend.pool:
            backend = self._member_of(backend)
        else:
            breaker = self.breaker(backend)
            if breaker is not None and breaker.is_open(self._time()):
                raise _unavailable(f"backend {backend.id!r} is tripped", breaker.retry_after(self._time()))
        return Destination(self._base(backend.url, backend), backend)

    def _member_of(self, pool: Backend) -> Backend:
        """The pool's next member: lowest priority number first, by weight among equals, the tripped ones left out."""
        now = self._time()
        soonest = 0.0
        for priority in sorted({member.priority for member in pool.pool}):
            ready: list[tuple[PoolMember, Backend]] = []
            for member in pool.pool:
                backend = self._catalog.backend(member.backend_id) if member.priority == priority else None
                if backend is None:
                    continue
                breaker = self.breaker(backend)
                if breaker is None or not breaker.is_open(now):
                    ready.append((member, backend))
                else:
                    wait = breaker.retry_after(now)
                    soonest = min(soonest or wait, wait)
            if ready:
                return self._turn(pool.id, priority, ready)
        raise _unavailable(f"every backend of pool {pool.id!r} is tripped", soonest)

    def _turn(self, pool_id: str, priority: int, ready: list[tuple[PoolMember, Backend]]) -> Backend:
        """Smooth weighted round robin: each gains its weight, the richest goes and pays the sum."""
        credits = self._turns.setdefault((pool_id, priority), {})
        weights = {backend.id: member.weight for member, backend in ready}
        if not any(weights.values()):
            weights = dict.fromkeys(weights, 1)
        for name, weight in weights.items():
            credits[name] = credits.get(name, 0) + weight
        chosen = max(weights, key=lambda name: credits[name])
        credits[chosen] -= sum(weights.values())
        return next(backend for _, backend in ready if backend.id == chosen)

    def _base(self, url: str, backend: Backend | None) -> Base:
        key = (url, backend.id if backend is not None else "")
        found = self._bases.get(key)
        if found is None:
            if len(self._bases) > 1024:
                self._bases.clear()
            found = self._bases[key] = read_base(url, backend, self._catalog)
        return found


def read_base(url: str, backend: Backend | None, catalog: Catalog, pem: str = "") -> Base:
    """Takes a base URL apart. Raises `PolicyError` for what is no http(s) URL."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.hostname or port == -1:
        raise PolicyError("forward-request", "BackendUrlInvalid", f"backend URL {url!r} is not an absolute http(s) URL")
    default = 443 if scheme == "https" else 80
    if backend is not None and backend.certificate_ids:
        pem = catalog.certificate(backend.certificate_ids[0]) or ""
    origin = Origin(
        scheme,
        parts.hostname,
        port or default,
        backend.validate_chain if backend is not None else True,
        backend.validate_name if backend is not None else True,
        pem,
    )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    authority = host if port in (None, default) else f"{host}:{port}"
    path = parts.path.rstrip("/")
    return Base(origin, authority, path, f"{parts.scheme}://{authority}{path}")


def thumbprint(pem: str) -> str:
    """SHA-1 of the first certificate in a PEM text, in lower-case hex; empty when there is none."""
    match = _CERTIFICATE.search(pem)
    return hashlib.sha1(ssl.PEM_cert_to_DER_cert(match[0]), usedforsecurity=False).hexdigest() if match else ""


def _unavailable(detail: str, wait: float) -> PolicyError:
    retry_after = max(1, round(wait)) if wait else None
    return PolicyError(
        "forward-request",
        "BackendCircuitOpen",
        detail,
        status=503,
        body_message="Service Unavailable",
        retry_after=retry_after,
    )
