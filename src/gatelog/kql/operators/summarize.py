"""summarize (learn.microsoft.com/kusto/query/summarize-operator).

arg_max, arg_min, take_any and take_anyif live here because `*` and several columns widen them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Item, Relation, Scope, scope_of
from gatelog.kql.bound import Apply, Bound, Column, Ref, references
from gatelog.kql.catalog.rows import Emit, Fragment
from gatelog.kql.errors import ARGUMENTS, DUPLICATE, NOT_ALLOWED, TYPES, Finding
from gatelog.kql.naming import column_number, default_name, free_name
from gatelog.kql.operators.project import item_names
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Aggregate, Assignment, Extend
from gatelog.kql.printer import list_text
from gatelog.schema.types import KqlType

MANY = ("arg_max", "arg_min", "argmax", "argmin", "take_any", "any", "take_anyif", "anyif")


@dataclass(frozen=True, slots=True)
class Summarize(ast.Operator):
    """`summarize a = f(x) by k`."""

    items: tuple[ast.Expression, ...]
    keys: tuple[ast.Expression, ...]

    def text(self) -> str:
        by = f" by {list_text(self.keys)}" if self.keys else ""
        return f"summarize {list_text(self.items)}{by}".replace("summarize  by", "summarize by")

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        inner = scope_of(relation, environment)
        keys = group_keys(binder.items(self.keys, inner)) if self.keys else []
        return summarized(binder, relation, self.items, keys, inner)


def group_keys(items: Sequence[Item]) -> list[Assignment]:
    """Key columns. Raises Finding for a dynamic key."""
    names = item_names(items)
    keys: list[Assignment] = []
    for name, item in zip(names, items, strict=True):
        if item.expression.type is KqlType.DYNAMIC:
            message = "rows cannot be grouped by a dynamic value: convert it first, for example with tostring()"
            raise Finding(TYPES, message, item.span)
        keys.append((Column(name, item.expression.type, depends=(item.expression,)), item.expression))
    return keys


@dataclass(slots=True)
class Output:
    """One column of the answer before it has its final name."""

    explicit: str | None
    default: str | None
    expression: Bound
    node: ast.Expression


@dataclass(slots=True)
class Aggregation:
    """Aggregates in the making."""

    binder: Binder
    inner: Scope
    keys: Sequence[Column]
    collected: list[tuple[Column, Bound]] = field(default_factory=list)

    def outputs(self, node: ast.Expression) -> list[Output]:
        """The columns that one item of summarize gives."""
        names: tuple[str, ...] = ()
        value = node
        if isinstance(node, ast.Named):
            names, value = node.names, node.value
        if isinstance(value, ast.Call) and self.inner.environment.find(value.name) is None:
            if value.name in MANY:
                return self._many(value, names)
            row = self.binder.catalogue.aggregates.get(value.name)
            if row is not None and row.columns is not None:
                return self._columns(value, names)
        if len(names) > 1:
            raise Finding(NOT_ALLOWED, "several names need an aggregate that gives several columns", node.span)
        scope = Scope(self.inner.environment, tuple(self.keys), aggregates=self.collected, inner=self.inner)
        expression = self.binder.expression(value, scope)
        default = None if names else default_name(value, self.binder.catalogue, aggregates=True)
        return [Output(names[0] if names else None, default, expression, node)]

    def _add(self, expression: Bound) -> Ref:
        column = Column("", expression.type, depends=(expression,))
        self.collected.append((column, expression))
        return Ref(column.type, column)

    def _columns(self, node: ast.Call, names: Sequence[str]) -> list[Output]:
        row = self.binder.catalogue.aggregates[node.name]
        assert row.columns is not None
        whole = self.binder.aggregate(row, node, self.inner)
        base = default_name(node.arguments[0], self.binder.catalogue) or ""
        found = []
        for index, (suffix, kind, render) in enumerate(row.columns(whole.arguments)):
            part = replace(whole, type=kind, render=render)
            explicit = names[index] if index < len(names) else None
            found.append(Output(explicit, f"{row.prefix or row.name}_{base}{suffix}", self._add(part), node))
        return found

    def _many(self, node: ast.Call, names: Sequence[str]) -> list[Output]:
        if not node.arguments:
            raise Finding(ARGUMENTS, f"{node.name}() needs an argument", node.span)
        if node.name.startswith("arg"):
            found = self._extreme(node)
        else:
            found = self._any(node)
        for index, name in enumerate(names):
            if index < len(found):
                found[index].explicit = name
        return found

    def _starred(self, used: set[Column]) -> list[Column]:
        keys = {
            column
            for key in self.keys
            for expression in key.depends
            for column in references(expression)
            if isinstance(expression, Ref)
        }
        return [column for column in self.inner.columns if column not in keys and column not in used]

    def _extreme(self, node: ast.Call) -> list[Output]:
        biggest = node.name.endswith("max")
        first = self.binder.expression(node.arguments[0], self.inner)
        if first.type is KqlType.DYNAMIC:
            raise Finding(TYPES, f"{node.name}() needs a value that can be ordered, found dynamic", node.arguments[0].span)
        base = default_name(node.arguments[0], self.binder.catalogue)
        old = node.name in ("argmax", "argmin")
        default = f"{node.name[3:]}_{base or ''}" if old or base is None else base
        if base is None:
            default = "max_" if biggest else "min_"
        best = Apply(first.type, node.name, "max({0})" if biggest else "min({0})", (first,), "maybe")
        found = [Output(None, default, self._add(best), node)]
        used = {first.column} if isinstance(first, Ref) else set()
        for argument in node.arguments[1:]:
            if isinstance(argument, ast.Star):
                for column in self._starred(used):
                    name = f"{default}_{column.name}" if old else column.name
                    found.append(self._follower(Ref(column.type, column), name, first, biggest, argument))
                continue
            expression = self.binder.expression(argument, self.inner)
            name = default_name(argument, self.binder.catalogue) or ""
            name = f"{default}_{name}" if old else name
            found.append(self._follower(expression, name, first, biggest, argument))
        return found

    def _follower(self, value: Bound, name: str, by: Bound, biggest: bool, node: ast.Expression) -> Output:
        render = _follow_max if biggest else _follow_min
        return Output(None, name or None, self._add(Apply(value.type, "arg_max", render, (value, by), "maybe")), node)

    def _any(self, node: ast.Call) -> list[Output]:
        arguments = list(node.arguments)
        prefix = f"{node.name}_" if node.name in ("any", "anyif") else ""
        condition: Bound | None = None
        if node.name.endswith("if"):
            if len(arguments) != 2:
                raise Finding(ARGUMENTS, f"{node.name}() takes 2 arguments, found {len(arguments)}", node.span)
            condition = self.binder.predicate(arguments.pop(), self.inner)
        found: list[Output] = []
        for argument in arguments:
            if isinstance(argument, ast.Star):
                for column in self._starred(set()):
                    found.append(self._some(Ref(column.type, column), prefix + column.name, None, False, argument))
                continue
            expression = self.binder.expression(argument, self.inner)
            name = prefix + (default_name(argument, self.binder.catalogue) or "") or None
            found.append(self._some(expression, name, condition, len(arguments) == 1, argument))
        return found

    def _some(self, value: Bound, name: str | None, condition: Bound | None, alone: bool, node: ast.Expression) -> Output:
        operands = (value,) if condition is None else (value, condition)
        render = _some_value if alone or condition is not None else _first_value
        return Output(None, name, self._add(Apply(value.type, "take_any", render, operands, "maybe")), node)


def _follow_max(emit: Emit, value: Fragment, by: Fragment) -> str:
    return f"arg_max_null({value.text}, {by.text})" if emit.dialect == "duckdb" else f"argMax({value.text}, {by.text})"


def _follow_min(emit: Emit, value: Fragment, by: Fragment) -> str:
    return f"arg_min_null({value.text}, {by.text})" if emit.dialect == "duckdb" else f"argMin({value.text}, {by.text})"


def _first_value(emit: Emit, value: Fragment) -> str:
    return f"first({value.text} {emit.order})" if emit.dialect == "duckdb" else f"any({value.text})"


def _some_value(emit: Emit, value: Fragment, *condition: Fragment) -> str:
    text = f"nullif({value.text}, '')" if value.type is KqlType.STRING else value.text
    if condition:
        text = f"CASE WHEN {condition[0].text} THEN {text} END"
    return f"any_value({text} {emit.order})" if emit.dialect == "duckdb" else f"any({text})"


def summarized(
    binder: Binder, relation: Relation, nodes: Sequence[ast.Expression], keys: Sequence[Assignment], inner: Scope
) -> Relation:
    """The relation of the keys and the aggregates that `nodes` say."""
    aggregation = Aggregation(binder, inner, [column for column, _ in keys])
    outputs = collect(binder, nodes, aggregation.outputs)
    columns, extended = named(outputs, aggregation.collected, [column.name for column, _ in keys])
    plan: Aggregate | Extend = Aggregate(relation.plan, tuple(keys), tuple(aggregation.collected))
    if extended:
        plan = Extend(plan, tuple(extended))
    return Relation(plan, (*(column for column, _ in keys), *columns))


def collect(binder: Binder, nodes: Sequence[ast.Expression], outputs: Callable[[ast.Expression], list[Output]]) -> list[Output]:
    """All outputs; every finding is noted before the last one is raised."""
    found: list[Output] = []
    failed: Finding | None = None
    for node in nodes:
        try:
            found.extend(outputs(node))
        except Finding as finding:
            if failed is not None:
                binder.findings.append(failed)
            failed = finding
    if failed is not None:
        raise failed
    return found


def named(
    outputs: Sequence[Output], collected: Sequence[tuple[Column, Bound]], reserved: Sequence[str]
) -> tuple[list[Column], list[Assignment]]:
    """The columns of outputs under their final names, and what must still be computed from aggregates."""
    taken = set(reserved)
    for output in outputs:
        if output.explicit is not None:
            if output.explicit in taken:
                message = f"a column with the name '{output.explicit}' is already declared"
                raise Finding(DUPLICATE, message, output.node.span)
            taken.add(output.explicit)
    raw = {column for column, _ in collected}
    columns: list[Column] = []
    extended: list[Assignment] = []
    number = 1
    for output in outputs:
        if output.explicit is not None:
            name = output.explicit
        elif output.default is not None:
            name = free_name(output.default, taken)
        else:
            name, number = column_number(taken, number)
        taken.add(name)
        expression = output.expression
        if isinstance(expression, Ref) and expression.column in raw and not expression.column.name:
            expression.column.name = name
            columns.append(expression.column)
            continue
        column = Column(name, expression.type, depends=(expression,))
        extended.append((column, expression))
        columns.append(column)
    return columns, extended


def parse(parser: Parser, start: int) -> Summarize:
    parser.options()
    items: tuple[ast.Expression, ...] = ()
    keys: tuple[ast.Expression, ...] = ()
    if not (parser.at("by", "|", ")", ";") or parser.token.kind == "end"):
        items = tuple(parser.separated(parser.named))
    if parser.accept("by"):
        keys = tuple(parser.separated(parser.named))
        parser.options()
    return Summarize((start, parser.end), items, keys)
