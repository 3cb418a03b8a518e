"""project (learn.microsoft.com/kusto/query/project-operator)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Item, Relation, scope_of
from gatelog.kql.bound import Column, Ref
from gatelog.kql.errors import DUPLICATE, Finding
from gatelog.kql.naming import column_number, free_name
from gatelog.kql.operators.extend import defined
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Assignment, Extend
from gatelog.kql.printer import list_text


@dataclass(frozen=True, slots=True)
class Project(ast.Operator):
    """`project a, b = x`."""

    items: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"project {list_text(self.items)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        items = binder.items(self.items, scope_of(relation, environment))
        columns, assignments = projected(items)
        return replace(relation, plan=Extend(relation.plan, assignments), columns=columns, bag=None)


def projected(items: Sequence[Item]) -> tuple[tuple[Column, ...], tuple[Assignment, ...]]:
    """The columns of items in their order, and what has to be computed for them."""
    names = item_names(items)
    columns: list[Column] = []
    assignments: list[Assignment] = []
    for name, item in zip(names, items, strict=True):
        column = item.expression.column if isinstance(item.expression, Ref) else None
        if column is None or column.name != name or column in columns:
            column = defined(name, item.expression)
            assignments.append((column, item.expression))
        columns.append(column)
    return tuple(columns), tuple(assignments)


def item_names(items: Sequence[Item], reserved: Sequence[str] = ()) -> list[str]:
    """The names of items: written ones as they are, default ones made unique."""
    declared: set[str] = set(reserved)
    for item in items:
        name = item.explicit or (item.default if item.plain else None)
        if name is None:
            continue
        if name in declared and (item.explicit is not None or item.plain):
            if item.plain and not any(
                other.explicit == name or (other.plain and other.default == name) for other in items if other is not item
            ):
                continue
            raise Finding(DUPLICATE, f"a column with the name '{name}' is already declared", item.span)
        declared.add(name)
    taken: set[str] = set(reserved) | {item.explicit for item in items if item.explicit is not None}
    names: list[str] = []
    number = 1
    for item in items:
        if item.explicit is not None:
            name = item.explicit
        elif item.default is not None:
            name = free_name(item.default, taken)
        else:
            name, number = column_number(taken, number)
        taken.add(name)
        names.append(name)
    return names


def parse(parser: Parser, start: int) -> Project:
    parser.options()
    if parser.at("|", ";", ")") or parser.token.kind == "end":
        return Project((start, parser.end), ())
    items = tuple(parser.separated(parser.named))
    return Project((start, parser.end), items)
