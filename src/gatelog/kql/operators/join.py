"""join, lookup (learn.microsoft.com/kusto/query/join-operator): null matches null; innerunique, the default, dedups left keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope
from gatelog.kql.bound import Apply, Bound, Column, Ref, references
from gatelog.kql.errors import NOT_ALLOWED, NOT_SUPPORTED, TYPES, UNKNOWN_NAME, Finding, nearest
from gatelog.kql.naming import free_name
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Hints, Plan
from gatelog.kql.printer import inner_text, list_text, options_text
from gatelog.kql.sql.expressions import convert
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel
from gatelog.schema.types import KqlType

KINDS = {
    "inner": "inner",
    "innerunique": "innerunique",
    "leftouter": "leftouter",
    "rightouter": "rightouter",
    "fullouter": "fullouter",
    "outer": "fullouter",
    "leftsemi": "leftsemi",
    "rightsemi": "rightsemi",
    "anti": "leftanti",
    "leftanti": "leftanti",
    "leftantisemi": "leftanti",
    "rightanti": "rightanti",
    "rightantisemi": "rightanti",
}
_SQL = {"inner": "INNER", "innerunique": "INNER", "leftouter": "LEFT", "rightouter": "RIGHT", "fullouter": "FULL"}
Pair = tuple[Bound, Bound]


@dataclass(frozen=True, slots=True, eq=False)
class JoinPlan(Plan):
    """Rows of both sides whose keys are equal. `columns`: the answer's columns, each over one column of a side."""

    left: Plan
    right: Plan
    kind: str
    pairs: tuple[Pair, ...]
    columns: tuple[tuple[Column, Column], ...]
    left_columns: frozenset[Column] = field(default_factory=frozenset)

    def inputs(self) -> tuple[Plan, ...]:
        return (self.left, self.right)

    def requires(self) -> Iterable[Bound]:
        return tuple(expression for pair in self.pairs for expression in pair)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        left = self._side(to, to.lower(self.left, self._pushed(hints, True)), 0)
        right = self._side(to, to.lower(self.right, self._pushed(hints, False)), 1)
        if self.kind == "innerunique":
            left = self._unique(to, left)
        condition = " AND ".join(self._equal(to, pair, left, right) for pair in self.pairs) or "true"
        uses = left.uses | right.uses
        if self.kind.endswith(("semi", "anti")):
            kept, other = (left, right) if self.kind.startswith("left") else (right, left)
            negation = "NOT " if self.kind.endswith("anti") else ""
            sql = f"SELECT * FROM {kept.source} WHERE {negation}EXISTS (SELECT 1 FROM {other.source} WHERE {condition})"
            names = {new: kept.names[old] for new, old in self.columns if new in to.needed}
            order = kept.order
        else:
            sql = f"SELECT * FROM {left.source} {_SQL[self.kind]} JOIN {right.source} ON {condition}"
            names = {new: self._cell(to, old, left, right) for new, old in self.columns if new in to.needed}
            order = left.order + right.order if self.kind in ("inner", "innerunique", "leftouter") else ()
        hidden = {key.column: (left if key.column in left.names else right).names[key.column] for key in order}
        rel = Rel(f"({sql}) AS {to.fresh('t')}", {**hidden, **names}, order=order, uses=uses)
        computed = frozenset(column for column, text in names.items() if not text.isidentifier())
        return replace(rel, computed=computed)

    def _pushed(self, hints: Hints, left: bool) -> Hints:
        safe = self.kind in ("inner", "innerunique") or self.kind == ("leftouter" if left else "rightouter")
        if not safe:
            return ()
        moved = []
        originals = dict(self.columns)
        for hint in hints:
            used = references(hint)
            if used and all(column in originals and (originals[column] in self.left_columns) == left for column in used):
                moved.append(_renamed(hint, originals))
        return tuple(moved)

    def _side(self, to: Lowering, rel: Rel, index: int) -> Rel:
        """The side with its keys as columns and all names distinct."""
        assignments = []
        for pair in self.pairs:
            if not isinstance(pair[index], Ref):
                column = Column("", pair[index].type, depends=(pair[index],))
                to.needed.add(column)
                assignments.append((column, pair[index]))
        if rel.windowed or rel.limit:
            rel = to.seal(rel)
        rel = to.seal(to.compute(rel, assignments)) if assignments or rel.computed or rel.where else to.seal(rel)
        return replace(rel, names={**rel.names, **{c: rel.names[c] for c, _ in assignments}})

    def _unique(self, to: Lowering, left: Rel) -> Rel:
        keys = ", ".join(to.render(pair[0], left).text for pair in self.pairs)
        order = to.order_by(left)
        number = f"row_number() OVER (PARTITION BY {keys}{order})" if keys else f"row_number() OVER ({order.strip()})"
        sql = f"SELECT * FROM (SELECT *, {number} AS u FROM {left.source}) AS {to.fresh('t')} WHERE u = 1"
        return replace(left, source=f"({sql}) AS {to.fresh('t')}")

    def _equal(self, to: Lowering, pair: Pair, left: Rel, right: Rel) -> str:
        a, b = to.render(pair[0], left), to.render(pair[1], right)
        operator = "IS NOT DISTINCT FROM" if a.nullable and b.nullable else "="
        return f"{a.text} {operator} {b.text}"

    def _cell(self, to: Lowering, old: Column, left: Rel, right: Rel) -> str:
        is_left = old in left.names
        text = (left if is_left else right).names[old]
        gaps = self.kind == "fullouter" or self.kind == ("rightouter" if is_left else "leftouter")
        return f"coalesce({text}, '')" if gaps and old.type is KqlType.STRING else text


