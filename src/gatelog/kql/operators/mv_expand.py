"""mv-expand, mv-apply (learn.microsoft.com/kusto/query/mv-expand-operator): items of dynamic arrays become rows.

A null keeps its row, an empty array drops it, a bag gives one bag for each member; several columns go side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, scope_of
from gatelog.kql.bound import Bound, Column, Ref
from gatelog.kql.catalog.rows import Fragment
from gatelog.kql.errors import NOT_ALLOWED, TYPES, Finding
from gatelog.kql.naming import default_name
from gatelog.kql.operators.take import row_count
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Hints, Plan
from gatelog.kql.printer import name_text, options_text, text_of
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel, SortKey
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Expanded:
    """One item: `name = expression to typeof(type)`."""

    name: str
    expression: ast.Expression
    type: KqlType

    def text(self) -> str:
        name = f"{name_text(self.name)} = " if self.name else ""
        to = f" to typeof({self.type})" if self.type is not KqlType.DYNAMIC else ""
        return f"{name}{text_of(self.expression)}{to}"


@dataclass(frozen=True, slots=True, eq=False)
class ExpandPlan(Plan):
    """One row for each item."""

    input: Plan
    operands: tuple[Bound, ...]
    columns: tuple[Column, ...]
    index: Column
    limit: int
    bags_as_arrays: bool
    row: Column | None = None
    """Gets the number of the input row (mv-apply)."""

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return self.operands

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.lower(self.input, hints)
        if rel.windowed or rel.limit:
            rel = to.seal(rel)
        rel = to.ready(rel, self.operands)
        if self.row is not None:
            rel = to.ordinal(rel)
        lists = [Column("", KqlType.DYNAMIC) for _ in self.operands]
        texts = {
            held: to.sql.expanded(to.render(operand, rel).text, self.bags_as_arrays)
            for held, operand in zip(lists, self.operands, strict=True)
        }
        rel = to.seal(rel, texts)
        number = Column("", KqlType.LONG, False)
        to.needed.update((number, self.index))
        lengths = [f"len({rel.names[held]})" for held in lists]
        length = lengths[0] if len(lengths) == 1 else f"greatest({', '.join(lengths)})"
        if self.limit:
            length = f"least({length}, {self.limit})"
        name = to.column_name(number)
        source = f"(SELECT *, unnest(generate_series(1, {length})) AS {name} FROM {rel.source}) AS {to.fresh('t')}"
        names = {column: text for column, text in rel.names.items() if column not in lists}
        names[number] = name
        computed = {self.index}
        names[self.index] = f"({name} - 1)"
        for column, held in zip(self.columns, lists, strict=True):
            names[column] = _item(to, f"{rel.names[held]}[{name}]", column.type)
            computed.add(column)
        if self.row is not None:
            names[self.row] = rel.names[rel.order[0].column]
        order = (*rel.order, SortKey(number, False, True))
        return replace(rel, source=source, names=names, order=order, computed=frozenset(computed), total=False)


def _item(to: Lowering, text: str, kind: KqlType) -> str:
    if kind is KqlType.DYNAMIC:
        return text
    converted = to.convert(Fragment(text, KqlType.DYNAMIC), kind).text
    if kind in (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL):
        return f"(CASE WHEN NOT starts_with({text}, '\"') THEN {converted} END)"
    return converted


def bound_items(
    binder: Binder, items: Sequence[Expanded], relation: Relation, environment: Environment
) -> tuple[tuple[Bound, ...], tuple[Column, ...]]:
    """The operands and the columns that they become."""
    scope = scope_of(relation, environment)
    operands = binder.expressions([item.expression for item in items], scope)
    columns = []
    for item, operand in zip(items, operands, strict=True):
        if operand.type is not KqlType.DYNAMIC:
            raise Finding(TYPES, f"mv-expand needs a dynamic value, found {operand.type}", item.expression.span)
        name = item.name or default_name(item.expression, binder.catalogue) or "Column1"
        columns.append(Column(name, item.type, item.type is not KqlType.STRING, depends=(operand,)))
    return tuple(operands), tuple(columns)


@dataclass(frozen=True, slots=True)
class MvExpand(ast.Operator):
    """`mv-expand kind=array a, b = c to typeof(long) limit 10`."""

    options: tuple[tuple[str, str], ...]
    items: tuple[Expanded, ...]
    limit: ast.Expression | None

    def text(self) -> str:
        limit = f" limit {text_of(self.limit)}" if self.limit is not None else ""
        return f"mv-expand {options_text(dict(self.options))}{', '.join(item.text() for item in self.items)}{limit}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        options = dict(self.options)
        operands, columns = bound_items(binder, self.items, relation, environment)
        index = Column(options.get("with_itemindex", ""), KqlType.LONG, False)
        limit = row_count(binder, self.limit, environment) if self.limit is not None else 0
        kind = options.get("bagexpansion", options.get("kind", "bag")).lower()
        if kind not in ("bag", "array"):
            raise Finding(NOT_ALLOWED, f"'{kind}' is no kind of mv-expand", self.span)
        plan = ExpandPlan(relation.plan, operands, columns, index, limit, kind == "array")
        found = placed(relation.columns, columns)
        if index.name:
            found.append(index)
        return replace(relation, plan=plan, columns=tuple(found))


def placed(columns: Sequence[Column], new: Sequence[Column]) -> list[Column]:
    """`columns` with new ones in place of those of the same name, or at the end."""
    found = list(columns)
    for column in new:
        place = next((i for i, old in enumerate(found) if old.name == column.name), -1)
        if place < 0:
            found.append(column)
        else:
            found[place] = column
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Partitioned(Plan):
    """The input, of which everything above sees one value of a column at a time."""

    input: Plan
    column: Column

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return (Ref(self.column.type, self.column),)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.seal(to.lower(self.input))
        return replace(rel, partition=self.column)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered(Plan):
    """The end of partitioned work; with `rows`, joined back to the rows it came from."""

    input: Plan
    column: Column
    rows: Plan | None = None
    row: Column | None = None
    columns: tuple[tuple[Column, Column], ...] = ()
    """(column of the answer, column of `rows`)."""

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,) if self.rows is None else (self.input, self.rows)

    def requires(self) -> Iterable[Bound]:
        keys = [self.column] if self.row is None else [self.column, self.row]
        return tuple(Ref(column.type, column) for column in keys)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.seal(to.lower(self.input))
        if self.rows is None or self.row is None:
            return replace(rel, partition=None)
        rows = to.seal(to.lower(self.rows))
        condition = f"{rel.names[self.column]} = {rows.names[self.row]}"
        source = f"(SELECT * FROM {rows.source} JOIN {rel.source} ON {condition}) AS {to.fresh('t')}"
        names = {**rel.names, **{new: rows.names[old] for new, old in self.columns if new in to.needed}}
        names[self.row] = rows.names[self.row]
        order = (SortKey(self.row, False, True), *rel.order)
        return Rel(source, names, order=order, uses=rel.uses | rows.uses)


@dataclass(frozen=True, slots=True, eq=False)
class Numbered(Plan):
    """The input with the number of each row."""

    input: Plan
    row: Column

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.ordinal(to.lower(self.input, hints))
        to.needed.add(self.row)
        key = rel.order[0]
        return replace(rel, names={**rel.names, self.row: rel.names[key.column]})


@dataclass(frozen=True, slots=True)
class MvApply(ast.Operator):
    """`mv-apply a = b to typeof(long) on (operators)`."""

    options: tuple[tuple[str, str], ...]
    items: tuple[Expanded, ...]
    limit: ast.Expression | None
    body: tuple[ast.Operator, ...]

    def text(self) -> str:
        limit = f" limit {text_of(self.limit)}" if self.limit is not None else ""
        items = ", ".join(item.text() for item in self.items)
        body = " | ".join(operator.text() for operator in self.body)
        return f"mv-apply {options_text(dict(self.options))}{items}{limit} on ({body})"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        options = dict(self.options)
        row = Column("", KqlType.LONG, False)
        numbered = Numbered(relation.plan, row)
        base = Relation(numbered, (*relation.columns, row))
        shared = binder.again(base)
        operands, columns = bound_items(binder, self.items, replace(shared, columns=shared.columns[:-1]), environment)
        index = Column(options.get("with_itemindex", ""), KqlType.LONG, False)
        limit = row_count(binder, self.limit, environment) if self.limit is not None else 0
        expand = ExpandPlan(shared.plan, operands, columns, index, limit, False)
        inside = placed(shared.columns[:-1], columns)
        if index.name:
            inside.append(index)
        key = shared.columns[-1]
        body = binder.through(Relation(Partitioned(expand, key), tuple(inside)), self.body, environment)
        rows = binder.again(base)
        hidden = {column.name for column in columns}
        produced = {column.name: column for column in body.columns}
        joined: list[tuple[Column, Column]] = []
        answer: list[Column] = []
        for column in rows.columns[:-1]:
            if column.name in produced:
                answer.append(produced.pop(column.name))
            elif column.name not in hidden:
                new = Column(column.name, column.type, column.nullable, (Ref(column.type, column),), tick=column.tick)
                joined.append((new, column))
                answer.append(new)
        answer += [column for column in body.columns if column.name in produced]
        plan = Gathered(body.plan, key, rows.plan, rows.columns[-1], tuple(joined))
        return Relation(plan, tuple(answer))


@dataclass(frozen=True, slots=True)
class PartitionBy(ast.Operator):
    """`partition by a (operators)`, `partition by a { operators }`."""

    options: tuple[tuple[str, str], ...]
    key: ast.Expression
    body: tuple[ast.Operator, ...]

    def text(self) -> str:
        body = " | ".join(operator.text() for operator in self.body)
        return f"partition {options_text(dict(self.options))}by {text_of(self.key)} ({body})"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        key = binder.expression(self.key, scope_of(relation, environment))
        if not isinstance(key, Ref):
            raise Finding(NOT_ALLOWED, "partition needs a column", self.key.span)
        body = binder.through(replace(relation, plan=Partitioned(relation.plan, key.column)), self.body, environment)
        return replace(body, plan=Gathered(body.plan, key.column), serialized=False)


def _items(parser: Parser) -> tuple[Expanded, ...]:
    return tuple(parser.separated(lambda: _item_of(parser)))


def _item_of(parser: Parser) -> Expanded:
    node = parser.named()
    name = ""
    if isinstance(node, ast.Named):
        name, node = node.names[0], node.value
    kind = KqlType.DYNAMIC
    if parser.accept("to"):
        type_of = parser.expression()
        if not isinstance(type_of, ast.TypeOf) or type_of.type is None:
            raise parser.fail("expected typeof(...)", type_of.span)
        kind = type_of.type
    return Expanded(name, node, kind)


def parse_expand(parser: Parser, start: int) -> MvExpand:
    options = parser.options("kind", "bagexpansion", "with_itemindex")
    items = _items(parser)
    limit = parser.expression() if parser.accept("limit") else None
    return MvExpand((start, parser.end), tuple(options.items()), items, limit)


def parse_apply(parser: Parser, start: int) -> MvApply:
    options = parser.options("kind", "with_itemindex")
    items = _items(parser)
    limit = parser.expression() if parser.accept("limit") else None
    parser.expect("on")
    parser.expect("(")
    body = parser.operators_until_close()
    parser.expect(")")
    return MvApply((start, parser.end), tuple(options.items()), items, limit, body)


def parse_partition(parser: Parser, start: int) -> PartitionBy:
    options = parser.options()
    parser.expect("by")
    start_of_key = parser.token.start
    key = ast.Name((start_of_key, parser.end), parser.name("a column"))
    if parser.accept("{"):
        raise parser.fail("partition with braces is not supported; use parentheses", (start, parser.end))
    parser.expect("(")
    body = parser.operators_until_close()
    parser.expect(")")
    return PartitionBy((start, parser.end), tuple(options.items()), key, body)
