"""top (learn.microsoft.com/kusto/query/top-operator)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation
from gatelog.kql.operators.sort import Key, ordered, parse_key
from gatelog.kql.operators.take import row_count
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Limit
from gatelog.kql.printer import text_of


@dataclass(frozen=True, slots=True)
class Top(ast.Operator):
    """`top n by key desc`."""

    count: ast.Expression
    keys: tuple[Key, ...]

    @property
    def keeps_columns(self) -> bool:
        return True

    def text(self) -> str:
        return f"top {text_of(self.count)} by {', '.join(key.text() for key in self.keys)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        count = row_count(binder, self.count, environment)
        plan = ordered(binder, relation, self.keys, environment)
        return replace(relation, plan=Limit(plan, count), serialized=True)


def parse(parser: Parser, start: int) -> Top:
    parser.options()
    count = parser.expression()
    parser.expect("by")
    keys = tuple(parser.separated(lambda: parse_key(parser)))
    return Top((start, parser.end), count, keys)