def _renamed(expression: Bound, originals: dict[Column, Column]) -> Bound:
    if isinstance(expression, Ref):
        return Ref(expression.type, originals[expression.column])
    if isinstance(expression, Apply):
        return replace(expression, arguments=tuple(_renamed(argument, originals) for argument in expression.arguments))
    return expression


@dataclass(frozen=True, slots=True)
class Join(ast.Operator):
    """`join kind=inner (right) on a, $left.b == $right.c`."""

    options: tuple[tuple[str, str], ...]
    right: ast.Expression
    conditions: tuple[ast.Expression, ...]
    keyword: str = "join"

    def text(self) -> str:
        on = f" on {list_text(self.conditions)}" if self.conditions else ""
        return f"{self.keyword} {options_text(dict(self.options))}{inner_text(self.right)}{on}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        options = dict(self.options)
        written = options.get("kind", "innerunique" if self.keyword == "join" else "leftouter").lower()
        kind = KINDS.get(written)
        if kind is None or (self.keyword == "lookup" and kind not in ("leftouter", "inner")):
            hint = nearest(written, KINDS)
            raise Finding(NOT_ALLOWED, f"'{written}' is no kind of {self.keyword}", self.span, hint)
        if relation.bag is not None:
            raise Finding(NOT_SUPPORTED, "join over columns that are known only when the query runs is not supported", self.span)
        right = binder.relation(self.right, environment)
        pairs = [pair for node in self.conditions for pair in self._pairs(binder, node, relation, right, environment)]
        pairs = [_aligned(pair, node) for pair, node in zip(pairs, self._spread(pairs), strict=True)]
        outcome = self._columns(kind, relation, right, pairs)
        plan = JoinPlan(relation.plan, right.plan, kind, tuple(pairs), tuple(outcome), frozenset(relation.columns))
        return Relation(plan, tuple(column for column, _ in outcome))

    def _spread(self, pairs: Sequence[Pair]) -> list[ast.Node]:
        return [self.conditions[min(index, len(self.conditions) - 1)] for index in range(len(pairs))]

    def _pairs(
        self, binder: Binder, node: ast.Expression, left: Relation, right: Relation, environment: Environment
    ) -> list[Pair]:
        if isinstance(node, ast.Binary) and node.operator == "and":
            return [
                *self._pairs(binder, node.left, left, right, environment),
                *self._pairs(binder, node.right, left, right, environment),
            ]
        if isinstance(node, ast.Name):
            columns = []
            for side, what in ((left, "left"), (right, "right")):
                column = side.column(node.name)
                if column is None:
                    hint = nearest(node.name, [column.name for column in side.columns])
                    message = f"column '{node.name}' is not on the {what} side of the {self.keyword}"
                    raise Finding(UNKNOWN_NAME, message, node.span, hint)
                columns.append(Ref(column.type, column))
            return [(columns[0], columns[1])]
        if isinstance(node, ast.Binary) and node.operator == "==":
            scope = Scope(environment, (*left.columns, *right.columns), sides=(left.columns, right.columns))
            a, b = binder.expressions((node.left, node.right), scope)
            a_left, b_left = references(a) <= set(left.columns), references(b) <= set(left.columns)
            if a_left != b_left or (not references(a) or not references(b)):
                return [(a, b) if a_left or not b_left else (b, a)]
        raise Finding(NOT_ALLOWED, f"a {self.keyword} condition is a column name or $left.a == $right.b", node.span)

    def _columns(self, kind: str, left: Relation, right: Relation, pairs: Sequence[Pair]) -> list[tuple[Column, Column]]:
        if kind in ("leftsemi", "leftanti"):
            return [(_over(column, column.name, False), column) for column in left.columns]
        if kind in ("rightsemi", "rightanti"):
            return [(_over(column, column.name, False), column) for column in right.columns]
        found = [(_over(column, column.name, kind in ("rightouter", "fullouter")), column) for column in left.columns]
        taken = {column.name for column in left.columns}
        keys = {pair[1].column for pair in pairs if isinstance(pair[1], Ref)} if self.keyword == "lookup" else set()
        for column in right.columns:
            if column in keys:
                continue
            name = free_name(column.name, taken)
            taken.add(name)
            found.append((_over(column, name, kind in ("leftouter", "fullouter")), column))
        return found


