"""Names to columns, calls to rows of the catalogue, text to types: the syntax tree becomes a plan.

Scopes: a row scope holds the columns of the input; an environment holds let variables, parameters and shared relations.
A column shadows a variable of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gatelog.kql import ast
from gatelog.kql.bound import Apply, Bound, Column, Const, InQuery, Path, Ref, ScalarQuery
from gatelog.kql.catalog.refused import PREFIXES, REFUSED
from gatelog.kql.catalog.rows import UNKNOWN, Aggregate, Catalogue, Function, Parameter, Signature
from gatelog.kql.errors import (
    ARGUMENTS,
    NOT_ALLOWED,
    NOT_SUPPORTED,
    TYPES,
    UNKNOWN_FUNCTION,
    UNKNOWN_NAME,
    Finding,
    Span,
    nearest,
)
from gatelog.kql.folding import converted_constant
from gatelog.kql.literals import EPOCH_TICKS
from gatelog.kql.naming import default_name
from gatelog.kql.plan import Filter, Materialized, Plan, ScanTable
from gatelog.kql.sql.expressions import arithmetic, between, compare, convert, in_list, logical, negate, predicate, sub_element
from gatelog.schema.table import Schema
from gatelog.schema.types import KqlType

NUMERIC = (KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL)
_RANK = {kind: index for index, kind in enumerate(NUMERIC)}
MAX_CALLS = 60
"""Depth of user functions and let variables inside each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """A bound table: a plan and the columns that the user sees, in order."""

    plan: Plan
    columns: tuple[Column, ...]
    serialized: bool = False
    name: str = ""
    """What `union withsource` calls it."""
    bag: Column | None = None
    """A hidden dynamic column whose members become columns of the answer (bag_unpack, pivot)."""
    bag_type: KqlType | None = None
    """The type of all those columns; None: as the values are."""
    bag_filler: int | None = None
    """What stands where a row has no such member."""
    bag_conflict: str = "error"
    """What happens when a member is called like a column: error, replace_source or keep_source."""

    def column(self, name: str) -> Column | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass(frozen=True, slots=True, eq=False)
class ScalarVariable:
    """A let scalar, or a scalar argument."""

    value: Bound


@dataclass(frozen=True, slots=True, eq=False)
class TableVariable:
    """A let table, a tabular argument, a shared relation: bound anew for each use."""

    make: Callable[[], Relation]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionVariable:
    """A let function or a stored function, with the environment of its definition."""

    node: ast.Lambda
    environment: Environment


Variable = ScalarVariable | TableVariable | FunctionVariable


@dataclass(slots=True)
class Environment:
    """Variables by name; inner ones hide outer ones."""

    parent: Environment | None = None
    names: dict[str, Variable] = field(default_factory=dict)

    def find(self, name: str) -> Variable | None:
        """The variable of that name."""
        scope: Environment | None = self
        while scope is not None:
            found = scope.names.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def inner(self) -> Environment:
        """A scope inside this one."""
        return Environment(self)

    def known(self) -> set[str]:
        """All names."""
        return set(self.names) | (self.parent.known() if self.parent else set())


@dataclass(slots=True)
class Scope:
    """What a scalar expression may name."""

    environment: Environment
    columns: Sequence[Column] = ()
    serialized: bool = False
    aggregates: list[tuple[Column, Bound]] | None = None
    """Where aggregate calls are collected; None: none are allowed."""
    inner: Scope | None = None
    """What the arguments of aggregates may name."""
    sides: tuple[Sequence[Column], Sequence[Column]] | None = None
    """Left and right columns of a join."""
    order: str = "row_number"
    index: dict[str, Column] | None = None
    special: Mapping[str, Column] = field(default_factory=dict)
    """Names with a dot that stand for columns (`step.column` in scan)."""

    def find(self, name: str) -> Column | None:
        """The column of that name."""
        if self.index is None:
            self.index = {}
            for column in self.columns:
                self.index.setdefault(column.name, column)
        return self.index.get(name)


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """One column of extend, project, summarize ...: an expression with the name that was written or follows from it."""

    explicit: str | None
    default: str | None
    expression: Bound
    span: Span
    plain: bool = False
    """Just a column."""


