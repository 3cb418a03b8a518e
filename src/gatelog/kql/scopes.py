"""What names stand for while a query is bound: relations, variables, environments, row scopes, and items with their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from gatelog.kql import ast
from gatelog.kql.bound import Bound, Column
from gatelog.kql.errors import Span
from gatelog.kql.plan import Plan
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A bound table: a plan and the columns that the user sees, in order."""

    plan: Plan
    columns: tuple[Column, ...]
    serialized: bool = False
    name: str = ""
    """What `union withsource` calls it."""
    bag: Column | None = None
    """A hidden dynamic column whose members become columns of the answer (bag_unpack, pivot)."""
    bag_type: KqlType | None = None
    """The type of all those columns; None: as the values are."""
    bag_filler: int | None = None
    """What stands where a row has no such member."""
    bag_conflict: str = "error"
    """What happens when a member is called like a column: error, replace_source or keep_source."""

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, eq=False)
class ScalarVariable:
    """A let scalar, or a scalar argument."""

    value: Bound


@dataclass(frozen=True, slots=True, eq=False)
class TableVariable:
    """A let table, a tabular argument, a shared relation: bound anew for each use."""

    make: Callable[[], Relation]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionVariable:
    """A let function or a stored function, with the environment of its definition."""

    node: ast.Lambda
    environment: Environment


Variable = ScalarVariable | TableVariable | FunctionVariable


@dataclass(slots=True)
class Environment:
    """Variables by name; inner ones hide outer ones."""

    parent: Environment | None = None
    names: dict[str, Variable] = field(default_factory=dict)

    def find(self, name: str) -> Variable | None:
        """The variable of that name."""
        scope: Environment | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def inner(self) -> Environment:
        """A scope inside this one."""
        return Environment(self)

    def known(self) -> set[str]:
        """All names."""
        return set(self.names) | (self.parent.known() if self.parent else set())


@dataclass(slots=True)
class Scope:
    """What a scalar expression may name."""

    environment: Environment
    columns: Sequence[Column] = ()
    serialized: bool = False
    aggregates: list[tuple[Column, Bound]] | None = None
    """Where aggregate calls are collected; None: none are allowed."""
    inner: Scope | None = None
    """What the arguments of aggregates may name."""
    sides: tuple[Sequence[Column], Sequence[Column]] | None = None
    """Left and right columns of a join."""
    order: str = "row_number"
    index: dict[str, Column] | None = None
    special: Mapping[str, Column] = field(default_factory=dict)
    """Names with a dot that stand for columns (`step.column` in scan)."""

    def find(self, name: str) -> Column | None:
        """The column of that name."""
        if self.index is None:
            self.index = {}
            for column in self.columns:
                self.index.setdefault(column.name, column)
        return self.index.get(name)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One column of extend, project, summarize ...: an expression with the name that was written or follows from it."""

    explicit: str | None
    default: str | None
    expression: Bound
    span: Span
    plain: bool = False
    """Just a column."""


def snapshot(environment: Environment) -> Environment:
    """The environment as it is now: later let statements do not change what a definition sees."""
    return Environment(environment.parent, dict(environment.names))


def scope_of(relation: Relation, environment: Environment) -> Scope:
    """What an expression over the rows of a relation may name."""
    return Scope(environment, relation.columns, relation.serialized)
