"""Dashboards over HTTP: `GET /v1/dashboards`, `GET|PUT|DELETE /v1/dashboards/{id}`; people's own are files of the data folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.errors import GatelogError, InvalidDocument, Problem
from gatelog.monitor.dashboard import Dashboard, built_in_dashboards, read_dashboard

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

Allow = Callable[[Request, bool], None]
"""Raises when the request may not read (or, with True, write) dashboards."""


class Dashboards:
    """Built-in dashboards and the ones in a folder; a file with a built-in's id stands in its place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Dashboard]:
        """In their order."""
        found = {dashboard.id: dashboard for dashboard in built_in_dashboards()}
        for path in sorted(self._folder.glob("*.yaml")) if self._folder.is_dir() else ():
            found[path.stem] = read_dashboard(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")))
        return sorted(found.values(), key=lambda dashboard: (dashboard.order, dashboard.title))

    def get(self, dashboard_id: str) -> Dashboard | None:
        """One of them."""
        return next((dashboard for dashboard in self.all() if dashboard.id == dashboard_id), None)

    def put(self, dashboard_id: str, document: Any) -> Dashboard:
        """Store a person's dashboard. Raises `InvalidDocument`."""
        if not _ID.fullmatch(dashboard_id):
            raise InvalidDocument([Problem("expected lower-case letters, digits and dashes", place="id")])
        dashboard = read_dashboard(dashboard_id, document)
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in dashboard.as_json().items() if name not in ("id", "builtIn")}
        fresh = self._folder / f"{dashboard_id}.new"
        fresh.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True), encoding="utf-8")
        fresh.rename(self._folder / f"{dashboard_id}.yaml")
        return dashboard

    def delete(self, dashboard_id: str) -> bool:
        """Remove a person's dashboard; a built-in one comes back as it was."""
        path = self._folder / f"{dashboard_id}.yaml"
        if not _ID.fullmatch(dashboard_id) or not path.exists():
            return False
        path.unlink()
        return True


def routes(dashboards: Dashboards, allow: Allow, answer_error: Callable[[GatelogError, str], Response]) -> list[Route]:
    """The REST API."""

    async def listed(request: Request) -> Response:
        return await guarded(request, lambda: JSONResponse({"value": [dashboard.as_json() for dashboard in dashboards.all()]}))

    async def one(request: Request) -> Response:
        dashboard_id = request.path_params["id"]
        body = await request.json() if request.method == "PUT" else None
        work = {
            "GET": lambda: shown(dashboard_id),
            "PUT": lambda: stored(dashboard_id, body),
            "DELETE": lambda: removed(dashboard_id),
        }
        return await guarded(request, work[request.method])

    def shown(dashboard_id: str) -> Response:
        dashboard = dashboards.get(dashboard_id)
        return JSONResponse(dashboard.as_json()) if dashboard else missing(dashboard_id)

    def stored(dashboard_id: str, body: Any) -> Response:
        return JSONResponse(dashboards.put(dashboard_id, body).as_json())

    def removed(dashboard_id: str) -> Response:
        return Response(status_code=204) if dashboards.delete(dashboard_id) else missing(dashboard_id)

    def missing(dashboard_id: str) -> Response:
        return JSONResponse({"error": {"code": "NotFound", "message": f"no dashboard {dashboard_id!r}"}}, 404)

    async def guarded(request: Request, work: Callable[[], Response]) -> Response:
        try:
            allow(request, request.method != "GET")
            return await run_in_threadpool(work)
        except GatelogError as error:
            return answer_error(error, request.url.path)

    return [Route("/v1/dashboards", listed), Route("/v1/dashboards/{id}", one, methods=["GET", "PUT", "DELETE"])]