class Binder:
    """Binds one query."""

    def __init__(
        self,
        schema: Schema,
        catalogue: Catalogue,
        now: int,
        dialect: str,
        parse: Callable[[str], ast.Query],
        stored: Mapping[str, str],
        time_range: tuple[int, int] | None = None,
    ) -> None:
        self.schema = schema
        self.catalogue = catalogue
        self.now = now
        self.dialect = dialect
        self.findings: list[Finding] = []
        self.outputs: list[tuple[str, Relation]] = []
        """Tables that operators inside a pipeline answer besides its own (fork, facet)."""
        self.visualization: dict[str, Any] = {}
        """What `render` asked for last."""
        self._parse = parse
        self._stored = stored
        self._time_range = time_range
        self._calls = 0
        self.unions = 0

    # -- tables

    def relation(self, node: ast.Expression | ast.Operator, environment: Environment) -> Relation:
        """The table that an expression stands for."""
        if isinstance(node, ast.Pipeline):
            return self.pipeline(node, environment)
        if isinstance(node, ast.Operator):
            return node.source(self, environment)
        if isinstance(node, ast.Name):
            return self._table_named(node, environment)
        if isinstance(node, ast.Call):
            return self._table_called(node, environment)
        if isinstance(node, ast.Member):
            raise Finding(NOT_SUPPORTED, "queries across workspaces are not supported", node.span)
        if isinstance(node, ast.Lambda) and not node.parameters:
            return self._invoke_table(FunctionVariable(node, environment), (), node.span, None, environment)
        raise Finding(NOT_ALLOWED, "expected a table", node.span)

    def pipeline(self, node: ast.Pipeline, environment: Environment) -> Relation:
        """A source and its operators."""
        relation = self.relation(node.source, environment)
        return self.through(relation, node.operators, environment)

    def through(self, relation: Relation, operators: Sequence[ast.Operator], environment: Environment) -> Relation:
        """Operators applied one after the other."""
        environment = environment.inner()
        failed: Finding | None = None
        for operator in operators:
            before = relation.name
            try:
                relation = operator.bind(self, relation, environment)
                relation = replace(relation, name="") if before and relation.name == before else relation
            except Finding as finding:
                failed = finding
                if not operator.keeps_columns:
                    raise
                self.findings.append(finding)
        if failed is not None:
            self.findings.remove(failed)
            raise failed
        return relation

    def is_table(self, node: ast.Expression, environment: Environment) -> bool:
        """Does an expression stand for a table?"""
        if isinstance(node, ast.Pipeline):
            return True
        if isinstance(node, ast.Name):
            found = environment.find(node.name)
            if found is not None:
                return isinstance(found, TableVariable) or (isinstance(found, FunctionVariable) and self._gives_table(found))
            return node.name in self.schema or node.name in self._stored
        if isinstance(node, ast.Call):
            if node.name in ("materialize", "table", "view", "database", "workspace", "cluster", "app", "externaldata"):
                return node.name != "materialize" or bool(node.arguments) and self.is_table(node.arguments[0], environment)
            function = self._function(node.name, environment)
            return function is not None and self._gives_table(function)
        return False

    def _gives_table(self, function: FunctionVariable) -> bool:
        body = function.node.body
        if body is None:
            return False
        environment = function.environment.inner()
        for parameter in function.node.parameters:
            if parameter.tabular:
                environment.names[parameter.name] = TableVariable(_unreachable)
        for statement in function.node.statements:
            if isinstance(statement, ast.Let):
                table = not isinstance(statement.value, ast.Lambda) and self.is_table(statement.value, environment)
                if table:
                    environment.names[statement.name] = TableVariable(_unreachable)
                elif isinstance(statement.value, ast.Lambda):
                    environment.names[statement.name] = FunctionVariable(statement.value, environment)
        return self.is_table(body, environment)

    def _table_named(self, node: ast.Name, environment: Environment) -> Relation:
        found = environment.find(node.name)
        if isinstance(found, TableVariable):
            return found.make()
        if isinstance(found, FunctionVariable):
            return self._invoke_table(found, (), node.span, None, environment)
        if isinstance(found, ScalarVariable):
            raise Finding(NOT_ALLOWED, f"'{node.name}' is a scalar, a table is expected", node.span)
        table = self.scan(node.name)
        if table is not None:
            return table
        function = self._function(node.name, environment)
        if function is not None:
            return self._invoke_table(function, (), node.span, None, environment)
        known = [*(table.name for table in self.schema), *environment.known(), *self._stored]
        raise Finding(UNKNOWN_NAME, f"table '{node.name}' is not in this workspace", node.span, nearest(node.name, known))

    def scan(self, name: str) -> Relation | None:
        """A reading of a stored table, with columns of its own."""
        table = self.schema.get(name)
        if table is None:
            return None
        columns = tuple(
            Column(stored.name, stored.type, stored.type is not KqlType.STRING, stored=stored) for stored in table.columns
        )
        plan: Plan = ScanTable(table, columns)
        time = next((column for column in columns if column.name == table.time_column), None)
        if self._time_range is not None and time is not None:
            bounds = [Const(KqlType.DATETIME, moment // 100 + EPOCH_TICKS) for moment in self._time_range]
            ref = Ref(time.type, time)
            plan = Filter(plan, between("between", ref, bounds[0], bounds[1], (0, 0)))
        return Relation(plan, columns, name=name)

    def _table_called(self, node: ast.Call, environment: Environment) -> Relation:
        if node.name == "materialize":
            self._count(node, 1, 1)
            return self.relation(node.arguments[0], environment)
        if node.name == "table" and node.arguments and isinstance(node.arguments[0], ast.Literal):
            return self._table_named(ast.Name(node.arguments[0].span, str(node.arguments[0].value)), environment)
        if node.name.split(".")[0] in ("database", "workspace", "cluster", "app", "resource"):
            raise Finding(NOT_SUPPORTED, "queries across workspaces are not supported", node.span)
        function = self._function(node.name, environment)
        if function is None:
            raise self._unknown_function(node, environment)
        return self._invoke_table(function, node.arguments, node.span, None, environment)

    # -- user functions

    def _function(self, name: str, environment: Environment) -> FunctionVariable | None:
        found = environment.find(name)
        if isinstance(found, FunctionVariable):
            return found
        text = self._stored.get(name) if found is None else None
        if text is None:
            return None
        root = environment
        while root.parent is not None:
            root = root.parent
        node = self._parse(f"let {name} = {text}").statements[0]
        if isinstance(node, ast.Let) and isinstance(node.value, ast.Lambda):
            return FunctionVariable(node.value, Environment())
        if isinstance(node, ast.Let):
            return FunctionVariable(ast.Lambda(node.span, (), (), node.value), Environment())
        return None

    def _enter(self, span: Span) -> None:
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise Finding(NOT_SUPPORTED, f"functions call each other deeper than {MAX_CALLS} levels", span)

    def _arguments(
        self,
        function: FunctionVariable,
        arguments: Sequence[ast.Expression],
        span: Span,
        piped: Relation | None,
        environment: Environment,
        scope: Scope | None,
    ) -> Environment:
        """The environment of a function's body."""
        inside = function.environment.inner()
        parameters = list(function.node.parameters)
        if piped is not None:
            if not parameters or not parameters[0].tabular:
                raise Finding(ARGUMENTS, "invoke needs a function whose first parameter is a table", span)
            first = parameters.pop(0)
            source = piped
            inside.names[first.name] = TableVariable(lambda: self.again(source))
        given: dict[str, ast.Expression] = {}
        for index, argument in enumerate(arguments):
            if isinstance(argument, ast.Named):
                given[argument.names[0]] = argument.value
            elif index < len(parameters):
                given[parameters[index].name] = argument
            else:
                raise Finding(ARGUMENTS, f"too many arguments: {len(parameters)} expected", span)
        for name in given:
            if all(parameter.name != name for parameter in parameters):
                hint = nearest(name, [parameter.name for parameter in parameters])
                raise Finding(ARGUMENTS, f"the function has no parameter '{name}'", span, hint)
        for parameter in parameters:
            value = given.get(parameter.name, parameter.default)
            if value is None:
                raise Finding(ARGUMENTS, f"argument '{parameter.name}' is missing", span)
            inside.names[parameter.name] = self._argument(parameter, value, environment, scope)
        return inside

    def _argument(
        self, parameter: ast.Parameter, value: ast.Expression, environment: Environment, scope: Scope | None
    ) -> Variable:
        if parameter.tabular:
            relation = self.relation(value, environment)
            for name, kind in parameter.columns:
                column = relation.column(name)
                if column is None or column.type is not kind:
                    raise Finding(ARGUMENTS, f"the table for '{parameter.name}' lacks the column {name}:{kind}", value.span)
            if parameter.columns and not parameter.open:
                names = [name for name, _ in parameter.columns]
                return TableVariable(lambda: self._kept(value, environment, names))
            return TableVariable(lambda: self.relation(value, environment))
        bound = self.expression(value, scope or Scope(environment))
        assert parameter.type is not None
        if bound.type is not parameter.type:
            bound = self.coerce(bound, parameter.type, value.span)
        return ScalarVariable(bound)

    def _kept(self, value: ast.Expression, environment: Environment, names: Sequence[str]) -> Relation:
        relation = self.relation(value, environment)
        return replace(relation, columns=tuple(column for column in relation.columns if column.name in names))

    def invoke(
        self, name: str, arguments: Sequence[ast.Expression], piped: Relation, span: Span, environment: Environment
    ) -> Relation:
        """`T | invoke f(...)`."""
        function = self._function(name, environment)
        if function is None:
            raise Finding(UNKNOWN_FUNCTION, f"function '{name}' is not known", span, nearest(name, environment.known()))
        return self._invoke_table(function, arguments, span, piped, environment)

    def _invoke_table(
        self,
        function: FunctionVariable,
        arguments: Sequence[ast.Expression],
        span: Span,
        piped: Relation | None,
        environment: Environment,
    ) -> Relation:
        self._enter(span)
        inside = self._arguments(function, arguments, span, piped, environment, None)
        self.statements(function.node.statements, inside)
        if function.node.body is None:
            raise Finding(NOT_ALLOWED, "the function has no body", span)
        relation = self.relation(function.node.body, inside)
        self._calls -= 1
        return relation

    def _invoke_scalar(self, function: FunctionVariable, node: ast.Call, scope: Scope) -> Bound:
        self._enter(node.span)
        inside = self._arguments(function, node.arguments, node.span, None, scope.environment, scope)
        self.statements(function.node.statements, inside)
        if function.node.body is None:
            raise Finding(NOT_ALLOWED, "the function has no body", node.span)
        bound = self.expression(function.node.body, Scope(inside))
        self._calls -= 1
        return bound

    def statements(self, statements: Sequence[ast.Statement], environment: Environment) -> None:
        """let statements, in order."""
        for statement in statements:
            if isinstance(statement, ast.Let):
                environment.names[statement.name] = self.variable(statement, environment)

    def variable(self, statement: ast.Let, environment: Environment) -> Variable:
        """What a let statement defines."""
        value = statement.value
        if isinstance(value, ast.Lambda):
            return FunctionVariable(value, _snapshot(environment))
        if self.is_table(value, environment):
            return self._table_variable(statement, _snapshot(environment))
        return ScalarVariable(self.expression(value, Scope(environment)))

    def _table_variable(self, statement: ast.Let, environment: Environment) -> TableVariable:
        value = statement.value
        materialized = isinstance(value, ast.Call) and value.name == "materialize"
        if materialized:
            relation = self.relation(value, environment)
            return TableVariable(lambda: replace(self.again(relation), name=statement.name))

        def make() -> Relation:
            self._enter(value.span)
            relation = replace(self.relation(value, environment), name=statement.name)
            self._calls -= 1
            return relation

        return TableVariable(make)

    def again(self, relation: Relation) -> Relation:
        """Another reading of a relation, computed once for all readings."""
        columns = tuple(
            Column(column.name, column.type, column.nullable, (Ref(column.type, column),)) for column in relation.columns
        )
        bag = None
        if relation.bag is not None:
            bag = Column("", KqlType.DYNAMIC, depends=(Ref(KqlType.DYNAMIC, relation.bag),))
        original = relation.columns if relation.bag is None else (*relation.columns, relation.bag)
        fresh = columns if bag is None else (*columns, bag)
        return replace(relation, plan=Materialized(relation.plan, original, fresh), columns=columns, bag=bag)

    # -- scalar expressions

    def expressions(self, nodes: Sequence[ast.Expression], scope: Scope) -> list[Bound]:
        """Several expressions; all findings are noted before the last one is raised."""
        bound: list[Bound] = []
        failed: Finding | None = None
        for node in nodes:
            try:
                bound.append(self.expression(node, scope))
            except Finding as finding:
                if failed is not None:
                    self.findings.append(failed)
                failed = finding
        if failed is not None:
            raise failed
        return bound

    def expression(self, node: ast.Expression, scope: Scope) -> Bound:
        """A typed expression."""
        bind = _BINDERS.get(type(node))
        if bind is None:
            raise Finding(NOT_ALLOWED, "a scalar expression is expected here", node.span)
        bound: Bound = bind(self, node, scope)
        return bound

    def typed(self, node: ast.Expression, scope: Scope, kind: KqlType) -> Bound:
        """An expression of a given type."""
        return self.coerce(self.expression(node, scope), kind, node.span)

    def predicate(self, node: ast.Expression, scope: Scope) -> Bound:
        """A condition."""
        bound = self.expression(node, scope)
        if bound.type is KqlType.DYNAMIC:
            return convert(bound, KqlType.BOOL)
        if bound.type is not KqlType.BOOL:
            raise Finding(TYPES, f"a condition must be bool, found {bound.type}", node.span)
        return bound

    def constant(self, node: ast.Expression, scope: Scope, what: str) -> Bound:
        """An expression whose value is known now."""
        bound = self.expression(node, scope)
        if bound.value is UNKNOWN:
            raise Finding(NOT_ALLOWED, f"{what} must be a constant", node.span)
        return bound

    def coerce(self, bound: Bound, kind: KqlType, span: Span) -> Bound:
        """The expression as another type, where KQL converts by itself."""
        if bound.type is kind:
            return bound
        allowed = bound.type is KqlType.DYNAMIC or (
            bound.type in _RANK and kind in _RANK and (_RANK[bound.type] < _RANK[kind] or bound.value is not UNKNOWN)
        )
        if not allowed and bound.value is None:
            return Const(kind, None)
        if not allowed and bound.type is KqlType.STRING and bound.value is not UNKNOWN:
            found = converted_constant(bound.value, bound.type, kind)
            if found is not None:
                return Const(kind, found)
        if not allowed:
            raise Finding(TYPES, f"expected {kind}, found {bound.type}", span)
        return convert(bound, kind)

    def _literal(self, node: ast.Literal, scope: Scope) -> Bound:
        return Const(node.type, node.value)

    def _typeof(self, node: ast.TypeOf, scope: Scope) -> Bound:
        return Const(KqlType.STRING, node.type)

    def _name(self, node: ast.Name, scope: Scope) -> Bound:
        column = scope.find(node.name)
        if column is not None:
            return Ref(column.type, column)
        found = scope.environment.find(node.name)
        if isinstance(found, ScalarVariable):
            return found.value
        if isinstance(found, FunctionVariable) and not found.node.parameters:
            return self._invoke_scalar(found, ast.Call(node.span, node.name, ()), scope)
        if found is not None:
            raise Finding(NOT_ALLOWED, f"'{node.name}' is not a scalar", node.span)
        if scope.inner is not None and scope.inner.find(node.name) is not None:
            raise Finding(NOT_ALLOWED, f"'{node.name}' must stand in an aggregate or behind 'by'", node.span)
        known = [column.name for column in scope.columns] + list(scope.environment.known())
        raise Finding(
            UNKNOWN_NAME,
            f"'{node.name}' is no column, table, variable or function here",
            node.span,
            nearest(node.name, known),
        )

    def _member(self, node: ast.Member, scope: Scope) -> Bound:
        side = self._side(node, scope)
        if side is not None:
            return side
        base = self.expression(node.operand, scope)
        return self._path(base, node.name, node.span)

    def _side(self, node: ast.Member, scope: Scope) -> Bound | None:
        if not isinstance(node.operand, ast.Name):
            return None
        name = node.operand.name
        special = scope.special.get(f"{name}.{node.name}")
        if special is not None:
            return Ref(special.type, special)
        if scope.sides is None or name not in ("$left", "$right"):
            return None
        columns = scope.sides[0 if name == "$left" else 1]
        for column in columns:
            if column.name == node.name:
                return Ref(column.type, column)
        side = "left" if name == "$left" else "right"
        hint = nearest(node.name, [column.name for column in columns])
        raise Finding(UNKNOWN_NAME, f"column '{node.name}' is not on the {side} side of the join", node.span, hint)

    def _index(self, node: ast.Index, scope: Scope) -> Bound:
        base = self.expression(node.operand, scope)
        index = self.expression(node.index, scope)
        value = index.value
        if (
            isinstance(value, (str, int))
            and not isinstance(value, bool)
            and index.type in (KqlType.STRING, KqlType.LONG, KqlType.INT)
        ):
            return self._path(base, value, node.span)
        if base.type is not KqlType.DYNAMIC:
            raise Finding(TYPES, f"[] needs a dynamic value, found {base.type}", node.span)
        if index.type is KqlType.DYNAMIC:
            index = convert(index, KqlType.STRING)
        if index.type not in (KqlType.STRING, KqlType.LONG, KqlType.INT):
            raise Finding(TYPES, f"an index is a string or a number, found {index.type}", node.index.span)
        return sub_element(base, index)

    def _path(self, base: Bound, step: str | int, span: Span) -> Bound:
        if base.type is not KqlType.DYNAMIC:
            raise Finding(UNKNOWN_NAME, f"'{step}' cannot be read from a {base.type}, only from dynamic", span)
        if isinstance(base, Path):
            return Path(KqlType.DYNAMIC, base.base, (*base.steps, step))
        return Path(KqlType.DYNAMIC, base, (step,))

    def _unary(self, node: ast.Unary, scope: Scope) -> Bound:
        operand = self.expression(node.operand, scope)
        if operand.type is KqlType.DYNAMIC:
            operand = convert(operand, KqlType.REAL)
        if operand.type not in (*NUMERIC, KqlType.TIMESPAN):
            raise Finding(TYPES, f"'{node.operator}' is not defined for {operand.type}", node.span)
        return negate(operand) if node.operator == "-" else operand

    def _binary(self, node: ast.Binary, scope: Scope) -> Bound:
        operator = node.operator
        if isinstance(node.left, ast.Star):
            return self._any_column(node, scope)
        left, right = self.expressions((node.left, node.right), scope)
        if operator in ("and", "or"):
            return logical(operator, self._as_bool(left, node.left), self._as_bool(right, node.right))
        if operator in ("+", "-", "*", "/", "%"):
            return arithmetic(operator, left, right, node.span)
        if operator in ("==", "!=", "<", "<=", ">", ">="):
            return compare(operator, left, right, node.span)
        return predicate(operator, left, right, node.span)

    def _as_bool(self, bound: Bound, node: ast.Expression) -> Bound:
        if bound.type is KqlType.BOOL:
            return bound
        if bound.type is KqlType.DYNAMIC:
            return convert(bound, KqlType.BOOL)
        raise Finding(TYPES, f"'and' and 'or' need bool, found {bound.type}", node.span)

    def _any_column(self, node: ast.Binary, scope: Scope) -> Bound:
        """`* contains "x"`: some column."""
        right = self.expression(node.right, scope)
        found: Bound | None = None
        for column in scope.columns:
            ref: Bound = Ref(column.type, column)
            if node.operator in ("==", "!="):
                if column.type is not right.type:
                    continue
                part = compare(node.operator, ref, right, node.span)
            else:
                part = predicate(
                    node.operator, ref if column.type is KqlType.STRING else convert(ref, KqlType.STRING), right, node.span
                )
            found = part if found is None else logical("or", found, part)
        return found if found is not None else Const(KqlType.BOOL, False)

    def _between(self, node: ast.Between, scope: Scope) -> Bound:
        left, low, high = self.expressions((node.left, node.low, node.high), scope)
        if left.type is KqlType.DATETIME and high.type is KqlType.TIMESPAN:
            high = arithmetic("+", low, high, node.span)
        return between(node.operator, left, low, high, node.span)

    def _in(self, node: ast.In, scope: Scope) -> Bound:
        left = self.expression(node.left, scope) if not isinstance(node.left, ast.Star) else None
        if left is None:
            raise Finding(NOT_SUPPORTED, f"'* {node.operator}' is not supported", node.span)
        if (
            len(node.items) == 1
            and self.is_table(node.items[0], scope.environment)
            and not self._names_column(node.items[0], scope)
        ):
            return self._in_table(node, left, scope)
        items = self.expressions(node.items, scope)
        return in_list(node.operator, left, items, node.span)

    def _names_column(self, node: ast.Expression, scope: Scope) -> bool:
        return isinstance(node, ast.Name) and scope.find(node.name) is not None

    def _in_table(self, node: ast.In, left: Bound, scope: Scope) -> Bound:
        relation = self.relation(node.items[0], scope.environment)
        if not relation.columns:
            raise Finding(NOT_ALLOWED, "the table behind 'in' has no column", node.items[0].span)
        if node.operator in ("has_any", "has_all", "!has_any", "!has_all"):
            raise Finding(NOT_SUPPORTED, f"'{node.operator}' over a table is not supported; use a list", node.span)
        column = relation.columns[0]
        plan = relation.plan
        if column.type is KqlType.DYNAMIC and left.type is not KqlType.DYNAMIC:
            raise Finding(NOT_SUPPORTED, "'in' over a dynamic column of a table is not supported", node.span)
        if left.type is KqlType.DYNAMIC:
            left = convert(left, column.type)
        if left.type is not column.type and not (left.type in _RANK and column.type in _RANK):
            raise Finding(TYPES, f"'in' compares {left.type} with {column.type}", node.span)
        return InQuery(KqlType.BOOL, left, plan, column, node.operator.endswith("~"), node.operator.startswith("!"))

    # -- calls

    def _call(self, node: ast.Call, scope: Scope) -> Bound:
        function = self._function(node.name, scope.environment)
        if function is not None:
            return self._invoke_scalar(function, node, scope)
        special = SPECIAL.get(node.name)
        if special is not None:
            return special(self, node, scope)
        if scope.aggregates is not None:
            aggregate = self.catalogue.aggregates.get(node.name)
            if aggregate is not None:
                return self._collect(aggregate, node, scope)
        row = self.catalogue.functions.get(node.name)
        if row is None:
            raise self._unknown_function(node, scope.environment)
        if row.window and not scope.serialized:
            raise Finding(NOT_ALLOWED, f"{node.name}() needs serialized rows: use sort or serialize before", node.span)
        if row.columns:
            raise Finding(
                NOT_ALLOWED, f"{node.name}() gives several columns and must stand alone in extend or project", node.span
            )
        return self.apply(row, node, scope)

    def _unknown_function(self, node: ast.Call, environment: Environment) -> Finding:
        span = node.name_span if node.name_span != ast.NOWHERE else node.span
        if node.name in self.catalogue.aggregates or node.name in ("arg_max", "arg_min", "take_any", "any"):
            return Finding(NOT_ALLOWED, f"the aggregate {node.name}() cannot be used here", span)
        reason = REFUSED.get(node.name) or next((why for prefix, why in PREFIXES.items() if node.name.startswith(prefix)), None)
        if reason is not None:
            return Finding(NOT_SUPPORTED, f"the function {node.name}() is not supported: {reason}", span)
        if node.name in ("database", "workspace", "cluster", "app") or "." in node.name:
            return Finding(NOT_SUPPORTED, "queries across workspaces are not supported", span)
        known = [*self.catalogue.functions, *self.catalogue.aggregates, *SPECIAL, *environment.known(), *self._stored]
        return Finding(UNKNOWN_FUNCTION, f"function '{node.name}' is not known", span, nearest(node.name, known))

    def apply(self, row: Function, node: ast.Call, scope: Scope) -> Bound:
        """A call of a catalogue function."""
        arguments = self.expressions(node.arguments, scope)
        signature, operands = self.match(row.name, row.signatures, arguments, node)
        result = self.result_type(signature, operands)
        if row.name in _CONVERSIONS and operands[0].value is not UNKNOWN and operands[0].type is KqlType.STRING:
            return convert(operands[0], result)
        if row.fold is not None and row.deterministic and operands:
            values = [operand.value for operand in operands]
            if all(value is not UNKNOWN and value is not None for value in values):
                folded = _fold(row.fold, values)
                if folded is not None:
                    return Const(result, folded)
        render = signature.duckdb if self.dialect == "duckdb" else signature.clickhouse
        return Apply(result, row.name, render, operands, row.nulls, row.window, signature.python, row.tick)

    def result_type(self, signature: Signature, operands: Sequence[Bound]) -> KqlType:
        """The type that a signature gives for these operands."""
        rule = signature.result
        if isinstance(rule, KqlType):
            return rule
        if callable(rule):
            return rule(operands)
        if rule == "widest":
            return common_type([operand.type for operand in operands])
        return operands[int(rule.removeprefix("arg"))].type

    def match(
        self, name: str, signatures: Sequence[Signature], arguments: Sequence[Bound], node: ast.Call
    ) -> tuple[Signature, tuple[Bound, ...]]:
        """The first signature that takes the arguments, and the arguments as it wants them."""
        problem: Finding | None = None
        for signature in signatures:
            try:
                return signature, self._fit(name, signature.parameters, arguments, node)
            except Finding as finding:
                problem = problem if problem is not None and problem.code == TYPES else finding
        raise problem or Finding(ARGUMENTS, f"{name}() cannot be called", node.span)

    def _fit(self, name: str, parameters: Sequence[Parameter], arguments: Sequence[Bound], node: ast.Call) -> tuple[Bound, ...]:
        least = sum(not parameter.optional for parameter in parameters)
        most = len(parameters) if not (parameters and parameters[-1].repeated) else len(arguments) + 1
        if not least <= len(arguments) <= most:
            wanted = str(least) if least == most else f"at least {least}" if most > len(parameters) else f"{least} to {most}"
            raise Finding(ARGUMENTS, f"{name}() takes {wanted} arguments, found {len(arguments)}", node.span)
        operands = []
        for index, argument in enumerate(arguments):
            parameter = parameters[min(index, len(parameters) - 1)]
            span = node.arguments[index].span if index < len(node.arguments) else node.span
            operands.append(fit(name, parameter, argument, span))
        return tuple(operands)

    def _collect(self, row: Aggregate, node: ast.Call, scope: Scope) -> Bound:
        assert scope.aggregates is not None and scope.inner is not None
        expression = self.aggregate(row, node, scope.inner)
        column = Column("", expression.type, row.nulls != "never", depends=(expression,))
        scope.aggregates.append((column, expression))
        return Ref(column.type, column)

    def aggregate(self, row: Aggregate, node: ast.Call, scope: Scope) -> Apply:
        """A call of an aggregate over the rows of `scope`."""
        arguments = self.expressions(node.arguments, scope)
        signature, operands = self.match(row.name, row.signatures, arguments, node)
        render = signature.duckdb if self.dialect == "duckdb" else signature.clickhouse
        return Apply(self.result_type(signature, operands), row.name, render, operands, row.nulls, python=signature.python)

    def _count(self, node: ast.Call, least: int, most: int) -> None:
        if not least <= len(node.arguments) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            raise Finding(ARGUMENTS, f"{node.name}() takes {wanted} arguments, found {len(node.arguments)}", node.span)

    # -- items of extend, project, print, summarize

    def items(self, nodes: Sequence[ast.Expression], scope: Scope) -> list[Item]:
        """Expressions with their names; calls that give several columns become several items."""
        found: list[Item] = []
        failed: Finding | None = None
        for node in nodes:
            try:
                found.extend(self._item(node, scope))
            except Finding as finding:
                if failed is not None:
                    self.findings.append(failed)
                failed = finding
        if failed is not None:
            raise failed
        return found

    def _item(self, node: ast.Expression, scope: Scope) -> list[Item]:
        names: tuple[str, ...] = ()
        value = node
        if isinstance(node, ast.Named):
            names, value = node.names, node.value
        if isinstance(value, ast.Call):
            row = self.catalogue.functions.get(value.name)
            if row is not None and row.columns and scope.environment.find(value.name) is None:
                return self._several(row, value, names, scope)
        if len(names) > 1:
            raise Finding(NOT_ALLOWED, "several names need a function that gives several columns", node.span)
        expression = self.expression(value, scope)
        plain = isinstance(value, ast.Name) and isinstance(expression, Ref)
        default = None if names else default_name(value, self.catalogue, columns={column.name for column in scope.columns})
        return [Item(names[0] if names else None, default, expression, node.span, plain and not names)]

    def _several(self, row: Function, node: ast.Call, names: tuple[str, ...], scope: Scope) -> list[Item]:
        whole = self.apply(row, node, scope)
        base = default_name(node.arguments[0], self.catalogue) if node.arguments else ""
        items = []
        for index, (suffix, kind) in enumerate(row.columns):
            part: Bound = Path(KqlType.DYNAMIC, whole, (index,))
            explicit = names[index] if index < len(names) else None
            default = f"{row.name}_{base or ''}_{suffix}"
            items.append(Item(explicit, default, part if kind is KqlType.DYNAMIC else convert(part, kind), node.span))
        return items


_CONVERSIONS = frozenset(("toint", "tolong", "toreal", "todecimal", "tobool", "todatetime", "totimespan", "toguid"))


def _unreachable() -> Relation:
    raise AssertionError("only asked whether it is a table")


def _snapshot(environment: Environment) -> Environment:
    """The environment as it is now: later let statements do not change what a definition sees."""
    return Environment(environment.parent, dict(environment.names))


def _fold(fold: Callable[..., Any], values: Sequence[Any]) -> Any:
    try:
        return fold(*values)
    except (ValueError, ArithmeticError, IndexError, OverflowError, TypeError):
        return None


def scope_of(relation: Relation, environment: Environment) -> Scope:
    """What an expression over the rows of a relation may name."""
    return Scope(environment, relation.columns, relation.serialized)


def common_type(kinds: Sequence[KqlType]) -> KqlType:
    """The widest of several types; dynamic when they do not fit."""
    distinct = list(dict.fromkeys(kinds))
    if len(distinct) == 1:
        return distinct[0]
    concrete = [kind for kind in distinct if kind is not KqlType.DYNAMIC]
    if concrete and all(kind in _RANK for kind in concrete):
        return max(concrete, key=_RANK.__getitem__)
    if len(concrete) == 1:
        return concrete[0]
    return KqlType.DYNAMIC


_FITS: dict[str, tuple[tuple[KqlType, ...], KqlType | None]] = {
    "any": (tuple(KqlType), None),
    "column": (tuple(KqlType), None),
    "type": (tuple(KqlType), None),
    "string": ((KqlType.STRING, KqlType.DYNAMIC), KqlType.STRING),
    "text": (tuple(KqlType), KqlType.STRING),
    "int": ((KqlType.INT, KqlType.LONG, KqlType.DYNAMIC), KqlType.INT),
    "long": ((KqlType.INT, KqlType.LONG, KqlType.DYNAMIC), KqlType.LONG),
    "real": ((*NUMERIC, KqlType.DYNAMIC), KqlType.REAL),
    "decimal": (NUMERIC, KqlType.DECIMAL),
    "number": ((*NUMERIC,), None),
    "summable": ((*NUMERIC, KqlType.TIMESPAN, KqlType.DYNAMIC), None),
    "bool": ((KqlType.BOOL, KqlType.DYNAMIC), KqlType.BOOL),
    "guid": ((KqlType.GUID, KqlType.DYNAMIC), KqlType.GUID),
    "datetime": ((KqlType.DATETIME, KqlType.DYNAMIC), KqlType.DATETIME),
    "timespan": ((KqlType.TIMESPAN, KqlType.DYNAMIC), KqlType.TIMESPAN),
    "dynamic": ((KqlType.DYNAMIC,), KqlType.DYNAMIC),
    "json": (tuple(KqlType), KqlType.DYNAMIC),
}


def fit(name: str, parameter: Parameter, argument: Bound, span: Span) -> Bound:
    """An argument as its parameter wants it."""
    takes, wants = _FITS[parameter.kind]
    if parameter.literal and argument.value is UNKNOWN:
        raise Finding(ARGUMENTS, f"{name}(): '{parameter.name}' must be a constant", span)
    if argument.type not in takes:
        expected = parameter.kind if parameter.kind not in ("number", "summable") else "a number"
        raise Finding(TYPES, f"{name}(): '{parameter.name}' must be {expected}, found {argument.type}", span)
    if parameter.kind == "summable" and argument.type is KqlType.DYNAMIC:
        raise Finding(TYPES, f"{name}(): '{parameter.name}' must be a number or timespan, found dynamic: convert it first", span)
    if parameter.kind == "type" and not isinstance(argument.value, KqlType):
        raise Finding(ARGUMENTS, f"{name}(): '{parameter.name}' must be typeof(...)", span)
    if wants is None or argument.type is wants:
        return argument
    return convert(argument, wants)


# -- functions that need the binder


def _now(binder: Binder, node: ast.Call, scope: Scope) -> Bound:
    binder._count(node, 0, 1)
    if not node.arguments:
        return Const(KqlType.DATETIME, binder.now)
    return arithmetic(
        "+", Const(KqlType.DATETIME, binder.now), binder.typed(node.arguments[0], scope, KqlType.TIMESPAN), node.span
    )


def _ago(binder: Binder, node: ast.Call, scope: Scope) -> Bound:
    binder._count(node, 1, 1)
    return arithmetic(
        "-", Const(KqlType.DATETIME, binder.now), binder.typed(node.arguments[0], scope, KqlType.TIMESPAN), node.span
    )


def _toscalar(binder: Binder, node: ast.Call, scope: Scope) -> Bound:
    binder._count(node, 1, 1)
    argument = node.arguments[0]
    if not binder.is_table(argument, scope.environment):
        return binder.expression(argument, scope)
    relation = binder.relation(argument, scope.environment)
    if not relation.columns:
        raise Finding(NOT_ALLOWED, "toscalar() needs a table with a column", node.span)
    column = relation.columns[0]
    return ScalarQuery(column.type, relation.plan, column)


def _ingestion_time(binder: Binder, node: ast.Call, scope: Scope) -> Bound:
    binder._count(node, 0, 0)
    return Const(KqlType.DATETIME, None)


def _column_ifexists(binder: Binder, node: ast.Call, scope: Scope) -> Bound:
    binder._count(node, 2, 2)
    name = binder.constant(node.arguments[0], scope, "the name of the column")
    column = scope.find(str(name.value)) or (scope.inner.find(str(name.value)) if scope.inner else None)
    if column is not None:
        return Ref(column.type, column)
    return binder.expression(node.arguments[1], scope)


def _parse_json(binder: Binder, node: ast.Call, scope: Scope) -> Bound:
    binder._count(node, 1, 1)
    argument = binder.expression(node.arguments[0], scope)
    if argument.type is KqlType.DYNAMIC:
        return Apply(KqlType.DYNAMIC, "parse_json", _reparse, (argument,), "maybe")
    return convert(argument, KqlType.DYNAMIC)


def _reparse(emit: Any, operand: Any) -> str:
    return str(emit.sql.reparse(operand.text))


def _pack_all(binder: Binder, node: ast.Call, scope: Scope) -> Bound:
    binder._count(node, 0, 1)
    ignore = node.arguments and binder.constant(node.arguments[0], scope, "ignore_null_empty").value is True
    return _pack_columns(scope.columns, bool(ignore))


def _pack_columns(columns: Sequence[Column], ignore: bool) -> Bound:
    from_columns: list[Bound] = []
    for column in columns:
        from_columns += [Const(KqlType.STRING, column.name), Ref(column.type, column)]
    return Apply(KqlType.DYNAMIC, "pack_all", _pack_ignoring if ignore else _pack, tuple(from_columns), "never")


def _pack(emit: Any, *operands: Any) -> str:
    return str(emit.sql.pack(emit, operands, False))


def _pack_ignoring(emit: Any, *operands: Any) -> str:
    return str(emit.sql.pack(emit, operands, True))


SPECIAL: dict[str, Callable[[Binder, ast.Call, Scope], Bound]] = {
    "now": _now,
    "ago": _ago,
    "toscalar": _toscalar,
    "ingestion_time": _ingestion_time,
    "column_ifexists": _column_ifexists,
    "columnifexists": _column_ifexists,
    "pack_all": _pack_all,
    **dict.fromkeys(("parse_json", "todynamic", "toobject", "parsejson"), _parse_json),
}

_BINDERS: dict[type, Any] = {
    ast.Literal: Binder._literal,
    ast.TypeOf: Binder._typeof,
    ast.Name: Binder._name,
    ast.Member: Binder._member,
    ast.Index: Binder._index,
    ast.Unary: Binder._unary,
    ast.Binary: Binder._binary,
    ast.Between: Binder._between,
    ast.In: Binder._in,
    ast.Call: Binder._call,
}
