"""The HTTP faces of the workspace process, in the order in which their routes are tried."""

from __future__ import annotations

import asyncio
import hmac
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from gatelog.api import (
    dashboards,
    health,
    ingestion,
    issuer,
    kusto,
    log_analytics,
    management,
    metrics,
    playground,
    policy_elements,
    portal,
    prometheus,
    purge,
    session,
)
from gatelog.api.asking import Asker
from gatelog.api.dashboards import Dashboards
from gatelog.api.functions import FunctionStore
from gatelog.api.headers import SecurityHeaders
from gatelog.api.ingestion import IngestionFace
from gatelog.api.management.errors import answer, to_arm
from gatelog.api.management.face import Face
from gatelog.api.management.tokens import TokenList
from gatelog.api.metrics import MetricsFace
from gatelog.api.roles import Action
from gatelog.api.security import Security
from gatelog.api.session import Sessions, SignInFace
from gatelog.api.signin import KnownIssuers, bearer_verifier
from gatelog.catalog.control import Control
from gatelog.catalog.initial import WORKSPACE_ID
from gatelog.catalog.vault import Vault
from gatelog.clock import Clock
from gatelog.config import Settings
from gatelog.errors import GatelogError
from gatelog.identity.endpoints import CheckUser
from gatelog.identity.local import LocalIssuer, Subject
from gatelog.monitor.metrics.series import RunKql
from gatelog.schema.query import Limits
from gatelog.server.signin import sign_in_of
from gatelog.workspace.space import Workspace

ISSUER_SECONDS = 600.0
"""How often the keys of token issuers are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the faces show."""

    settings: Settings
    clock: Clock
    control: Control
    workspace: Workspace
    vault: Vault
    issuer: LocalIssuer
    run_kql: RunKql
    is_healthy: Callable[[], Mapping[str, bool]]
    """Part -> whether it works, for /readyz."""
    gauges: Callable[[], Mapping[str, float]]
    """Numbers of the parts, for /metrics."""


def application(parts: Parts) -> ASGIApp:
    """The whole management plane."""
    data: Path = parts.settings.data
    sessions = Sessions(parts.vault, parts.clock)
    issuers = KnownIssuers(parts.issuer, (parts.issuer.metadata_urls()[0],))
    security = Security(
        parts.settings.admin_key,
        parts.clock,
        assignments=lambda: parts.control.snapshot().catalog.configuration.role_assignments,
        tokens=TokenList(parts.control),
        verify_bearer=bearer_verifier(issuers, parts.clock),
        open_session=sessions.open,
    )
    asker = Asker(
        parts.workspace.storage,
        FunctionStore(data / "functions.json"),
        parts.clock,
        _limits(parts.settings),
        dialect_of(parts.settings),
    )

    face = Face(
        control=parts.control,
        security=security,
        clock=parts.clock,
        record=parts.workspace.append_event,
        trace_key=parts.vault.key,
    )

    def allow_metrics(request: Request, resource_id: str) -> None:
        security.require(security.authenticate(request), Action.READ, resource_id)

    def allow_dashboards(request: Request, writes: bool) -> None:
        security.require(security.authenticate(request), Action.WRITE if writes else Action.READ)

    def allow_usage(request: Request) -> None:
        security.require(security.authenticate(request), Action.USAGE)

    def allow_ingestion(request: Request) -> None:
        security.require(security.authenticate(request), Action.INGEST, WORKSPACE_ID)

    def allow_purge(request: Request) -> None:
        principal = security.authenticate(request)
        # who configures the gateway but sees no logs must not delete them either
        security.require(principal, Action.WRITE, WORKSPACE_ID)
        security.require(principal, Action.LOGS, WORKSPACE_ID)

    def answer_error(error: GatelogError, path: str) -> Response:
        return answer(to_arm(error, path))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            refreshing = tasks.create_task(_keep_fresh(issuers))
            yield
            refreshing.cancel()

    app = Starlette(
        lifespan=lifespan,
        routes=[
            *health.routes(parts.is_healthy),
            *issuer.routes(parts.issuer, _administrator(parts.settings.admin_key)),
            *session.routes(SignInFace(sessions=sessions, security=security, oidc=sign_in_of(parts.settings, parts.clock))),
            *kusto.routes(asker, security, WORKSPACE_ID),
            *ingestion.routes(
                IngestionFace(
                    schema=parts.workspace.schema,
                    append=parts.workspace.append_rows,
                    allow=allow_ingestion,
                    answer_error=answer_error,
                )
            ),
            *dashboards.routes(Dashboards(data / "dashboards"), allow_dashboards, answer_error),
            *log_analytics.routes(asker, security, WORKSPACE_ID),
            *prometheus.routes(parts.run_kql, parts.clock.now(), parts.gauges, allow_usage, answer_error),
            *metrics.routes(MetricsFace(run=parts.run_kql, clock=parts.clock, allow=allow_metrics, answer_error=answer_error)),
            *playground.routes(face),
            *policy_elements.routes(security),
            *purge.routes(purge.PurgeFace(parts.workspace, WORKSPACE_ID, allow_purge)),
            *management.routes(face),
            *portal.routes(),
        ],
    )
    return SecurityHeaders(app)


async def _keep_fresh(issuers: KnownIssuers) -> None:
    """Read the issuers' keys at start and again and again: they rotate."""
    while True:
        await issuers.refresh()
        await asyncio.sleep(ISSUER_SECONDS)


def _administrator(admin_key: str) -> CheckUser:
    """Who may sign in at the local issuer: whoever knows the administration key, under any name."""

    def check(name: str, secret: str) -> Subject | None:
        if not hmac.compare_digest(secret.encode(), admin_key.encode()):
            return None
        return Subject(str(uuid.uuid5(uuid.NAMESPACE_URL, f"gatelog/user/{name}")), name=name, is_app=False)

    return check


def dialect_of(settings: Settings) -> str:
    """The SQL that KQL is compiled to."""
    return "duckdb" if settings.store.partition(":")[0] in ("", "duckdb") else "clickhouse"


def _limits(settings: Settings) -> Limits:
    return Limits(
        rows=settings.query_rows,
        bytes=settings.query_bytes,
        seconds=settings.query_seconds,
        memory_bytes=settings.query_memory,
    )
