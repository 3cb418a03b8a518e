"""`find-and-replace`: change a text in the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gatelog.policy.elements.messages import message_of
from gatelog.policy.parts import attribute
from gatelog.policy.slots import TEXT, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class FindAndReplace(Statement):
    """Replace every occurrence of a text in the body of the request (inbound, backend) or response (outbound, on-error)."""

    reads_request_body: ClassVar[bool] = True
    reads_response_body: ClassVar[bool] = True

    from_: Slot[str] = attribute(TEXT, required=True, doc="text to find; case matters")
    to: Slot[str] = attribute(TEXT, required=True, doc="text to put in its place")

    def run(self, exchange: Exchange) -> Steps:
        message = message_of(exchange, self.place)
        found, replacement = self.from_(exchange), self.to(exchange)
        if message.body and found:
            message.body = message.body.replace(found.encode(), replacement.encode())
            message.headers.remove("Content-Length")
        return None
