"""`log-to-eventhub`: send a message to a logger."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

from gatelog.policy.binding import Binder
from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.effects import AfterResponse, Effect, LogToEventHub, PolicyError
from gatelog.policy.elements.deferral import later, reads_response_body, untouched_bodies
from gatelog.policy.parts import attribute, content
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Place, Statement, Steps
from gatelog.record.exchange import Exchange

AZURE_LIMIT = 204_800
"""Bytes after which Azure cuts an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogToEventhub(Statement):
    """Send a message to an Event Hub logger. Messages are written to the journal first, so none is lost.

    An expression over `context.Response.Body` does not hold back a streamed answer: it runs after the stream has ended, on
    the completion that the stream adds up to.
    """

    defers: ClassVar[bool] = True
    strict: bool = False
    deferred: bool = False

    logger_id: Slot[str] = attribute(LINE, required=True, expressions=False, doc="id of the logger")
    partition_id: Slot[str] | None = attribute(LINE, expressions=False, doc="partition to send to")
    partition_key: Slot[str] | None = attribute(LINE, doc="key that chooses the partition")
    message: Slot[str] = content(LINE, required=True, doc="the message")

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> LogToEventhub | None:
        values = binder.values(cls, node)
        if values is None:
            return None
        if values["partition_id"] is not None and values["partition_key"] is not None:
            binder.problem(node, "'log-to-eventhub' takes either 'partition-id' or 'partition-key'")
        binder.refer("logger", node.attributes["logger-id"].value.strip(), node)
        strict = binder.setting.strict
        deferred = not strict and reads_response_body(values["message"], values["partition_key"])
        return cls(place=place, strict=strict, deferred=deferred, **values)

    def run(self, exchange: Exchange) -> Steps:
        if self.deferred and exchange.response is not None and exchange.response.body is None:
            return self._defer(exchange)
        return self._log(exchange)

    def _defer(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        yield AfterResponse(later(exchange, self._log))

    def _log(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        logger = self.logger_id(exchange)
        partition = self.partition_id(exchange) if self.partition_id else ""
        try:
            with nullcontext() if self.strict else untouched_bodies(exchange):
                body = self.message(exchange).encode("utf-8", "replace")
                key = self.partition_key(exchange) if self.partition_key else ""
        except (DotNetException, PolicyError) as error:
            if self.strict:
                raise
            yield LogToEventHub(logger, b"", partition, "", error=f"Expression evaluation failed. {error.message}")
            return
        if self.strict and len(body) > AZURE_LIMIT:
            body = body[:AZURE_LIMIT]
        yield LogToEventHub(logger, body, partition, key)
