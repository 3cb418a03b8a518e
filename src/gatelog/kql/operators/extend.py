"""extend (learn.microsoft.com/kusto/query/extend-operator)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Item, Relation, scope_of
from gatelog.kql.bound import Bound, Column
from gatelog.kql.errors import DUPLICATE, Finding
from gatelog.kql.naming import column_number
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Extend
from gatelog.kql.printer import list_text


@dataclass(frozen=True, slots=True)
class ExtendOperator(ast.Operator):
    """`extend a = x, y`."""

    items: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"extend {list_text(self.items)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        return extended(relation, binder.items(self.items, scope_of(relation, environment)))


def defined(name: str, expression: Bound) -> Column:
    """A column that holds an expression over its own row."""
    return Column(name, expression.type, depends=(expression,), definition=expression)


def extended(relation: Relation, items: Sequence[Item]) -> Relation:
    """The relation with the items as columns: in place of a column of the same name, or at the end."""
    columns = list(relation.columns)
    places = {column.name: index for index, column in reversed(list(enumerate(columns)))}
    explicit: set[str] = set()
    assignments = []
    number = 1
    for item in items:
        name = item.explicit or item.default
        if item.explicit is not None:
            if item.explicit in explicit:
                raise Finding(DUPLICATE, f"a column with the name '{item.explicit}' is already declared", item.span)
            explicit.add(item.explicit)
        if name is None:
            name, number = column_number(places, number)
        column = defined(name, item.expression)
        assignments.append((column, item.expression))
        if name in places:
            columns[places[name]] = column
        else:
            places[name] = len(columns)
            columns.append(column)
    return replace(relation, plan=Extend(relation.plan, tuple(assignments)), columns=tuple(columns))


def parse(parser: Parser, start: int) -> ExtendOperator:
    parser.options()
    items = tuple(parser.separated(parser.named))
    return ExtendOperator((start, parser.end), items)
