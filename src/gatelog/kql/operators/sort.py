"""sort, order (learn.microsoft.com/kusto/query/sort-operator): descending by default; nulls are the smallest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, scope_of
from gatelog.kql.bound import Ref
from gatelog.kql.errors import TYPES, Finding
from gatelog.kql.operators.extend import defined
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Assignment, Extend, Plan
from gatelog.kql.plan import Sort as SortPlan
from gatelog.kql.printer import text_of
from gatelog.kql.sql.relation import SortKey
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Key:
    """One key as written."""

    expression: ast.Expression
    ascending: bool
    nulls: str = ""
    """`first`, `last` or empty."""

    def text(self) -> str:
        nulls = f" nulls {self.nulls}" if self.nulls else ""
        return f"{text_of(self.expression)} {'asc' if self.ascending else 'desc'}{nulls}"


@dataclass(frozen=True, slots=True)
class Sort(ast.Operator):
    """`sort by a asc nulls first, b`."""

    keys: tuple[Key, ...]

    @property
    def keeps_columns(self) -> bool:
        return True

    def text(self) -> str:
        return "sort by " + ", ".join(key.text() for key in self.keys)

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        return replace(relation, plan=ordered(binder, relation, self.keys, environment), serialized=True)


def ordered(binder: Binder, relation: Relation, keys: Sequence[Key], environment: Environment) -> Plan:
    """The relation's plan, sorted."""
    scope = scope_of(relation, environment)
    bound = binder.expressions([key.expression for key in keys], scope)
    assignments: list[Assignment] = []
    found: list[SortKey] = []
    for key, expression in zip(keys, bound, strict=True):
        if expression.type is KqlType.DYNAMIC:
            raise Finding(TYPES, "rows cannot be sorted by a dynamic value: convert it first", key.expression.span)
        if isinstance(expression, Ref):
            column = expression.column
        else:
            column = defined("", expression)
            assignments.append((column, expression))
        nulls_last = key.nulls == "last" if key.nulls else not key.ascending
        found.append(SortKey(column, not key.ascending, nulls_last))
    plan = Extend(relation.plan, tuple(assignments)) if assignments else relation.plan
    return SortPlan(plan, tuple(found))


def parse_key(parser: Parser) -> Key:
    """`expression [asc|desc] [nulls first|last]`."""
    expression = parser.named()
    if isinstance(expression, ast.Named):
        expression = expression.value
    ascending = False
    if parser.accept("asc"):
        ascending = True
    else:
        parser.accept("desc")
    nulls = ""
    if parser.accept("nulls"):
        if not parser.at("first", "last"):
            raise parser.unexpected("'first' or 'last'")
        nulls = parser.advance().text
    return Key(expression, ascending, nulls)


def parse(parser: Parser, start: int) -> Sort:
    parser.options()
    parser.expect("by")
    keys = tuple(parser.separated(lambda: parse_key(parser)))
    return Sort((start, parser.end), keys)
