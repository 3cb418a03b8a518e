"""`cors`: calls from scripts of other origins (the Fetch standard's CORS protocol)."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.parts import attribute, node, texts
from gatelog.policy.slots import BOOLEAN, INTEGER, Slot
from gatelog.policy.statement import EndOfPipeline, Part, Statement, Steps
from gatelog.record.exchange import Exchange, Response
from gatelog.record.headers import Headers

_DEFAULT_METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedMethods(Part):
    """Methods that scripts may use."""

    preflight_result_max_age: Slot[int] = attribute(INTEGER, default="0", doc="seconds for which browsers may keep the answer")
    methods: tuple[Slot[str], ...] = texts("method", required=True, doc="a method, or `*`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors(Statement):
    """Answer preflight requests and mark answers so that scripts of the allowed origins may read them."""

    allow_credentials: Slot[bool] = attribute(BOOLEAN, default="false", doc="scripts may send credentials")
    terminate_unmatched_request: Slot[bool] = attribute(
        BOOLEAN, default="true", doc="calls of other origins end with an empty 200; false: they go on without CORS headers"
    )
    origins: tuple[Slot[str], ...] = texts("allowed-origins/origin", required=True, doc="an origin, or `*`")
    methods: AllowedMethods | None = node("allowed-methods", AllowedMethods, doc="absent: GET and POST")
    headers: tuple[Slot[str], ...] = texts("allowed-headers/header", doc="a request header, or `*`")
    exposed: tuple[Slot[str], ...] = texts("expose-headers/header", doc="a response header that scripts may read")

    def run(self, exchange: Exchange) -> Steps:
        origin = exchange.request.headers.get("Origin")
        if origin is None:
            return None
        if not self._allows(origin, exchange):
            if self.terminate_unmatched_request(exchange):
                exchange.response = Response(200, "OK", Headers(), b"")
                raise EndOfPipeline
            return None
        exchange.on_answer.append(self._mark)
        return None

    def preflight(self, exchange: Exchange) -> Response | None:
        """The answer to a preflight request; None when this is none."""
        request = exchange.request
        origin = request.headers.get("Origin")
        wanted = request.headers.get("Access-Control-Request-Method")
        if request.method.upper() != "OPTIONS" or origin is None or wanted is None:
            return None
        names = [name.strip() for name in (request.headers.get("Access-Control-Request-Headers") or "").split(",")]
        if not (
            self._allows(origin, exchange) and self._allows_method(wanted, exchange) and self._allows_headers(names, exchange)
        ):
            return Response(200, "OK", Headers(), b"") if self.terminate_unmatched_request(exchange) else None
        headers = self._origin_headers(origin, exchange)
        headers.set("Access-Control-Allow-Methods", wanted)
        asked = ",".join(name for name in names if name)
        if asked:
            headers.set("Access-Control-Allow-Headers", asked)
        age = self.methods.preflight_result_max_age(exchange) if self.methods else 0
        headers.set("Access-Control-Max-Age", str(age))
        return Response(200, "OK", headers, b"")

    def _mark(self, exchange: Exchange) -> Steps:
        origin = exchange.request.headers.get("Origin")
        if exchange.response is not None and origin is not None:
            for name, value in self._origin_headers(origin, exchange):
                exchange.response.headers.set(name, value)
            exposed = ",".join(slot(exchange) for slot in self.exposed)
            if exposed:
                exchange.response.headers.set("Access-Control-Expose-Headers", exposed)
        return None

    def _origin_headers(self, origin: str, exchange: Exchange) -> Headers:
        credentials = self.allow_credentials(exchange)
        any_origin = any(slot(exchange) == "*" for slot in self.origins)
        headers = Headers([("Access-Control-Allow-Origin", "*" if any_origin and not credentials else origin)])
        if credentials:
            headers.set("Access-Control-Allow-Credentials", "true")
        if not any_origin or credentials:
            headers.set("Vary", "Origin")
        return headers

    def _allows(self, origin: str, exchange: Exchange) -> bool:
        wanted = origin.rstrip("/").lower()
        return any((allowed := slot(exchange)) == "*" or allowed.rstrip("/").lower() == wanted for slot in self.origins)

    def _allows_method(self, method: str, exchange: Exchange) -> bool:
        allowed = [slot(exchange).upper() for slot in self.methods.methods] if self.methods else list(_DEFAULT_METHODS)
        return "*" in allowed or method.upper() in allowed

    def _allows_headers(self, names: list[str], exchange: Exchange) -> bool:
        allowed = [slot(exchange).lower() for slot in self.headers]
        return "*" in allowed or all(name.lower() in allowed for name in names if name)
