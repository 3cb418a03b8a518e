"""sample, sample-distinct, top-hitters, top-nested, fork, facet, reduce and what is refused by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope, scope_of
from gatelog.kql.bound import Apply, Bound, Column, Ref
from gatelog.kql.errors import NOT_SUPPORTED, TYPES, UNKNOWN_NAME, Finding
from gatelog.kql.naming import default_name
from gatelog.kql.operators.extend import defined
from gatelog.kql.operators.summarize import group_keys
from gatelog.kql.operators.take import row_count
from gatelog.kql.parser import ParseOperator, Parser
from gatelog.kql.plan import Aggregate, Extend, Hints, Limit, Plan, Sort
from gatelog.kql.printer import name_text, text_of
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel, SortKey
from gatelog.schema.types import KqlType


@dataclass(frozen=True, slots=True)
class Sample(ast.Operator):
    """`sample n`, `sample-distinct n of x`."""

    count: ast.Expression
    of: ast.Expression | None

    def text(self) -> str:
        if self.of is None:
            return f"sample {text_of(self.count)}"
        return f"sample-distinct {text_of(self.count)} of {text_of(self.of)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        count = row_count(binder, self.count, environment)
        if self.of is None:
            return replace(relation, plan=Limit(relation.plan, count), serialized=False)
        keys = group_keys(binder.items([self.of], scope_of(relation, environment)))
        return Relation(Limit(Aggregate(relation.plan, tuple(keys), ()), count), tuple(column for column, _ in keys))


def parse_sample(parser: Parser, start: int) -> Sample:
    count = parser.expression()
    return Sample((start, parser.end), count, None)


def parse_sample_distinct(parser: Parser, start: int) -> Sample:
    count = parser.expression()
    parser.expect("of")
    of = parser.named()
    return Sample((start, parser.end), count, of)


@dataclass(frozen=True, slots=True)
class TopHitters(ast.Operator):
    """`top-hitters n of x by y`: exact here, where Kusto approximates."""

    count: ast.Expression
    of: ast.Expression
    by: ast.Expression | None

    def text(self) -> str:
        by = f" by {text_of(self.by)}" if self.by is not None else ""
        return f"top-hitters {text_of(self.count)} of {text_of(self.of)}{by}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        scope = scope_of(relation, environment)
        count = row_count(binder, self.count, environment)
        keys = group_keys(binder.items([self.of], scope))
        node = ast.Call(self.span, "count", ()) if self.by is None else ast.Call(self.span, "sum", (self.by,))
        expression = binder.aggregate(binder.catalogue.aggregates[node.name], node, scope)
        what = default_name(self.by or self.of, binder.catalogue) or ""
        name = f"approximate_{node.name}_{what}"
        column = Column(name, expression.type, depends=(expression,))
        plan = Aggregate(relation.plan, tuple(keys), ((column, expression),))
        ordered = Limit(Sort(plan, (SortKey(column, True, True),)), count)
        return Relation(ordered, (*(key for key, _ in keys), column), serialized=True)


def parse_top_hitters(parser: Parser, start: int) -> TopHitters:
    count = parser.expression()
    parser.expect("of")
    of = parser.named()
    by = parser.expression() if parser.accept("by") else None
    return TopHitters((start, parser.end), count, of, by)


@dataclass(frozen=True, slots=True)
class Level:
    """`n of x with others="y" by z = f() desc`."""

    count: ast.Expression | None
    of: ast.Expression
    others: ast.Expression | None
    by: ast.Expression
    ascending: bool

    def text(self) -> str:
        count = f"{text_of(self.count)} " if self.count is not None else ""
        others = f" with others={text_of(self.others)}" if self.others is not None else ""
        return f"top-nested {count}of {text_of(self.of)}{others} by {text_of(self.by)} {'asc' if self.ascending else 'desc'}"


@dataclass(frozen=True, slots=True, eq=False)
class RankedPlan(Plan):
    """The groups of one level, the best of each group above. `outer` and `keys`: columns of the groups above, on both sides."""

    input: Plan
    keys: tuple[Column, ...]
    key: Column
    value: Column
    count: int | None
    ascending: bool

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return tuple(Ref(column.type, column) for column in (*self.keys, self.key, self.value))

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        rel = to.seal(to.lower(self.input))
        keys = ", ".join(rel.names[column] for column in self.keys)
        order = f"{rel.names[self.value]} {'ASC' if self.ascending else 'DESC'} NULLS LAST"
        number = Column("", KqlType.LONG, False)
        to.needed.add(number)
        partition = f"PARTITION BY {keys} " if keys else ""
        rel = to.seal(rel, {number: f"row_number() OVER ({partition}ORDER BY {order})"})
        if self.count is not None:
            rel = rel.filtered(f"{rel.names[number]} <= {self.count}")
        return replace(rel, order=(*rel.order, SortKey(number, False, True)))


@dataclass(frozen=True, slots=True, eq=False)
class WithinPlan(Plan):
    """Rows of `input` whose keys are among the rows of `groups`, with the values that `groups` adds."""

    input: Plan
    groups: Plan
    pairs: tuple[tuple[Bound, Column], ...]
    carried: tuple[tuple[Column, Column], ...]

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input, self.groups)

    def requires(self) -> Iterable[Bound]:
        return (*(left for left, _ in self.pairs), *(Ref(right.type, right) for _, right in self.pairs))

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        left = to.lower(self.input)
        left = to.ready(to.seal(left) if left.windowed or left.limit else left, [bound for bound, _ in self.pairs])
        keys = [Column("", bound.type) for bound, _ in self.pairs]
        to.needed.update(keys)
        left = to.seal(left, {key: to.render(bound, left).text for key, (bound, _) in zip(keys, self.pairs, strict=True)})
        right = to.seal(to.lower(self.groups))
        conditions = [
            f"{left.names[key]} IS NOT DISTINCT FROM {right.names[column]}"
            for key, (_, column) in zip(keys, self.pairs, strict=True)
        ]
        source = f"(SELECT * FROM {left.source} JOIN {right.source} ON {' AND '.join(conditions)}) AS {to.fresh('t')}"
        names = dict(left.names)
        for new, old in self.carried:
            to.needed.add(new)
            names[new] = right.names[old]
        return Rel(source, names, uses=left.uses | right.uses)


@dataclass(frozen=True, slots=True)
class TopNested(ast.Operator):
    """`top-nested 2 of a by count(), top-nested 1 of b by sum(x)`."""

    levels: tuple[Level, ...]

    def text(self) -> str:
        return ", ".join(level.text() for level in self.levels)

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        if any(level.others is not None for level in self.levels):
            raise Finding(NOT_SUPPORTED, "top-nested ... with others is not supported", self.span)
        scope = scope_of(relation, environment)
        keyed = group_keys(binder.items([level.of for level in self.levels], scope))
        hidden = tuple(defined("", expression) for _, expression in keyed)
        plan = Extend(relation.plan, tuple((column, expression) for column, (_, expression) in zip(hidden, keyed, strict=True)))
        base = Relation(plan, (*relation.columns, *hidden))
        groups: Plan | None = None
        answer: list[Column] = []
        for index, level in enumerate(self.levels):
            source = binder.again(base)
            own, sides = source.columns[: len(relation.columns)], source.columns[len(relation.columns) :]
            within, carried = source.plan, []
            if groups is not None:
                carried = [(_copy(column), column) for column in answer[1::2]]
                pairs = tuple((Ref(side.type, side), column) for side, column in zip(sides, answer[::2], strict=False))
                within = WithinPlan(source.plan, groups, pairs, tuple(carried))
            keys = [
                (Column(keyed[j][0].name, sides[j].type, depends=(_ref(sides[j]),)), _ref(sides[j])) for j in range(index + 1)
            ]
            values = [(_copy(new), _ref(new)) for new, _ in carried]
            value, expression = self._value(binder, level, Scope(environment, own), keyed[index][0].name)
            plan_ = Aggregate(within, (*keys, *values), ((value, expression),))
            count = row_count(binder, level.count, environment) if level.count is not None else None
            above = tuple(column for column, _ in keys[:-1])
            groups = RankedPlan(plan_, above, keys[-1][0], value, count, level.ascending)
            columns = [column for column, _ in keys]
            aggregated = [column for column, _ in values] + [value]
            answer = [column for pair in zip(columns, aggregated, strict=True) for column in pair]
        assert groups is not None
        return Relation(groups, tuple(answer), serialized=True)

    def _value(self, binder: Binder, level: Level, scope: Scope, key: str) -> tuple[Column, Bound]:
        node = level.by
        name = f"aggregated_{key}"
        if isinstance(node, ast.Named):
            name, node = node.names[0], node.value
        row = binder.catalogue.aggregates.get(node.name) if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or row is None:
            raise Finding(TYPES, "top-nested needs an aggregate behind 'by'", node.span)
        expression = binder.aggregate(row, node, scope)
        return Column(name, expression.type, depends=(expression,)), expression


def _ref(column: Column) -> Ref:
    return Ref(column.type, column)


def _copy(column: Column) -> Column:
    return Column(column.name, column.type, column.nullable, (_ref(column),))


def _level(parser: Parser) -> Level:
    count = None if parser.at("of") else parser.expression()
    parser.expect("of")
    of = parser.named()
    others = None
    if parser.accept("with"):
        parser.expect("others")
        parser.expect("=")
        others = parser.expression()
    parser.expect("by")
    by = parser.named()
    ascending = parser.accept("asc")
    if not ascending:
        parser.accept("desc")
    return Level(count, of, others, by, ascending)


def parse_top_nested(parser: Parser, start: int) -> TopNested:
    levels = [_level(parser)]
    while parser.accept(","):
        parser.expect("top-nested")
        levels.append(_level(parser))
    return TopNested((start, parser.end), tuple(levels))


@dataclass(frozen=True, slots=True)
class Fork(ast.Operator):
    """`fork a=(operators) (operators)`: several answers."""

    branches: tuple[tuple[str, tuple[ast.Operator, ...]], ...]

    def text(self) -> str:
        parts = []
        for name, body in self.branches:
            label = f"{name_text(name)} = " if name else ""
            parts.append(f"{label}({' | '.join(operator.text() for operator in body)})")
        return f"fork {' '.join(parts)}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        shared = relation
        for index, (name, body) in enumerate(self.branches):
            branch = binder.through(binder.again(shared), body, environment)
            binder.outputs.append((name or f"GenericResult_{index}", branch))
        return binder.outputs[0][1]


def parse_fork(parser: Parser, start: int) -> Fork:
    branches = []
    while parser.at("(") or parser.at_name():
        name = ""
        if parser.at_name():
            name = parser.name()
            parser.expect("=")
        parser.expect("(")
        branches.append((name, parser.operators_until_close()))
        parser.expect(")")
    if not branches:
        raise parser.unexpected("'('")
    return Fork((start, parser.end), tuple(branches))


@dataclass(frozen=True, slots=True)
class Facet(ast.Operator):
    """`facet by a, b with (operators)`: counts by each column, and the rows."""

    names: tuple[str, ...]
    body: tuple[ast.Operator, ...]

    def text(self) -> str:
        body = f" with ({' | '.join(operator.text() for operator in self.body)})" if self.body else ""
        return f"facet by {', '.join(map(name_text, self.names))}{body}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        for index, name in enumerate(self.names):
            again = binder.again(relation)
            column = again.column(name)
            if column is None:
                raise Finding(UNKNOWN_NAME, f"column '{name}' is not known here", self.span)
            keys = group_keys(binder.items([ast.Name(self.span, name)], scope_of(again, environment)))
            count = Apply(KqlType.LONG, "count", "count(*)", (), "never")
            total = Column(f"count_{name}", KqlType.LONG, False, (count,))
            plan = Aggregate(again.plan, tuple(keys), ((total, count),))
            binder.outputs.append((f"Table_{index}", Relation(plan, (keys[0][0], total))))
        if self.body:
            body = binder.through(binder.again(relation), self.body, environment)
            binder.outputs.append((f"Table_{len(self.names)}", body))
        return binder.outputs[0][1]


def parse_facet(parser: Parser, start: int) -> Facet:
    parser.expect("by")
    names = parser.names()
    body: tuple[ast.Operator, ...] = ()
    if parser.accept("with"):
        closing = ")" if parser.at("(") else "}"
        parser.advance()
        body = parser.operators_until_close()
        parser.expect(closing)
    return Facet((start, parser.end), names, body)


def refuse(name: str) -> ParseOperator:
    """The reader of an operator that is refused by name."""

    def parse(parser: Parser, start: int) -> ast.Operator:
        raise Finding(NOT_SUPPORTED, f"the operator '{name}' is not supported", (start, parser.end))

    return parse
