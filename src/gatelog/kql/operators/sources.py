"""print, datatable, range: tables made of constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Item, Relation, Scope
from gatelog.kql.bound import Bound, Column
from gatelog.kql.errors import NOT_ALLOWED, TYPES, Finding
from gatelog.kql.folding import converted_constant
from gatelog.kql.operators.project import projected
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Extend, Hints, Plan, Values
from gatelog.kql.printer import columns_text, list_text, name_text, text_of
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel, SortKey
from gatelog.schema.types import KqlType


def one_row() -> Values:
    """A table with one row and no column."""
    return Values((), ((),), Column("", KqlType.LONG, False))


@dataclass(frozen=True, slots=True)
class Print(ast.Operator):
    """`print a = x, y`: names default to print_0, print_1 ..."""

    items: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"print {list_text(self.items)}"

    def source(self, binder: Binder, environment: Environment) -> Relation:
        items = binder.items(self.items, Scope(environment))
        named = [Item(item.explicit, f"print_{index}", item.expression, item.span) for index, item in enumerate(items)]
        columns, assignments = projected(named)
        return Relation(Extend(one_row(), assignments), columns, serialized=True)


@dataclass(frozen=True, slots=True)
class Datatable(ast.Operator):
    """`datatable(a:long, b:string) [1, "x"]`."""

    columns: tuple[tuple[str, KqlType], ...]
    values: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"datatable{columns_text(self.columns)} [{list_text(self.values)}]"

    def source(self, binder: Binder, environment: Environment) -> Relation:
        width = len(self.columns)
        if not width or len(self.values) % width:
            raise Finding(NOT_ALLOWED, f"datatable has {len(self.values)} values for {width} columns", self.span)
        scope = Scope(environment)
        cells = []
        for index, node in enumerate(self.values):
            bound = binder.constant(node, scope, "a value of datatable")
            cells.append(cell(bound, self.columns[index % width][1], node))
        columns = tuple(
            Column(name, kind, any(row is None for row in cells[index::width]), tick=_tick(kind, cells[index::width]))
            for index, (name, kind) in enumerate(self.columns)
        )
        rows = tuple(tuple(cells[start : start + width]) for start in range(0, len(cells), width))
        return Relation(Values(columns, rows, Column("", KqlType.LONG, False)), columns, serialized=True)


def _tick(kind: KqlType, cells: list[Any]) -> int:
    ticks = {value % 10 for value in cells if value is not None} if kind is KqlType.DATETIME else set()
    return ticks.pop() if len(ticks) == 1 else 0


def cell(bound: Bound, kind: KqlType, node: ast.Expression) -> Any:
    """A constant as a value of a column's type."""
    value = bound.value
    if bound.type is kind:
        return "" if value is None and kind is KqlType.STRING else value
    if value is None:
        return "" if kind is KqlType.STRING else None
    if kind is KqlType.DYNAMIC:
        raise Finding(TYPES, f"expected a dynamic value, found {bound.type}: write dynamic(...)", node.span)
    found = converted_constant(value, bound.type, kind)
    if found is None and bound.type is not KqlType.STRING:
        raise Finding(TYPES, f"expected {kind}, found {bound.type}", node.span)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Series(Plan):
    """`from`, `from + step` ... up to `to`."""

    column: Column
    start: Bound
    end: Bound
    step: Bound

    def requires(self) -> tuple[Bound, ...]:
        return (self.start, self.end, self.step)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        nothing = Rel("", {})
        start, end, step = (to.render(bound, nothing) for bound in (self.start, self.end, self.step))
        sql = to.sql.series(self.column.type, start, end, step, to.column_name(self.column))
        names = {self.column: to.column_name(self.column)}
        direction = isinstance(self.step.value, (int, float)) and self.step.value < 0
        rel = Rel(f"({sql}) AS {to.fresh('t')}", names, order=(SortKey(self.column, direction, True),), total=True)
        to.needed.add(self.column)
        return to.take_uses(rel)


@dataclass(frozen=True, slots=True)
class Range(ast.Operator):
    """`range x from a to b step c`."""

    name: str
    start: ast.Expression
    end: ast.Expression
    step: ast.Expression

    def text(self) -> str:
        return f"range {name_text(self.name)} from {text_of(self.start)} to {text_of(self.end)} step {text_of(self.step)}"

    def source(self, binder: Binder, environment: Environment) -> Relation:
        scope = Scope(environment)
        start, end, step = binder.expressions((self.start, self.end, self.step), scope)
        kind = start.type
        if kind in (KqlType.INT, KqlType.LONG) and not kind is end.type is step.type is KqlType.INT:
            kind = KqlType.REAL if KqlType.REAL in (end.type, step.type) else KqlType.LONG
        if kind not in (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DATETIME, KqlType.TIMESPAN):
            raise Finding(TYPES, f"range needs numbers, datetimes or timespans, found {kind}", self.start.span)
        start = binder.coerce(start, kind, self.start.span)
        end = binder.coerce(end, kind, self.end.span)
        step_kind = KqlType.TIMESPAN if kind is KqlType.DATETIME else kind
        step = binder.coerce(step, step_kind, self.step.span)
        if step.value == 0:
            raise Finding(NOT_ALLOWED, "the step of range is zero", self.step.span)
        column = Column(self.name, kind, False)
        return Relation(Series(column, start, end, step), (column,), serialized=True)


def parse_print(parser: Parser, start: int) -> Print:
    items = tuple(parser.separated(parser.named))
    return Print((start, parser.end), items)


def parse_datatable(parser: Parser, start: int) -> Datatable:
    parser.options()
    columns = parser.columns()
    parser.expect("[")
    values: list[ast.Expression] = []
    while not parser.at("]"):
        values.append(parser.expression())
        if not parser.accept(","):
            break
    parser.expect("]")
    return Datatable((start, parser.end), columns, tuple(values))


def parse_range(parser: Parser, start: int) -> Range:
    name = parser.name("the name of the column")
    parser.expect("from")
    first = parser.expression()
    parser.expect("to")
    last = parser.expression()
    parser.expect("step")
    step = parser.expression()
    return Range((start, parser.end), name, first, last, step)
