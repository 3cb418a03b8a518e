"""evaluate: pivot, bag_unpack, narrow. Other plugins are refused by name.

The columns of pivot and bag_unpack depend on data. Until the answer they travel in one hidden dynamic column (`Relation.bag`),
so that filters, sorts and limits may follow; an output schema (`evaluate f() : (a:long)`) makes them ordinary columns at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gatelog.kql import ast
from gatelog.kql.binder import Binder, Environment, Relation, Scope, scope_of
from gatelog.kql.bound import Apply, Bound, Column, Const, Path, Ref, references
from gatelog.kql.catalog.rows import Fragment
from gatelog.kql.errors import ARGUMENTS, NOT_SUPPORTED, TYPES, UNKNOWN_FUNCTION, Finding, nearest
from gatelog.kql.operators.extend import defined
from gatelog.kql.parser import Parser
from gatelog.kql.plan import Aggregate, Extend, Hints, Plan
from gatelog.kql.printer import columns_text, list_text
from gatelog.kql.sql.expressions import convert
from gatelog.kql.sql.lowering import Lowering
from gatelog.kql.sql.relation import Rel, SortKey
from gatelog.schema.types import KqlType

PLUGINS = ("pivot", "bag_unpack", "narrow")
REFUSED = (
    "autocluster autocluster_v2 basket diffpatterns diffpatterns_text sql_request mysql_request postgresql_request "
    "cosmosdb_sql_request http_request http_request_post python r ai_embeddings ai_chat_completion ai_embed_text "
    "infer_storage_schema infer_storage_schema_with_suggestions ipv4_lookup ipv6_lookup rows_near schema_merge "
    "preview sequence_detect active_users_count activity_counts_metrics activity_engagement activity_metrics "
    "new_activity_metrics dcount_intersect funnel_sequence funnel_sequence_completion session_count "
    "sliding_window_counts user_activity rolling_percentile rolling_correlation azure_digital_twins_query_request "
    "external_table geo_polygon_lookup geo_line_lookup "
).split()


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """`: (*, a:long)`."""

    columns: tuple[tuple[str, KqlType], ...]
    rest: bool

    def text(self) -> str:
        inner = columns_text(self.columns)
        return f" : {inner.replace('(', '(*, ', 1) if self.rest else inner}"


@dataclass(frozen=True, slots=True)
class Evaluate(ast.Operator):
    """`evaluate plugin(arguments) : (schema)`."""

    plugin: str
    arguments: tuple[ast.Expression, ...]
    schema: OutputSchema | None

    def text(self) -> str:
        return f"evaluate {self.plugin}({list_text(self.arguments)}){self.schema.text() if self.schema else ''}"

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        bind = {"pivot": _pivot, "bag_unpack": _bag_unpack, "narrow": _narrow}.get(self.plugin)
        if bind is None:
            if self.plugin in REFUSED:
                raise Finding(NOT_SUPPORTED, f"the plugin '{self.plugin}' is not supported", self.span)
            hint = nearest(self.plugin, PLUGINS)
            raise Finding(UNKNOWN_FUNCTION, f"the plugin '{self.plugin}' is not known", self.span, hint)
        if relation.bag is not None:
            raise Finding(
                NOT_SUPPORTED, "a plugin over columns that are known only when the query runs is not supported", self.span
            )
        return bind(self, binder, relation, environment)


def _pivot(node: Evaluate, binder: Binder, relation: Relation, environment: Environment) -> Relation:
    scope = scope_of(relation, environment)
    if not node.arguments:
        raise Finding(ARGUMENTS, "pivot needs a column", node.span)
    pivot = binder.expression(node.arguments[0], scope)
    call: ast.Expression = ast.Call(node.span, "count", ())
    rest = list(node.arguments[1:])
    if rest and isinstance(rest[0], ast.Call):
        call = rest.pop(0)
    assert isinstance(call, ast.Call)
    row = binder.catalogue.aggregates.get(call.name)
    if row is None:
        raise Finding(UNKNOWN_FUNCTION, f"pivot needs an aggregate, found {call.name}()", call.span)
    aggregate = binder.aggregate(row, call, scope)
    if rest:
        keys = [item.column for item in binder.expressions(rest, scope) if isinstance(item, Ref)]
    else:
        used = references(aggregate) | references(pivot)
        keys = [column for column in relation.columns if column not in used]
    if any(column.type is KqlType.DYNAMIC for column in keys):
        raise Finding(TYPES, "pivot cannot group by a dynamic column", node.span)
    grouped = [(Column(c.name, c.type, c.nullable, (Ref(c.type, c),)), Ref(c.type, c)) for c in keys]
    label = convert(pivot, KqlType.STRING)
    key, value = Column("", KqlType.STRING, depends=(label,)), Column("", aggregate.type, depends=(aggregate,))
    plan: Plan = Aggregate(relation.plan, (*grouped, (key, label)), ((value, aggregate),))
    bag_call = Apply(KqlType.DYNAMIC, "bag", _gather, (Ref(KqlType.STRING, key), Ref(value.type, value)), "never")
    bag = Column("", KqlType.DYNAMIC, False, (bag_call,))
    final = [(Column(c.name, c.type, c.nullable, (Ref(c.type, c),)), Ref(c.type, c)) for c, _ in grouped]
    plan = Aggregate(plan, tuple(final), ((bag, bag_call),))
    filler = 0 if call.name in ("count", "sum", "dcount", "countif", "sumif") else None
    answer = Relation(plan, tuple(column for column, _ in final), bag=bag, bag_type=value.type, bag_filler=filler)
    return _with_schema(node, answer) if node.schema else answer


def _gather(emit: object, key: Fragment, value: Fragment) -> str:
    pair = f"CAST(to_json({key.text}) AS VARCHAR) || ':' || {emit.json_value(value)}"  # type: ignore[attr-defined]
    return f"('{{' || string_agg({pair}, ',') || '}}')"


def _bag_unpack(node: Evaluate, binder: Binder, relation: Relation, environment: Environment) -> Relation:
    scope = scope_of(relation, environment)
    positional = [item for item in node.arguments if not isinstance(item, ast.Named)]
    named = {item.names[0]: item.value for item in node.arguments if isinstance(item, ast.Named)}
    if not positional:
        raise Finding(ARGUMENTS, "bag_unpack needs a column", node.span)
    source = binder.expression(positional[0], scope)
    if not isinstance(source, Ref) or source.type is not KqlType.DYNAMIC:
        raise Finding(TYPES, "bag_unpack needs a dynamic column", positional[0].span)
    prefix = _constant(binder, named.get("OutputColumnPrefix") or (positional[1] if len(positional) > 1 else None), scope, "")
    conflict = _constant(binder, named.get("columnsConflict") or (positional[2] if len(positional) > 2 else None), scope, "error")
    ignored = _constant(binder, named.get("ignoredProperties") or (positional[3] if len(positional) > 3 else None), scope, "[]")
    columns = tuple(column for column in relation.columns if column is not source.column)
    operands = (source, Const(KqlType.STRING, prefix), Const(KqlType.DYNAMIC, ignored))
    expression = Apply(KqlType.DYNAMIC, "bag_unpack", _prefixed, operands, "maybe")
    bag = defined("", expression)
    plan = Extend(relation.plan, ((bag, expression),))
    answer = replace(relation, plan=plan, columns=columns, bag=bag, bag_conflict=conflict)
    return _with_schema(node, answer) if node.schema else answer


def _constant(binder: Binder, node: ast.Expression | None, scope: Scope, default: str) -> str:
    return default if node is None else str(binder.constant(node, scope, "the argument").value)


def _prefixed(emit: object, bag: Fragment, prefix: Fragment, ignored: Fragment) -> str:
    if not prefix.value and ignored.value == "[]":
        return bag.text
    kept = f"list_filter(json_keys({bag.text}), lambda k: NOT json_contains({ignored.text}, to_json(k)))"
    pointer = "'/' || replace(replace(k, '~', '~0'), '/', '~1')"
    pair = f"CAST(to_json({prefix.text} || k) AS VARCHAR) || ':' || CAST(json_extract({bag.text}, {pointer}) AS VARCHAR)"
    joined = f"array_to_string(list_transform({kept}, lambda k: {pair}), ',')"
    return f"(CASE WHEN starts_with({bag.text}, '{{') THEN '{{' || {joined} || '}}' END)"


def _with_schema(node: Evaluate, relation: Relation) -> Relation:
    assert node.schema is not None and relation.bag is not None
    bag = relation.bag
    listed = {name for name, _ in node.schema.columns}
    columns = [column for column in relation.columns if column.name not in listed] if node.schema.rest else []
    assignments = []
    for name, kind in node.schema.columns:
        existing = relation.column(name)
        if existing is not None and existing.type is kind:
            columns.append(existing)
            continue
        found: Bound = Path(KqlType.DYNAMIC, Ref(KqlType.DYNAMIC, bag), (name,))
        if relation.bag_filler is not None:
            found = Apply(
                KqlType.DYNAMIC,
                "filled",
                "coalesce({0}, {1})",
                (found, Const(KqlType.DYNAMIC, str(relation.bag_filler))),
                "never",
            )
        column = defined(name, convert(found, kind))
        assignments.append((column, convert(found, kind)))
        columns.append(column)
    plan = Extend(relation.plan, tuple(assignments))
    return Relation(plan, tuple(columns), relation.serialized)


@dataclass(frozen=True, slots=True, eq=False)
class NarrowPlan(Plan):
    """One row for each cell."""

    input: Plan
    cells: tuple[tuple[str, Bound], ...]
    columns: tuple[Column, Column, Column]

    def inputs(self) -> tuple[Plan, ...]:
        return (self.input,)

    def requires(self) -> Iterable[Bound]:
        return tuple(cell for _, cell in self.cells)

    def lower(self, to: Lowering, hints: Hints) -> Rel:
        to.require_duckdb("the plugin narrow")
        rel = to.ordinal(to.lower(self.input))
        row = rel.names[rel.order[0].column]
        values = ", ".join(to.render(cell, rel).text for _, cell in self.cells)
        names = ", ".join(to.text(name) for name, _ in self.cells)
        index = f"unnest(range(1, {len(self.cells) + 1})) AS i"
        inner = f"SELECT row_number() OVER (ORDER BY {row}) - 1 AS r, [{values}] AS v, {index} FROM {rel.source}"
        a, b, c = (to.column_name(column) for column in self.columns)
        to.needed.update(self.columns)
        number = Column("", KqlType.LONG, False)
        to.needed.add(number)
        sql = f"SELECT r AS {a}, [{names}][i] AS {b}, v[i] AS {c}, i AS {to.column_name(number)} FROM ({inner})"
        order = (SortKey(self.columns[0], False, True), SortKey(number, False, True))
        held = {column: to.column_name(column) for column in (*self.columns, number)}
        return Rel(f"({sql}) AS {to.fresh('t')}", held, order=order, uses=rel.uses)


def _narrow(node: Evaluate, binder: Binder, relation: Relation, environment: Environment) -> Relation:
    cells = tuple((column.name, convert(Ref(column.type, column), KqlType.STRING)) for column in relation.columns)
    columns = (
        Column("Row", KqlType.LONG, False),
        Column("Column", KqlType.STRING, False),
        Column("Value", KqlType.STRING, False),
    )
    return Relation(NarrowPlan(relation.plan, cells, columns), columns, serialized=True)


def parse(parser: Parser, start: int) -> Evaluate:
    parser.options()
    call = parser.expression(4)
    if not isinstance(call, ast.Call):
        raise parser.fail("expected a call of a plugin", call.span)
    schema = None
    if parser.accept(":"):
        parser.expect("(")
        rest = parser.accept("*")
        columns: list[tuple[str, KqlType]] = []
        if rest:
            parser.accept(",")
        while not parser.at(")"):
            name = parser.name("a column name")
            parser.expect(":")
            columns.append((name, parser.type_name()))
            if not parser.accept(","):
                break
        parser.expect(")")
        schema = OutputSchema(tuple(columns), rest)
    return Evaluate((start, parser.end), call.name, call.arguments, schema)
