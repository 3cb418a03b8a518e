"""Relational nodes that operators are bound to, and their SQL. Operators with SQL of their own define it in their file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from gatelog.kql.bound import Apply, Bound, Column, Const, InQuery, Path, Ref, ScalarQuery, conjuncts, document, reparsed
from gatelog.kql.literals import EPOCH_TICKS
from gatelog.kql.sql.lowering import Documents, Lowering, has_window
from gatelog.kql.sql.relation import Rel, SortKey
from gatelog.schema import query as schema_query
from gatelog.schema.table import Column as StoredColumn
from gatelog.schema.table import Table
from gatelog.schema.types import KqlType

Hints = tuple[Bound, ...]
Assignment = tuple[Column, Bound]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A relational node."""

    def inputs(self) -> tuple[Plan, ...]:
        """The nodes below."""
        return ()

    def requires(self) -> Iterable[Bound]:
        """Expressions that are evaluated whoever reads the result."""
        return ()

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        """The SQL. `hints`: conditions that every row must meet further on, over columns of this node."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class ScanTable(Plan):
    """Reads a stored table."""

    table: Table
    columns: tuple[Column, ...]

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        name = to.fresh("scan")
        physical: dict[str, None] = {}
        names: dict[Column, str] = {}
        items: list[str] = []

        def read(column: Column, stored: StoredColumn) -> None:
            physical[stored.stored_as] = None
            items.append(f"{to.sql.identifier(stored.stored_as)} AS {to.column_name(column)}")
            names[column] = to.column_name(column)

        for column in self.columns:
            if column in to.needed and column.stored is not None:
                read(column, column.stored)
            documents = to.documents.get(column)
            if documents is not None:
                self._documents(to, documents, read, items, names)
                if documents.extracted and column.stored is not None:
                    physical[column.stored.stored_as] = None
        time_from, time_to = time_range(self, hints)
        to.scans.append(schema_query.Scan(name, self.table.name, tuple(physical), time_from, time_to, terms(self, hints)))
        return Rel(f"(SELECT {', '.join(items) or '1 AS one'} FROM {name}) AS {to.fresh('t')}", names)

    def _documents(
        self,
        to: Lowering,
        documents: Documents,
        read: Callable[[Column, StoredColumn], None],
        items: list[str],
        names: dict[Column, str],
    ) -> None:
        for shadow in documents.paths.values():
            if shadow.stored is not None:
                read(shadow, shadow.stored)
        if documents.extracted:
            extract = to.fresh("j")
            stored = documents.column.stored
            assert stored is not None
            items.append(f"{to.sql.extract(to.sql.identifier(stored.stored_as), documents.extracted)} AS {extract}")
            for index, path in enumerate(documents.extracted):
                names[documents.paths[path]] = to.sql.extracted(extract, index, path)


def _compared(part: Bound) -> tuple[str, Column, Any] | None:
    if not isinstance(part, Apply) or len(part.arguments) != 2:
        return None
    left, right = part.arguments
    if isinstance(left, Ref) and isinstance(right, Const):
        return part.name, left.column, right.constant
    if isinstance(right, Ref) and isinstance(left, Const):
        return {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(part.name, part.name), right.column, left.constant
    return None


def time_range(scan: ScanTable, hints: Hints) -> tuple[int | None, int | None]:
    """The bounds in ns since 1970 that conditions put on the time column."""
    low: int | None = None
    high: int | None = None
    for part in hints:
        found = _compared(part)
        if found is None or found[1] not in scan.columns or found[1].name != scan.table.time_column or found[2] is None:
            continue
        operator, _, value = found
        if not isinstance(value, int):
            continue
        moment = (value - EPOCH_TICKS) * 100
        if operator in (">", ">=", "=="):
            low = moment if low is None else max(low, moment)
        if operator in ("<", "<=", "=="):
            high = moment if high is None else min(high, moment)
    return low, high


def terms(scan: ScanTable, hints: Hints) -> tuple[tuple[str, str], ...]:
    """(column, lower-case term) pairs that every row must hold."""
    found: dict[tuple[str, str], None] = {}
    for part in hints:
        compared = _compared(part)
        if compared is None or compared[0] not in ("has", "has_cs") or not isinstance(compared[2], str):
            continue
        column = compared[1]
        if column not in scan.columns or column.stored is None or column.type is not KqlType.STRING:
            continue
        text = "".join(character if character.isalnum() else " " for character in compared[2].lower())
        if text.isascii():
            found.update(dict.fromkeys((column.stored.stored_as, term) for term in text.split()))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Values(Plan):
    """Constant rows, in their order."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    ordinal: Column

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        to.needed.add(self.ordinal)
        columns = (self.ordinal, *(column for column in self.columns if column in to.needed))
        indexes = [self.columns.index(column) for column in columns[1:]]
        names = {column: to.column_name(column) for column in columns}
        order = (SortKey(self.ordinal, False, True),)
        if self.rows:
            rows = ", ".join(
                "(" + ", ".join([str(number), *(to.literal(row[i], self.columns[i].type).text for i in indexes)]) + ")"
                for number, row in enumerate(self.rows)
            )
            return Rel(to.sql.values(rows, list(names.values()), to.fresh("t")), names, order=order, total=True)
        items = ", ".join(f"{to.literal(None, column.type).text} AS {name}" for column, name in names.items())
        return Rel(f"(SELECT {items} WHERE false) AS {to.fresh('t')}", names, order=order, total=True)


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Plan):
    """Rows that meet a condition."""

    input: Plan
    predicate: Bound

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return (self.predicate,)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.lower(self.input, (*conjuncts(self.predicate), *hints))
        if has_window(self.predicate):
            column = Column("", KqlType.BOOL, depends=(self.predicate,))
            to.needed.add(column)
            rel = to.seal(to.compute(rel, [(column, self.predicate)]))
            return rel.filtered(rel.names[column])
        if rel.windowed:
            rel = to.seal(rel)
        rel = to.ready(rel, [self.predicate])
        return to.take_uses(rel.filtered(to.condition(self.predicate, rel)))


