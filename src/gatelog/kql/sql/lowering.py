"""Renders bound expressions, and keeps the scans, shared relations and steps of one query."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gatelog.kql.bound import Apply, Bound, Column, Const, InQuery, Path, Ref, ScalarQuery, document, references, reparsed
from gatelog.kql.catalog.rows import Catalogue, Fragment, Render
from gatelog.kql.errors import NOT_SUPPORTED, Finding
from gatelog.kql.sql import clickhouse, duckdb
from gatelog.kql.sql.equality import equality
from gatelog.kql.sql.relation import ATOM, Rel, SortKey
from gatelog.schema.query import KernelStep, ScalarFunction, Scan, SqlStep, Step
from gatelog.schema.types import KqlType

if TYPE_CHECKING:
    from gatelog.kql.plan import Plan

DIALECTS = {"duckdb": duckdb, "clickhouse": clickhouse}


@dataclass(slots=True)
class Documents:
    """The JSON paths that the whole query reads from one stored column."""

    column: Column
    paths: dict[tuple[str | int, ...], Column] = field(default_factory=dict)
    """Path -> column of the scan that holds it, stored apart or extracted together."""
    extracted: list[tuple[str | int, ...]] = field(default_factory=list)


class Lowering:
    """One query on its way to SQL; what renderings know as `Emit`."""

    def __init__(self, catalogue: Catalogue, now: int, dialect: str) -> None:
        self.catalogue = catalogue
        self.now = now
        self.dialect = dialect
        self.sql: Any = DIALECTS[dialect]
        self.result = KqlType.STRING
        self.order = ""
        self.over = "()"
        self.needed: set[Column] = set()
        self.documents: dict[Column, Documents] = {}
        self.scans: list[Scan] = []
        self.steps: list[Step] = []
        self.ctes: dict[str, tuple[str, frozenset[str]]] = {}
        self._once: dict[int, Rel] = {}
        self.functions: dict[str, ScalarFunction] = {}
        self._runs: dict[str, Callable[..., Any]] = {}
        self._count = 0
        self._hoisted: list[tuple[str, str]] | None = None
        self._rel: Rel | None = None

    # -- names

    def fresh(self, prefix: str) -> str:
        """A name that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def column_name(self, column: Column) -> str:
        """The SQL name of a column."""
        if column.id < 0:
            self._count += 1
            column.id = self._count
        return f"c{column.id}"

    # -- what renderings ask for (catalog.rows.Emit)

    def literal(self, value: Any, type: KqlType) -> Fragment:
        tick = value % 10 if type is KqlType.DATETIME and value is not None else 0
        return Fragment(self.sql.literal(value, type), type, value is None and type is not KqlType.STRING, value, tick)

    def text(self, value: str) -> str:
        return str(self.sql.text(value))

    def convert(self, operand: Fragment, type: KqlType) -> Fragment:
        converted: Fragment = self.sql.convert(self, operand, type)
        return converted

    def json_value(self, operand: Fragment) -> str:
        """JSON text of any value; NULL becomes the text `null`."""
        return str(self.sql.json_value(operand, self))

    def call(self, name: str, *operands: Fragment) -> Fragment:
        row = self.catalogue.functions[name]
        for signature in row.signatures:
            least = sum(not parameter.optional for parameter in signature.parameters)
            repeats = bool(signature.parameters) and signature.parameters[-1].repeated
            if least <= len(operands) and (repeats or len(operands) <= len(signature.parameters)):
                render = signature.duckdb if self.dialect == "duckdb" else signature.clickhouse
                result = self._result_type(signature.result, operands)
                nulls = "never" if result is KqlType.STRING else row.nulls
                return self._apply(row.name, render, signature.python, operands, result, nulls)
        raise self.refuse(f"{name}() cannot be called with {len(operands)} arguments")

    @staticmethod
    def _result_type(rule: Any, operands: Sequence[Fragment]) -> KqlType:
        if isinstance(rule, KqlType):
            return rule
        if isinstance(rule, str) and rule.startswith("arg"):
            return operands[int(rule[3:])].type
        return rule(operands) if callable(rule) else operands[0].type

    def python(self, name: str, run: Callable[..., Any], parameters: Sequence[str], returns: str, *operands: str) -> str:
        if self.dialect != "duckdb":
            raise self.refuse(f"{name.removeprefix('kql_')} needs a Python function, which this engine does not run")
        unique = name
        while (known := self.functions.get(unique)) is not None:
            if known.parameters == tuple(parameters) and known.returns == returns and self._runs[unique] is run:
                break
            unique = f"{unique}_"
        if known is None:
            self._runs[unique] = run
            self.functions[unique] = ScalarFunction(unique, tuple(parameters), returns, _with_arity(run, len(parameters)))
        return f"{unique}({', '.join(operands)})"

    def hoist(self, sql: str) -> str:
        if self._hoisted is None:
            raise self.refuse("a window function cannot be used here")
        name = self.fresh("h")
        self._hoisted.append((name, sql))
        return name

    def require_duckdb(self, what: str) -> None:
        """Raises Finding where an operator has SQL for DuckDB only."""
        if self.dialect != "duckdb":
            raise self.refuse(f"{what} is not available on {self.dialect}")

    def refuse(self, message: str) -> Finding:
        return Finding(NOT_SUPPORTED, message, (0, 0))

    # -- expressions

    def render(self, expression: Bound, rel: Rel) -> Fragment:
        """SQL of an expression over the columns of `rel`."""
        if isinstance(expression, Ref):
            column = expression.column
            return Fragment(rel.names[column], column.type, column.nullable, tick=column.tick)
        if isinstance(expression, Const):
            return self.literal(expression.constant, expression.type)
        if isinstance(expression, Apply):
            operands = [self.render(argument, rel) for argument in expression.arguments]
            try:
                fragment = self._apply(
                    expression.name, expression.render, expression.python, operands, expression.type, expression.nulls
                )
            except Finding as finding:
                finding.span = finding.span if finding.span != (0, 0) else expression.span
                raise
            return replace(fragment, tick=expression.tick(operands)) if expression.tick else fragment
        if isinstance(expression, Path):
            return Fragment(self._path(expression, rel), KqlType.DYNAMIC)
        if isinstance(expression, ScalarQuery):
            return self._scalar_query(expression)
        if isinstance(expression, InQuery):
            return self._in_query(expression, rel)
        raise self.refuse(f"{type(expression).__name__} cannot be written in SQL")

    def condition(self, expression: Bound, rel: Rel) -> str:
        """SQL of a predicate for WHERE, where null counts as false, so the cheap forms do."""
        if isinstance(expression, Apply):
            if expression.name in ("and", "or"):
                parts = [self.condition(argument, rel) for argument in expression.arguments]
                return "(" + f" {expression.name.upper()} ".join(parts) + ")"
            if expression.name in ("==", "!="):
                operands = [self.render(argument, rel) for argument in expression.arguments]
                return equality(expression.name, operands[0], operands[1], null_is_false=True, ieee=self.dialect != "duckdb")
        return self.render(expression, rel).text

    def _apply(
        self,
        name: str,
        render: Render | None,
        python: Callable[..., Any] | None,
        operands: Sequence[Fragment],
        result: KqlType,
        nulls: str,
    ) -> Fragment:
        outer, self.result = self.result, result
        try:
            sql = self._rendered(name, render, python, operands, result)
        finally:
            self.result = outer
        nullable = nulls != "never" and (nulls == "maybe" or any(operand.nullable for operand in operands))
        if nullable and result is KqlType.STRING:
            return Fragment(f"coalesce({sql}, '')", result, False)
        return Fragment(sql, result, nullable and result is not KqlType.STRING)

    def _rendered(
        self,
        name: str,
        render: Render | None,
        python: Callable[..., Any] | None,
        operands: Sequence[Fragment],
        result: KqlType,
    ) -> str:
        if isinstance(render, str):
            texts = [operand.text for operand in operands]
            if "{*}" in render:
                render = render.replace("{*}", ", ".join(texts).replace("{", "{{").replace("}", "}}"))
            return render.format(*texts, over=self.over, order=self.order)
        if render is not None:
            return render(self, *operands)
        if python is None or self.dialect != "duckdb":
            raise self.refuse(f"{name}() is not available on {self.dialect}")
        types = [duckdb.TYPES[operand.type] for operand in operands]
        unique = f"kql_{name}_{len(operands)}"
        return self.python(unique, python, types, duckdb.TYPES[result], *(operand.text for operand in operands))

    def _path(self, expression: Path, rel: Rel) -> str:
        found = document(expression)
        if found is not None:
            documents = self.documents.get(found[0])
            held = documents.paths.get(found[1]) if documents else None
            if held is not None and held in rel.names:
                return self._or_reparsed(rel.names[held], expression, rel)
        base = self.render(expression.base, rel)
        return str(self.sql.member(base.text, expression.steps))

    def _or_reparsed(self, held: str, expression: Path, rel: Rel) -> str:
        """A member read by its whole path; where parse_json() was called on the way, a string there is a document too."""
        inner = reparsed(expression)
        if inner is None:
            return held
        argument, steps = inner
        return f"coalesce({held}, {self.sql.reparsed_member(self.render(argument, rel).text, steps)})"

    def _scalar_query(self, expression: ScalarQuery) -> Fragment:
        rel = self.lower(expression.plan)
        sql = self.select(replace(rel, limit="LIMIT 1") if not rel.limit else rel, [expression.column], ordered=True)
        self._note(rel.uses)
        text = f"({sql})"
        if expression.type is KqlType.STRING:
            return Fragment(f"coalesce({text}, '')", KqlType.STRING, False)
        return Fragment(text, expression.type)

    def _in_query(self, expression: InQuery, rel: Rel) -> Fragment:
        left = self.render(expression.left, rel)
        inner = self.lower(expression.plan)
        self._note(inner.uses)
        column = expression.column
        text, name = left.text, self.column_name(column)
        values = self.select(inner, [column])
        if expression.fold_case:
            text, name = str(self.sql.lower(text)), str(self.sql.lower(name))
        source = f"(SELECT {name} FROM ({values}) WHERE {self.column_name(column)} IS NOT NULL)"
        sql = f"coalesce({text} IN {source}, false)"
        return Fragment(f"(NOT {sql})" if expression.negated else sql, KqlType.BOOL, False)

    # -- relations

    def lower(self, plan: Plan, hints: tuple[Bound, ...] = ()) -> Rel:
        """The relation that a plan makes. `hints`: conditions that every row must meet further on."""
        outer = self._uses
        try:
            return plan.lower(self, hints)
        finally:
            self._uses = outer

    _uses: frozenset[str] = frozenset()

    def _note(self, uses: frozenset[str]) -> None:
        self._uses = self._uses | uses

    def take_uses(self, rel: Rel) -> Rel:
        """`rel`, knowing the steps that subqueries in its expressions named."""
        return replace(rel, uses=rel.uses | self._uses) if self._uses else rel

    def seal(self, rel: Rel, extra: Mapping[Column, str] | None = None) -> Rel:
        """The relation as a subquery, so that its columns are plain names."""
        names = {column: text for column, text in rel.names.items() if column in self.needed or column in rel.computed}
        names.update(extra or {})
        if (
            not rel.computed
            and not rel.where
            and not rel.limit
            and not extra
            and all(ATOM.match(text) for text in names.values())
        ):
            return rel
        source = f"({self._select(rel, names)}) AS {self.fresh('t')}"
        return Rel(
            source,
            {column: self.column_name(column) for column in names},
            order=rel.order,
            total=rel.total,
            uses=rel.uses,
            partition=rel.partition,
        )

    def _select(self, rel: Rel, names: Mapping[Column, str], ordered: bool = False) -> str:
        items = [f"{text} AS {self.column_name(column)}" for column, text in names.items()]
        sql = f"SELECT {', '.join(items) or '1 AS one'} FROM {rel.source}"
        if rel.where:
            sql += f" WHERE {' AND '.join(rel.where)}"
        if ordered or rel.limit:
            sql += self.order_by(rel)
        return f"{sql} {rel.limit}" if rel.limit else sql

    def order_by(self, rel: Rel) -> str:
        """` ORDER BY ...`, or nothing."""
        keys = self.order_keys(rel)
        return f" ORDER BY {keys}" if keys else ""

    def order_keys(self, rel: Rel) -> str:
        """`c1 DESC NULLS LAST, ...`."""
        return ", ".join(self.sort_key(rel.names[key.column], key) for key in rel.order)

    def sort_key(self, text: str, key: SortKey) -> str:
        """One key of ORDER BY; NaN stands beside null at either end."""
        direction = "DESC" if key.descending else "ASC"
        sorted_ = f"{text} {direction} NULLS {'LAST' if key.nulls_last else 'FIRST'}"
        if key.column.type is not KqlType.REAL:
            return sorted_
        return f"coalesce(isNaN({text}), true) {'ASC' if key.nulls_last else 'DESC'}, {sorted_}"

    def select(self, rel: Rel, columns: Sequence[Column], ordered: bool = False) -> str:
        """SELECT of exactly these columns, in this order."""
        if ordered and rel.order and rel.computed and not rel.limit:
            rel = self.seal(rel)
        return self._select(rel, {column: rel.names[column] for column in columns}, ordered)

    def compute(self, rel: Rel, assignments: Iterable[tuple[Column, Bound]]) -> Rel:
        """`rel` with more columns."""
        wanted = [(column, expression) for column, expression in assignments if column in self.needed]
        rel = self.ready(rel, [expression for _, expression in wanted])
        windowed = any(has_window(expression) for _, expression in wanted)
        if windowed:
            rel = self.ordinal(rel)
            for _ in range(max(window_depth(expression) for _, expression in wanted) - 1):
                rel, wanted = self._hoist_inner(rel, wanted)
        texts: dict[Column, str] = {}
        self.over = f"({self._partition(rel)}ORDER BY {self.order_keys(rel)})" if windowed else "()"
        self._hoisted = []
        for column, expression in wanted:
            fragment = self.render(expression, rel)
            texts[column] = fragment.text
            column.nullable = fragment.nullable
            column.tick = fragment.tick
        hoisted, self._hoisted, self.over = self._hoisted, None, "()"
        if hoisted:
            for name, sql in hoisted:
                condition = f" WHERE {' AND '.join(rel.where)}" if rel.where else ""
                source = f"(SELECT *, {sql} AS {name} FROM {rel.source}{condition}) AS {self.fresh('t')}"
                rel = replace(rel, source=source, where=())
        computed = rel.computed | {column for column, text in texts.items() if not ATOM.match(text)}
        rel = replace(rel, names={**rel.names, **texts}, computed=computed, windowed=rel.windowed or windowed)
        return self.take_uses(rel)

    def _partition(self, rel: Rel) -> str:
        return f"PARTITION BY {rel.names[rel.partition]} " if rel.partition is not None else ""

    def limited(self, rel: Rel, count: int) -> Rel:
        """The first rows, of each partition if there are any."""
        if rel.limit or (rel.order and not rel.computed.isdisjoint({key.column for key in rel.order})):
            rel = self.seal(rel)
        if rel.partition is None:
            return replace(rel, limit=f"LIMIT {count}")
        rel = self.seal(rel)
        number = Column("", KqlType.LONG, False)
        keys = self.order_by(rel).strip()
        text = f"row_number() OVER ({self._partition(rel)}{keys})"
        rel = self.seal(rel, {number: text})
        return rel.filtered(f"{rel.names[number]} <= {count}")

    def _hoist_inner(self, rel: Rel, wanted: list[tuple[Column, Bound]]) -> tuple[Rel, list[tuple[Column, Bound]]]:
        inner: list[tuple[Column, Bound]] = []

        def replaced(expression: Bound) -> Bound:
            if isinstance(expression, Apply):
                if expression.window and window_depth(expression) == 1:
                    column = Column("", expression.type, depends=(expression,))
                    self.needed.add(column)
                    inner.append((column, expression))
                    return Ref(column.type, column)
                return replace(expression, arguments=tuple(replaced(argument) for argument in expression.arguments))
            return expression

        outer = [(column, replaced(expression) if window_depth(expression) > 1 else expression) for column, expression in wanted]
        return self.seal(self.compute(rel, inner)), outer

    def ready(self, rel: Rel, expressions: Sequence[Bound]) -> Rel:
        """`rel`, sealed if one of the expressions reads a column that is not computed yet."""
        if not rel.computed and not rel.limit:
            return rel
        if rel.limit or any(not rel.computed.isdisjoint(self.reads(expression)) for expression in expressions):
            return self.seal(rel)
        return rel

    def reads(self, expression: Bound) -> set[Column]:
        """The columns that rendering an expression will name."""
        return references(expression)

    def ordinal(self, rel: Rel) -> Rel:
        """`rel` with a total order, numbered if it has none."""
        if rel.total and rel.order:
            return self.seal(rel)
        column = Column("", KqlType.LONG, nullable=False)
        self.needed.add(column)
        rel = self.seal(rel) if rel.computed or rel.limit else rel
        keys = self.order_keys(rel)
        text = f"row_number() OVER ({f'ORDER BY {keys}' if keys else ''})"
        sealed = self.seal(rel, {column: text})
        return replace(sealed, order=(SortKey(column, False, True),), total=True)

    def once(self, plan: Plan, columns: Sequence[Column]) -> Rel:
        """A plan that several places read: lowered and computed once."""
        known = self._once.get(id(plan))
        if known is None:
            known = self._once[id(plan)] = self.cte(self.lower(plan), columns)
        return known

    def cte(self, rel: Rel, columns: Sequence[Column]) -> Rel:
        """The relation as a common table expression that is computed once."""
        name = self.fresh("m")
        rel = self.seal(rel)
        kept = {column: rel.names[column] for column in (*columns, *(key.column for key in rel.order))}
        self.ctes[name] = (self._select(rel, kept), rel.uses)
        return Rel(
            name,
            {column: self.column_name(column) for column in kept},
            order=rel.order,
            total=rel.total,
            uses=frozenset((name,)),
        )

    # -- steps

    def finish(self, rel: Rel, columns: Sequence[Column], name: str, extra: Mapping[str, str] | None = None) -> str:
        """A SQL step that makes the relation's rows in order; gives its name."""
        if rel.order and (rel.computed or rel.limit):
            rel = self.seal(rel)
        names = [f"{self._final(rel, column)} AS r{index}" for index, column in enumerate(columns)]
        sql = f"SELECT {', '.join(names) or '1 AS one'} FROM {rel.source}"
        if rel.where:
            sql += f" WHERE {' AND '.join(rel.where)}"
        sql += self.order_by(rel)
        if rel.limit:
            sql += f" {rel.limit}"
        self.sql_step(name, sql, rel.uses)
        return name

    def _final(self, rel: Rel, column: Column) -> str:
        """The column as its own SQL type: ClickHouse lets comparisons be numbers and literals be narrow."""
        text = rel.names[column]
        return text if self.dialect == "duckdb" else f"CAST({text} AS {self.sql.TYPES[column.type]})"

    def sql_step(self, name: str, sql: str, uses: frozenset[str]) -> None:
        """Append a SQL step with the shared relations that it names."""
        wanted: list[str] = []
        inputs: set[str] = set()

        def visit(use: str) -> None:
            if use in self.ctes:
                if use not in wanted:
                    for below in sorted(self.ctes[use][1]):
                        visit(below)
                    wanted.append(use)
            else:
                inputs.add(use)

        for use in sorted(uses):
            visit(use)
        ctes = tuple((use, self.ctes[use][0], True) for use in wanted)
        self.steps.append(SqlStep(name, sql, ctes, inputs=tuple(sorted(inputs))))

    def kernel(self, inputs: Sequence[tuple[Rel, Sequence[Column]]], run: Callable[[Sequence[pa.Table]], pa.Table]) -> str:
        """A kernel step over relations; gives the name of its result, whose columns the kernel names."""
        names = []
        for rel, columns in inputs:
            names.append(self.finish(rel, columns, self.fresh("s")))
        name = self.fresh("k")
        self.steps.append(KernelStep(name, tuple(names), run))
        return name


def _with_arity(run: Callable[..., Any], count: int) -> Callable[..., Any]:
    """DuckDB wants a function with exactly as many parameters as it is called with."""

    def fixed(*arguments: Any) -> Any:
        return run(*arguments)

    kind = inspect.Parameter.POSITIONAL_ONLY
    signature = inspect.Signature([inspect.Parameter(f"a{index}", kind) for index in range(count)])
    setattr(fixed, "__signature__", signature)  # noqa: B010
    return fixed


def has_window(expression: Bound) -> bool:
    """Does it look at other rows?"""
    return window_depth(expression) > 0


def window_depth(expression: Bound) -> int:
    """How deep window functions are nested in an expression."""
    below = max((window_depth(child) for child in expression.children()), default=0)
    return below + 1 if isinstance(expression, Apply) and expression.window else below
