"""`trace`: a line for the request trace and the gateway log."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

from gatelog.policy.binding import Binder
from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.effects import AfterResponse, Effect, PolicyError
from gatelog.policy.effects import Trace as TraceEffect
from gatelog.policy.elements.deferral import later, reads_response_body, untouched_bodies
from gatelog.policy.parts import attribute, content, nodes, text
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, Slot, elapsed_ns, one_of
from gatelog.policy.statement import Part, Place, Statement, Steps
from gatelog.record.exchange import Exchange, TraceRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata(Part):
    """A property of the trace."""

    name: Slot[str] = attribute(LINE, required=True, doc="the property's name")
    value: Slot[str] = attribute(LINE, required=True, doc="its value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace(Statement):
    """Add a message to the request trace and, from the diagnostic's verbosity on, to `TraceRecords` of the gateway log."""

    defers: ClassVar[bool] = True
    strict: bool = False
    deferred: bool = False

    source: Slot[str] = attribute(LINE, required=True, expressions=False, doc="who says it")
    severity: Slot[str] = attribute(one_of("verbose", "information", "error"), default="verbose", doc="how much it matters")
    message: Slot[str] | None = text("message", doc="the message")
    metadata: tuple[Metadata, ...] = nodes("metadata", Metadata, doc="properties beside the message")
    bare: Slot[str] | None = content(LINE, doc="the message, in documents without the element `message`")

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> Trace | None:
        values = binder.values(cls, node)
        if values is None:
            return None
        if values["message"] is None and values["bare"] is None:
            binder.problem(node, "'trace' needs the element 'message'")
        slots = (values["message"], values["bare"], *(entry.value for entry in values["metadata"]))
        strict = binder.setting.strict
        return cls(place=place, strict=strict, deferred=not strict and reads_response_body(*slots), **values)

    def run(self, exchange: Exchange) -> Steps:
        if self.deferred and exchange.response is not None and exchange.response.body is None:
            return self._defer(exchange)
        return self._trace(exchange)

    def _defer(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        yield AfterResponse(later(exchange, self._trace))

    def _trace(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        message = self.message or self.bare
        source, severity = self.source(exchange), self.severity(exchange)
        try:
            with nullcontext() if self.strict else untouched_bodies(exchange):
                said = message(exchange) if message else ""
                metadata = tuple((entry.name(exchange), entry.value(exchange)) for entry in self.metadata)
        except (DotNetException, PolicyError) as error:
            if self.strict:
                raise
            said, severity, metadata = f"Expression evaluation failed. {error.message}", "error", ()
        yield TraceEffect(
            TraceRecord(source=source, severity=severity, message=said, metadata=metadata, elapsed_ns=elapsed_ns(exchange))
        )
