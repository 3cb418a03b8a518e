"""scan (learn.microsoft.com/kusto/query/scan-operator): sequences of rows that match steps, row by row in Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope
from gatelog.kql.bound import Bound, Column, Ref
from gatelog.kql.errors import NOT_ALLOWED, UNKNOWN_NAME, Finding, nearest
from gatelog.kql.kernels.evaluate import Evaluate, compiled
from gatelog.kql.literals import EPOCH_TICKS
from gatelog.kql.operators.mv_expand import placed
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Hints, Plan
from gatelog.kql.printer import name_text, text_of
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel, SortKey
from gatelog.schema.types import KqlType

_EPOCH = dt.datetime(1970, 1, 1)
_ARROW = {
    KqlType.BOOL: pa.bool_(),
    KqlType.INT: pa.int32(),
    KqlType.LONG: pa.int64(),
    KqlType.REAL: pa.float64(),
    KqlType.DECIMAL: pa.decimal128(38, 18),
    KqlType.DATETIME: pa.timestamp("us"),
    KqlType.TIMESPAN: pa.int64(),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """`name:type = default`."""

    name: str
    type: KqlType
    default: ast.Expression | None

    def text(self) -> str:
        default = f" = {text_of(self.default)}" if self.default is not None else ""
        return f"{name_text(self.name)}:{self.type}{default}"


@dataclass(frozen=True, slots=True)
class Step:
    """`step name output=all: condition => a = x, b = y;`."""

    name: str
    output: str
    condition: ast.Expression
    assignments: tuple[tuple[str, ast.Expression], ...]

    def text(self) -> str:
        assigned = ", ".join(f"{name_text(name)} = {text_of(value)}" for name, value in self.assignments)
        arrow = f" => {assigned}" if assigned else ""
        return f"step {name_text(self.name)} output={self.output}: {text_of(self.condition)}{arrow};"


@dataclass(frozen=True, slots=True)
class ScanOperator(ast.Operator):
    """`scan with_match_id=m declare (x:long=0) with (steps)`."""

    match_id: str
    declared: tuple[Declared, ...]
    steps: tuple[Step, ...]

    def text(self) -> str:
        match = f"with_match_id={name_text(self.match_id)} " if self.match_id else ""
        declare = f"declare ({', '.join(item.text() for item in self.declared)}) " if self.declared else ""
        return f"scan {match}{declare}with ({' '.join(step.text() for step in self.steps)})"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        if not relation.serialized:
            raise Finding(NOT_ALLOWED, "scan needs serialized rows: use sort or serialize before", self.span)
        declared = [Column(item.name, item.type, item.type is not KqlType.STRING) for item in self.declared]
        visible = placed(relation.columns, declared)
        states = {step.name: {column.name: Column(column.name, column.type) for column in visible} for step in self.steps}
        special = {f"{step}.{name}": column for step, columns in states.items() for name, column in columns.items()}
        scope = Scope(environment, visible, special=special)
        steps = [self._step(binder, step, scope, visible) for step in self.steps]
        defaults = {
            column: binder.constant(item.default, Scope(environment), "the default").value if item.default is not None else None
            for column, item in zip(declared, self.declared, strict=True)
        }
        logic = Logic(tuple(visible), tuple(steps), defaults, states)
        match = Column(self.match_id, KqlType.LONG, False)
        outputs = tuple(Column(column.name, column.type, True) for column in visible)
        columns = (*outputs, match) if self.match_id else outputs
        plan = ScanPlan(relation.plan, logic, tuple(relation.columns), outputs, match)
        return replace(relation, plan=plan, columns=columns)

    def _step(self, binder: Binder, step: Step, scope: Scope, visible: Sequence[Column]) -> BoundStep:
        condition = compiled(binder.predicate(step.condition, scope), binder.catalogue)
        names = {column.name: column for column in visible}
        assigned = []
        for name, node in step.assignments:
            column = names.get(name)
            if column is None:
                raise Finding(UNKNOWN_NAME, f"scan assigns '{name}', which is not declared", node.span, nearest(name, names))
            assigned.append((column, compiled(binder.typed(node, scope, column.type), binder.catalogue)))
        return BoundStep(step.name, step.output, condition, tuple(assigned))


@dataclass(frozen=True, slots=True, eq=False)
class BoundStep:
    """A step that can be evaluated."""

    name: str
    output: str
    condition: Evaluate
    assignments: tuple[tuple[Column, Evaluate], ...]


Record = dict[Column, Any]


@dataclass(slots=True)
class Active:
    """The state of one step: the last record of each step of its sequence."""

    records: dict[str, Record] = field(default_factory=dict)
    match: int = -1
    pending: Record | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Logic:
    """The state machine."""

    columns: tuple[Column, ...]
    steps: tuple[BoundStep, ...]
    defaults: dict[Column, Any]
    states: dict[str, dict[str, Column]]

    def run(self, records: Iterable[Record]) -> Iterable[tuple[Record, int]]:
        """(record, match id) for each match, in order."""
        active: list[Active | None] = [None] * len(self.steps)
        matches = -1
        found: list[tuple[Record, int]] = []
        for record in records:
            full = {column: record[column] if column in record else self._empty(column) for column in self.columns}
            for index in range(len(self.steps) - 1, -1, -1):
                matches = self._visit(index, full, active, matches, found)
        for state in active:
            if state is not None and state.pending is not None:
                found.append((state.pending, state.match))
        return found

    def _visit(
        self, index: int, record: Record, active: list[Active | None], matches: int, found: list[tuple[Record, int]]
    ) -> int:
        step = self.steps[index]
        before = active[index - 1] if index else None
        if before is not None and step.condition(self._view(record, before.records)):
            promoted = Active(dict(before.records), before.match)
            if before.pending is not None:
                found.append((before.pending, before.match))
            active[index - 1] = None
            active[index] = promoted
            self._match(step, record, promoted, found)
            return matches
        own = active[index]
        if own is None and index:
            return matches
        if step.condition(self._view(record, own.records if own is not None else {})):
            if own is None:
                matches += 1
                own = active[index] = Active(match=matches)
            self._match(step, record, own, found)
        return matches

    def _match(self, step: BoundStep, record: Record, state: Active, found: list[tuple[Record, int]]) -> None:
        view = self._view(record, state.records)
        extended = {**record, **{column: evaluate(view) for column, evaluate in step.assignments}}
        state.records[step.name] = extended
        if step.output == "all":
            found.append((extended, state.match))
        elif step.output == "last":
            state.pending = extended

    def _view(self, record: Record, records: dict[str, Record]) -> Record:
        view = dict(record)
        for name, columns in self.states.items():
            held = records.get(name)
            for column in self.columns:
                view[columns[column.name]] = held[column] if held is not None else self._empty(column)
        return view

    def _empty(self, column: Column) -> Any:
        value = self.defaults.get(column)
        return "" if value is None and column.type is KqlType.STRING else value


@dataclass(frozen=True, slots=True, eq=False)
class ScanPlan(Plan):
    """The rows that scan gives."""

    input: Plan
    logic: Logic
    columns: tuple[Column, ...]
    outputs: tuple[Column, ...]
    match: Column

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return tuple(Ref(column.type, column) for column in self.columns)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.lower(self.input)
        read = self.columns if rel.partition is None else (*self.columns, rel.partition)
        partitioned = rel.partition is not None

        def run(tables: Sequence[pa.Table]) -> pa.Table:
            return self._run(tables[0], partitioned)

        name = to.kernel([(rel, read)], run)
        ordinal = Column("", KqlType.LONG, False)
        made = (*self.outputs, self.match, *((rel.partition,) if rel.partition is not None else ()))
        to.needed.update((*made, ordinal))
        items = [f"r{index} AS {to.column_name(column)}" for index, column in enumerate(made)]
        items.append(f"row_number() OVER () AS {to.column_name(ordinal)}")
        names = {column: to.column_name(column) for column in (*made, ordinal)}
        source = f"(SELECT {', '.join(items)} FROM {name}) AS {to.fresh('t')}"
        order = (SortKey(ordinal, False, True),)
        return Rel(source, names, order=order, total=True, uses=frozenset((name,)), partition=rel.partition)

    def _run(self, table: pa.Table, partitioned: bool) -> pa.Table:
        values = [_values(table.column(index), column) for index, column in enumerate(self.columns)]
        records = [dict(zip(self.columns, row, strict=True)) for row in zip(*values, strict=True)]
        groups: dict[Any, list[Record]] = {}
        keys = table.column(len(self.columns)).to_pylist() if partitioned else [None] * len(records)
        for key, record in zip(keys, records, strict=True):
            groups.setdefault(key, []).append(record)
        found = [(record, match, key) for key, rows in groups.items() for record, match in self.logic.run(rows)]
        arrays = [_array([record[column] for record, _, _ in found], column.type) for column in self.logic.columns]
        arrays.append(pa.array([match for _, match, _ in found], pa.int64()))
        if partitioned:
            arrays.append(pa.array([key for _, _, key in found], table.column(len(self.columns)).type))
        return pa.table(arrays, names=[f"r{index}" for index in range(len(arrays))])


def _values(array: pa.ChunkedArray, column: Column) -> list[Any]:
    values = array.to_pylist()
    if column.type is KqlType.DATETIME:
        return [None if v is None else (v - _EPOCH) // dt.timedelta(microseconds=1) * 10 + EPOCH_TICKS for v in values]
    return list(values)


def _array(values: list[Any], kind: KqlType) -> pa.Array:
    if kind is KqlType.DATETIME:
        values = [None if v is None else _EPOCH + dt.timedelta(microseconds=(v - EPOCH_TICKS) // 10) for v in values]
    return pa.array(values, _ARROW.get(kind, pa.string()))


def parse(parser: Parser, start: int) -> ScanOperator:
    options = parser.options("with_match_id")
    declared: list[Declared] = []
    if parser.accept("declare"):
        parser.expect("(")
        while not parser.at(")"):
            name = parser.name("a column name")
            parser.expect(":")
            kind = parser.type_name()
            default = parser.expression() if parser.accept("=") else None
            declared.append(Declared(name, kind, default))
            if not parser.accept(","):
                break
        parser.expect(")")
    parser.expect("with")
    parser.expect("(")
    steps = []
    while parser.accept("step"):
        steps.append(_step(parser))
    parser.expect(")")
    return ScanOperator((start, parser.end), options.get("with_match_id", ""), tuple(declared), tuple(steps))


def _step(parser: Parser) -> Step:
    name = parser.name("the name of the step")
    if parser.at("optional"):
        raise parser.unexpected("output=... or ':' (optional steps are not supported)")
    output = parser.options("output").get("output", "all")
    if output not in ("all", "last", "none"):
        raise parser.unexpected("output=all, last or none")
    parser.expect(":")
    condition = parser.expression()
    assignments: list[tuple[str, ast.Expression]] = []
    if parser.accept("=>"):
        while True:
            column = parser.name("a column")
            parser.expect("=")
            assignments.append((column, parser.expression()))
            if not parser.accept(","):
                break
    parser.expect(";")
    return Step(name, output, condition, tuple(assignments))
