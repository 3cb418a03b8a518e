"""`check-header`: refuse calls without a header or with a wrong value of it."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.parts import attribute, texts
from gatelog.policy.slots import BOOLEAN, LINE, STATUS, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckHeader(Statement):
    """Let a call through only when a request header is there and has one of the values."""

    name: Slot[str] = attribute(LINE, required=True, doc="the header's name")
    failed_check_httpcode: Slot[int] = attribute(STATUS, required=True, doc="status code of the refusal")
    failed_check_error_message: Slot[str] = attribute(LINE, required=True, doc="message of the refusal")
    ignore_case: Slot[bool] = attribute(BOOLEAN, default="false", doc="compare values without case")
    values: tuple[Slot[str], ...] = texts("value", doc="allowed values; none: any value will do")

    def run(self, exchange: Exchange) -> Steps:
        name = self.name(exchange)
        found = exchange.request.headers.all(name)
        if not found:
            self._refuse(exchange, "HeaderNotFound", f"Header {name} was not found in the request. Access denied.")
        value = ",".join(found)
        allowed = [slot(exchange) for slot in self.values]
        if not allowed or value in allowed:
            return None
        if not (self.ignore_case(exchange) and value.lower() in {entry.lower() for entry in allowed}):
            self._refuse(exchange, "HeaderValueNotAllowed", f"Header {name} value of {value} is not allowed. Access denied.")
        return None

    def _refuse(self, exchange: Exchange, reason: str, message: str) -> None:
        status, text = self.failed_check_httpcode(exchange), self.failed_check_error_message(exchange)
        raise self.error(reason, message, status=status, body_message=text)
