"""`choose`: the first branch whose condition is true."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.parts import attribute, node, nodes, statements
from gatelog.policy.slots import BOOLEAN, Slot
from gatelog.policy.statement import Part, Statement, Steps, run_statements
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class When(Part):
    """A branch."""

    condition: Slot[bool] = attribute(BOOLEAN, required=True, doc="runs the branch when true")
    statements: tuple[Statement, ...] = statements()


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise(Part):
    """The branch for when no condition is true."""

    statements: tuple[Statement, ...] = statements()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose(Statement):
    """Run the policies of the first `when` whose condition is true, else those of `otherwise`."""

    whens: tuple[When, ...] = nodes("when", When, required=True, doc="tried in order")
    otherwise: Otherwise | None = node("otherwise", Otherwise, doc="when no condition is true")

    def run(self, exchange: Exchange) -> Steps:
        for when in self.whens:
            if when.condition(exchange):
                return run_statements(when.statements, exchange)
        return run_statements(self.otherwise.statements, exchange) if self.otherwise else None
