"""Bound expressions: every name resolved, every type known, columns by identity."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatelog.kql.catalog.rows import UNKNOWN, Fragment, Render
from gatelog.kql.errors import Span
from gatelog.schema.table import Column as StoredColumn
from gatelog.schema.types import KqlType

if TYPE_CHECKING:
    from gatelog.kql.plan import Plan


@dataclass(eq=False, slots=True)
class Column:
    """A column of some relation: the object is its identity, the name is what the user sees."""

    name: str
    type: KqlType
    nullable: bool = True
    depends: tuple[Bound, ...] = ()
    """What it is computed from; reading the column means computing these."""
    definition: Bound | None = None
    """The expression, when the column is just one over its own row."""
    stored: StoredColumn | None = None
    """The stored column, when a scan reads it."""
    tick: int = 0
    """See `Fragment.tick`."""
    id: int = -1
    """Number in SQL; given when lowered."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Root of the kinds below."""

    type: KqlType

    @property
    def value(self) -> Any:
        """The constant, or UNKNOWN (`catalog.rows.Operand.value`)."""
        return UNKNOWN

    def children(self) -> tuple[Bound, ...]:
        """Operands."""
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Const(Bound):
    """A constant."""

    constant: Any

    @property
    def value(self) -> Any:
        return self.constant


@dataclass(frozen=True, slots=True, eq=False)
class Ref(Bound):
    """A column."""

    column: Column


@dataclass(frozen=True, slots=True, eq=False)
class Apply(Bound):
    """A function, operator or conversion applied to operands."""

    name: str
    render: Render | None
    arguments: tuple[Bound, ...]
    nulls: str = "strict"
    window: bool = False
    python: Callable[..., Any] | None = None
    tick: Callable[[Sequence[Fragment]], int] | None = None
    span: Span = (0, 0)
    """Where it was written, for refusals of the lowering."""

    def children(self) -> tuple[Bound, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True, eq=False)
class Path(Bound):
    """Members of a dynamic value by constant keys and indexes."""

    base: Bound
    steps: tuple[str | int, ...]

    def children(self) -> tuple[Bound, ...]:
        return (self.base,)


@dataclass(frozen=True, slots=True, eq=False)
class ScalarQuery(Bound):
    """toscalar(): the first column of the first row."""

    plan: Plan
    column: Column


@dataclass(frozen=True, slots=True, eq=False)
class InQuery(Bound):
    """`x in (table)`; `left` and `column` have the same type."""

    left: Bound
    plan: Plan
    column: Column
    fold_case: bool
    negated: bool

    def children(self) -> tuple[Bound, ...]:
        return (self.left,)


def walk(expression: Bound) -> Iterator[Bound]:
    """The expression and everything below it."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.children())


def references(expression: Bound) -> set[Column]:
    """The columns that an expression reads directly."""
    return {node.column for node in walk(expression) if isinstance(node, Ref)}


def conjuncts(expression: Bound) -> Iterator[Bound]:
    """The parts of `a and b and c`."""
    if isinstance(expression, Apply) and expression.name == "and":
        for argument in expression.arguments:
            yield from conjuncts(argument)
    else:
        yield expression


def document(expression: Bound) -> tuple[Column, tuple[str | int, ...]] | None:
    """The stored column that holds the JSON document of a dynamic expression, and the path inside it."""
    if isinstance(expression, Path):
        found = document(expression.base)
        return None if found is None else (found[0], found[1] + expression.steps)
    if isinstance(expression, Ref):
        column = expression.column
        if column.definition is not None and column.type is KqlType.DYNAMIC:
            return document(column.definition)
        return (column, ()) if column.stored is not None and column.type is KqlType.DYNAMIC else None
    if isinstance(expression, Apply) and expression.name in ("parse_json", "todynamic"):
        return _parsed(expression.arguments[0])
    return None


def reparsed(expression: Path) -> tuple[Bound, tuple[str | int, ...]] | None:
    """The dynamic below the path whose strings parse_json() reads as documents of their own, and the steps behind it."""
    steps, base = expression.steps, expression.base
    while True:
        if isinstance(base, Path):
            steps, base = base.steps + steps, base.base
        elif isinstance(base, Ref) and base.column.definition is not None:
            base = base.column.definition
        elif isinstance(base, Apply) and base.name == "parse_json" and base.arguments[0].type is KqlType.DYNAMIC:
            return base.arguments[0], steps
        else:
            return None


def _parsed(argument: Bound) -> tuple[Column, tuple[str | int, ...]] | None:
    if argument.type is KqlType.DYNAMIC:
        return document(argument)
    while isinstance(argument, Ref):
        if argument.column.stored is not None:
            return argument.column, ()
        if argument.column.definition is None:
            return None
        argument = argument.column.definition
    return None
