"""`/healthz` (the process answers) and `/readyz` (every part works), for load balancers; open to everyone, without details."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Checks = Callable[[], Mapping[str, bool]]
"""Part -> whether it works."""


def routes(checks: Checks) -> list[Route]:
    """Both endpoints."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        parts = dict(checks())
        is_ready = all(parts.values())
        return JSONResponse(
            {"status": "ready" if is_ready else "not ready", "parts": parts}, status_code=200 if is_ready else 503
        )

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
