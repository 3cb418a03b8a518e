"""`set-backend-service`: where the call is forwarded to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from gatelog.policy.binding import WARNING, Binder
from gatelog.policy.effects import PolicyError
from gatelog.policy.parts import attribute
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, Constant, Slot
from gatelog.policy.statement import Place, Statement, Steps
from gatelog.record.exchange import Exchange

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """A base URL with its parts."""

    url: str
    scheme: str
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBackend(Statement):
    """Choose the backend by its URL or by the id of a backend entity or pool; the last one chosen is called."""

    target: Target | None = None
    """The parsed `base-url`, when it is a constant."""

    base_url: Slot[str] | None = attribute(LINE, doc="absolute URL; the operation's path is appended to it")
    backend_id: Slot[str] | None = attribute(LINE, doc="id of a backend entity or pool")

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> SetBackend | None:
        values = binder.values(cls, node)
        if values is None:
            return None
        base_url, backend_id = values["base_url"], values["backend_id"]
        if (base_url is None) == (backend_id is None):
            binder.problem(node, "'set-backend-service' needs either 'base-url' or 'backend-id'")
        if isinstance(backend_id, Constant):
            binder.refer("backend", backend_id.value, node)
        target = None
        if isinstance(base_url, Constant) and "{{" not in base_url.value:
            try:
                target = target_of(base_url.value, node.name)
            except PolicyError as error:
                binder.problem(node, f"the base-url of '{node.name}' is wrong: {error.message}", WARNING)
        return cls(place=place, target=target, **values)

    def run(self, exchange: Exchange) -> Steps:
        if self.backend_id is not None:
            exchange.backend_id = self.backend_id(exchange)
            exchange.backend_url = ""
        elif self.base_url is not None:
            target = self.target or target_of(self.base_url(exchange), self.place.element)
            exchange.backend_url, exchange.backend_id = target.url, ""
            url = exchange.request.url
            url.scheme, url.host, url.port = target.scheme, target.host, target.port
        return None


def target_of(url: str, source: str) -> Target:
    """A parsed base URL; a failure of `source` when it is not absolute."""
    parts = split_url(url, source)
    return Target(url.strip(), parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme])


def split_url(url: str, source: str) -> SplitResult:
    """The parts of an absolute http or https URL; a failure of `source` for anything else."""
    try:
        parts = urlsplit(url.strip())
        valid = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        valid = False
    if not valid:
        raise PolicyError(source, "InvalidUrl", f"'{url}' is not an absolute URL; expected 'https://host/path'")
    return parts
