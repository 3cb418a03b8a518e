"""One gateway worker: builds its parts, serves until it is told to stop, and leaves no call unfinished."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import uvloop

from gatelog.catalog.catalog import Catalog
from gatelog.clock import SystemClock
from gatelog.errors import GatelogError
from gatelog.gateway.client import Pool
from gatelog.gateway.counters import Counters
from gatelog.gateway.gate import Gate
from gatelog.gateway.heads import FieldMemo
from gatelog.gateway.ledger import Ledger
from gatelog.gateway.server import Listener
from gatelog.gateway.shared import RedisCache, RedisCounters, SharedStore
from gatelog.gateway.tasks import Tasks
from gatelog.journal.writer import JournalWriter

if TYPE_CHECKING:
    from gatelog.identity.interface import Identity

log = logging.getLogger("gatelog.gateway")

BACKLOG = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What one worker needs to know."""

    host: str
    port: int
    journal: Path
    """The journal's folder (`DIR/journal`)."""
    stream: str = "gateway-0"
    """Name of this worker's own stream in it."""
    durability: Literal["process", "disk"] = "process"
    refuse_unrecorded: bool = True
    journal_bytes: int = 0
    max_body_bytes: int = 32 << 20
    tls: tuple[str, str] | None = None
    """Certificate and key files."""
    watch_seconds: float = 0.5
    """How often the catalog is looked at."""
    drain_seconds: float = 15.0
    redis: str = ""
    """`redis://` URL of counters and cache that several gateways share; empty: each worker has its own."""
    ca_file: str | None = None
    """Authorities that backends' certificates are checked against; None: the system's."""


@dataclass(slots=True, kw_only=True)
class WorkerParts:
    """What the composition root gives a worker besides its settings."""

    catalog: Catalog
    reload: Callable[[Catalog], Catalog | None] | None = None
    """Called in a thread every `watch_seconds` with the catalog in force: a newer one, or None. Raises what it must: then
    the catalog in force stays."""
    identity: Identity | None = None
    counters: Counters | None = None
    shared_cache: Any = None
    check_trace_token: Callable[[str, str], bool] = field(default=lambda token, api_id: False)
    on_ready: Callable[[int], None] = field(default=lambda port: None)
    """Called with the port once the worker serves."""


def run_worker(settings: WorkerSettings, parts: WorkerParts) -> None:
    """Serve until SIGTERM or SIGINT. Raises `OSError` (no such address to be had) and `JournalFailure`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, parts))


async def serve(settings: WorkerSettings, parts: WorkerParts, stop: asyncio.Event | None = None) -> None:
    """The same, in a running loop; also ends when `stop` is set."""
    loop = asyncio.get_running_loop()
    clock = SystemClock()
    tasks = Tasks(loop)
    memo = FieldMemo()
    ledgers: list[Ledger] = []

    def on_durable(position: int) -> None:
        loop.call_soon_threadsafe(lambda: ledgers[0].reached_disk(position))

    journal = JournalWriter(
        settings.journal,
        settings.stream,
        clock,
        durability=settings.durability,
        max_bytes=settings.journal_bytes,
        on_durable=on_durable,
    )
    ledger = Ledger(journal, loop, refuse=settings.refuse_unrecorded, wait_for_disk=settings.durability == "disk")
    ledgers.append(ledger)
    pool = Pool(loop, memo, tasks.start, ca_file=settings.ca_file)
    gate = Gate(
        parts.catalog,
        loop=loop,
        clock=clock,
        ledger=ledger,
        pool=pool,
        memo=memo,
        tasks=tasks,
        identity=parts.identity,
        counters=parts.counters,
        shared_cache=parts.shared_cache,
        max_body_bytes=settings.max_body_bytes,
        check_trace_token=parts.check_trace_token,
    )
    store = SharedStore(settings.redis) if settings.redis else None
    if store is not None:
        gate.counters, gate.shared_cache = RedisCounters(store), RedisCache(store)
    listener = Listener(gate, loop)
    listening = _listening_socket(settings.host, settings.port)
    server = await loop.create_server(listener.connection, sock=listening, ssl=_tls(settings.tls), backlog=BACKLOG)
    stop = stop or asyncio.Event()
    _stop_on_signals(loop, stop)
    pool.start_sweeping()
    listener.start_sweeping()
    watcher = loop.create_task(_watch(settings, parts, gate, loop)) if parts.reload is not None else None
    _quiet_collector()
    parts.on_ready(listening.getsockname()[1])
    await stop.wait()
    server.close()
    await listener.drain(settings.drain_seconds)
    if watcher is not None:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
    await tasks.finish(5.0)
    pool.close()
    if store is not None:
        await store.close()
    await asyncio.sleep(0)
    ledger.close()


def _quiet_collector() -> None:
    """What exists now stays for ever: the garbage collector need not look at it again, and need not come often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: whoever runs us stops us
            loop.add_signal_handler(number, stop.set)


def _listening_socket(host: str, port: int) -> socket.socket:
    """A socket that several workers may listen on together."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def _tls(files: tuple[str, str] | None) -> ssl.SSLContext | None:
    if files is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(*files)
    return context


async def _watch(settings: WorkerSettings, parts: WorkerParts, gate: Gate, loop: asyncio.AbstractEventLoop) -> None:
    """Use a new catalog as soon as there is one."""
    reload = parts.reload
    while reload is not None:
        await asyncio.sleep(settings.watch_seconds)
        try:
            newer = await loop.run_in_executor(None, reload, gate.catalog)
        except (GatelogError, OSError) as error:
            log.error("the new configuration is refused, the old one stays in force: %s", error)
            continue
        if newer is not None:
            gate.install(newer)
            log.info("configuration %s is in force", newer.version)
