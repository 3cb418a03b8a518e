"""`set-variable`: keep a value for the rest of the call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatelog.policy.parts import attribute
from gatelog.policy.slots import ANY, LINE, Slot
from gatelog.policy.statement import Statement, Steps
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVariable(Statement):
    """Set `context.Variables[name]`. A literal is a string; an expression's value keeps its type."""

    name: Slot[str] = attribute(LINE, required=True, doc="the variable's name")
    value: Slot[Any] = attribute(ANY, required=True, doc="its value")

    def run(self, exchange: Exchange) -> Steps:
        exchange.variables[self.name(exchange)] = self.value(exchange)
        return None
