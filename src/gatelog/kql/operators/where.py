"""where, filter (learn.microsoft.com/kusto/query/where-operator)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, scope_of
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Filter
from gatelog.kql.printer import text_of


@dataclass(frozen=True, slots=True)
class Where(ast.Operator):
    """`where predicate`."""

    predicate: ast.Expression

    @property
    def keeps_columns(self) -> bool:
        return True

    def text(self) -> str:
        return f"where {text_of(self.predicate)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        predicate = binder.predicate(self.predicate, scope_of(relation, environment))
        return replace(relation, plan=Filter(relation.plan, predicate))


def parse(parser: Parser, start: int) -> Where:
    parser.options()
    predicate = parser.expression()
    return Where((start, parser.end), predicate)
