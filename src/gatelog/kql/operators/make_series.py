"""make-series (learn.microsoft.com/kusto/query/make-series-operator): aggregates over a regular axis, as dynamic arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope, scope_of
from gatelog.kql.bound import Bound, Column, Const
from gatelog.kql.catalog.rows import UNKNOWN, Fragment
from gatelog.kql.errors import NOT_ALLOWED, TYPES, Finding
from gatelog.kql.literals import timespan_text
from gatelog.kql.naming import default_name, free_name
from gatelog.kql.operators.summarize import group_keys
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Assignment, Hints, Plan
from gatelog.kql.printer import list_text, options_text, text_of
from gatelog.kql.sql.lowering import Lowering, has_window
from gatelog.kql.sql.relation import Rel
from gatelog.schema.types import KqlType

_BEGIN = 62_135_596_800_000_000
"""Microseconds from 0001 to 1970: bins count from 0001."""


@dataclass(frozen=True, slots=True, eq=False)
class SeriesPlan(Plan):
    """One row for each combination of keys, with one array for each aggregate and one for the axis."""

    input: Plan
    keys: tuple[Assignment, ...]
    aggregates: tuple[tuple[Column, Bound, Bound], ...]
    """(column, aggregate, default)."""
    axis: Bound
    axis_column: Column
    start: Bound | None
    end: Bound | None
    step: Bound
    keep_empty: bool

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        ends = [bound for bound in (self.start, self.end) if bound is not None]
        defaults = [default for _, _, default in self.aggregates]
        return (self.axis, self.step, *ends, *(key for _, key in self.keys), *defaults)

    def _unit(self, fragment: Fragment) -> str:
        return f"epoch_us({fragment.text})" if fragment.type is KqlType.DATETIME else fragment.text

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        to.require_duckdb("the operator make-series")
        rel = to.lower(self.input)
        wanted = [item for item in self.aggregates if item[0] in to.needed]
        expressions = [self.axis, *(key for _, key in self.keys), *(aggregate for _, aggregate, _ in wanted)]
        rel = to.seal(rel) if rel.windowed or rel.limit or any(map(has_window, expressions)) else to.ready(rel, expressions)
        nothing = Rel("", {})
        axis = to.render(self.axis, rel)
        step = to.render(self.step, nothing)
        moment = axis.type is KqlType.DATETIME
        width = f"({step.text} // 10)" if moment else step.text
        origin = self._unit(to.render(self.start, nothing)) if self.start is not None else f"(-{_BEGIN})" if moment else "0"
        where = list(rel.where) + [f"{axis.text} IS NOT NULL"]
        if self.start is not None:
            where.append(f"{axis.text} >= {to.render(self.start, nothing).text}")
        end = to.render(self.end, nothing) if self.end is not None else None
        if end is not None:
            where.append(f"{axis.text} < {end.text}")
        distance = f"({self._unit(axis)} - {origin})"
        index = f"CAST(floor({distance} / {width}) AS BIGINT)" if axis.type is KqlType.REAL else _floor(distance, width)
        keys = {column: to.render(key, rel) for column, key in self.keys}
        items = [f"{fragment.text} AS {to.column_name(column)}" for column, fragment in keys.items()]
        to.order = to.order_by(rel).strip()
        for column, aggregate, _ in wanted:
            items.append(f"{to.json_value(to.render(aggregate, rel))} AS {to.column_name(column)}")
        to.order = ""
        group = ", ".join(str(number + 1) for number in range(len(keys)))
        inner = f"SELECT {', '.join([*items, f'{index} AS i'])} FROM {rel.source} WHERE {' AND '.join(where)}"
        inner += f" GROUP BY {', '.join([*([group] if group else []), 'i'])}"
        sql = self._gathered(to, inner, wanted, self._bounds(origin, width, end), group, origin, width)
        names = {column: to.column_name(column) for column in [*keys, *(column for column, _, _ in wanted), self.axis_column]}
        for column, fragment in keys.items():
            column.nullable = fragment.nullable
        return Rel(f"({sql}) AS {to.fresh('t')}", names, uses=to.take_uses(rel).uses)

    def _bounds(self, origin: str, width: str, end: Fragment | None) -> tuple[str, str]:
        low = "0" if self.start is not None else "min(i)"
        if end is None:
            return low, "max(i) + 1"
        distance = f"({self._unit(end)} - {origin})"
        return low, f"CAST(ceil(CAST({distance} AS DOUBLE) / {width}) AS BIGINT)"

    def _gathered(
        self,
        to: Lowering,
        inner: str,
        wanted: list[tuple[Column, Bound, Bound]],
        bounds: tuple[str, str],
        group: str,
        origin: str,
        width: str,
    ) -> str:
        keys = [to.column_name(column) for column, _ in self.keys]
        held = ", ".join(f"{to.column_name(column)} := {to.column_name(column)}" for column, _, _ in wanted)
        packed = f"map_from_entries(list((i, struct_pack({held or 'none := 0'}))))"
        ends = [f"{packed} AS m", f"{bounds[0]} AS lo", f"{bounds[1]} AS hi", "count(*) AS n"]
        middle = f"SELECT {', '.join([*keys, *ends])} FROM ({inner})"
        if group:
            middle += f" GROUP BY {group}"
        items = list(keys)
        for column, _, default in wanted:
            filler = to.text(orjson.dumps(_json_default(default)).decode())
            value = f"coalesce(m[i].{to.column_name(column)}, {filler})"
            items.append(f"{_array(value)} AS {to.column_name(column)}")
        items.append(f"{_array(self._label(origin, width))} AS {to.column_name(self.axis_column)}")
        sql = f"SELECT {', '.join(items)} FROM ({middle})"
        return sql if group or self.keep_empty else f"{sql} WHERE n > 0"

    def _label(self, origin: str, width: str) -> str:
        value = f"{origin} + i * {width}"
        if self.axis.type is KqlType.DATETIME:
            return f"'\"' || strftime(make_timestamp({value}), '%Y-%m-%dT%H:%M:%S.%f') || '0Z\"'"
        if self.axis.type is KqlType.REAL:
            return f"CAST(to_json({value}) AS VARCHAR)"
        return f"CAST({value} AS VARCHAR)"


def _floor(distance: str, width: str) -> str:
    return f"CAST((({distance}) - ((({distance}) % {width}) + {width}) % {width}) // {width} AS BIGINT)"


def _array(value: str) -> str:
    return f"'[' || array_to_string(list_transform(range(coalesce(lo, 0), hi), lambda i: {value}), ',') || ']'"


def _json_default(default: Bound) -> object:
    value = default.value
    if value is not None and default.type is KqlType.TIMESPAN:
        return timespan_text(value)
    return value if isinstance(value, (int, float, str, bool)) else None


@dataclass(frozen=True, slots=True)
class Made:
    """`name = aggregate default = value`."""

    name: str
    aggregate: ast.Expression
    default: ast.Expression | None

    def text(self) -> str:
        name = f"{self.name} = " if self.name else ""
        default = f" default={text_of(self.default)}" if self.default is not None else ""
        return f"{name}{text_of(self.aggregate)}{default}"


@dataclass(frozen=True, slots=True)
class MakeSeries(ast.Operator):
    """`make-series a = f(x) default = 0 on t from s to e step d by k`."""

    options: tuple[tuple[str, str], ...]
    made: tuple[Made, ...]
    axis: ast.Expression
    start: ast.Expression | None
    end: ast.Expression | None
    step: ast.Expression
    keys: tuple[ast.Expression, ...]

    def text(self) -> str:
        made = ", ".join(item.text() for item in self.made)
        start = f" from {text_of(self.start)}" if self.start is not None else ""
        end = f" to {text_of(self.end)}" if self.end is not None else ""
        by = f" by {list_text(self.keys)}" if self.keys else ""
        options = options_text(dict(self.options))
        return f"make-series {options}{made} on {text_of(self.axis)}{start}{end} step {text_of(self.step)}{by}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        inner = scope_of(relation, environment)
        outside = Scope(environment)
        axis = binder.expression(self.axis.value if isinstance(self.axis, ast.Named) else self.axis, inner)
        if axis.type is KqlType.INT:
            axis = binder.coerce(axis, KqlType.LONG, self.axis.span)
        if axis.type not in (KqlType.DATETIME, KqlType.LONG, KqlType.REAL):
            raise Finding(TYPES, f"the axis of make-series must be a datetime or a number, found {axis.type}", self.axis.span)
        start = binder.typed(self.start, outside, axis.type) if self.start is not None else None
        end = binder.typed(self.end, outside, axis.type) if self.end is not None else None
        step = binder.typed(self.step, outside, KqlType.TIMESPAN if axis.type is KqlType.DATETIME else axis.type)
        if step.value is not UNKNOWN and (step.value is None or step.value <= 0):
            raise Finding(NOT_ALLOWED, "the step of make-series must be positive", self.step.span)
        keys = group_keys(binder.items(self.keys, inner)) if self.keys else []
        taken = {column.name for column, _ in keys}
        aggregates = [self._aggregate(binder, item, inner, taken) for item in self.made]
        name = self.axis.names[0] if isinstance(self.axis, ast.Named) else default_name(self.axis, binder.catalogue) or "Column1"
        axis_column = Column(free_name(name, taken), KqlType.DYNAMIC, False)
        keep = dict(self.options).get("kind", "").lower() == "nonempty"
        plan = SeriesPlan(relation.plan, tuple(keys), tuple(aggregates), axis, axis_column, start, end, step, keep)
        columns = (*(column for column, _ in keys), *(column for column, _, _ in aggregates), axis_column)
        return Relation(plan, columns)

    def _aggregate(self, binder: Binder, item: Made, inner: Scope, taken: set[str]) -> tuple[Column, Bound, Bound]:
        node = item.aggregate
        row = binder.catalogue.aggregates.get(node.name) if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or row is None:
            raise Finding(NOT_ALLOWED, "make-series needs an aggregate, such as count() or avg(x)", node.span)
        expression = binder.aggregate(row, node, inner)
        default: Bound = Const(expression.type, 0)
        if item.default is not None:
            default = binder.constant(item.default, Scope(inner.environment), "the default")
        name = item.name or default_name(node, binder.catalogue, aggregates=True) or "Column1"
        name = name if item.name else free_name(name, taken)
        taken.add(name)
        return Column(name, KqlType.DYNAMIC, False, (expression,)), expression, default


def _made(parser: Parser) -> Made:
    node = parser.named()
    name = ""
    if isinstance(node, ast.Named):
        name, node = node.names[0], node.value
    default = None
    if parser.accept("default"):
        parser.expect("=")
        default = parser.expression()
    return Made(name, node, default)


def parse(parser: Parser, start: int) -> MakeSeries:
    options = parser.options("kind")
    made = tuple(parser.separated(lambda: _made(parser)))
    parser.expect("on")
    named = parser.token.kind == "name" and parser.peek().text == "="
    axis = parser.named() if named else parser.expression(4)
    first = last = None
    if parser.accept("in"):
        call = parser.expression()
        if not isinstance(call, ast.Call) or call.name != "range" or len(call.arguments) != 3:
            raise parser.fail("expected range(start, end, step)", call.span)
        first, last, step = call.arguments
    else:
        first = parser.expression() if parser.accept("from") else None
        last = parser.expression() if parser.accept("to") else None
        parser.expect("step")
        step = parser.expression()
    keys: tuple[ast.Expression, ...] = ()
    if parser.accept("by"):
        keys = tuple(parser.separated(parser.named))
    return MakeSeries((start, parser.end), tuple(options.items()), made, axis, first, last, step, keys)
