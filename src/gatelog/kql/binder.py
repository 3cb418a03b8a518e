"""Names to columns, calls to rows of the catalogue, text to types: the syntax tree becomes a plan.

Scopes: a row scope holds the columns of the input; an environment holds let variables, parameters and shared relations.
A column shadows a variable of the same name. Expressions are bound in `expression_binder`, tables and functions here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gatelog.kql import ast
from gatelog.kql.bound import Bound, Column, Const, Ref
from gatelog.kql.catalog.rows import Catalogue
from gatelog.kql.errors import ARGUMENTS, NOT_ALLOWED, NOT_SUPPORTED, UNKNOWN_FUNCTION, UNKNOWN_NAME, Finding, Span, nearest
from gatelog.kql.expression_binder import ExpressionBinder
from gatelog.kql.literals import EPOCH_TICKS
from gatelog.kql.plan import Filter, Materialized, Plan, ScanTable
from gatelog.kql.scopes import (
    Environment,
    FunctionVariable,
    Item,
    Relation,
    ScalarVariable,
    Scope,
    TableVariable,
    Variable,
    scope_of,
    snapshot,
)
from gatelog.kql.sql.expressions import between
from gatelog.schema.table import Schema
from gatelog.schema.types import KqlType

__all__ = ["Binder", "Environment", "Item", "Relation", "ScalarVariable", "Scope", "TableVariable", "scope_of"]

MAX_CALLS = 60
"""Depth of user functions and let variables inside each other."""
MAX_USES = 2_000
"""How often functions and let tables may be used in one query, all levels together: uses of uses multiply."""
MAX_SIZE = 200_000
"""Nodes of a let value after everything that it names is put in."""


class Binder(ExpressionBinder):
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
        super().__init__(catalogue, now, dialect, stored)
        self.schema = schema
        self.outputs: list[tuple[str, Relation]] = []
        """Tables that operators inside a pipeline answer besides its own (fork, facet)."""
        self.visualization: dict[str, Any] = {}
        """What `render` asked for last."""
        self._parse = parse
        self._time_range = time_range
        self._calls = 0
        self._uses = 0
        self._sizes: dict[int, tuple[int, Bound]] = {}

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
            return node.name in self.schema or node.name in self.stored
        if isinstance(node, ast.Call):
            if node.name in ("materialize", "table", "view", "database", "workspace", "cluster", "app", "externaldata"):
                return node.name != "materialize" or bool(node.arguments) and self.is_table(node.arguments[0], environment)
            function = self.function(node.name, environment)
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
        function = self.function(node.name, environment)
        if function is not None:
            return self._invoke_table(function, (), node.span, None, environment)
        known = [*(table.name for table in self.schema), *environment.known(), *self.stored]
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
            self.count(node, 1, 1)
            return self.relation(node.arguments[0], environment)
        if node.name == "table" and node.arguments and isinstance(node.arguments[0], ast.Literal):
            return self._table_named(ast.Name(node.arguments[0].span, str(node.arguments[0].value)), environment)
        if node.name.split(".")[0] in ("database", "workspace", "cluster", "app", "resource"):
            raise Finding(NOT_SUPPORTED, "queries across workspaces are not supported", node.span)
        function = self.function(node.name, environment)
        if function is None:
            raise self._unknown_function(node, environment)
        return self._invoke_table(function, node.arguments, node.span, None, environment)

    # -- user functions

    def function(self, name: str, environment: Environment) -> FunctionVariable | None:
        found = environment.find(name)
        if isinstance(found, FunctionVariable):
            return found
        text = self.stored.get(name) if found is None else None
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
        self._uses += 1
        if self._calls > MAX_CALLS:
            raise Finding(NOT_SUPPORTED, f"functions call each other deeper than {MAX_CALLS} levels", span)
        if self._uses > MAX_USES:
            raise Finding(NOT_SUPPORTED, f"functions and let tables are used more than {MAX_USES} times", span)

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
        function = self.function(name, environment)
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

    def invoke_scalar(self, function: FunctionVariable, node: ast.Call, scope: Scope) -> Bound:
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
            return FunctionVariable(value, snapshot(environment))
        if self.is_table(value, environment):
            return self._table_variable(statement, snapshot(environment))
        bound = self.expression(value, Scope(environment))
        if self._size(bound) > MAX_SIZE:
            raise Finding(NOT_SUPPORTED, f"the value of '{statement.name}' is larger than {MAX_SIZE} operations", statement.span)
        return ScalarVariable(bound)

    def _size(self, bound: Bound) -> int:
        """Nodes of an expression written out; shared parts count every time, and are counted once."""
        known = self._sizes.get(id(bound))
        if known is None:
            size = 1 + sum(self._size(child) for child in bound.children())
            known = self._sizes[id(bound)] = (size, bound)
        return known[0]

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


def _unreachable() -> Relation:
    raise AssertionError("only asked whether it is a table")
