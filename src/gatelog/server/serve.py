"""`gatelog serve`: checks what can be checked, then starts the process tree and keeps it alive."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gatelog.config import Address, Settings, child_environment
from gatelog.errors import GatelogError
from gatelog.server.data_folder import DataFolder
from gatelog.server.ports import claim
from gatelog.server.supervise import Part, Supervisor, gatelog_part
from gatelog.server.tls import certificate_of


class NotProtected(GatelogError):
    """A listener would take calls from other machines without TLS."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a running gatelog is reached."""

    gateway: str
    """`http://127.0.0.1:8080`."""
    api: str
    admin_key: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A start that has passed every check."""

    settings: Settings
    """Ports decided, administration key filled in."""
    endpoints: Endpoints


@contextmanager
def prepare(settings: Settings) -> Iterator[Prepared]:
    """Own the data folder and decide the addresses. Raises `GatelogError`s of one line each."""
    if settings.role != "workspace" and settings.workers < 1:
        raise GatelogError("--workers: expected at least 1, found 0")
    for flag, address in (("--gateway", settings.gateway), ("--api", settings.api)):
        _refuse_unprotected(flag, address, settings)
    with DataFolder(settings.data) as folder:
        settings = replace(
            settings,
            data=folder.path,
            gateway=claim(settings.gateway, "--gateway") if settings.role != "workspace" else settings.gateway,
            api=claim(settings.api, "--api") if settings.role != "gateway" else settings.api,
            admin_key=folder.admin_key(settings.admin_key),
        )
        certificate = certificate_of(settings.tls, folder.path, (settings.gateway.host, settings.api.host))
        if certificate is not None:
            settings = replace(settings, tls=f"{certificate.certificate},{certificate.key}")
        yield Prepared(settings, _endpoints(settings))


def serve(
    prepared: Prepared,
    on_ready: Callable[[], None],
    on_progress: Callable[[str], None],
    before: Sequence[Part] = (),
) -> None:
    """Run the process tree until SIGINT or SIGTERM. `before` are parts to start first (the demo's simulator)."""
    supervisor = Supervisor([*before, *_parts(prepared.settings)], child_environment(prepared.settings))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stop())
    supervisor.run(on_ready, on_progress)


def _parts(settings: Settings) -> list[Part]:
    """The workspace first: it makes the catalog that the gateway workers read."""
    parts = []
    if settings.role in ("all", "workspace"):
        parts.append(gatelog_part("workspace", "_workspace"))
    if settings.role in ("all", "gateway"):
        parts += [gatelog_part(f"gateway {index}", "_gateway", str(index)) for index in range(settings.workers)]
    return parts


def _endpoints(settings: Settings) -> Endpoints:
    scheme = "https" if settings.tls else "http"
    return Endpoints(f"{scheme}://{_reachable(settings.gateway)}", f"{scheme}://{_reachable(settings.api)}", settings.admin_key)


def _reachable(address: Address) -> Address:
    """An address that a client on this machine can use for a listener on all interfaces."""
    return replace(address, host={"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address.host, address.host))


def _refuse_unprotected(flag: str, address: Address, settings: Settings) -> None:
    if not address.is_loopback and not settings.tls and not settings.insecure_remote:
        raise NotProtected(
            f"{flag} {address} takes calls from other machines without TLS; "
            "add --tls auto (or --tls CERT.pem,KEY.pem), or say --insecure-remote true where a proxy in front ends TLS"
        )
