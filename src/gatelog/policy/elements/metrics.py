"""`emit-metric` and `azure-openai-/llm-emit-token-metric`: numbers with dimensions."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gatelog.policy.binding import Binder
from gatelog.policy.effects import AfterResponse, Effect, TokenUsage
from gatelog.policy.effects import EmitMetric as EmitMetricEffect
from gatelog.policy.parts import attribute, nodes
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, NUMBER, Constant, Slot
from gatelog.policy.statement import Part, Statement, Steps
from gatelog.record.exchange import Exchange


def _id(entity: Any) -> str:
    return "" if entity is None else str(entity.id)


_KNOWN: Final[Mapping[str, Callable[[Exchange], str]]] = {
    "api id": lambda exchange: _id(exchange.api),
    "operation id": lambda exchange: _id(exchange.operation),
    "product id": lambda exchange: _id(exchange.product),
    "user id": lambda exchange: _id(exchange.user),
    "subscription id": lambda exchange: _id(exchange.subscription),
    "location": lambda exchange: str(exchange.service.region),
    "gateway id": lambda exchange: "managed",
    "backend id": lambda exchange: exchange.backend_id,
}
"""Dimensions that need no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension(Part):
    """A name and value by which a metric can be split."""

    name: Slot[str] = attribute(LINE, required=True, doc="the dimension's name")
    value: Slot[str] | None = attribute(LINE, doc="its value; may be absent for " + ", ".join(sorted(_KNOWN)))

    def pair(self, exchange: Exchange) -> tuple[str, str]:
        name = self.name(exchange)
        if self.value is not None:
            return name, self.value(exchange)
        known = _KNOWN.get(name.lower())
        return name, known(exchange) if known else ""


def _check(binder: Binder, node: Node, dimensions: tuple[Dimension, ...]) -> None:
    for dimension, child in zip(dimensions, (entry for entry in node.elements if entry.name == "dimension"), strict=False):
        name = dimension.name
        if dimension.value is None and isinstance(name, Constant) and name.value.lower() not in _KNOWN:
            binder.problem(child, f"the dimension '{name.value}' needs a value; only known names have one of their own")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitMetric(Statement):
    """Emit a number."""

    name: Slot[str] = attribute(LINE, required=True, doc="the metric's name")
    value: Slot[float] = attribute(NUMBER, default="1", doc="the number")
    namespace: Slot[str] = attribute(LINE, default="API Management", doc="the metric's namespace")
    dimensions: tuple[Dimension, ...] = nodes("dimension", Dimension, required=True, doc="what the metric can be split by")

    def check(self, binder: Binder, node: Node) -> None:
        _check(binder, node, self.dimensions)

    def run(self, exchange: Exchange) -> Steps:
        return self._emit(exchange)

    def _emit(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        pairs = tuple(dimension.pair(exchange) for dimension in self.dimensions)
        yield EmitMetricEffect(self.name(exchange), self.value(exchange), self.namespace(exchange), pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmitTokenMetric(Statement):
    """Emit the tokens of the call, as the model counted them, once the answer is complete: `Total Tokens`,
    `Prompt Tokens` and `Completion Tokens`."""

    namespace: Slot[str] = attribute(LINE, default="API Management", doc="the metrics' namespace")
    dimensions: tuple[Dimension, ...] = nodes("dimension", Dimension, required=True, doc="what the metrics can be split by")

    def check(self, binder: Binder, node: Node) -> None:
        _check(binder, node, self.dimensions)

    def run(self, exchange: Exchange) -> Steps:
        return self._register(exchange)

    def _register(self, exchange: Exchange) -> Generator[Effect, Any, None]:
        pairs = [None if self._is_late(entry) else entry.pair(exchange) for entry in self.dimensions]
        yield AfterResponse(self._emit(exchange, self.namespace(exchange), pairs))

    @staticmethod
    def _is_late(dimension: Dimension) -> bool:
        """The backend is chosen after inbound, where this element stands."""
        name = dimension.name
        return dimension.value is None and isinstance(name, Constant) and name.value.lower() == "backend id"

    def _emit(self, exchange: Exchange, namespace: str, pairs: list[tuple[str, str] | None]) -> Generator[Effect, Any, None]:
        usage = yield TokenUsage()
        if not usage.total_tokens:
            return
        dimensions = tuple(pair or entry.pair(exchange) for pair, entry in zip(pairs, self.dimensions, strict=True))
        counts = {
            "Total Tokens": usage.total_tokens,
            "Prompt Tokens": usage.prompt_tokens,
            "Completion Tokens": usage.completion_tokens,
        }
        for name, count in counts.items():
            yield EmitMetricEffect(name, float(count), namespace, dimensions)
