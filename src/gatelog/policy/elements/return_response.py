"""`return-response`: answer the caller now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatelog.policy.dotnet.proxy import Message
from gatelog.policy.elements.set_body import SetBody
from gatelog.policy.elements.set_header import SetHeader
from gatelog.policy.elements.set_status import SetStatus
from gatelog.policy.parts import attribute, node, nodes
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import EndOfPipeline, Statement, Steps
from gatelog.record.exchange import Exchange, Response
from gatelog.record.headers import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnResponse(Statement):
    """End the call with an answer of the policy's own: neither outbound nor on-error runs after it."""

    response_variable_name: Slot[str] | None = attribute(LINE, doc="variable with a response of send-request to start from")
    status: SetStatus | None = node("set-status", SetStatus, doc="status code; 200 when absent")
    headers: tuple[SetHeader, ...] = nodes("set-header", SetHeader, doc="headers of the answer")
    body: SetBody | None = node("set-body", SetBody, doc="body of the answer")

    def run(self, exchange: Exchange) -> Steps:
        response = self._start(exchange)
        if self.status is not None:
            self.status.apply(response, exchange)
        for header in self.headers:
            header.apply(response.headers, exchange)
        if self.body is not None:
            response.body = self.body.text(exchange, None)
        exchange.response = response
        raise EndOfPipeline

    def _start(self, exchange: Exchange) -> Response:
        if self.response_variable_name is None:
            return Response(200, "OK", Headers(), b"")
        name = self.response_variable_name(exchange)
        found = exchange.variables.get(name)
        response = found.message if isinstance(found, Message) else None
        if not isinstance(response, Response):
            raise self.error("InvalidResponseVariable", f"the variable '{name}' holds no response")
        return replace(response, headers=response.headers.copy())
