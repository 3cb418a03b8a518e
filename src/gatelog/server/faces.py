"""The HTTP faces of the workspace process, in the order in which their routes are tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from gatelog.api import dashboards, health, issuer, kusto, log_analytics, management, metrics, portal
from gatelog.api.asking import Asker
from gatelog.api.dashboards import Dashboards
from gatelog.api.functions import FunctionStore
from gatelog.api.management.errors import answer, to_arm
from gatelog.api.management.routes import Face
from gatelog.api.metrics import MetricsFace
from gatelog.api.roles import Action
from gatelog.api.security import Security
from gatelog.catalog.control import Control
from gatelog.clock import Clock
from gatelog.config import Settings
from gatelog.errors import GatelogError
from gatelog.identity.local import LocalIssuer
from gatelog.monitor.metrics.series import RunKql
from gatelog.schema.query import Limits
from gatelog.workspace.space import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the faces show."""

    settings: Settings
    clock: Clock
    control: Control
    workspace: Workspace
    issuer: LocalIssuer
    run_kql: RunKql
    is_healthy: dict[str, bool]


def application(parts: Parts) -> Starlette:
    """The whole management plane."""
    data: Path = parts.settings.data
    security = Security(
        parts.settings.admin_key,
        parts.clock,
        assignments=lambda: parts.control.snapshot().catalog.configuration.role_assignments,
    )
    asker = Asker(parts.workspace.storage, FunctionStore(data / "functions.json"), parts.clock, _limits(parts.settings))

    def allow_metrics(request: Request, resource_id: str) -> None:
        security.require(security.authenticate(request), Action.READ, resource_id)

    def allow_dashboards(request: Request, writes: bool) -> None:
        security.require(security.authenticate(request), Action.WRITE if writes else Action.READ)

    def answer_error(error: GatelogError, path: str) -> Response:
        return answer(to_arm(error, path))

    return Starlette(
        routes=[
            *health.routes(lambda: parts.is_healthy),
            *issuer.routes(parts.issuer, lambda name, secret: None),
            *kusto.routes(asker, security),
            *dashboards.routes(Dashboards(data / "dashboards"), allow_dashboards, answer_error),
            *log_analytics.routes(asker, security),
            *metrics.routes(MetricsFace(run=parts.run_kql, clock=parts.clock, allow=allow_metrics, answer_error=answer_error)),
            *management.routes(
                Face(control=parts.control, security=security, clock=parts.clock, record=parts.workspace.append_event)
            ),
            *portal.routes(),
        ]
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        rows=settings.query_rows,
        bytes=settings.query_bytes,
        seconds=settings.query_seconds,
        memory_bytes=settings.query_memory,
    )
