"""`GET /api/policy/elements`: every policy element with its sections and attributes, for completion in editors."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatelog.api.management.errors import answer, to_arm
from gatelog.api.roles import Action
from gatelog.api.security import Security
from gatelog.errors import GatelogError
from gatelog.policy.elements.table import STATEMENTS
from gatelog.policy.parts import Attribute, parts_of


def routes(security: Security) -> list[Route]:
    """The route."""

    async def elements(request: Request) -> Response:
        try:
            security.require(security.authenticate(request), Action.READ)
        except GatelogError as error:
            return answer(to_arm(error, request.url.path))
        return JSONResponse({"value": described_elements()}, headers={"cache-control": "no-store"})

    return [Route("/api/policy/elements", elements, methods=["GET"])]


def described_elements() -> list[dict[str, object]]:
    """Name, sections, attributes and first sentence of every element."""
    return [
        {
            "name": name,
            "sections": sorted(row.sections),
            "attributes": [part.name for part in parts_of(row.type).values() if isinstance(part, Attribute)],
            "doc": (row.type.__doc__ or "").strip().partition("\n")[0],
        }
        for name, row in STATEMENTS.items()
    ]