@dataclass(frozen=True, slots=True, eq=False)
class Extend(Plan):
    """More columns; all of them see only the columns of the input."""

    input: Plan
    assignments: tuple[Assignment, ...]

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        return to.compute(to.lower(self.input, hints), self.assignments)


@dataclass(frozen=True, slots=True, eq=False)
class Sort(Plan):
    """Rows in the order of key columns, which the input has."""

    input: Plan
    keys: tuple[SortKey, ...]

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return tuple(Ref(key.column.type, key.column) for key in self.keys)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.lower(self.input, hints)
        if rel.limit:
            rel = to.seal(rel)
        return replace(rel, order=(*self.keys, *rel.order))


@dataclass(frozen=True, slots=True, eq=False)
class Serialize(Plan):
    """Numbers the rows, so that everything after sees one order."""

    input: Plan

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        return to.ordinal(to.lower(self.input, hints))


@dataclass(frozen=True, slots=True, eq=False)
class Limit(Plan):
    """The first rows."""

    input: Plan
    count: int

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        return to.limited(to.lower(self.input), self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate(Plan):
    """One row for each distinct combination of keys."""

    input: Plan
    keys: tuple[Assignment, ...]
    aggregates: tuple[Assignment, ...]

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return tuple(expression for _, expression in self.keys)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.lower(self.input)
        aggregates = [item for item in self.aggregates if item[0] in to.needed]
        expressions = [expression for _, expression in (*self.keys, *aggregates)]
        if rel.windowed or any(has_window(expression) for expression in expressions):
            rel = to.seal(rel)
        rel = to.ready(rel, expressions)
        if rel.order and not rel.computed.isdisjoint({key.column for key in rel.order}):
            rel = to.seal(rel)
        names: dict[Column, str] = {}
        groups = []
        if rel.partition is not None:
            names[rel.partition] = rel.names[rel.partition]
            groups.append("1")
        for column, expression in self.keys:
            fragment = to.render(expression, rel)
            column.nullable, column.tick = fragment.nullable, fragment.tick
            names[column] = fragment.text
            groups.append(str(len(groups) + 1))
        to.order = to.order_by(rel).strip()
        for column, expression in aggregates:
            fragment = to.render(expression, rel)
            column.nullable, column.tick = fragment.nullable, fragment.tick
            names[column] = fragment.text
        to.order = ""
        items = ", ".join(f"{text} AS {to.column_name(column)}" for column, text in names.items())
        sql = f"SELECT {items or 'count(*) AS one'} FROM {rel.source}"
        if rel.where:
            sql += f" WHERE {' AND '.join(rel.where)}"
        if groups:
            sql += f" GROUP BY {', '.join(groups)}"
        uses = to.take_uses(rel).uses
        held = {column: to.column_name(column) for column in names}
        return Rel(f"({sql}) AS {to.fresh('t')}", held, uses=uses, partition=rel.partition)


@dataclass(frozen=True, slots=True, eq=False)
class Materialized(Plan):
    """Another reading of a shared relation: `columns` are its columns, in order, under identities of their own."""

    shared: Plan
    original: tuple[Column, ...]
    columns: tuple[Column, ...]

    def inputs(self) -> tuple[Plan, ...]:
        return (self.shared,)

    def requires(self) -> Iterable[Bound]:
        return tuple(Ref(column.type, column) for column in self.original)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.once(self.shared, self.original)
        names = {new: rel.names[old] for new, old in zip(self.columns, self.original, strict=True)}
        order = []
        for key in rel.order:
            hidden = Column("", key.column.type, key.column.nullable)
            to.needed.add(hidden)
            names[hidden] = rel.names[key.column]
            order.append(replace(key, column=hidden))
        for new, old in zip(self.columns, self.original, strict=True):
            new.nullable, new.tick = old.nullable, old.tick
        inner = ", ".join(f"{text} AS {to.column_name(column)}" for column, text in names.items())
        source = f"(SELECT {inner or '1 AS one'} FROM {rel.source}) AS {to.fresh('t')}"
        return Rel(source, {c: to.column_name(c) for c in names}, order=tuple(order), total=rel.total, uses=rel.uses)


KernelFunction = Callable[[Sequence[pa.Table]], pa.Table]


@dataclass(frozen=True, slots=True, eq=False)
class Kernel(Plan):
    """A relation made in Python: it takes the columns of its inputs as r0, r1 ... and gives `columns` as r0, r1 ..., in order."""

    sources: tuple[tuple[Plan, tuple[Column, ...]], ...]
    columns: tuple[Column, ...]
    run: KernelFunction

    def inputs(self) -> tuple[Plan, ...]:
        return tuple(plan for plan, _ in self.sources)

    def requires(self) -> Iterable[Bound]:
        return tuple(Ref(column.type, column) for _, columns in self.sources for column in columns)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        name = to.kernel([(to.lower(plan), columns) for plan, columns in self.sources], self.run)
        ordinal = Column("", KqlType.LONG, nullable=False)
        to.needed.add(ordinal)
        items = [f"r{index} AS {to.column_name(column)}" for index, column in enumerate(self.columns)]
        items.append(f"row_number() OVER () AS {to.column_name(ordinal)}")
        names = {column: to.column_name(column) for column in (*self.columns, ordinal)}
        for column in self.columns:
            to.needed.add(column)
        return Rel(
            f"(SELECT {', '.join(items)} FROM {name}) AS {to.fresh('t')}",
            names,
            order=(SortKey(ordinal, False, True),),
            total=True,
            uses=frozenset((name,)),
        )


# -- which columns a query needs


def mark(to: Lowering, plan: Plan, columns: Iterable[Column]) -> None:
    """Note in `to.needed` every column that the plan's result depends on, and gather JSON paths by document."""
    marking = _Marking(to)
    marking.plan(plan)
    for column in columns:
        marking.column(column)


class _Marking:
    def __init__(self, to: Lowering) -> None:
        self._to = to
        self._plans: set[int] = set()

    def plan(self, plan: Plan) -> None:
        if id(plan) in self._plans:
            return
        self._plans.add(id(plan))
        for expression in plan.requires():
            self.expression(expression)
        for below in plan.inputs():
            self.plan(below)

    def column(self, column: Column) -> None:
        if column in self._to.needed:
            return
        self._to.needed.add(column)
        for expression in column.depends:
            self.expression(expression)

    def expression(self, expression: Bound) -> None:
        if isinstance(expression, Ref):
            self.column(expression.column)
            return
        if isinstance(expression, ScalarQuery):
            self.plan(expression.plan)
            self.column(expression.column)
            return
        if isinstance(expression, InQuery):
            self.plan(expression.plan)
            self.column(expression.column)
        if isinstance(expression, Path) and expression.steps and self._folded(expression):
            return
        for child in expression.children():
            self.expression(child)

    def _folded(self, expression: Path) -> bool:
        found = document(expression)
        if found is None or not found[1]:
            return False
        column, path = found
        documents = self._to.documents.setdefault(column, Documents(column))
        if path not in documents.paths:
            stored = column.stored.shredded.get(path) if column.stored else None
            shadow = Column("", KqlType.DYNAMIC)
            if stored is not None:
                shadow.stored = StoredColumn(stored, KqlType.DYNAMIC)
            else:
                documents.extracted.append(path)
            self._to.needed.add(shadow)
            documents.paths[path] = shadow
        inner = reparsed(expression)
        if inner is not None:
            self.expression(inner[0])
        return True
