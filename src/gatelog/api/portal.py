"""Serves the built portal: hashed files for a year, the page itself always fresh, everything under a strict content policy."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""No other host, ever. `unsafe-eval` is what Microsoft's KQL language service asks for; styles are what the editor sets."""

PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_NOT_BUILT = "the portal is not built in this checkout; run: make demo (or: cd portal && npm ci && npm run build)\n"


class _Assets(StaticFiles):
    """Files whose name changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def routes(folder: Path = STATIC) -> list[Route | Mount]:
    """`/` and `/assets`."""

    async def page(_request: Request) -> Response:
        index = folder / "index.html"
        if not index.exists():
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        return FileResponse(index, headers=PAGE_HEADERS)

    found: list[Route | Mount] = [Route("/", page)]
    if (folder / "assets").is_dir():
        found.append(Mount("/assets", _Assets(directory=folder / "assets")))
    return found
