"""count (learn.microsoft.com/kusto/query/count-operator)."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation
from gatelog.kql.bound import Apply, Column
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Aggregate
from gatelog.kql.printer import name_text
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Count(ast.Operator):
    """`count [as name]`."""

    name: str

    def text(self) -> str:
        return "count" if self.name == "Count" else f"count as {name_text(self.name)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        expression = Apply(KqlType.LONG, "count", "count(*)", (), "never")
        column = Column(self.name, KqlType.LONG, False, (expression,))
        return Relation(Aggregate(relation.plan, (), ((column, expression),)), (column,))


def parse(parser: Parser, start: int) -> Count:
    parser.options()
    name = parser.name() if parser.accept("as") else "Count"
    return Count((start, parser.end), name)
