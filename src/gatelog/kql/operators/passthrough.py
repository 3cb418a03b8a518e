"""Operators that leave rows as they are: render, serialize, as, consume, getschema, assert-schema, invoke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, TableVariable, scope_of
from gatelog.kql.bound import Column
from gatelog.kql.errors import NOT_ALLOWED, NOT_SUPPORTED, TYPES, Finding, nearest
from gatelog.kql.operators.extend import extended
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Limit, Serialize, Values
from gatelog.kql.printer import columns_text, list_text, name_text, string_text
from gatelog.schema.types import KqlType

CHARTS = frozenset(
    "table anomalychart areachart barchart card columnchart ladderchart linechart list piechart pivotchart plotly scatterchart "
    "stackedareachart timechart timeline timepivot treemap graph 3Dchart".split()
)
_PROPERTIES = {
    "kind": "Kind",
    "title": "Title",
    "xcolumn": "XColumn",
    "ycolumns": "YColumns",
    "series": "Series",
    "anomalycolumns": "AnomalyColumns",
    "xtitle": "XTitle",
    "ytitle": "YTitle",
    "xaxis": "XAxis",
    "yaxis": "YAxis",
    "legend": "Legend",
    "ysplit": "YSplit",
    "accumulate": "Accumulate",
    "ymin": "Ymin",
    "ymax": "Ymax",
    "xmin": "Xmin",
    "xmax": "Xmax",
}
_DEFAULTS: dict[str, Any] = {
    "Visualization": None,
    "Title": None,
    "XColumn": None,
    "Series": None,
    "YColumns": None,
    "AnomalyColumns": None,
    "XTitle": None,
    "YTitle": None,
    "XAxis": None,
    "YAxis": None,
    "Legend": None,
    "YSplit": None,
    "Accumulate": False,
    "IsQuerySorted": False,
    "Kind": None,
    "Ymin": "NaN",
    "Ymax": "NaN",
    "Xmin": None,
    "Xmax": None,
}


@dataclass(frozen=True, slots=True)
class Render(ast.Operator):
    """`render timechart with (title="x")`."""

    chart: str
    properties: tuple[tuple[str, Any], ...]

    @property
    def keeps_columns(self) -> bool:
        return True

    def text(self) -> str:
        if not self.properties:
            return f"render {self.chart}"
        parts = [f"{name} = {_value_text(value)}" for name, value in self.properties]
        return f"render {self.chart} with ({', '.join(parts)})"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        if self.chart not in CHARTS:
            raise Finding(NOT_ALLOWED, f"'{self.chart}' is no chart", self.span, nearest(self.chart, CHARTS))
        binder.visualization = visualization(self.chart, dict(self.properties), relation.serialized)
        return relation


def _value_text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(name_text(item) for item in value)
    return string_text(value) if isinstance(value, str) else str(value).lower()


def visualization(chart: str, properties: Mapping[str, Any], is_sorted: bool) -> dict[str, Any]:
    """The properties as Kusto sends them to clients."""
    found = dict(_DEFAULTS, Visualization=chart, IsQuerySorted=is_sorted)
    for name, value in properties.items():
        known = _PROPERTIES.get(name.lower())
        if known is not None:
            found[known] = ",".join(value) if isinstance(value, tuple) else value
    return found


def parse_render(parser: Parser, start: int) -> Render:
    chart = parser.name("the kind of chart")
    properties: list[tuple[str, Any]] = []
    if parser.accept("with"):
        parser.expect("(")
        while not parser.at(")"):
            properties.append(_property(parser))
            parser.accept(",")
        parser.expect(")")
    else:
        while parser.token.kind == "name" and parser.token.text.lower() in _PROPERTIES:
            properties.append(_property(parser))
    return Render((start, parser.end), chart, tuple(properties))


def _property(parser: Parser) -> tuple[str, Any]:
    name = parser.name("the name of a property")
    parser.expect("=")
    if parser.at_name() and not parser.at("true", "false"):
        values = [parser.name()]
        while parser.at(",") and parser.peek().kind == "name" and parser.peek(2).text != "=":
            parser.advance()
            values.append(parser.name())
        return name, tuple(values) if name.lower() in ("ycolumns", "series", "anomalycolumns") else values[0]
    value = parser.expression()
    if not isinstance(value, ast.Literal):
        raise parser.fail("expected a constant", value.span)
    return name, value.value


@dataclass(frozen=True, slots=True)
class SerializeOperator(ast.Operator):
    """`serialize a = row_number()`."""

    items: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"serialize {list_text(self.items)}".rstrip()

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        relation = replace(relation, plan=Serialize(relation.plan), serialized=True)
        if not self.items:
            return relation
        return extended(relation, binder.items(self.items, scope_of(relation, environment)))


def parse_serialize(parser: Parser, start: int) -> SerializeOperator:
    parser.options()
    items: tuple[ast.Expression, ...] = ()
    if parser.token.kind != "end" and not parser.at("|", ")", ";", "}"):
        items = tuple(parser.separated(parser.named))
    return SerializeOperator((start, parser.end), items)


@dataclass(frozen=True, slots=True)
class As(ast.Operator):
    """`as name`: what follows may read the rows again by that name."""

    name: str

    def text(self) -> str:
        return f"as {name_text(self.name)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        environment.names[self.name] = TableVariable(lambda: replace(binder.again(relation), name=self.name))
        return replace(binder.again(relation), name=self.name)


def parse_as(parser: Parser, start: int) -> As:
    parser.options()
    name = parser.name()
    return As((start, parser.end), name)


@dataclass(frozen=True, slots=True)
class Consume(ast.Operator):
    """`consume`: runs the query and answers nothing."""

    def text(self) -> str:
        return "consume"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        return replace(relation, plan=Limit(relation.plan, 0))


def parse_consume(parser: Parser, start: int) -> Consume:
    parser.options("decodeblocks")
    return Consume((start, parser.end))


_NET_TYPES = {
    KqlType.BOOL: "System.SByte",
    KqlType.INT: "System.Int32",
    KqlType.LONG: "System.Int64",
    KqlType.REAL: "System.Double",
    KqlType.DECIMAL: "System.Data.SqlTypes.SqlDecimal",
    KqlType.STRING: "System.String",
    KqlType.DATETIME: "System.DateTime",
    KqlType.TIMESPAN: "System.TimeSpan",
    KqlType.GUID: "System.Guid",
    KqlType.DYNAMIC: "System.Object",
}


@dataclass(frozen=True, slots=True)
class GetSchema(ast.Operator):
    """`getschema`."""

    def text(self) -> str:
        return "getschema"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        if relation.bag is not None:
            raise Finding(
                NOT_SUPPORTED, "getschema over columns that are known only when the query runs is not supported", self.span
            )
        columns = (
            Column("ColumnName", KqlType.STRING, False),
            Column("ColumnOrdinal", KqlType.LONG, False),
            Column("DataType", KqlType.STRING, False),
            Column("ColumnType", KqlType.STRING, False),
        )
        rows = tuple(
            (column.name, index, _NET_TYPES[column.type], str(column.type)) for index, column in enumerate(relation.columns)
        )
        return Relation(Values(columns, rows, Column("", KqlType.LONG, False)), columns, serialized=True)


def parse_getschema(parser: Parser, start: int) -> GetSchema:
    parser.options("kind")
    return GetSchema((start, parser.end))


@dataclass(frozen=True, slots=True)
class AssertSchema(ast.Operator):
    """`assert-schema (a:long, b:string)`: refuses the query when the columns differ."""

    columns: tuple[tuple[str, KqlType], ...]

    def text(self) -> str:
        return f"assert-schema {columns_text(self.columns)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        for name, kind in self.columns:
            column = relation.column(name)
            if column is None or column.type is not kind:
                found = "no such column" if column is None else str(column.type)
                raise Finding(TYPES, f"assert-schema expects {name}:{kind}, found {found}", self.span)
        return relation


def parse_assert_schema(parser: Parser, start: int) -> AssertSchema:
    columns = parser.columns()
    return AssertSchema((start, parser.end), columns)


@dataclass(frozen=True, slots=True)
class Invoke(ast.Operator):
    """`invoke f(x)`."""

    name: str
    arguments: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"invoke {self.name}({list_text(self.arguments)})"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        return binder.invoke(self.name, self.arguments, relation, self.span, environment)


def parse_invoke(parser: Parser, start: int) -> Invoke:
    call = parser.expression()
    if not isinstance(call, ast.Call):
        raise parser.fail("expected a call of a function", call.span)
    return Invoke((start, parser.end), call.name, call.arguments)