def _over(column: Column, name: str, gaps: bool) -> Column:
    nullable = column.type is not KqlType.STRING and (column.nullable or gaps)
    return Column(name, column.type, nullable, (Ref(column.type, column),), tick=column.tick)


_NUMERIC = (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL)


def _aligned(pair: Pair, node: ast.Node) -> Pair:
    left, right = pair
    if left.type is right.type and left.type is not KqlType.DYNAMIC:
        return pair
    if KqlType.DYNAMIC in (left.type, right.type):
        if left.type is right.type:
            return convert(left, KqlType.STRING), convert(right, KqlType.STRING)
        return (convert(left, right.type), right) if left.type is KqlType.DYNAMIC else (left, convert(right, left.type))
    if left.type in _NUMERIC and right.type in _NUMERIC:
        return pair
    raise Finding(TYPES, f"join keys have different types: {left.type} and {right.type}", node.span)


def _parse(parser: Parser, start: int, keyword: str) -> Join:
    options = parser.options("kind", "withsource")
    right = parser.pipeline() if parser.at("(") else parser.expression(4)
    options |= parser.options("kind")
    conditions: tuple[ast.Expression, ...] = ()
    if parser.accept("on"):
        conditions = tuple(parser.separated(parser.expression))
    elif parser.accept("where"):
        conditions = (parser.expression(),)
    else:
        raise parser.unexpected("'on'")
    return Join((start, parser.end), tuple(options.items()), right, conditions, keyword)


def parse_join(parser: Parser, start: int) -> Join:
    return _parse(parser, start, "join")


def parse_lookup(parser: Parser, start: int) -> Join:
    return _parse(parser, start, "lookup")
