"""The workspace process: store, ingest, deliveries, the HTTP faces of the management plane, and the portal."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request

from gatelog import config, kql
from gatelog.api import health, management, metrics, portal
from gatelog.api.management.errors import answer, to_arm
from gatelog.api.management.routes import Face
from gatelog.api.metrics import MetricsFace
from gatelog.api.roles import Action
from gatelog.api.security import Security
from gatelog.catalog.entities import Configuration
from gatelog.clock import Clock, SystemClock
from gatelog.config import Settings
from gatelog.monitor.metrics.rollup import Rollup
from gatelog.monitor.metrics.series import RunKql
from gatelog.schema.query import Limits, ResultTable
from gatelog.server.catalog import open_catalog
from gatelog.server.lifeline import hold_lifeline, say_ready
from gatelog.sinks.deliver import Deliveries
from gatelog.workspace.space import WorkspaceOptions, open_workspace

NANOSECONDS = 1_000_000_000


def run(_index: int) -> int:
    """Serve the management plane until told to stop."""
    settings = config.load({})
    ready = config.ready_descriptor()
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s workspace: %(message)s")
    hold_lifeline()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, ready))
    return 0


async def _serve(settings: Settings, ready: int | None) -> None:
    """Build the parts in order, serve, and take them down in reverse."""
    clock = SystemClock()
    gateway_url = f"{'https' if settings.tls else 'http'}://{settings.gateway}"
    with ExitStack() as parts:
        control = parts.enter_context(open_catalog(settings, gateway_url))

        def configuration() -> Configuration:
            return control.snapshot().catalog.configuration

        workspace = open_workspace(
            settings.data / "workspace", settings.data / "journal", configuration, clock, _options(settings)
        )
        parts.callback(workspace.stop)
        workspace.start()
        deliveries = Deliveries(configuration, settings.data / "journal", settings.data / "sinks", clock)
        parts.callback(deliveries.stop)
        deliveries.start()
        security = Security(settings.admin_key, clock, assignments=lambda: configuration().role_assignments)
        face = Face(control=control, security=security, clock=clock, record=workspace.append_event)

        def run_kql(text: str) -> ResultTable:
            return workspace.fetch(kql.compile(text, workspace.schema(), clock.now()), Limits()).tables[0]

        rollup = Rollup(run_kql, workspace.ingest.wait_until_caught_up, workspace.append_event, configuration, clock)
        parts.callback(rollup.stop)
        rollup.start()
        app = Starlette(
            routes=[
                *health.routes(lambda: {"workspace": True, "deliveries": True}),
                *metrics.routes(_metrics_face(run_kql, security, clock)),
                *management.routes(face),
                *portal.routes(),
            ]
        )
        await _listen(app, settings, ready)


def _metrics_face(run_kql: RunKql, security: Security, clock: Clock) -> MetricsFace:
    def allow(request: Request, resource_id: str) -> None:
        security.require(security.authenticate(request), Action.READ, resource_id)

    return MetricsFace(run=run_kql, clock=clock, allow=allow, answer_error=lambda error, path: answer(to_arm(error, path)))


def _options(settings: Settings) -> WorkspaceOptions:
    retention = {"*": int(settings.retention * NANOSECONDS)} if settings.retention else {}
    return WorkspaceOptions(store=settings.store, memory_bytes=settings.query_memory, retention=retention)


async def _listen(app: Starlette, settings: Settings, ready: int | None) -> None:
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
