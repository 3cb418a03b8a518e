"""The workspace process: store, ingest, deliveries, metrics, and the HTTP faces of the management plane."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import uvicorn
import uvloop
from starlette.types import ASGIApp

from gatelog import config, kql
from gatelog.catalog.entities import Configuration
from gatelog.catalog.vault import load_vault
from gatelog.clock import SystemClock
from gatelog.config import Settings
from gatelog.journal.retention import announce
from gatelog.monitor.metrics.rollup import Rollup
from gatelog.schema.query import Limits, ResultTable
from gatelog.server.catalog import open_catalog
from gatelog.server.faces import Parts, application, dialect_of
from gatelog.server.folder import WatchedFolder
from gatelog.server.identity import issuer_of
from gatelog.server.lifeline import hold_lifeline, say_ready
from gatelog.server.prices import price_list
from gatelog.sinks.deliver import Deliveries
from gatelog.workspace.space import Workspace, WorkspaceOptions, open_workspace

NANOSECONDS = 1_000_000_000


def run(_number: int) -> int:
    """Serve the management plane until told to stop."""
    settings = config.load({})
    ready = config.ready_descriptor()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s workspace: %(message)s")
    hold_lifeline()
    with _running_parts(settings) as parts, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_listen(application(parts), settings, ready))
    return 0


@contextmanager
def _running_parts(settings: Settings) -> Iterator[Parts]:
    """Build and start the parts in order; stop them in reverse."""
    clock = SystemClock()
    journal = settings.data / "journal"
    gateway_url = f"{'https' if settings.tls else 'http'}://{settings.gateway}"
    with ExitStack() as stack:
        control = stack.enter_context(open_catalog(settings, gateway_url))

        def configuration() -> Configuration:
            return control.snapshot().catalog.configuration

        workspace = open_workspace(settings.data / "workspace", journal, configuration, clock, _options(settings))

        def run_kql(text: str) -> ResultTable:
            return workspace.fetch(
                kql.compile(text, workspace.schema(), clock.now(), dialect=dialect_of(settings)), Limits()
            ).tables[0]

        deliveries = Deliveries(configuration, journal, settings.data / "sinks", clock, partial(announce, journal))
        rollup = Rollup(run_kql, workspace.ingest.wait_until_caught_up, workspace.append_event, configuration, clock)
        for part in (workspace, deliveries, rollup):
            part.start()
            stack.callback(part.stop)
        if settings.config is not None and settings.config.is_dir():
            folder = WatchedFolder(control, settings.config, workspace.append_event, clock)
            folder.start()
            stack.callback(folder.stop)
        yield Parts(
            settings=settings,
            clock=clock,
            control=control,
            workspace=workspace,
            vault=load_vault(settings.data / "secret.key"),
            issuer=issuer_of(settings, clock),
            run_kql=run_kql,
            is_healthy=lambda: {
                "workspace": not workspace.ingest.error,
                "metrics": rollup.is_alive,
                "deliveries": not any(state.failures for state in deliveries.states().values()),
            },
            gauges=lambda: _gauges(workspace, deliveries),
        )


def _numbers(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Every number in nested facts, with the names on the way to it joined."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{name}_")
        elif isinstance(value, int | float):
            yield f"{prefix}{name}", float(value)


def _gauges(workspace: Workspace, deliveries: Deliveries) -> dict[str, float]:
    """The numbers of every part, under the names that /metrics prints."""
    found = dict(_numbers(workspace.statistics()))
    states = deliveries.states().values()
    return found | {
        "sink_delivered_messages": float(sum(state.delivered for state in states)),
        "sink_failures": float(sum(state.failures for state in states)),
    }


def _options(settings: Settings) -> WorkspaceOptions:
    retention = {"*": int(settings.retention * NANOSECONDS)} if settings.retention else {}
    return WorkspaceOptions(
        store=settings.store, memory_bytes=settings.query_memory, retention=retention, prices=price_list(settings.prices)
    )


async def _listen(app: ASGIApp, settings: Settings, ready: int | None) -> None:
    """Serve until SIGTERM or SIGINT; tell the parent once connections are accepted."""
    certificate, _, key = settings.tls.partition(",")
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.api.host,
            port=settings.api.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            ssl_certfile=certificate or None,
            ssl_keyfile=key or None,
            timeout_graceful_shutdown=5,
        )
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        while not server.started and not server.should_exit:
            await asyncio.sleep(0.01)
        say_ready(ready)
