"""take, limit (learn.microsoft.com/kusto/query/take-operator)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope
from gatelog.kql.errors import TYPES, Finding
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Limit
from gatelog.kql.printer import text_of


@dataclass(frozen=True, slots=True)
class Take(ast.Operator):
    """`take n`."""

    count: ast.Expression

    @property
    def keeps_columns(self) -> bool:
        return True

    def text(self) -> str:
        return f"take {text_of(self.count)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        return replace(relation, plan=Limit(relation.plan, row_count(binder, self.count, environment)))


def row_count(binder: Binder, node: ast.Expression, environment: Environment) -> int:
    """A constant number of rows."""
    bound = binder.constant(node, Scope(environment), "the number of rows")
    if not isinstance(bound.value, int) or isinstance(bound.value, bool) or bound.value < 0:
        raise Finding(TYPES, "the number of rows must be a whole number that is not negative", node.span)
    return bound.value


def parse(parser: Parser, start: int) -> Take:
    parser.options()
    count = parser.expression()
    return Take((start, parser.end), count)
