"""union (learn.microsoft.com/kusto/query/union-operator): columns by name; a name with two types becomes two columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation
from gatelog.kql.bound import Apply, Bound, Column, Ref, references
from gatelog.kql.errors import NOT_ALLOWED, NOT_SUPPORTED, UNKNOWN_NAME, Finding
from gatelog.kql.operators.project_by_name import matches
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Hints, Plan
from gatelog.kql.printer import inner_text, options_text
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel, SortKey
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True, eq=False)
class UnionPlan(Plan):
    """All rows of several tables. `sources`: for each input, what feeds each of `columns`: a column, a constant or nothing."""

    parts: tuple[Plan, ...]
    columns: tuple[Column, ...]
    sources: tuple[tuple[Column | str | None, ...], ...]

    def inputs(self) -> tuple[Plan, ...]:
        return self.parts

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        needed = [index for index, column in enumerate(self.columns) if column in to.needed]
        selects: list[str] = []
        uses: frozenset[str] = frozenset()
        branch, row = Column("", KqlType.LONG, False), Column("", KqlType.LONG, False)
        rels = [to.lower(part, self._pushed(hints, feeds)) for part, feeds in zip(self.parts, self.sources, strict=True)]
        ordered = all(rel.order for rel in rels)
        for number, (rel, feeds) in enumerate(zip(rels, self.sources, strict=True)):
            if ordered:
                rel = to.ordinal(rel)
            items = [f"{self._cell(to, self.columns[i], feeds[i], rel)} AS {to.column_name(self.columns[i])}" for i in needed]
            if ordered:
                items += [f"{number} AS {to.column_name(branch)}", f"{rel.names[rel.order[0].column]} AS {to.column_name(row)}"]
            sql = f"SELECT {', '.join(items) or '1 AS one'} FROM {rel.source}"
            if rel.where:
                sql += f" WHERE {' AND '.join(rel.where)}"
            if rel.limit:
                sql = f"({sql}{to.order_by(rel)} {rel.limit})"
            selects.append(sql)
            uses |= rel.uses
        source = f"({' UNION ALL '.join(selects)}) AS {to.fresh('t')}"
        columns = [self.columns[i] for i in needed]
        order: tuple[SortKey, ...] = ()
        if ordered:
            to.needed.update((branch, row))
            columns += [branch, row]
            order = (SortKey(branch, False, True), SortKey(row, False, True))
        return Rel(source, {c: to.column_name(c) for c in columns}, order=order, total=ordered, uses=uses)

    def _cell(self, to: Lowering, column: Column, feed: Column | str | None, rel: Rel) -> str:
        if isinstance(feed, Column):
            return rel.names[feed]
        return to.literal(feed, column.type).text

    def _pushed(self, hints: Hints, feeds: Sequence[Column | str | None]) -> Hints:
        originals = {column: feed for column, feed in zip(self.columns, feeds, strict=True) if isinstance(feed, Column)}
        return tuple(_renamed(hint, originals) for hint in hints if references(hint) <= set(originals))


def _renamed(expression: Bound, originals: dict[Column, Column]) -> Bound:
    if isinstance(expression, Ref):
        return Ref(expression.type, originals[expression.column])
    if isinstance(expression, Apply):
        return replace(expression, arguments=tuple(_renamed(argument, originals) for argument in expression.arguments))
    return expression


def united(relations: Sequence[Relation], kind: str = "outer", source: str = "", labels: Sequence[str] = ()) -> Relation:
    """The union of several relations."""
    if len(relations) == 1 and not source:
        return replace(relations[0], serialized=False)
    kinds: dict[str, list[KqlType]] = {}
    for relation in relations:
        for column in relation.columns:
            types = kinds.setdefault(column.name, [])
            if column.type not in types:
                types.append(column.type)
    columns: list[Column] = []
    feeds: list[list[Column | str | None]] = []
    if source:
        columns.append(Column(source, KqlType.STRING, False))
        feeds.append(list(labels))
    for name, types in kinds.items():
        for kind_ in types:
            found: list[Column | str | None] = [_fed(relation, name, kind_) for relation in relations]
            if kind == "inner" and None in found:
                continue
            label = name if len(types) == 1 else f"{name}_{kind_}"
            held = [feed for feed in found if isinstance(feed, Column)]
            nullable = kind_ is not KqlType.STRING and (len(held) < len(found) or any(column.nullable for column in held))
            ticks = {column.tick for column in held}
            depends = tuple(Ref(column.type, column) for column in held)
            columns.append(Column(label, kind_, nullable, depends, tick=ticks.pop() if len(ticks) == 1 else 0))
            feeds.append(found)
    if not columns:
        raise Finding(NOT_ALLOWED, "the tables of the union have no column in common", (0, 0))
    plan = UnionPlan(
        tuple(relation.plan for relation in relations), tuple(columns), tuple(tuple(row) for row in zip(*feeds, strict=True))
    )
    return Relation(plan, tuple(columns))


def _fed(relation: Relation, name: str, kind: KqlType) -> Column | None:
    return next((column for column in relation.columns if column.name == name and column.type is kind), None)


@dataclass(frozen=True, slots=True)
class Union(ast.Operator):
    """`union kind=outer withsource=name A, (B | where x), C*`."""

    options: tuple[tuple[str, str], ...]
    tables: tuple[ast.Expression, ...]

    def text(self) -> str:
        return f"union {options_text(dict(self.options))}{', '.join(inner_text(table) for table in self.tables)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        return self._united(binder, [relation], environment)

    def source(self, binder: Binder, environment: Environment) -> Relation:
        return self._united(binder, [], environment)

    def _united(self, binder: Binder, first: list[Relation], environment: Environment) -> Relation:
        options = dict(self.options)
        fuzzy = options.get("isfuzzy", "false").lower() == "true"
        kind = options.get("kind", "outer").lower()
        if kind not in ("outer", "inner"):
            raise Finding(NOT_ALLOWED, f"'{kind}' is no kind of union", self.span)
        relations = list(first)
        for table in self.tables:
            try:
                relations += matching(binder, table, environment)
            except Finding as finding:
                if not (fuzzy and finding.code == UNKNOWN_NAME):
                    raise
        if not relations:
            raise Finding(UNKNOWN_NAME, "none of the tables of the union is known", self.span)
        if any(relation.bag is not None for relation in relations):
            raise Finding(NOT_SUPPORTED, "union over columns that are known only when the query runs is not supported", self.span)
        labels = [relation.name or f"union_arg{index}" for index, relation in enumerate(relations)]
        return united(relations, kind, options.get("withsource", options.get("with_source", "")), labels)


def matching(binder: Binder, node: ast.Expression, environment: Environment) -> Iterable[Relation]:
    """The tables that a name, a name with wildcards, or an expression stands for."""
    if isinstance(node, ast.Star):
        found = [binder.scan(table.name) for table in binder.schema if matches(node.pattern, table.name)]
        relations = [relation for relation in found if relation is not None]
        if not relations:
            raise Finding(UNKNOWN_NAME, f"no table matches '{node.pattern}'", node.span)
        return relations
    return [binder.relation(node, environment)]


def parse_table(parser: Parser) -> ast.Expression:
    """A table of union, search, find: a name, a name with wildcards, or a pipeline in parentheses."""
    token = parser.token
    follows = parser.peek()
    wild = token.text == "*" or (token.kind == "name" and follows.text == "*" and follows.start == token.end)
    if wild:
        return ast.Star((token.start, parser.end), parser.pattern())
    return parser.expression(4)


def parse(parser: Parser, start: int) -> Union:
    options = parser.options("kind", "withsource", "with_source", "isfuzzy")
    tables = tuple(parser.separated(lambda: parse_table(parser)))
    return Union((start, parser.end), tuple(options.items()), tables)
