"""distinct (learn.microsoft.com/kusto/query/distinct-operator)."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, scope_of
from gatelog.kql.bound import Column, Ref
from gatelog.kql.operators.summarize import group_keys
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Aggregate, Assignment
from gatelog.kql.printer import list_text


@dataclass(frozen=True, slots=True)
class Distinct(ast.Operator):
    """`distinct a, b`, `distinct *`."""

    items: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"distinct {list_text(self.items)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        if any(isinstance(item, ast.Star) for item in self.items):
            keys: list[Assignment] = [
                (Column(c.name, c.type, c.nullable, (Ref(c.type, c),)), Ref(c.type, c)) for c in relation.columns
            ]
        else:
            items = binder.items(self.items, scope_of(relation, environment))
            keys = group_keys(items)
        return Relation(Aggregate(relation.plan, tuple(keys), ()), tuple(column for column, _ in keys))


def parse(parser: Parser, start: int) -> Distinct:
    parser.options()
    items = tuple(parser.separated(parser.named))
    return Distinct((start, parser.end), items)
